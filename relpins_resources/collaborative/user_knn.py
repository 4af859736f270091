"""User-kNN: a pin scores by how alike its savers are to the user."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from relpins_resources.collaborative.base import (
    Scores,
    binary_saves,
    checked_rows,
    degrees_of,
    power_of_degree,
    row_blocks,
)

BLOCK = 1024


class UserKnn:
    """out[u, i] = sum over savers v of i of sim(u, v)^sharpness, over |i|^pin_power.

    sim(u, v) = sum over common pins j of |j|^-common_power, over (|u| |v|)^0.5. A saver's similarity to oneself is not
    taken out: it only reaches pins that the caller masks.

    Args:
        sharpness: above 1 the nearest users count for more, as a soft form of keeping only k neighbours.
        common_power: how much less a popular pin in common counts.
        pin_power: damping by the popularity of the pin that is scored.
    """

    name = "user_knn"

    def __init__(self, sharpness: float = 1.5, common_power: float = 0.4, pin_power: float = 0.2) -> None:
        self.sharpness = sharpness
        self.common_power = common_power
        self.pin_power = pin_power

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Keep `saves`, (n_users, n_pins), and the weights of users and pins."""
        ones = binary_saves(saves)
        popularity = degrees_of(ones, 0)
        by_user = sparse.diags(power_of_degree(degrees_of(ones, 1), -0.5))
        by_pin = sparse.diags(power_of_degree(popularity, -self.common_power))
        self._users = (by_user @ ones @ by_pin).T.tocsr()  # (n_pins, n_users)
        self._saved = (ones @ sparse.diags(power_of_degree(popularity, -self.pin_power))).tocsr()
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """Sums over savers, (n, n_pins); a block of users at a time, so that memory stays bounded."""
        checked = checked_rows(rows, self._users.shape[0])
        out = np.zeros(checked.shape, np.float32)
        for block in row_blocks(checked.shape[0], BLOCK):
            mine = checked[block]
            similarity = sparse.diags(power_of_degree(degrees_of(mine, 1), -0.5)) @ mine @ self._users
            similarity.data **= self.sharpness
            out[block] = (similarity @ self._saved).toarray()
        return out
