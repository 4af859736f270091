"""Residual k-means: a vector as a few small whole numbers, from coarse to fine (RQ-KMeans).

    r_0 = x;  c_l = argmin_k ||r_l - e_lk||;  r_(l+1) = r_l - e_(l, c_l)

Deterministic, and without the collapse that a learned quantiser is prone to. Vectors and codebooks are on the grid of
2^-25 (see `ann.scores`), residuals with them; with norms of at most 1 every dot and every sum here is exact in float64,
so a code depends on the vector and the codebooks alone: not on batch, threads or machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from relpins_resources.ann import snap

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

N_LEVELS = 3
N_CODES = 64
PER_CODE = 10
"""A catalog has at most one code a level for so many pins."""
N_ITERATIONS = 25
ROWS_AT_ONCE = 8_192


def n_codes_for(n_vectors: int, most: int = N_CODES) -> int:
    """Codes per level for so many vectors: `most`, fewer in a small catalog, at least 1."""
    return min(most, max(1, n_vectors // PER_CODE))


def fit_codebooks(vectors: Floats, n_levels: int = N_LEVELS, n_codes: int = N_CODES, seed: int = 0) -> Floats:
    """Codebooks (n_levels, n_codes, d), each fitted to what the levels above it leave over.

    Args:
        vectors: (n, d) snapped rows of norm at most 1, n >= 1.
        n_codes: codes per level; where there are fewer different vectors, some are never used.
        seed: of the first centres.
    """
    assert len(vectors), "there is nothing to fit codebooks to"
    rng = np.random.default_rng(seed)
    residuals = vectors.astype(np.float64)
    levels = []
    for _ in range(n_levels):
        centres = _k_means(residuals, n_codes, rng)
        residuals -= centres[_nearest(residuals, centres)]
        levels.append(centres)
    return np.stack(levels).astype(np.float32)  # exact: the centres are snapped


def assign_codes(vectors: Floats, codebooks: Floats) -> Ints:
    """(n, n_levels) codes of snapped vectors (n, d); of two centres equally near, the first."""
    codes, _ = _quantised(vectors, codebooks)
    return codes


def quantisation_error(vectors: Floats, codebooks: Floats) -> float:
    """Mean squared length of what all levels together leave over; 0 for no vectors."""
    _, squared = _quantised(vectors, codebooks)
    return float(squared.mean()) if len(squared) else 0.0


def _quantised(vectors: Floats, codebooks: Floats) -> tuple[Ints, Doubles]:
    assert vectors.shape[1:] == codebooks.shape[2:], (vectors.shape, codebooks.shape)
    codes = np.empty((len(vectors), len(codebooks)), np.int64)
    squared = np.empty(len(vectors))
    books = codebooks.astype(np.float64)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        at = slice(start, start + ROWS_AT_ONCE)
        residuals = vectors[at].astype(np.float64)
        for level, centres in enumerate(books):
            codes[at, level] = _nearest(residuals, centres)
            residuals -= centres[codes[at, level]]
        squared[at] = (residuals**2).sum(1)
    return codes, squared


def _nearest(rows: Doubles, centres: Doubles) -> Ints:
    """(n,) the centre nearest to each row; ties go to the first. Exact while |row| |centre| stays below 8."""
    nearness = rows @ centres.T - 0.5 * (centres**2).sum(1)  # (n, k), (|row|^2 - distance^2) / 2
    found: Ints = nearness.argmax(1)
    return found


def _k_means(rows: Doubles, n_codes: int, rng: np.random.Generator) -> Doubles:
    """Centres (n_codes, d) by Lloyd's iterations from k-means++; one that loses all rows moves to the farthest row."""
    centres = _first_centres(rows, n_codes, rng)
    before = np.full(len(rows), -1)
    for _ in range(N_ITERATIONS):
        nearest = _nearest(rows, centres)
        if (nearest == before).all():
            break
        before = nearest
        counts = np.bincount(nearest, minlength=n_codes)
        members = np.zeros((n_codes, len(rows)))
        members[nearest, np.arange(len(rows))] = 1.0
        means = (members @ rows) / np.maximum(counts, 1)[:, None]
        farthest = np.argsort(-((rows - centres[nearest]) ** 2).sum(1), kind="stable")
        lost = np.flatnonzero(counts == 0)[: len(rows)]
        means[lost] = rows[farthest[: len(lost)]]
        centres = _on_grid(means)
    return centres


def _first_centres(rows: Doubles, n_codes: int, rng: np.random.Generator) -> Doubles:
    """Rows drawn with a chance that grows with the squared distance to those drawn before (k-means++)."""
    chosen = [int(rng.integers(len(rows)))]
    distances = ((rows - rows[chosen[0]]) ** 2).sum(1)
    for _ in range(n_codes - 1):
        bounds = np.cumsum(distances)
        at = int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))
        chosen.append(min(at, len(rows) - 1))
        distances = np.minimum(distances, ((rows - rows[chosen[-1]]) ** 2).sum(1))
    return _on_grid(rows[chosen])


def _on_grid(centres: Doubles) -> Doubles:
    """Centres of norm at most 1, snapped. Only residuals far out are longer, and their centre need not be exact."""
    norms = np.sqrt((centres**2).sum(1, keepdims=True))
    return snap(centres / np.maximum(norms, 1.0)).astype(np.float64)
