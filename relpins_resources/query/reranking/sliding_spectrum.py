"""Sliding spectrum decomposition (SSD*): a pool reordered so that each pick adds something to the last few.

Huang et al. 2021, arXiv 2107.05204, Eq. 12, in kernel form: only the pool's Gram matrix is needed, so any blend of
cosines serves (`blended_gram`). The objective of candidate i is

    (1 - s) z(score_i) + s |x_i - projection of x_i on the last w picks|

with s the strength, z over the pool, and x_i with a constant appended (section 5.3: `bias` is added to the Gram).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from relpins_resources.ann.scores import snap
from relpins_resources.errors import RelpinsError
from relpins_resources.query.reranking.greedy import Kernel, greedy, z_scores
from relpins_resources.query.reranking.span import IN_SPAN, Span

DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_BLOCK_CELLS = 1 << 14  # pools x candidates worked on at once: the window's rows then stay in cache


def sliding_spectrum(
    scores: npt.NDArray[np.floating],
    gram: npt.NDArray[np.floating],
    *,
    strength: float,
    window: int,
    limit: int,
    bias: float = 1.0,
) -> IntArray:
    """Positions of the pool in picked order, `limit` of them or all n if there are fewer.

    `scores` (n,) relevance; `gram` (n, n) similarities of the candidates, diagonal 1, positive semi-definite
    (a negative residual counts as 0). `strength` in [0, 1]: 0 gives the order of the scores, ties by position.
    `window` >= 1: how many of the last picks a candidate should differ from. Residuals are exact for every window.
    Raises RelpinsError for shapes or values outside these.
    """
    valid = np.ones((1, len(scores)), bool)
    picks = sliding_spectrum_batch(
        scores[None], gram[None], valid, strength=strength, window=window, limit=limit, bias=bias
    )
    picked: IntArray = picks[0][picks[0] >= 0]
    return picked


def sliding_spectrum_batch(
    scores: npt.NDArray[np.floating],
    grams: npt.NDArray[np.floating],
    valid: BoolArray,
    *,
    strength: float,
    window: int,
    limit: int,
    bias: float = 1.0,
) -> IntArray:
    """`sliding_spectrum` of b pools at once, each the same bits as alone, however wide the padding.

    `scores` (b, n), `grams` (b, n, n), `valid` (b, n): False marks padding, whose scores and grams are not read.
    Returns (b, limit) positions in picked order, padded with -1 where a pool has fewer candidates.
    """
    _check(scores, grams, valid, strength, window, limit)
    n_pools, n = scores.shape
    picks = np.full((n_pools, limit), -1, np.int64)
    if n == 0:
        return picks
    if strength == 0:
        return _by_score(scores, valid, limit)
    n_block = max(1, _BLOCK_CELLS // n)
    for start in range(0, n_pools, n_block):
        at = slice(start, start + n_block)
        kernel = _GramRows(grams[at], valid[at])
        relevance = z_scores(np.asarray(scores[at], np.float64), valid[at])
        picks[at] = spectrum_picks(
            relevance, valid[at], kernel, kernel.diagonal, strength=strength, window=window, limit=limit, bias=bias
        )
    return picks


def spectrum_picks(
    relevance: DoubleArray,
    valid: BoolArray,
    kernel: Kernel,
    diagonal: DoubleArray | None = None,
    *,
    strength: float,
    window: int,
    limit: int,
    reach: int | None = None,
    bias: float = 1.0,
) -> IntArray:
    """(b, limit) picks of b pools whose kernel gives one row at a time; see `greedy` for the arguments.

    `diagonal` (b, n) of the kernel; None is all 1.
    """
    squares = np.ones(valid.shape) if diagonal is None else diagonal
    residuals = Residuals(Span(kernel, squares, window=window, limit=limit, bias=bias))
    return greedy(relevance, valid, residuals, strength=strength, limit=limit, reach=reach)


class Residuals:
    """The gain of Eq. 12: the length of what of a candidate is outside the window's span."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def gain(self) -> DoubleArray:
        lengths: DoubleArray = np.sqrt(self._span.residual_squares())
        return lengths

    def add(self, picks: IntArray, alive: BoolArray) -> None:
        self._span.add(picks, alive)


class _GramRows:
    """Rows of whole Gram matrices (b, n, n), 0 in padding."""

    def __init__(self, grams: npt.NDArray[np.floating], valid: BoolArray) -> None:
        self._grams, self._valid, self._pools = grams, valid, np.arange(len(grams))

    @property
    def diagonal(self) -> DoubleArray:
        return np.where(self._valid, np.einsum("bii->bi", self._grams), 0.0).astype(np.float64)

    def row(self, picks: IntArray) -> DoubleArray:
        return np.where(self._valid, self._grams[self._pools, picks], 0.0).astype(np.float64)


