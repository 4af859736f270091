"""ELSA: a low-rank linear autoencoder for sparse rows (Vancura et al., RecSys 2022).

x_hat = x (A A^T - I) with unit rows of A; the loss is the squared distance of the normalised rows of x_hat and x, which
is 2 - 2 cos(x_hat, x). The cosine needs only z = x A and A^T A, so no dense row of pins is ever made in training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import sparse

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows

if TYPE_CHECKING:
    import torch


class Elsa:
    """out = x (A A^T - I): memory of pins * dimensions, where EASE needs pins * pins.

    Args:
        dimensions: columns of A.
        epochs: passes over the users.
        batch_users: users a step.
        learning_rate: of Adam; falls to zero over the epochs.
        seed: of A and of the order of users.
    """

    name = "elsa"

    def __init__(
        self,
        dimensions: int = 256,
        epochs: int = 6,
        batch_users: int = 1024,
        learning_rate: float = 0.05,
        seed: int = 0,
    ) -> None:
        self.dimensions = dimensions
        self.epochs = epochs
        self.batch_users = batch_users
        self.learning_rate = learning_rate
        self.seed = seed

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Learn A from `saves`, (n_users, n_pins)."""
        import torch

        ones = binary_saves(saves)
        ones = ones[np.flatnonzero(np.diff(ones.indptr))]
        rng = np.random.default_rng(self.seed)
        start = rng.standard_normal((ones.shape[1], self.dimensions)).astype(np.float32)
        matrix = torch.nn.Parameter(torch.from_numpy(start / np.linalg.norm(start, axis=1, keepdims=True)))
        optimiser = torch.optim.Adam([matrix], lr=self.learning_rate)
        steps = self.epochs * -(-ones.shape[0] // self.batch_users)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, max(1, steps))
        for _ in range(self.epochs):
            order = rng.permutation(ones.shape[0])
            for begin in range(0, len(order), self.batch_users):
                optimiser.zero_grad()
                torch.autograd.backward(_loss(ones[order[begin : begin + self.batch_users]], matrix))
                optimiser.step()
                schedule.step()
        self.matrix = torch.nn.functional.normalize(matrix.detach(), dim=1).numpy()
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """x (A A^T - I), (n, n_pins)."""
        checked = checked_rows(rows, len(self.matrix))
        out = np.asarray((checked @ self.matrix) @ self.matrix.T, np.float32)
        out[checked.nonzero()] -= 1.0
        return out


def _loss(rows: sparse.csr_matrix, matrix: torch.Tensor) -> torch.Tensor:
    """Mean of 2 - 2 cos(x_hat, x) over the rows, none of which is empty."""
    import torch

    unit = torch.nn.functional.normalize(matrix, dim=1)
    indices = torch.from_numpy(rows.indices.astype(np.int64))
    offsets = torch.from_numpy(rows.indptr[:-1].astype(np.int64))
    codes = torch.nn.functional.embedding_bag(indices, unit, offsets, mode="sum")
    sizes = torch.from_numpy(np.diff(rows.indptr).astype(np.float32))
    lengths = (codes * codes).sum(1)
    squared = ((codes @ (unit.T @ unit)) * codes).sum(1) - 2 * lengths + sizes
    cosine = (lengths - sizes) / torch.sqrt(sizes * squared.clamp(min=1e-6))
    return (2 - 2 * cosine).mean()
