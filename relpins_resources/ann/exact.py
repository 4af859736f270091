"""The exact index: a blocked scan of the memory-mapped vectors. The oracle of the others, and the delta's search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from relpins_resources.ann.base import AnnIndex, IndexOptions
from relpins_resources.ann.scores import MICRO, BoolArray, FloatArray, IntArray

_BLOCK_SCORES = 1 << 23  # float32 scores held at once


class ExactIndex(AnnIndex):
    """Scans every row. Linear in n: right for tests, evaluation and up to some tens of thousands of vectors."""

    backend = "exact"

    def candidates(self, queries: FloatArray, limits: IntArray, hidden: BoolArray | None) -> tuple[IntArray, IntArray]:
        """A superset of the nearest `limits` visible rows, as in `AnnIndex.candidates`."""
        return exact_candidates(self.vectors, queries, limits, hidden)

    @classmethod
    def _build_structure(cls, folder: Path, vectors: FloatArray, seed: int, options: IndexOptions) -> dict[str, Any]:
        return {}


def exact_candidates(
    vectors: FloatArray, queries: FloatArray, limits: IntArray, hidden: BoolArray | None
) -> tuple[IntArray, IntArray]:
    """Every visible row that can be among the nearest limits[i] of query i: (query rows ascending, positions).

    Rows are screened by a float32 matrix product, whose last bits depend on its shape; a row stays in if it comes
    within the product's error bound of the limit, so that exact scores of the pairs rank as a full scan would.
    `hidden` is (n,), or (q, n) where each query hides rows of its own.
    """
    if len(vectors) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found_rows = [np.empty(0, np.int64)]
    found_positions = [np.empty(0, np.int64)]
    n_block = max(1, _BLOCK_SCORES // max(1, len(vectors)))
    for start in range(0, len(queries), n_block):
        at = slice(start, start + n_block)
        scores = queries[at] @ vectors.T  # (block, n)
        if hidden is not None and hidden.ndim == 2:
            scores[hidden[at]] = -np.inf
        elif hidden is not None:
            scores[:, hidden] = -np.inf
        keep = scores >= _thresholds(scores, queries[at], int(limits[at].max()))[:, None]
        rows, positions = np.divmod(np.flatnonzero(keep), keep.shape[1])
        found_rows.append(rows + start)
        found_positions.append(positions)
    return np.concatenate(found_rows), np.concatenate(found_positions)


def _thresholds(scores: FloatArray, queries: FloatArray, limit: int) -> FloatArray:
    """(q,) the lowest float32 score that a row of the true top `limit` can show; above -inf, so hidden rows fail."""
    n = scores.shape[1]
    lowest = np.full(len(scores), np.finfo(np.float32).min, np.float32)
    if limit >= n:
        return lowest
    best = _fold(scores, limit)
    at_limit = np.partition(best, best.shape[1] - limit, axis=1)[:, best.shape[1] - limit]
    # |float32 dot - dot| <= d 2^-24 / (1 - d 2^-24) |x| |y| (Higham 2002, 3.5), norms at most 2, on both sides
    n_dims = queries.shape[1]
    unit = n_dims * 2.0**-24
    norms = np.linalg.norm(queries, axis=1)
    margin = 2 * unit / (1 - unit) * norms * 2 + 2 / MICRO  # rounding to 1e-6 may tie what differs by 1e-6
    thresholds: FloatArray = np.maximum(at_limit - margin.astype(np.float32), lowest)
    return thresholds


def _fold(scores: FloatArray, limit: int) -> FloatArray:
    """(q, m) the best of disjoint groups of columns, m at least 4 `limit` if anything was folded.

    The limit-th best of the groups is no better than the limit-th best score, and little worse; it is found sooner.
    """
    while scores.shape[1] >= 8 * limit:
        half = scores.shape[1] // 2
        scores = np.maximum(scores[:, :half], scores[:, half : 2 * half])
    return scores
