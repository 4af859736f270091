"""Co-occurrence: on how many boards two items stand together (the 2015 Related Pins candidates, arXiv 1511.04003).

Sparse products of the item-board incidence in row blocks, so no table of all pairs ever exists. What an item is
(a pin, an image join) and where the result is kept are the caller's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.errors import RelpinsError

IntArray = npt.NDArray[np.int64]
SmallIntArray = npt.NDArray[np.int32]

PAIR_BUDGET = 1 << 19  # pairs held at once, about 80 bytes each; more is slower, out of cache


@dataclasses.dataclass(frozen=True)
class CooccurrenceBlock:
    """Some rows' lists: items indptr[i]:indptr[i + 1] belong to rows[i], most shared boards first, ties by item."""

    rows: SmallIntArray  # (r,)
    indptr: IntArray  # (r + 1,)
    item_ids: SmallIntArray  # (m,)
    counts: SmallIntArray  # (m,) shared boards, at least 1


def cooccurrence(
    board_ids: npt.NDArray[np.integer],
    item_ids: npt.NDArray[np.integer],
    n_items: int,
    *,
    rows: npt.NDArray[np.integer] | None = None,
    limit: int = 10_000,
    block_rows: int = 1 << 20,
    pair_budget: int = PAIR_BUDGET,
) -> Iterator[CooccurrenceBlock]:
    """Shared-board counts of each wanted item with every other item, in blocks, in the order of `rows`.

    `board_ids` (e,) and `item_ids` (e,) are the edges, numbers from 0 (items below `n_items`); an item that stands on
    a board more than once counts once. `rows`: the items wanted, all of them if None. At most `limit` others per
    item are kept: most shared boards first, ties by item number; the item itself is left out. Counts are exact.
    A block has at most `block_rows` rows and, unless one row alone has more, `pair_budget` pairs before merging, which
    bounds memory; its boundaries change nothing in the result. Raises RelpinsError for numbers out of range.
    """
    _check(board_ids, item_ids, n_items, rows, limit)
    by_item = _incidence(board_ids, item_ids, n_items)  # (n_items, n_boards) of ones
    by_board = by_item.T.tocsr()
    wanted = np.arange(n_items) if rows is None else np.asarray(rows, np.int64)
    board_sizes = np.diff(by_board.indptr)
    n_pairs = np.add.reduceat(np.append(board_sizes[by_item.indices], 0), by_item.indptr[:-1])
    n_pairs[np.diff(by_item.indptr) == 0] = 0  # reduceat gives an empty row its neighbour's value
    ends = _block_ends(n_pairs[wanted], pair_budget, block_rows)
    starts = np.append(0, ends)[:-1]
    return (_block(by_item, by_board, wanted[start:end], limit) for start, end in zip(starts, ends, strict=True))


def _check(
    board_ids: npt.NDArray[np.integer],
    item_ids: npt.NDArray[np.integer],
    n_items: int,
    rows: npt.NDArray[np.integer] | None,
    limit: int,
) -> None:
    if board_ids.ndim != 1 or board_ids.shape != item_ids.shape:
        raise RelpinsError(f"board_ids {board_ids.shape} and item_ids {item_ids.shape} must be two (e,) columns")
    if limit < 1:
        raise RelpinsError(f"limit is {limit}; keep at least 1 item per row")
    if len(board_ids) and board_ids.min() < 0:
        raise RelpinsError(f"board_ids go down to {board_ids.min()}; number boards from 0")
    for name, values in (("item_ids", item_ids), ("rows", item_ids[:0] if rows is None else rows)):
        if len(values) and not 0 <= values.min() <= values.max() < n_items:
            raise RelpinsError(f"{name} span {values.min()}..{values.max()}; allowed: 0..{n_items - 1}")


def _incidence(board_ids: npt.NDArray[np.integer], item_ids: npt.NDArray[np.integer], n_items: int) -> sparse.csr_array:
    """(n_items, n_boards) with a 1 where the item is on the board, however often it was put there."""
    n_boards = int(board_ids.max(initial=-1)) + 1
    ones = np.ones(len(item_ids), np.int32)
    incidence = sparse.coo_array((ones, (item_ids, board_ids)), shape=(n_items, n_boards)).tocsr()
    incidence.data[:] = 1  # tocsr added repeats up
    return incidence


def _block_ends(n_pairs: IntArray, pair_budget: int, block_rows: int) -> IntArray:
    """Where to cut rows so that each block keeps to both bounds, one row at least."""
    total = np.cumsum(n_pairs, dtype=np.int64)
    ends: list[int] = []
    start = 0
    while start < len(total):
        before = total[start - 1] if start else 0
        end = int(np.searchsorted(total, before + pair_budget, side="right"))
        start = min(max(start + 1, end), start + block_rows, len(total))
        ends.append(start)
    return np.array(ends, np.int64)


