"""Everything that a batch of feeds reads, as arrays in order of pin_id, so that positions order as ids do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

PINS = """
    SELECT e.pin_id, j.join_id, j.pin_id = j.representative_pin_id AS is_representative
    FROM clip_embeddings e JOIN content_embeddings t USING (pin_id)
    JOIN (SELECT join_id, representative_pin_id, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
    ORDER BY pin_id
"""


@dataclass(frozen=True)
class Cooccurrences:
    """Shared boards in compressed rows: join j shares counts[k] with others[k], k from indptr[j] to indptr[j + 1]."""

    indptr: Ints  # (n_joins + 1,)
    others: Ints  # (m,) join numbers, most shared boards first
    counts: Ints  # (m,)


@dataclass(frozen=True)
class FeedInputs:
    """Pins that can have a feed, and what ranks them.

    Only representatives are candidates: one pin per distinct image, so a feed never shows one picture twice, nor
    the picture that it is for.
    """

    pin_ids: npt.NDArray[np.object_]  # (n,) ascending
    clip: Floats  # (n, d)
    content: Floats  # (n, e)
    join_of: Ints  # (n,) join number of each pin
    candidates: Ints  # (r,) positions of the representatives, ascending
    candidate_of_join: Ints  # (n_joins,) place in `candidates` of each join's representative
    cooccurrences: Cooccurrences

    @property
    def join_of_candidate(self) -> Ints:
        return self.join_of[self.candidates]

    def positions(self, pin_ids: list[str]) -> Ints:
        """Positions of pins that are here."""
        wanted = np.array(pin_ids, dtype=object)
        at: Ints = np.searchsorted(self.pin_ids, wanted)
        assert (self.pin_ids[at] == wanted).all(), "a pin was asked for that has no vectors"
        return at


def load_inputs(lake: Lake) -> FeedInputs:
    """Read the arrays of all pins that have both vectors and a join."""
    pins = lake.query(PINS)
    pin_ids = np.array(pins["pin_id"].to_pylist(), dtype=object)
    join_ids, join_of = np.unique(np.array(pins["join_id"].to_pylist(), dtype=object), return_inverse=True)
    candidates = np.flatnonzero(pins["is_representative"].to_numpy())
    candidate_of_join = np.full(len(join_ids), -1, np.int64)
    candidate_of_join[join_of[candidates]] = np.arange(len(candidates))
    return FeedInputs(
        pin_ids,
        _aligned(lake, "clip_embeddings", pin_ids),
        _aligned(lake, "content_embeddings", pin_ids),
        join_of.astype(np.int64),
        candidates,
        candidate_of_join,
        _cooccurrences(lake.table("cooccurrence_candidates").read(), join_ids),
    )


def _aligned(lake: Lake, table: str, pin_ids: npt.NDArray[np.object_]) -> Floats:
    """The vectors of `pin_ids`, in their order."""
    rows = lake.table(table).read(["pin_id", "vector"])
    matrix = vectors(rows)
    ids = np.array(rows["pin_id"].to_pylist(), dtype=object)
    order = np.argsort(ids)
    return matrix[order[np.searchsorted(ids[order], pin_ids)]]


def _cooccurrences(rows: pa.Table, join_ids: npt.NDArray[np.object_]) -> Cooccurrences:
    number = {join_id: n for n, join_id in enumerate(join_ids)}
    lists: list[Ints] = [np.empty(0, np.int64)] * len(join_ids)
    counts: list[Ints] = list(lists)
    for row in zip(
        *(rows[name].to_pylist() for name in ("join_id", "candidate_join_ids", "n_shared_boards")), strict=True
    ):
        if row[0] in number:
            known = [(number[other], count) for other, count in zip(row[1], row[2], strict=True) if other in number]
            lists[number[row[0]]] = np.array([other for other, _ in known], np.int64)
            counts[number[row[0]]] = np.array([count for _, count in known], np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    none = [np.empty(0, np.int64)]
    return Cooccurrences(indptr, np.concatenate(lists + none), np.concatenate(counts + none))
