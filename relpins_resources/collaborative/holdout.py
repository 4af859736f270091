"""A random share of the saves set aside: to measure on, or to choose weights on."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def split_saves(saves: sparse.csr_matrix, share: float, seed: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """(kept, held out), both (n_users, n_pins): each save is held out with probability `share`."""
    pairs = saves.tocoo()
    is_held_out = np.random.default_rng(seed).random(pairs.nnz) < share
    return _part(pairs, ~is_held_out), _part(pairs, is_held_out)


def _part(pairs: sparse.coo_matrix, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> sparse.csr_matrix:
    values = pairs.data[chosen]
    return sparse.csr_matrix((values, (pairs.row[chosen], pairs.col[chosen])), shape=pairs.shape)