def _block(by_item: sparse.csr_array, by_board: sparse.csr_array, rows: IntArray, limit: int) -> CooccurrenceBlock:
    """The lists of `rows`: one sparse product, put in order and cut."""
    product = by_item[rows] @ by_board  # (r, n_items) shared boards, itself included
    product = product.tocsc().tocsr()  # two counting sorts: items ascending in each row
    row_of = np.repeat(np.arange(len(rows)), np.diff(product.indptr))
    others = np.flatnonzero(product.indices != rows[row_of])
    row_of, items, counts = row_of[others], product.indices[others], product.data[others]
    sizes = np.bincount(row_of, minlength=len(rows))
    place = np.arange(len(items)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # in its row's list
    order = _most_first(row_of, counts, place, len(rows))[place < limit]
    indptr = np.append(0, np.cumsum(np.minimum(sizes, limit)))
    return CooccurrenceBlock(
        rows.astype(np.int32), indptr, items[order].astype(np.int32), counts[order].astype(np.int32)
    )


def _most_first(row_of: IntArray, counts: IntArray, place: IntArray, n_rows: int) -> IntArray:
    """(m,) the order by row, then count descending, else as it was.

    Most pairs share one board and stay in order behind the others of their row, so only the others are sorted.
    """
    is_many = counts > 1
    many = np.flatnonzero(is_many)
    many = many[np.lexsort((-counts[many], row_of[many]))]
    n_many = np.bincount(row_of[many], minlength=n_rows)
    order = np.empty(len(counts), np.int64)
    is_front = place < n_many[row_of]
    order[is_front] = many
    order[~is_front] = np.flatnonzero(~is_many)
    return order


def count_histogram(blocks: Iterable[CooccurrenceBlock]) -> dict[int, int]:
    """How many listed pairs share one board, two, ...: {count: pairs}, counts ascending.

    A pair is counted from each side that is listed: with all rows and no cut, twice.
    """
    total = np.zeros(1, np.int64)
    for block in blocks:
        seen = np.bincount(block.counts, minlength=len(total))
        seen[: len(total)] += total
        total = seen
    return {int(count): int(total[count]) for count in np.flatnonzero(total)}


@dataclasses.dataclass(frozen=True)
class CountRelevance:
    """How alike the pairs are that share so many boards."""

    shared_boards: str  # "1", "2", "3", "4+"
    n_pairs: int
    n_sampled: int
    mean_cosine: float | None  # None if no pair was sampled


def relevance_by_count(
    blocks: Iterable[CooccurrenceBlock],
    vectors: npt.NDArray[np.floating],
    *,
    n_sampled: int = 20_000,
    most: int = 4,
) -> list[CountRelevance]:
    """Mean cosine of the pairs that share 1, 2, ... boards, `most` and more together: how relevance grows.

    `vectors` (n_items, d) unit rows by item number; an item with a zero row (no vector) leaves its pairs out of the
    sample. Of each count the `n_sampled` pairs with the smallest hash are taken, so the sample depends neither on the
    blocks nor on their order.
    """
    known = np.einsum("nd,nd->n", vectors, vectors) > 0
    samples = [np.empty((0, 3), np.uint64) for _ in range(most)]  # rows of (hash, item, other)
    n_pairs = np.zeros(most, np.int64)
    for block in blocks:
        bucket = np.minimum(block.counts, most) - 1
        n_pairs += np.bincount(bucket, minlength=most)
        row_items = np.repeat(block.rows, np.diff(block.indptr))
        usable = known[row_items] & known[block.item_ids]
        for m in range(most):
            at = np.flatnonzero(usable & (bucket == m))
            samples[m] = _smallest_hashes(samples[m], row_items[at], block.item_ids[at], n_sampled)
    return [
        CountRelevance(
            f"{m + 1}+" if m + 1 == most else str(m + 1), int(n_pairs[m]), *_mean_cosine(samples[m], vectors)
        )
        for m in range(most)
    ]


def _smallest_hashes(
    sample: npt.NDArray[np.uint64], rows: SmallIntArray, items: SmallIntArray, n: int
) -> npt.NDArray[np.uint64]:
    """The sample with the pairs (rows, items) added, cut to its n smallest hashes."""
    pairs = np.stack([rows, items], axis=1).astype(np.uint64)
    hashes = _mix(pairs[:, 0] << np.uint64(32) | pairs[:, 1])
    if len(hashes) > n:
        few = np.argpartition(hashes, n - 1)[:n]
        hashes, pairs = hashes[few], pairs[few]
    together = np.concatenate([sample, np.column_stack([hashes, pairs])])
    return together[np.argsort(together[:, 0])][:n]


def _mix(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64's finaliser: a bijection of 64 bits that looks random."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _mean_cosine(sample: npt.NDArray[np.uint64], vectors: npt.NDArray[np.floating]) -> tuple[int, float | None]:
    if len(sample) == 0:
        return 0, None
    left, right = sample[:, 1].astype(np.int64), sample[:, 2].astype(np.int64)
    cosines = np.vecdot(vectors[left].astype(np.float64), vectors[right].astype(np.float64))
    return len(sample), round(float(cosines.mean()), 6)
