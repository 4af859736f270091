"""Boards shared by pairs of items, from the rows of cooccurrence_candidates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Ints, Shares

ROWS_AT_ONCE = 8_192
"""Rows read together; they fit into 13 bits of a sort key."""
COUNT_BITS, ITEM_BITS = 18, 32
MOST_BOARDS = (1 << COUNT_BITS) - 1


def load_shares(lake: Lake, join_ids: pa.Array, join_of: Ints, representatives: Ints) -> Shares:
    """Whom each item shares boards with.

    Args:
        join_ids: (j,) every image.
        join_of: (n,) place of each item's image among them.
        representatives: (j,) position of the item that stands for each image.
    """
    n_boards = np.zeros(len(join_ids), np.int64)
    starts, ends = np.zeros(len(join_ids), np.int64), np.zeros(len(join_ids), np.int64)
    others: list[Ints] = [np.empty(0, np.int64)]
    counts: list[Ints] = [np.empty(0, np.int64)]
    n_read = 0
    columns = ["join_id", "candidate_join_ids", "n_shared_boards", "n_boards"]
    for batch in lake.table("cooccurrence_candidates").batches(columns, ROWS_AT_ONCE):
        joins = _places(batch["join_id"], join_ids)
        found, shared, sizes = _lists(batch, join_ids, representatives)
        is_known = joins >= 0
        n_boards[joins[is_known]] = batch["n_boards"].fill_null(0).to_numpy(zero_copy_only=False)[is_known]
        ends_here = n_read + np.cumsum(sizes)
        starts[joins[is_known]], ends[joins[is_known]] = (ends_here - sizes)[is_known], ends_here[is_known]
        others.append(found)
        counts.append(shared)
        n_read += len(found)
    at, indptr = _ragged(starts[join_of], ends[join_of])
    return Shares(indptr, np.concatenate(others)[at], np.concatenate(counts)[at], n_boards[join_of])


def _lists(batch: pa.RecordBatch, join_ids: pa.Array, representatives: Ints) -> tuple[Ints, Ints, Ints]:
    """The items that share boards with each image of a batch, end to end, most shared first, ties by position; the
    boards shared; how many items each image has."""
    sizes = pc.list_value_length(batch["candidate_join_ids"]).fill_null(0).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(batch.num_rows), sizes)
    places = _places(batch["candidate_join_ids"].flatten(), join_ids)
    shared = batch["n_shared_boards"].flatten().to_numpy(zero_copy_only=False).astype(np.int64)
    keep = places >= 0
    row, items, shared = row[keep], representatives[places[keep]], np.minimum(shared[keep], MOST_BOARDS)
    # one integer sorts by row, then by boards, most first, then by position
    keys = np.sort((row << (COUNT_BITS + ITEM_BITS)) | ((MOST_BOARDS - shared) << ITEM_BITS) | items)
    found = keys & ((1 << ITEM_BITS) - 1)
    counts = MOST_BOARDS - ((keys >> ITEM_BITS) & MOST_BOARDS)
    return found, counts, np.bincount(row, minlength=batch.num_rows).astype(np.int64)


def _places(ids: pa.Array, join_ids: pa.Array) -> Ints:
    found: npt.NDArray[np.int64] = (
        pc.index_in(ids, value_set=join_ids).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return found


def _ragged(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Every place from each start to its end, one run after the other; (n + 1,) where each run begins."""
    sizes = ends - starts
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], sizes), indptr
