"""What a collaborative model is: it learns from a matrix of saves, and scores every pin for rows of saves.

No model lives here. Every model is inductive: it scores a user from the row of what the user saved, so that a user who
came after the fit needs no refit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.errors import RelpinsError

Scores = npt.NDArray[np.float32]


class CollaborativeModel(Protocol):
    """Learns from saves; ranks all pins for a user. Deterministic: equal saves and seed, equal scores."""

    name: str

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Learn from `saves`, (n_users, n_pins), one where a user saved a pin."""
        ...

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """Scores of every pin, (n, n_pins), higher is better, for n users given as rows of what they saved.

        What a row already holds is scored too: the caller masks it. The last bits of a score may change with n, as in
        every float32 product: round before ranking where a user's list must not depend on the batch.
        """
        ...


def binary_saves(saves: sparse.csr_matrix) -> sparse.csr_matrix:
    """The saves as float32 ones, duplicates merged, zeros dropped.

    Raises:
        RelpinsError: `saves` is not a two-dimensional sparse matrix.
    """
    if not sparse.issparse(saves) or saves.ndim != 2:
        raise RelpinsError(
            f"saves must be a sparse (users, pins) matrix, not {type(saves).__name__}; pass a csr_matrix"
        )
    ones = sparse.csr_matrix(saves, dtype=np.float32, copy=True)
    ones.sum_duplicates()
    ones.eliminate_zeros()
    ones.data[:] = 1.0
    return ones


def checked_rows(rows: sparse.csr_matrix, n_pins: int) -> sparse.csr_matrix:
    """`binary_saves(rows)`, once their width is that of the fit.

    Raises:
        RelpinsError: the rows are of other pins than those of the fit.
    """
    if rows.shape[1] != n_pins:
        raise RelpinsError(f"rows of {rows.shape[1]} pins, but the model was fitted on {n_pins}; pass rows of those")
    return binary_saves(rows)


def power_of_degree(degrees: npt.NDArray[np.float32], power: float) -> npt.NDArray[np.float32]:
    """`degrees ** power`, with 0 where the degree is 0: a pin that nobody saved weighs nothing."""
    out = np.zeros(len(degrees), np.float32)
    np.power(degrees, power, out=out, where=degrees > 0)
    return out


def degrees_of(saves: sparse.csr_matrix, axis: int) -> npt.NDArray[np.float32]:
    """Saves of each pin (axis 0) or of each user (axis 1), as float32."""
    return np.asarray(saves.sum(axis=axis), dtype=np.float32).ravel()


def row_blocks(n_rows: int, size: int) -> Iterator[slice]:
    """Slices that cover `n_rows` rows, `size` at a time."""
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))
