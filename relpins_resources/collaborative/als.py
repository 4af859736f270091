"""iALS: implicit matrix factorisation by alternating least squares (Hu, Koren, Volinsky, ICDM 2008).

With the regularisation of Rendle et al. 2021 ("Revisiting iALS"), scaled by how often a user or pin was seen. All rows
of a side are solved together by conjugate gradients (Takács et al. 2011), so no loop runs over users or pins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows, degrees_of, row_blocks

Matrix = npt.NDArray[np.float32]
PAIRS_AT_A_TIME = 65_536
FOLD_IN_STEPS = 10


class Als:
    """out[u, i] = w_u . h_i, the factors minimising sum_saved (1 - w.h)^2 + unobserved sum_all (w.h)^2 + penalty.

    A user's own factors are solved from the row that is scored, so that only the pins' factors are kept.
    The penalty of a row is regularisation * (|row| + unobserved * n_other_side)^frequency_power times its squared norm.

    Args:
        dimensions: of the factors.
        regularisation: strength of the penalty.
        unobserved: weight of a pair that was not saved, beside 1 for one that was.
        frequency_power: 1 scales the penalty with what was seen, 0 not at all.
        sweeps: how often both sides are solved.
        seed: of the first factors.
    """

    name = "als"

    def __init__(
        self,
        dimensions: int = 128,
        regularisation: float = 0.012,
        unobserved: float = 0.01,
        frequency_power: float = 1.0,
        sweeps: int = 8,
        seed: int = 0,
    ) -> None:
        self.dimensions = dimensions
        self.regularisation = regularisation
        self.unobserved = unobserved
        self.frequency_power = frequency_power
        self.sweeps = sweeps
        self.seed = seed

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Learn the factors of the pins from `saves`, (n_users, n_pins)."""
        by_user = binary_saves(saves)
        by_pin = by_user.T.tocsr()
        rng = np.random.default_rng(self.seed)
        scale = 0.1 / np.sqrt(self.dimensions)
        users = (rng.standard_normal((by_user.shape[0], self.dimensions)) * scale).astype(np.float32)
        self.pins = (rng.standard_normal((by_user.shape[1], self.dimensions)) * scale).astype(np.float32)
        for _ in range(self.sweeps):
            users = self._solved(by_user, self.pins, users, steps=3)
            self.pins = self._solved(by_pin, users, self.pins, steps=3)
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """w . h, (n, n_pins): the users' factors are solved anew from their rows."""
        checked = checked_rows(rows, len(self.pins))
        start = np.zeros((checked.shape[0], self.dimensions), np.float32)
        return np.asarray(self._solved(checked, self.pins, start, steps=FOLD_IN_STEPS) @ self.pins.T, np.float32)

    def _solved(self, saves: sparse.csr_matrix, other: Matrix, start: Matrix, steps: int) -> Matrix:
        """Factors of the rows of `saves` given those of the other side, by `steps` of conjugate gradients."""
        gram = self.unobserved * (other.T @ other)
        seen = degrees_of(saves, 1) + self.unobserved * len(other)
        penalty = (self.regularisation * seen**self.frequency_power).astype(np.float32)[:, None]
        row_of_pair = np.repeat(np.arange(saves.shape[0], dtype=np.int32), np.diff(saves.indptr))

        def applied(factors: Matrix) -> Matrix:
            predicted = _pair_products(factors, other, row_of_pair, saves.indices)
            on_saved = sparse.csr_matrix((predicted, saves.indices, saves.indptr), shape=saves.shape)
            return np.asarray(factors @ gram + on_saved @ other + penalty * factors, np.float32)

        target = np.asarray(saves @ other, np.float32)
        return _conjugate_gradients(applied, target, start, steps)


def _pair_products(
    rows: Matrix, columns: Matrix, row_of_pair: npt.NDArray[np.int32], column_of_pair: npt.NDArray[np.int32]
) -> npt.NDArray[np.float32]:
    """rows[r] . columns[c] for each pair (r, c)."""
    out = np.empty(len(row_of_pair), np.float32)
    for block in row_blocks(len(out), PAIRS_AT_A_TIME):
        out[block] = np.einsum("nd,nd->n", rows[row_of_pair[block]], columns[column_of_pair[block]])
    return out


def _conjugate_gradients(applied: Callable[[Matrix], Matrix], target: Matrix, start: Matrix, steps: int) -> Matrix:
    """Solve each row's own system, all rows at once; a row that is solved stays as it is."""
    solution = start.copy()
    residual = target - applied(solution)
    direction = residual.copy()
    squared = np.einsum("nd,nd->n", residual, residual)
    for _ in range(steps):
        image = applied(direction)
        curvature = np.einsum("nd,nd->n", direction, image)
        length = np.divide(squared, curvature, out=np.zeros_like(squared), where=curvature > 0)[:, None]
        solution += length * direction
        residual -= length * image
        before, squared = squared, np.einsum("nd,nd->n", residual, residual)
        ratio = np.divide(squared, before, out=np.zeros_like(squared), where=before > 0)
        direction = residual + ratio[:, None] * direction
    return solution
