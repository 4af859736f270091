"""Boards shared by pairs of items, from the rows of cooccurrence_candidates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from relpins_assets.feeds.item_columns import places
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Ints, Shares

KEY_BITS = 62

# Pins are numbered in order of id; DuckDB orders texts by their bytes, which is by code point, as Python does.
PAIRS = """
WITH joined AS (SELECT join_id, representative_pin_id, unnest(pin_ids) AS pin_id FROM pin_joins),
numbered AS (
    SELECT join_id, pin_id = representative_pin_id AS is_representative,
           (row_number() OVER (ORDER BY pin_id) - 1)::INTEGER AS item FROM joined),
representatives AS (SELECT join_id, item FROM numbered WHERE is_representative),
pairs AS (
    SELECT join_id, unnest(candidate_join_ids) AS other_id, unnest(n_shared_boards) AS n FROM cooccurrence_candidates)
SELECT r.item, o.item AS other, p.n
FROM pairs p JOIN representatives r USING (join_id) JOIN representatives o ON o.join_id = p.other_id
"""


def load_shares(lake: Lake, join_ids: pa.Array, join_of: Ints, representatives: Ints) -> Shares:
    """Whom each item shares boards with: candidates, most shared boards first, ties by position.

    Args:
        join_ids: (j,) every image.
        join_of: (n,) place of each item's image among them.
        representatives: (j,) position of the item that stands for each image.
    """
    rows = lake.query(PAIRS)
    items, others, counts = (_numbers(rows, name) for name in ("item", "other", "n"))
    items, others, counts = _in_order(items, others, counts, len(join_of))
    ends = np.searchsorted(items, representatives, side="right")  # (j,)
    starts = np.searchsorted(items, representatives)
    at, indptr = ragged(starts[join_of], ends[join_of])
    boards = lake.table("cooccurrence_candidates").read(["join_id", "n_boards"])
    known = places(boards["join_id"], join_ids)
    n_boards = np.zeros(len(join_ids), np.int64)
    n_boards[known[known >= 0]] = _numbers(boards, "n_boards")[known >= 0]
    return Shares(indptr, others[at], counts[at], n_boards[join_of])


def _in_order(items: Ints, others: Ints, counts: Ints, n_items: int) -> tuple[Ints, Ints, Ints]:
    """Pairs by item, then by count, most first, then by the other item; counts beyond what a key holds are cut."""
    item_bits = max(1, n_items.bit_length())
    count_bits = KEY_BITS - 2 * item_bits
    most, mask = (1 << count_bits) - 1, (1 << item_bits) - 1
    keys = items << (count_bits + item_bits)
    keys |= (most - np.minimum(counts, most)) << item_bits
    keys |= others
    keys.sort()  # one integer per pair: no order of the pairs has to be held beside them
    return keys >> (count_bits + item_bits), keys & mask, most - ((keys >> item_bits) & most)


def _numbers(rows: pa.Table, name: str) -> Ints:
    numbers: Ints = rows[name].combine_chunks().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def ragged(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Every place from each start to its end, one run after the other; (n + 1,) where each run begins."""
    sizes = ends - starts
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], sizes), indptr
