"""Pictures that confirmed pairs hold together, and no farther than that."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

REACH = 24
"""Bits that a picture of a component may differ in from the one that it is named after."""


def components(left: Ints, right: Ints, hashes: Hashes, reach: int = REACH) -> Ints:
    """(n,) for each of n pictures the first picture of its component: its own position where it stands alone.

    Pictures are linked by confirmed pairs (single linkage). A chain may still lead from a picture to one that looks
    like another, so none stays in a component that differs from its first picture in more than `reach` bits: those are
    parted from it and joined among themselves, by the same rule.

    Args:
        left, right: (p,) positions of confirmed pairs.
        hashes: (n,) perceptual hashes; the pictures stand in order of their names.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(hashes)
    first = np.arange(n)
    is_open = np.zeros(n, bool)
    is_open[left] = is_open[right] = True
    while is_open.any():
        kept = is_open[left] & is_open[right]
        links = coo_array((np.ones(kept.sum(), bool), (left[kept], right[kept])), shape=(n, n))
        n_found, labels = connected_components(links, directed=False)
        named_after = np.full(n_found, n)
        np.minimum.at(named_after, labels[is_open], np.flatnonzero(is_open))
        mine = named_after[labels[is_open]]
        is_held = np.bitwise_count(hashes[is_open] ^ hashes[mine]) <= reach
        open_ones = np.flatnonzero(is_open)
        first[open_ones[is_held]] = mine[is_held]
        is_open[open_ones[is_held]] = False
    return first
