"""Cosine scores that are the same bits however they are computed, and the order they rank in.

Vectors are snapped to a grid of 2^-25 (a change of at most 1.5e-8 per coordinate). A product of two such
coordinates is a multiple of 2^-50, and the partial sums of two rows whose norms multiply to less than 8 stay below
2^3, so a float64 dot is exact in any order of summation: batch size, layout, threads and machine do not show.
Approximate screening, index files and layers belong elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

GRID = 2.0**25
MICRO = 1_000_000  # similarities are kept to 1e-6
MAX_NORM = 2.0  # above it dots are no longer exact; vectors are unit rows, so nothing honest comes near
_RANK_BITS = 32
_SNAPPED_AT_ONCE = 1 << 18  # float64 coordinates held at once


def snap(vectors: npt.NDArray[np.floating]) -> FloatArray:
    """The nearest float32 rows on the 2^-25 grid; snapping twice changes nothing.

    Coordinates of 0.5 and more are on the grid already, since float32 has 24 bits. `vectors`: (..., d), d >= 1.
    """
    given = np.asarray(vectors)
    snapped = np.empty(given.shape, np.float32)
    n_block = max(1, _SNAPPED_AT_ONCE // max(1, given.shape[-1]))
    rows, out = given.reshape(-1, given.shape[-1]), snapped.reshape(-1, given.shape[-1])
    for start in range(0, len(rows), n_block):
        at = slice(start, start + n_block)
        out[at] = np.rint(rows[at].astype(np.float64) * GRID) / GRID
    return snapped


def micro_dots(queries: FloatArray, vectors: FloatArray, rows: IntArray, positions: IntArray) -> IntArray:
    """Dots of given pairs in millionths, rounded half to even; exact, so a pure function of the two rows.

    out[i] is the score of queries[rows[i]] and vectors[positions[i]]. `queries` (q, d) and `vectors` (n, d) are
    snapped rows of norm at most 2; `rows` ascends.
    """
    starts = np.searchsorted(rows, np.arange(len(queries) + 1))
    out = np.empty(len(rows), np.int64)
    for i, query in enumerate(queries.astype(np.float64)):
        at = slice(starts[i], starts[i + 1])
        out[at] = to_micro(vectors[positions[at]].astype(np.float64) @ query)
    return out


def to_micro(dots: DoubleArray) -> IntArray:
    """Similarities as whole millionths: the integers that everything is ranked by."""
    return np.rint(dots * MICRO).astype(np.int64)


def from_micro(micro: IntArray) -> FloatArray:
    """Millionths back to float32 similarities; distinct millionths below 8 stay distinct."""
    return (micro / MICRO).astype(np.float32)


def top_by_row(
    rows: IntArray, ranks: IntArray, micro: IntArray, n_rows: int, limit: int
) -> tuple[IntArray, FloatArray]:
    """The best `limit` entries of each row, best score first, ties by rank ascending.

    `rows` (m,) ascends and says which row an entry belongs to; `ranks` (m,) are below 2^32 and unique in a row.
    Returns (n_rows, limit) ranks padded with -1 and their scores padded with -inf.
    """
    counts = np.bincount(rows, minlength=n_rows)
    width = max(int(counts.max(initial=0)), limit)
    keys = np.full((n_rows, width), np.iinfo(np.int64).max)
    column = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys[rows, column] = ((MICRO * 8 - micro) << _RANK_BITS) | ranks
    keys = np.sort(keys, axis=1)[:, :limit]  # one integer sorts by score, then by rank
    filled = keys != np.iinfo(np.int64).max
    best = np.where(filled, keys & ((1 << _RANK_BITS) - 1), -1)
    scores = np.where(filled, from_micro(MICRO * 8 - (keys >> _RANK_BITS)), np.float32(-np.inf))
    return best, scores.astype(np.float32)
