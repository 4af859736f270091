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

DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

IN_SPAN = 1e-6  # squared residuals below it are 0: cosines are kept to 1e-6, so nothing finer is known
_DECIMALS = 9  # of the objective, so that the last bits of a sum do not choose
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
        relevance = (1 - strength) * _z_scores(scores[at], valid[at])
        picks[at] = _pick(relevance, grams[at], valid[at], strength, window, limit, bias)
    return picks


def _pick(
    relevance: DoubleArray,
    grams: npt.NDArray[np.floating],
    valid: BoolArray,
    strength: float,
    window: int,
    limit: int,
    bias: float,
) -> IntArray:
    """The greedy loop of one block of pools; elementwise operations only, so no pool sees another."""
    n_pools, n = relevance.shape
    pools = np.arange(n_pools)
    is_open = valid.copy()
    squares = np.where(valid, np.einsum("bii->bi", grams) + bias, 0.0)  # squared residuals
    rows = np.zeros((min(window, limit), n_pools, n))  # rows[k, p, i] = <x_i, k-th basis vector of pool p>
    window_picks = np.zeros((len(rows), n_pools), np.int64)
    picks = np.full((n_pools, limit), -1, np.int64)
    n_rows = 0
    for step in range(min(limit, n)):
        residuals = np.sqrt(np.where(squares > IN_SPAN, squares, 0.0))
        objective = np.round(relevance + strength * residuals, _DECIMALS)
        pick = np.argmax(np.where(is_open, objective, -np.inf), axis=1)  # the first of the best
        alive = is_open[pools, pick]
        picks[:, step] = np.where(alive, pick, -1)
        is_open[pools, pick] = False
        if n_rows == len(rows):
            _forget_oldest(rows, window_picks, squares)
            n_rows -= 1
        kernel = np.where(valid, grams[pools, pick] + bias, 0.0)
        rows[n_rows] = _basis_row(rows[:n_rows], kernel, pick, alive)
        squares -= rows[n_rows] * rows[n_rows]
        window_picks[n_rows] = pick
        n_rows += 1
    return picks


def _basis_row(rows: DoubleArray, kernel: DoubleArray, pick: IntArray, alive: BoolArray) -> DoubleArray:
    """(b, n) products of every candidate with the part of the pick outside the window's span; 0 if there is none.

    `rows` (k, b, n) are the window's basis rows, `kernel` (b, n) the pick's row of the Gram matrix. One step of
    pivoted Cholesky.
    """
    pools = np.arange(len(pick))
    for row in rows:
        kernel = kernel - row[pools, pick][:, None] * row
    pivot = kernel[pools, pick]
    adds = alive & (pivot > IN_SPAN)
    return np.where(adds[:, None], kernel / np.sqrt(np.where(adds, pivot, 1.0))[:, None], 0.0)


def _forget_oldest(rows: DoubleArray, window_picks: IntArray, squares: DoubleArray) -> None:
    """Drops the oldest pick from a full window, in place and exactly: the basis is rotated, not patched.

    The rows at the picks are the R of a QR of the window. Without its first column R is upper Hessenberg; Givens
    rotations of neighbouring rows make it triangular again and carry down what only the dropped pick spanned, until it
    is the last row (Golub & Van Loan, 6.5.2), whose squares return to the residuals. Adding back the oldest row alone
    would be approximate, since later rows were made orthogonal to it.
    """
    pools = np.arange(rows.shape[1])
    window_picks[:-1] = window_picks[1:]
    for k in range(len(rows) - 1):
        carried, lower = rows[k], rows[k + 1]
        a, b = carried[pools, window_picks[k]], lower[pools, window_picks[k]]
        square = a * a + b * b
        turns = square > IN_SPAN  # else the pick is in the span of those before it, and what is carried goes on down
        length = np.sqrt(np.where(turns, square, 1.0))
        cos = np.where(turns, a / length, 0.0)[:, None]
        sin = np.where(turns, b / length, 1.0)[:, None]
        rows[k], rows[k + 1] = cos * carried + sin * lower, cos * lower - sin * carried
    squares += rows[-1] * rows[-1]


def _z_scores(scores: npt.NDArray[np.floating], valid: BoolArray) -> DoubleArray:
    """(b, n) scores less their pool's mean, over its standard deviation; 0 where all scores are equal.

    Sums run in order (cumsum), so that padding, which adds zeros, cannot change their bits.
    """
    known = np.where(valid, scores, 0.0).astype(np.float64)
    count = np.maximum(valid.sum(axis=1), 1)[:, None]
    mean = np.cumsum(known, axis=1)[:, -1:] / count
    centred = np.where(valid, known - mean, 0.0)
    deviation = np.sqrt(np.cumsum(centred * centred, axis=1)[:, -1:] / count)
    flat = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    return np.where(flat, 0.0, centred / np.where(flat, 1.0, deviation))


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
        objective = np.round((1 - strength) * relevance + strength * residuals, _DECIMALS)
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
