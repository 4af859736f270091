"""Item-kNN: a pin scores by how alike it is to what the user saved (Sarwar et al., WWW 2001)."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows, degrees_of, power_of_degree


class ItemKnn:
    """out[u, i] = sum over j in the row of u of sim(j, i), where sim is a damped cosine of the two pins' savers.

    sim(j, i) = sum over common savers v of |v|^-user_power, over |j|^source_power * |i|^target_power, zero for j = i.
    With user_power 0 and both other powers 0.5 it is the plain cosine; no neighbour is cut off.

    Args:
        user_power: how much less a saver of many pins counts.
        source_power: damping by the popularity of the saved pin.
        target_power: damping by the popularity of the pin that is scored.
    """

    name = "item_knn"

    def __init__(self, user_power: float = 0.5, source_power: float = 0.4, target_power: float = 0.4) -> None:
        self.user_power = user_power
        self.source_power = source_power
        self.target_power = target_power

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Learn the similarities from `saves`, (n_users, n_pins); memory is that of the pairs saved together."""
        ones = binary_saves(saves)
        by_user = sparse.diags(power_of_degree(degrees_of(ones, 1), -self.user_power))
        popularity = degrees_of(ones, 0)
        source = sparse.diags(power_of_degree(popularity, -self.source_power))
        target = sparse.diags(power_of_degree(popularity, -self.target_power))
        similarity = (source @ (ones.T @ (by_user @ ones)) @ target).tocsr()
        similarity.setdiag(0.0)
        self.similarity = similarity.astype(np.float32)
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """Sums of similarities, (n, n_pins)."""
        checked = checked_rows(rows, self.similarity.shape[0])
        return np.asarray((checked @ self.similarity).toarray(), dtype=np.float32)
