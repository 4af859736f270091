"""The greedy loop that every diversifier shares: pick what is best by relevance and by what it adds to the last picks.

The objective of candidate i is (1 - strength) z(relevance_i) + strength * gain_i; what a gain is belongs to the method
(`sliding_spectrum.py`, `reranking/mmr.py`, `reranking/dpp.py`). Everything here and in the methods is elementwise, or
sums in a fixed order along one pool, so that a pool's picks are the same bits alone and in a batch.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Ints

_DECIMALS = 9  # of the objective, so that the last bits of a sum do not choose


class Kernel(Protocol):
    """Similarities of the n candidates of b pools: symmetric, 1 with itself."""

    def row(self, picks: Ints) -> Doubles:
        """(b, n) similarity of every candidate to the one at `picks` (b,) of its pool."""


class Variety(Protocol):
    """What each candidate would add to the last picks of its pool."""

    def gain(self) -> Doubles:
        """(b, n) how much; larger is more."""

    def add(self, picks: Ints, alive: Booleans) -> None:
        """Takes the picks (b,) in; a pool that is not `alive` (b,) has picked nothing."""


def greedy(
    relevance: Doubles, valid: Booleans, variety: Variety, *, strength: float, limit: int, reach: int | None = None
) -> Ints:
    """(b, limit) columns in picked order, -1 where a pool has no more; ties go to the first column.

    `relevance` (b, n) is not weighted yet; `valid` (b, n) marks the candidates. `reach`: a pick comes from the first
    `reach` columns that are left, which must be all valid or the pool's last ones; None lets it come from anywhere.
    """
    n_pools, n = relevance.shape
    pools = np.arange(n_pools)
    picks = np.full((n_pools, limit), -1, np.int64)
    weighted = (1 - strength) * relevance
    closed = np.where(valid, 0.0, -np.inf)
    n_steps = min(limit, n)
    for step in range(n_steps):
        # so many of the first columns are gone as picks were made: what is left of these is `reach` long
        seen = n if reach is None else min(n, reach + step)
        objective = np.round(weighted[:, :seen] + strength * variety.gain()[:, :seen], _DECIMALS)
        pick = np.argmax(objective + closed[:, :seen], axis=1)
        alive = closed[pools, pick] == 0
        picks[:, step] = np.where(alive, pick, -1)
        closed[pools, pick] = -np.inf
        if step + 1 < n_steps:
            variety.add(pick, alive)
    return picks


def z_scores(scores: Doubles, valid: Booleans) -> Doubles:
    """(b, n) scores less their pool's mean, over its standard deviation; 0 where all scores are equal, and for padding.

    Sums run in order (cumsum), so that padding, which adds zeros, cannot change their bits.
    """
    known = np.where(valid, scores, 0.0).astype(np.float64)
    count = np.maximum(valid.sum(axis=1), 1)[:, None]
    mean = np.cumsum(known, axis=1)[:, -1:] / count
    centred = np.where(valid, known - mean, 0.0)
    deviation = np.sqrt(np.cumsum(centred * centred, axis=1)[:, -1:] / count)
    flat = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    return np.where(flat, 0.0, centred / np.where(flat, 1.0, deviation))
