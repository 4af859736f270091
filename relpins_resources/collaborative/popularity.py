"""Popularity: every user gets the pins that most users saved. The floor that every other model must clear."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows, degrees_of


class Popularity:
    """out[u, i] is the number of users who saved pin i, whoever u is."""

    name = "popularity"

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Count the saves of each pin in `saves`, (n_users, n_pins)."""
        self._counts = degrees_of(binary_saves(saves), axis=0)
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """The counts, once per row: (n, n_pins)."""
        n_rows = checked_rows(rows, len(self._counts)).shape[0]
        return np.tile(self._counts, (n_rows, 1))
