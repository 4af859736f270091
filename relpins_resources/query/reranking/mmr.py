"""Maximal marginal relevance (Carbonell & Goldstein 1998) over the last w picks: the nearest of them counts.

The objective of candidate i is (1 - s) z(score_i) - s max_j k(i, j), j over the last w picks.
"""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Ints
from relpins_resources.query.reranking.greedy import Kernel, greedy


class Nearest:
    """The gain: minus the similarity to the nearest pick of the window; 0 before the first."""

    def __init__(self, kernel: Kernel, shape: tuple[int, int], *, window: int, limit: int) -> None:
        self._kernel, self._n_added = kernel, 0
        self._rows = np.zeros((min(window, limit), *shape))
        self._nearest = np.zeros(shape)

    def gain(self) -> Doubles:
        return -self._nearest

    def add(self, picks: Ints, alive: Booleans) -> None:
        self._rows[self._n_added % len(self._rows)] = self._kernel.row(picks)
        self._n_added += 1
        self._nearest = np.max(self._rows[: self._n_added], axis=0)


def mmr_picks(
    relevance: Doubles,
    valid: Booleans,
    kernel: Kernel,
    *,
    strength: float,
    window: int,
    limit: int,
    reach: int | None = None,
) -> Ints:
    """(b, limit) columns in picked order; see `greedy` for the arguments."""
    nearest = Nearest(kernel, (valid.shape[0], valid.shape[1]), window=window, limit=limit)
    return greedy(relevance, valid, nearest, strength=strength, limit=limit, reach=reach)
