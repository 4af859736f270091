"""EASE: the linear item-to-item model in closed form (Steck, WWW 2019). The peer that the others are held against."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows


class Ease:
    """out = X B, where B minimises |X - X B|^2 + l2 |B|^2 with a zero diagonal.

    Args:
        l2: the penalty on the squared weights.
    """

    name = "ease"

    def __init__(self, l2: float = 500.0) -> None:
        self.l2 = l2

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Solve for B from `saves`, (n_users, n_pins): a few (n_pins, n_pins) float32 matrices of memory."""
        ones = binary_saves(saves)
        gram = (ones.T @ ones).toarray().astype(np.float32)
        gram[np.diag_indices_from(gram)] += self.l2
        self.weights = _zero_diagonal(_inverse(gram))
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """X B, (n, n_pins)."""
        return np.asarray(checked_rows(rows, len(self.weights)) @ self.weights, np.float32)


def _inverse(gram: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The inverse of a positive definite matrix by Cholesky, in place of `gram`."""
    factor, info = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    assert info == 0, "a penalised Gram matrix is positive definite"
    inverse, info = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    assert info == 0, "a Cholesky factor has no zero on its diagonal"
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(lower, -1).T, np.float32)


def _zero_diagonal(inverse: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """B[i, j] = -P[i, j] / P[j, j], and 0 where i = j."""
    weights = inverse / -np.diagonal(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.ascontiguousarray(weights, np.float32)
