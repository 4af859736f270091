"""Pictures that confirmed pairs hold together, and no farther than that."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

REACH = 16
"""Bits in which a picture may differ from the middle of its component where no confirmed pair links it to that."""


def components(left: Ints, right: Ints, hashes: Hashes, reach: int = REACH) -> Ints:
    """(n,) for each of n pictures the first picture of its component: its own position where it stands alone.

    Pictures are linked by confirmed pairs (single linkage). A chain of small differences may still lead to another
    picture, so a component keeps to its middle, the picture with the most links (of several the first): others stay
    that are linked to it or whose hashes differ from its in at most `reach` bits. The rest is joined among itself by
    the same rule.

    Args:
        left, right: (p,) positions of confirmed pairs, each pair once.
        hashes: (n,) perceptual hashes.
    """
    first = np.arange(len(hashes))
    is_open = np.zeros(len(hashes), bool)
    is_open[left] = is_open[right] = True
    while is_open.any():
        kept = is_open[left] & is_open[right]
        left, right = left[kept], right[kept]
        members = np.flatnonzero(is_open)
        labels, middles = _middles(left, right, members)
        middle = middles[labels]
        is_held = (np.bitwise_count(hashes[members] ^ hashes[middle]) <= reach) | (members == middle)
        for one, other in ((left, right), (right, left)):
            ends = np.searchsorted(members, other[one == middle[np.searchsorted(members, one)]])
            is_held[ends] = True
        held, label = members[is_held], labels[is_held]
        names = np.full(len(middles), len(hashes))
        np.minimum.at(names, label, held)
        first[held] = names[label]
        is_open[held] = False
    return first


def _middles(left: Ints, right: Ints, members: Ints) -> tuple[Ints, Ints]:
    """For each member the number of its connected component, and for each component the member with most links."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    at_left, at_right = np.searchsorted(members, left), np.searchsorted(members, right)
    links = coo_array((np.ones(len(left), bool), (at_left, at_right)), shape=(len(members), len(members)))
    _, labels = connected_components(links, directed=False)
    degrees = np.bincount(np.concatenate([at_left, at_right]), minlength=len(members))
    order = np.lexsort((members, -degrees, labels))
    _, starts = np.unique(labels[order], return_index=True)
    return labels.astype(np.int64), members[order[starts]]
