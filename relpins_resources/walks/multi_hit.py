"""How the walks from several items are put together (Pixie, section 3.1): steps by degree, and the multi-hit boost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]


def step_shares(degrees: npt.NDArray[np.integer], weights: Doubles, most: int) -> Doubles:
    """(q,) the share of all steps that each query item gets: s_q = |E(q)| (C - log |E(q)|), times its weight.

    The paper prints C as the highest degree, which makes s linear; with C = log d_max the most popular item would get
    no step, and s would fall from d_max / e on. C = log d_max + 1 grows with the degree all the way.

    Args:
        degrees: (q,) boards of each query item, at least 1.
        weights: (q,) how much each counts, at least one of them above 0.
        most: d_max, the highest degree of the graph.
    """
    scale = np.log(np.maximum(most, 1)) + 1.0
    steps = weights * degrees * (scale - np.log(np.maximum(degrees, 1)))
    shares: Doubles = steps / steps.sum()
    return shares


def boosted(visits: Doubles) -> Doubles:
    """(c,) visits (q, c) of each candidate by the walks of q items in one number, (sum of their roots) squared: a
    candidate that several walks came by counts more; what one walk alone found keeps its count."""
    found: Doubles = np.sqrt(visits).sum(axis=0) ** 2
    return found
