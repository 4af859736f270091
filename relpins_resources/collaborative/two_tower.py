"""Two towers from saves alone: pins have an own vector and nothing else, users are the mean of what they saved."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from relpins_resources.collaborative.base import Scores, binary_saves, checked_rows, degrees_of
from relpins_resources.collaborative.two_tower_network import Pins
from relpins_resources.collaborative.two_tower_sampling import of_users_alone
from relpins_resources.collaborative.two_tower_training import TwoTowerConfig, train_two_tower


class TwoTower:
    """out[u, i] = user . pin, both unit vectors; trained as `two_tower_training` says.

    Args:
        dimensions: of the space.
        epochs: passes over the saves.
        batch: saves a step.
        negatives: pins drawn at random beside those of the batch.
        history: saves of a user that are looked at in training; all are when scoring.
        temperature: of the softmax.
        learning_rate: of Adam; falls to zero over the epochs.
        seed: of the first vectors and of what is drawn.
    """

    name = "two_tower"

    def __init__(
        self,
        dimensions: int = 128,
        epochs: int = 3,
        batch: int = 2048,
        negatives: int = 1024,
        history: int = 20,
        temperature: float = 0.07,
        learning_rate: float = 0.01,
        seed: int = 0,
    ) -> None:
        self.config = TwoTowerConfig(
            dim=dimensions,
            hidden=1,
            epochs=epochs,
            batch=batch,
            n_negatives=negatives,
            history=history,
            id_dropout=0.0,
            temperature=temperature,
            learning_rate=learning_rate,
        )
        self.seed = seed

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Learn the pins' vectors and what a history says from `saves`, (n_users, n_pins)."""
        ones = binary_saves(saves)
        pins = Pins((), np.arange(ones.shape[1], dtype=np.int64))
        self.towers = train_two_tower(pins, of_users_alone(ones), self.seed, self.config).towers
        self.pins = self.towers.of_pins(pins)
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """Cosines, (n, n_pins)."""
        checked = checked_rows(rows, len(self.pins))
        means = (checked @ self.pins) / np.maximum(degrees_of(checked, 1), 1)[:, None]
        users = self.towers.of_users(means.astype(np.float32), np.zeros((len(means), 0), np.float32))
        return np.asarray(users @ self.pins.T, np.float32)
