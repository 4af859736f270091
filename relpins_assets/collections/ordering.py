"""The order in which a collection is shown: sure and full matches first, and variety among them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from relpins_assets.collections.matching import Booleans, Ints
from relpins_resources.query.reranking.sliding_spectrum import sliding_spectrum_batch

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

NEAR_DUPLICATE = 0.97
"""Cosine of two pictures from which they are never shown side by side."""
WINDOW = 6
"""A pin should differ from so many before it: about two rows of a page."""


def shown_order(scores: Doubles, tiers: Ints, looks: Floats, valid: Booleans, *, diversity: float, limit: int) -> Ints:
    """(b, limit) places of b pools in the order they are shown, -1 where a pool has no more.

    A lower tier leads, whatever its score; within a tier score and variety are weighed, `diversity` 0 being the order
    of the scores. Of two pictures that are nearly the same one is moved away from the other, or left out where there
    is nothing to stand between them.

    Args:
        scores: (b, n) best first within each tier of a pool.
        tiers: (b, n) ascending.
        looks: (b, n, d) snapped unit rows, or zeros.
        valid: (b, n) False marks padding.
    """
    points = looks.astype(np.float64)
    grams = np.stack([rows @ rows.T for rows in points]) if len(points) else np.zeros((0, 0, 0))
    diagonal = np.arange(grams.shape[1])
    grams[:, diagonal, diagonal] = 1.0
    picks = np.full((len(scores), limit), -1, np.int64)
    if scores.shape[1] == 0:
        return picks
    places = _by_tier(scores, tiers, grams, valid, diversity=diversity)
    for pool, found in enumerate(places):
        kept = _apart(found[found >= 0], grams[pool])[:limit]
        picks[pool, : len(kept)] = kept
    return picks


def _by_tier(scores: Doubles, tiers: Ints, grams: Doubles, valid: Booleans, *, diversity: float) -> Ints:
    """(b, n) each tier diversified on its own, one after the other."""
    picks = np.full(scores.shape, -1, np.int64)
    n_placed = np.zeros(len(scores), np.int64)
    for tier in np.unique(tiers[valid]):
        members = valid & (tiers == tier)
        pools = np.flatnonzero(members.any(axis=1))
        found = sliding_spectrum_batch(
            scores[pools],
            grams[pools],
            members[pools],
            strength=diversity,
            window=WINDOW,
            limit=scores.shape[1],
        )
        row, column = np.nonzero(found >= 0)
        picks[pools[row], n_placed[pools[row]] + column] = found[row, column]
        n_placed[pools] += (found >= 0).sum(axis=1)
    return picks


def _apart(places: Ints, gram: Doubles) -> list[int]:
    """The places in their order, each put back until it is no near-duplicate of the one before it."""
    near = np.round(gram[np.ix_(places, places)], 6) >= NEAR_DUPLICATE
    if not near[np.arange(1, len(places)), np.arange(len(places) - 1)].any():
        return [int(place) for place in places]
    waiting, shown = list(range(len(places))), [-1]
    while waiting:
        fitting = next((at for at in waiting if shown[-1] < 0 or not near[shown[-1], at]), None)
        if fitting is None:
            break
        waiting.remove(fitting)
        shown.append(fitting)
    return [int(places[at]) for at in shown[1:]]