def _by_score(scores: npt.NDArray[np.floating], valid: BoolArray, limit: int) -> IntArray:
    picks = np.full((len(scores), limit), -1, np.int64)
    order = np.argsort(np.where(valid, -scores, np.inf), axis=1, kind="stable")[:, :limit]
    picks[:, : order.shape[1]] = np.where(np.take_along_axis(valid, order, axis=1), order, -1)
    return picks


def _check(
    scores: npt.NDArray[np.floating],
    grams: npt.NDArray[np.floating],
    valid: BoolArray,
    strength: float,
    window: int,
    limit: int,
) -> None:
    n_pools, n = scores.shape
    if grams.shape != (n_pools, n, n) or valid.shape != (n_pools, n):
        raise RelpinsError(
            f"scores {scores.shape}, grams {grams.shape} and valid {valid.shape} do not fit;"
            f" give ({n_pools}, {n}), ({n_pools}, {n}, {n}) and ({n_pools}, {n})"
        )
    if not 0 <= strength <= 1:
        raise RelpinsError(f"strength is {strength}; give a number from 0 (order of scores) to 1 (variety alone)")
    if window < 1 or limit < 1:
        raise RelpinsError(f"window is {window} and limit {limit}; both must be at least 1")
    if not np.isfinite(scores[valid]).all():
        raise RelpinsError("a pool has a score that is not finite; leave such candidates out of the pool")


def sliding_spectrum_exact(
    scores: npt.NDArray[np.floating],
    vectors: npt.NDArray[np.floating],
    *,
    strength: float,
    window: int,
    limit: int,
    bias: float = 1.0,
) -> IntArray:
    """The same picks from (n, d) vectors, solving a least-squares problem for each step: slow, the oracle of tests."""
    spread = float(np.std(scores))
    relevance = (scores - np.mean(scores)) / spread if spread > 0 else np.zeros(len(scores))
    points = np.column_stack([vectors.astype(np.float64), np.full(len(vectors), np.sqrt(bias))])
    picks: list[int] = []
    while len(picks) < min(limit, len(scores)):
        span = points[picks[-window:]].T  # (d, w)
        weights = np.linalg.lstsq(span, points.T, rcond=IN_SPAN)[0] if picks else np.zeros((0, len(points)))
        squares = ((points.T - span @ weights) ** 2).sum(axis=0)
        residuals = np.sqrt(np.where(squares > IN_SPAN, squares, 0.0))
        objective = np.round((1 - strength) * relevance + strength * residuals, 9)
        objective[picks] = -np.inf
        picks.append(int(np.argmax(objective)))
    return np.array(picks, np.int64)


def blended_gram(
    cosines: Sequence[npt.NDArray[np.floating]],
    weights: Sequence[float],
    present: Sequence[BoolArray] | None = None,
) -> DoubleArray:
    """Several similarities as one Gram matrix (..., n, n).

    out[i, j] = sum_m a_m cos_m[i, j] / sum_m a_m, m over the modalities that i and j both have.

    `cosines` m matrices (..., n, n), not clamped (clamped cosines are not positive semi-definite); co-occurrence
    enters as cooc_ij / sqrt(d_i d_j) with 1 on the diagonal. `weights` m numbers, at least one above 0.
    `present` m masks (..., n): which rows have that modality; a pair is weighed over those that both have, and is 0 if
    they share none (1 for a row with itself). With nothing missing the result is positive semi-definite as a weighted
    mean of such matrices; reweighted pairs can leave it slightly indefinite, which `sliding_spectrum` reads as
    "nothing new". Raises RelpinsError for lengths or weights that do not fit.
    """
    if len(cosines) != len(weights) or (present is not None and len(present) != len(weights)):
        raise RelpinsError(
            f"{len(cosines)} matrices came with {len(weights)} weights"
            f" and {len(weights) if present is None else len(present)} masks; give one of each per modality"
        )
    if not weights or min(weights) < 0 or sum(weights) <= 0:
        raise RelpinsError(f"weights are {list(weights)}; give numbers of at least 0, not all 0")
    blend = np.zeros(cosines[0].shape)
    total = np.zeros(cosines[0].shape)
    for m, (cosine, weight) in enumerate(zip(cosines, weights, strict=True)):
        both = np.ones(1) if present is None else present[m][..., :, None] & present[m][..., None, :]
        blend += np.where(both, weight * cosine.astype(np.float64), 0.0)
        total += np.where(both, weight, 0.0)
    blend = np.where(total > 0, blend / np.where(total > 0, total, 1.0), 0.0)
    alone = np.einsum("...ii->...i", total) <= 0
    np.einsum("...ii->...i", blend)[alone] = 1.0
    return blend


def cosine_gram(vectors: npt.NDArray[np.floating]) -> DoubleArray:
    """(..., n, n) cosines of (..., n, d) unit rows, the same bits for a pair in whatever pool it stands.

    Rows are snapped (`ann.scores.snap`), which makes float64 products exact in any order.
    """
    rows = snap(vectors).astype(np.float64)
    gram: DoubleArray = rows @ np.swapaxes(rows, -1, -2)
    return gram
