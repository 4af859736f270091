"""Images that share boards with an image: what a row of cooccurrence_candidates is computed from, and the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.candidates.cooccurrence import CooccurrenceBlock, cooccurrence
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

Ints = npt.NDArray[np.int64]

EDGES = """
    SELECT DISTINCT s.board_id, j.join_id
    FROM raw_board_pins s JOIN (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
"""

# A row depends on the boards its image stands on and on who else stands there. Hashing each board's members once, and
# then each image's boards, says which rows a save touches without looking at a single pair.
WANTED = f"""
WITH edges AS ({EDGES}),
boards AS (SELECT board_id, md5(string_agg(join_id, ',' ORDER BY join_id)) AS members FROM edges GROUP BY board_id)
SELECT join_id, md5(string_agg(board_id || ':' || members, ',' ORDER BY board_id)) AS boards_hash
FROM edges JOIN boards USING (board_id) GROUP BY join_id ORDER BY join_id
"""


def wanted_joins(lake: Lake) -> pa.Table:
    """One row per image that stands on a board (join_id, boards_hash: its boards and all that stands on them)."""
    return lake.query(WANTED)


class SharedBoards:
    """The board-image graph as numbers; images are numbered in order of join_id, so that ties break by it."""

    def __init__(self, edges: pa.Table) -> None:
        boards = np.array(edges["board_id"].to_pylist(), dtype=object)
        joins = np.array(edges["join_id"].to_pylist(), dtype=object)
        self.join_ids, self.joins = np.unique(joins, return_inverse=True)
        _, self.boards = np.unique(boards, return_inverse=True)
        self.n_boards_of = np.bincount(self.joins, minlength=len(self.join_ids))

    @classmethod
    def load(cls, lake: Lake) -> SharedBoards:
        return cls(lake.query(EDGES))

    def blocks(self, rows: Ints | None, limit: int) -> Iterator[CooccurrenceBlock]:
        return cooccurrence(self.boards, self.joins, len(self.join_ids), rows=rows, limit=limit)

    def sample(self, n: int) -> Ints:
        """The first n images; ids are hashes, so the first are as good as any."""
        return np.arange(min(n, len(self.join_ids)))

    def look(self, lake: Lake) -> npt.NDArray[np.float32]:
        """(n_items, d) clip vector of each image's representative; zero where it has none."""
        joined = lake.query("SELECT join_id, representative_pin_id AS pin_id FROM pin_joins")
        rows = lake.table("clip_embeddings").read(["pin_id", "vector"])
        of_pin = dict(zip(rows["pin_id"].to_pylist(), vectors(rows), strict=True))
        dim = next(iter(of_pin.values())).shape[0] if of_pin else 1
        look = np.zeros((len(self.join_ids), dim), np.float32)
        for join_id, pin_id in zip(joined["join_id"].to_pylist(), joined["pin_id"].to_pylist(), strict=True):
            at = int(np.searchsorted(self.join_ids, join_id))
            if at < len(self.join_ids) and self.join_ids[at] == join_id and pin_id in of_pin:
                look[at] = of_pin[pin_id]
        return look

    def candidate_rows(self, join_ids: list[str], limit: int) -> pa.Table:
        """Rows of cooccurrence_candidates for some images, without fingerprint."""
        rows = np.searchsorted(self.join_ids, np.array(join_ids, dtype=object))
        others: list[pa.Array] = []
        counts: list[pa.Array] = []
        for block in self.blocks(rows, limit):
            offsets = pa.array(block.indptr, pa.int32())
            names = pa.array(self.join_ids[block.item_ids], pa.string())
            others.append(pa.ListArray.from_arrays(offsets, names))
            counts.append(pa.ListArray.from_arrays(offsets, pa.array(block.counts, pa.int32())))
        return pa.table(
            {
                "join_id": pa.array(join_ids, pa.string()),
                "candidate_join_ids": pa.chunked_array(others, pa.list_(pa.string())),
                "n_shared_boards": pa.chunked_array(counts, pa.list_(pa.int32())),
                "n_boards": pa.array(self.n_boards_of[rows], pa.int64()),
            }
        )
