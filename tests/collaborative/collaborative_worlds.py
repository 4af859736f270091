"""Small worlds of saves with known answers."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def even_and_odd(n_users: int = 24, n_pins: int = 24) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """(saves, held out): even users save every even pin, odd users every odd one; pin u is withheld from user u."""
    users, pins = np.divmod(np.arange(n_users * n_pins), n_pins)
    is_saved = users % 2 == pins % 2
    is_withheld = is_saved & (users == pins)
    shape = (n_users, n_pins)
    return matrix(users, pins, is_saved & ~is_withheld, shape), matrix(users, pins, is_withheld, shape)


def random_saves(n_users: int = 30, n_pins: int = 20, share: float = 0.2, seed: int = 0) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.random.default_rng(seed).random((n_users, n_pins)) < share).astype(np.float32))


def matrix(users, pins, is_in, shape) -> sparse.csr_matrix:
    ones = np.ones(int(is_in.sum()), np.float32)
    return sparse.csr_matrix((ones, (users[is_in], pins[is_in])), shape=shape)
