"""Graph filter: low-pass filtering on the graph of users and pins, without training (GF-CF, Shen et al., CIKM 2021)."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows, degrees_of, power_of_degree

PASSES = 4


class GraphFilter:
    """out = x D^-1/2 V f V^T D^output_power: x kept to the smoothest directions of the normalised saves.

    V holds the leading right singular vectors of D_user^-1/2 X D^-1/2, and f its singular values ^ filter_power:
    0 is the ideal low-pass filter of the paper, 2 its linear filter cut to the same directions.

    Args:
        dimensions: directions kept; fewer where users or pins are fewer.
        filter_power: how much the smoother of them count for more.
        output_power: 0.5 gives popular pins back what the normalisation took.
        seed: of the randomised singular value decomposition (Halko et al. 2011).
    """

    name = "graph_filter"

    def __init__(
        self, dimensions: int = 256, filter_power: float = 1.0, output_power: float = 0.5, seed: int = 0
    ) -> None:
        self.dimensions = dimensions
        self.filter_power = filter_power
        self.output_power = output_power
        self.seed = seed

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Take the leading singular vectors of the normalised `saves`, (n_users, n_pins)."""
        ones = binary_saves(saves)
        popularity = degrees_of(ones, 0)
        self._down = power_of_degree(popularity, -0.5)
        self._up = power_of_degree(popularity, self.output_power)
        by_user = sparse.diags(power_of_degree(degrees_of(ones, 1), -0.5))
        normalised = (by_user @ ones @ sparse.diags(self._down)).tocsr().astype(np.float32)
        kept = min(self.dimensions, *normalised.shape)
        _, strengths, directions = randomized_svd(normalised, kept, n_iter=PASSES, random_state=self.seed)
        self._directions = np.ascontiguousarray(directions, np.float32)  # (kept, n_pins)
        self._filter = (strengths / max(float(strengths.max()), 1e-12)) ** self.filter_power
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """The filtered rows, (n, n_pins)."""
        checked = checked_rows(rows, len(self._down))
        codes = np.asarray((checked @ sparse.diags(self._down)) @ self._directions.T) * self._filter
        return np.asarray(codes @ self._directions, np.float32) * self._up
