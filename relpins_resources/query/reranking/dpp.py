"""Determinantal point process, greedy MAP (Chen et al. 2018, arXiv 1709.05135) over a sliding window.

Maximises (1 - s) sum z(score) + s log det K of the last w picks. Adding i multiplies the determinant by its squared
residual, so that its objective is (1 - s) z(score_i) + s log |x_i - projection of x_i on the last w picks|^2.
"""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Ints
from relpins_resources.query.reranking.greedy import Kernel, greedy
from relpins_resources.query.reranking.span import IN_SPAN, Span


class LogVolume:
    """The gain: by how much the logarithm of the determinant grows; that of IN_SPAN for a copy."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def gain(self) -> Doubles:
        gains: Doubles = np.log(np.maximum(self._span.squares, IN_SPAN))
        return gains

    def add(self, picks: Ints, alive: Booleans) -> None:
        self._span.add(picks, alive)


def dpp_picks(
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
    volume = LogVolume(Span(kernel, np.ones(valid.shape), window=window, limit=limit))
    return greedy(relevance, valid, volume, strength=strength, limit=limit, reach=reach)
