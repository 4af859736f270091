"""Several vectors into one, or into few: each function sees one user's vectors, so that a batch changes no bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from relpins_resources.ann import snap
from relpins_resources.query.catalog import Floats, Ints

Doubles = npt.NDArray[np.float64]
ROUNDS = 8
POOLINGS: dict[str, Callable[[Doubles], Doubles]] = {
    "mean": lambda rows: rows.mean(axis=0),
    "sum": lambda rows: rows.sum(axis=0),
    "max": lambda rows: rows.max(axis=0),
    "min": lambda rows: rows.min(axis=0),
}


def pooled(vectors: Floats, pooling: str) -> Floats | None:
    """(k, d) pooled to one unit vector (d,); None of nothing, and where they cancel out."""
    if len(vectors) == 0:
        return None
    return _unit(POOLINGS[pooling](vectors.astype(np.float64)))


def clusters(vectors: Floats, most: int) -> list[Floats]:
    """At most `most` unit vectors that stand for groups of (k, d) unit vectors, newest first; the group of the newest
    comes first.

    Spherical k-means, started from the newest and then from whatever is farthest from all starts, so that it needs no
    random number; equal vectors never make two groups.
    """
    if len(vectors) == 0:
        return []
    rows = vectors.astype(np.float64)
    centres = rows[_spread_out(rows, most)]
    group = np.zeros(len(rows), np.int64)
    for n_done in range(ROUNDS):
        nearest = np.argmax(np.round(rows @ centres.T, 9), axis=1)
        if (nearest == group).all() and n_done > 0:
            break
        group = nearest
        centres = np.array([_centre(rows[group == g], centres[g]) for g in range(len(centres))])
    found = [_unit(rows[group == g].sum(axis=0)) for g in dict.fromkeys(group.tolist())]
    return [one for one in found if one is not None]


def _spread_out(rows: Doubles, most: int) -> Ints:
    """Row numbers: the first, then each time the one least like all before, as long as one is unlike them."""
    chosen = [0]
    likeness = np.round(rows @ rows[0], 9)
    while len(chosen) < min(most, len(rows)):
        farthest = int(np.argmin(likeness))
        if likeness[farthest] >= 1 - 1e-6:
            break
        chosen.append(farthest)
        likeness = np.maximum(likeness, np.round(rows @ rows[farthest], 9))
    return np.array(chosen)


def _centre(rows: Doubles, before: Doubles) -> Doubles:
    unit = _unit(rows.sum(axis=0)) if len(rows) else None
    return before if unit is None else unit.astype(np.float64)


def _unit(vector: Doubles) -> Floats | None:
    norm = float(np.sqrt(np.square(vector).sum()))
    return None if norm < 1e-9 else snap((vector / norm)[None])[0]
