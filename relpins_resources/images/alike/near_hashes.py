"""Pairs of 64-bit hashes that differ in few bits, without comparing all with all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

N_BANDS, BAND_BITS = 4, 16
WITHIN = 7
"""Most bits that a pair may differ in. Of four bands of 16 bits one then differs in one bit at most (pigeonhole)."""
PAIRS_AT_ONCE = 1 << 21
"""Candidates held at once: about 50 MB."""
ALL_WITH_ALL = 400_000_000
"""So many comparisons take less time than sorting the keys: a few arrivals are held against everything."""
_NEIGHBOURS = np.array([0, *(1 << bit for bit in range(BAND_BITS))], np.int64)


def near_pairs(queries: Hashes, keys: Hashes, within: int = WITHIN) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of a query and a key that differ in at most `within` bits, each once, in blocks of bounded size.

    Args:
        queries: (q,) hashes.
        keys: (k,) hashes.
        within: at most WITHIN: beyond it bands could miss a pair.

    Yields:
        Positions among the queries and among the keys, (p,) each.
    """
    assert 0 <= within <= WITHIN, f"within is {within}; bands find pairs of at most {WITHIN} bits"
    if len(queries) * len(keys) <= ALL_WITH_ALL:
        yield from _by_all(queries, keys, within)
    else:
        yield from _by_bands(queries, keys, within)


def _by_all(queries: Hashes, keys: Hashes, within: int) -> Iterator[tuple[Ints, Ints]]:
    rows = max(1, PAIRS_AT_ONCE // max(1, len(keys)))
    for start in range(0, len(queries), rows):
        is_near = np.bitwise_count(queries[start : start + rows, None] ^ keys[None, :]) <= within
        at, key_at = np.nonzero(is_near)
        if len(at):
            yield at + start, key_at


def _by_bands(queries: Hashes, keys: Hashes, within: int) -> Iterator[tuple[Ints, Ints]]:
    for band in range(N_BANDS):
        bits = _band(keys, band)
        order = np.argsort(bits, kind="stable")
        starts = np.searchsorted(bits[order], np.arange((1 << BAND_BITS) + 1))
        wanted = _band(queries, band)
        for flip in _NEIGHBOURS:
            sought = wanted ^ flip
            counts = starts[sought + 1] - starts[sought]
            for at, key_at in _expanded(counts, starts[sought], order):
                differing = queries[at] ^ keys[key_at]
                is_near = np.bitwise_count(differing) <= within
                for earlier in range(band):  # a pair that an earlier band found is not given again
                    is_near &= np.bitwise_count(_band(differing, earlier)) > 1
                if is_near.any():
                    yield at[is_near], key_at[is_near]


def _band(hashes: Hashes, band: int) -> Ints:
    shifted = hashes >> np.uint64(band * BAND_BITS)
    return (shifted & np.uint64((1 << BAND_BITS) - 1)).astype(np.int64)


def _expanded(counts: Ints, starts: Ints, order: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Each query beside each of its `counts` keys, which stand from `starts` on in `order`, a block at a time."""
    queries = np.flatnonzero(counts)
    counts, starts = counts[queries], starts[queries]
    total = np.cumsum(counts)
    block = 0
    while block < len(queries):
        before = total[block - 1] if block else 0
        end = max(block + 1, int(np.searchsorted(total, before + PAIRS_AT_ONCE, side="right")))
        some = counts[block:end]
        place = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        yield np.repeat(queries[block:end], some), order[np.repeat(starts[block:end], some) + place]
        block = end
