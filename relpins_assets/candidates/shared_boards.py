"""Images that share boards with an image: the graph as numbers, and rows of cooccurrence_candidates from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.candidates.board_sampling import sampled_edges
from relpins_assets.candidates.cooccurrence import CooccurrenceBlock, cooccurrence
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

Ints = npt.NDArray[np.int64]


class SharedBoards:
    """The board-image graph as numbers; images are numbered in order of join_id, so that ties break by it."""

    def __init__(self, edges: pa.Table, join_ids: pa.Array) -> None:
        """Args: edges: (board_id, join_id), each once. join_ids: every image that is asked for, ascending."""
        self.join_ids = join_ids
        self.joins = _numbers(edges["join_id"], join_ids)
        self.boards = _numbers(edges["board_id"], pc.unique(edges["board_id"]))

    @classmethod
    def load(cls, lake: Lake, max_board: int) -> SharedBoards:
        on_boards = pc.unique(pc.list_flatten(lake.table("board_joins").read(["join_ids"])["join_ids"]))
        return cls(sampled_edges(lake, max_board), on_boards.take(pc.sort_indices(on_boards)))

    def __len__(self) -> int:
        return len(self.join_ids)

    def blocks(self, rows: Ints | None, limit: int) -> Iterator[CooccurrenceBlock]:
        return cooccurrence(self.boards, self.joins, len(self), rows=rows, limit=limit)

    def sample(self, n: int) -> Ints:
        """The first n images; ids are hashes, so the first are as good as any."""
        return np.arange(min(n, len(self)))

    def look(self, lake: Lake) -> npt.NDArray[np.float32]:
        """(n_items, d) clip vector of each image's representative; zero where it has none."""
        joined = lake.query("SELECT join_id, representative_pin_id AS pin_id FROM pin_joins")
        rows = lake.table("clip_embeddings").read(["pin_id", "vector"])
        given = vectors(rows)
        look = np.zeros((len(self), given.shape[1] if rows.num_rows else 1), np.float32)
        of_join = joined["pin_id"].take(pc.index_in(self.join_ids, value_set=joined["join_id"].combine_chunks()))
        at = pc.index_in(of_join, value_set=rows["pin_id"].combine_chunks()).fill_null(-1).to_numpy().astype(np.int64)
        look[at >= 0] = given[at[at >= 0]]
        return look

    def candidate_rows(self, wanted: pa.Table, limit: int) -> pa.Table:
        """Rows of cooccurrence_candidates for a batch of `wanted_joins`, without fingerprint."""
        others: list[pa.Array] = []
        counts: list[pa.Array] = []
        for block in self.blocks(_numbers(wanted["join_id"], self.join_ids), limit):
            offsets = pa.array(block.indptr, pa.int32())
            others.append(pa.ListArray.from_arrays(offsets, self.join_ids.take(pa.array(block.item_ids))))
            counts.append(pa.ListArray.from_arrays(offsets, pa.array(block.counts, pa.int32())))
        return pa.table(
            {
                "join_id": wanted["join_id"],
                "candidate_join_ids": pa.chunked_array(others, pa.list_(pa.string())),
                "n_shared_boards": pa.chunked_array(counts, pa.list_(pa.int32())),
                "n_boards": wanted["n_boards"],
            }
        )


def _numbers(ids: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> Ints:
    found: Ints = pc.index_in(ids, value_set=among).to_numpy().astype(np.int64)
    return found
