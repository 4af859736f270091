"""Graph filter: low-pass filtering on the graph of users and pins, without training (GF-CF, Shen et al., CIKM 2021)."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows, degrees_of, power_of_degree


class GraphFilter:
    """out = x D^-a V f V^T D^a: x projected on the smoothest `dimensions` directions of the normalised saves.

    V holds the right singular vectors of D_user^-user_power X D_pin^-pin_power; f is singular value ^ filter_power
    (0 is the ideal low-pass of the paper).
    """

    name = "graph_filter"

    def __init__(
        self,
        dimensions: int = 256,
        user_power: float = 0.5,
        pin_power: float = 0.5,
        filter_power: float = 0.0,
        output_power: float = 0.5,
        seed: int = 0,
    ) -> None:
        self.dimensions = dimensions
        self.user_power = user_power
        self.pin_power = pin_power
        self.filter_power = filter_power
        self.output_power = output_power
        self.seed = seed

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Take the leading singular vectors of the normalised `saves`, (n_users, n_pins)."""
        ones = binary_saves(saves)
        popularity = degrees_of(ones, 0)
        self._down = power_of_degree(popularity, -self.pin_power)
        self._up = power_of_degree(popularity, self.output_power)
        normalised = sparse.diags(power_of_degree(degrees_of(ones, 1), -self.user_power)) @ ones @ sparse.diags(self._down)
        rng = np.random.default_rng(self.seed)
        start = rng.standard_normal(min(normalised.shape))
        self.s, self.v = svds(normalised.astype(np.float64), k=self.dimensions, v0=start, return_singular_vectors="vh")[1:]
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        v = self.v[-self.dimensions:]
        s = self.s[-self.dimensions:]
        checked = checked_rows(rows, len(self._down))
        codes = np.asarray((checked @ sparse.diags(self._down)) @ v.T) * (s / s.max()) ** self.filter_power
        return np.asarray(codes @ v, np.float32) * self._up
