"""Intervals of means over queries by the paired percentile bootstrap (Efron 1979; Sakai 2006 for retrieval).

Queries of one board share what is relevant to them. Give their boards as clusters, and whole boards are drawn: the
interval is then as wide as the boards, not the queries, warrant.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError

FloatArray = npt.NDArray[np.float64]

BLOCK_CELLS = 2_000_000  # weights drawn at once


@dataclass(frozen=True)
class Interval:
    """A mean over queries and its bootstrap interval."""

    mean: float
    low: float
    high: float
    n_queries: int  # that have a number
    n_units: int  # drawn: clusters, or queries without clusters


def bootstrap_interval(
    values: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """The mean of `values`, (q,), nan left out, and its percentile interval.

    clusters: (q,) ids, any type; queries of one cluster are drawn together. Without numbers all is nan.

    Raises:
        RelpinsError: shapes that differ, a level outside (0, 1), fewer than 1 resample.
    """
    numbers = np.asarray(values, dtype=np.float64)
    _check(numbers, clusters, level, n_resamples)
    there = np.isfinite(numbers)
    units = np.arange(len(numbers)) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    _, units = np.unique(units[there], return_inverse=True)
    sums = np.asarray(np.bincount(units, weights=numbers[there]), dtype=np.float64)
    counts = np.bincount(units).astype(np.float64)
    if not len(counts):
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    means = _resampled_means(sums, counts, n_resamples, seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(numbers[there].mean()), float(low), float(high), int(there.sum()), len(counts))


def paired_bootstrap(
    ours: npt.ArrayLike,
    theirs: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """The mean of ours - theirs and its interval, over the queries where both have a number.

    ours, theirs: (q,) numbers of the same queries in the same order. Every resample draws the same queries for both,
    so what makes a query hard cancels. The difference is told from none if the interval leaves 0 out.

    Raises:
        RelpinsError: as `bootstrap_interval`, or not the same number of queries.
    """
    left, right = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if left.shape != right.shape:
        raise RelpinsError(f"paired numbers have shapes {left.shape} and {right.shape}; give both for the same queries")
    return bootstrap_interval(left - right, clusters=clusters, level=level, n_resamples=n_resamples, seed=seed)


def _resampled_means(sums: FloatArray, counts: FloatArray, n_resamples: int, seed: int) -> FloatArray:
    """(n_resamples,) means after drawing as many units as there are, with replacement."""
    rng, n = np.random.default_rng(seed), len(sums)
    means = np.empty(n_resamples)
    step = max(1, BLOCK_CELLS // n)
    for start in range(0, n_resamples, step):
        drawn = rng.integers(n, size=(min(step, n_resamples - start), n))  # (r, n) units
        means[start : start + len(drawn)] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return means


def _check(values: FloatArray, clusters: npt.ArrayLike | None, level: float, n_resamples: int) -> None:
    if values.ndim != 1:
        raise RelpinsError(f"numbers have shape {values.shape}; give one per query")
    if clusters is not None and np.shape(clusters) != values.shape:
        raise RelpinsError(f"clusters have shape {np.shape(clusters)}, numbers {values.shape}; give one per query")
    if not 0 < level < 1 or n_resamples < 1:
        raise RelpinsError(f"level {level} and {n_resamples} resamples; give a level in (0, 1) and 1 resample or more")
