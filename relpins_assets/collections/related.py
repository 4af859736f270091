"""Which collections lie near one another, and which show nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

SAME_FROM = 0.8
"""Two pages that share so much of their pins (Jaccard) are one to a reader."""
N_RELATED = 8
PIN_SHARE = 0.5
"""What sharing pins counts for in nearness; sharing attributes, the rarer the more, counts for the rest."""
BLOCK = 512
"""Rows of a product held at once."""

Bools = npt.NDArray[np.bool_]


def canonical_of(members: sparse.csr_matrix, order: Sequence[int]) -> list[int]:
    """Per page the one that stands for it: itself, or the first in `order` that it nearly repeats.

    A page that stands for others stands for itself. Pages that are not in `order` stand for themselves.

    Args:
        members: (pages, pins) with 1 where a page shows a pin.
        order: pages, those first that should stand for others.
    """
    same: dict[int, list[int]] = {}
    for page, others, shares in _shares(members, np.ones(members.shape[1])):
        same[page] = others[shares >= SAME_FROM].tolist()
    canonical = list(range(members.shape[0]))
    done: set[int] = set()
    for page in order:
        if page in done:
            continue
        for other in same[page]:
            if other not in done:
                canonical[other] = page
        done.update(same[page], [page])
    allowed = set(order)
    return [stands if page in allowed else page for page, stands in enumerate(canonical)]


def related_of(
    members: sparse.csr_matrix, attributes: sparse.csr_matrix, idf: npt.NDArray[np.float64], is_offered: Bools
) -> list[list[int]]:
    """Per page up to eight pages near it, nearest first, ties in order of place; never itself or one nearly the same.

    Args:
        members: (pages, pins) with 1 where a page shows a pin.
        attributes: (pages, attributes) with 1 where a page's topic has an attribute.
        idf: (attributes,) how telling each is.
        is_offered: (pages,) which may be named.
    """
    near: list[list[int]] = []
    pins = _shares(members, np.ones(members.shape[1]))
    kinds = _shares(attributes, np.maximum(idf, 1e-6))
    for (page, by_pins, pin_shares), (_, by_kind, kind_shares) in zip(pins, kinds, strict=True):
        nearness = np.zeros(members.shape[0])
        nearness[by_kind] = (1 - PIN_SHARE) * kind_shares
        nearness[by_pins] += PIN_SHARE * pin_shares
        nearness[by_pins[pin_shares >= SAME_FROM]] = 0.0
        nearness[page] = 0.0
        near.append(_largest(np.round(nearness * is_offered, 6)))
    return near


def _largest(values: npt.NDArray[np.float64]) -> list[int]:
    """Places of the eight largest of values that are none below zero, largest first; zeros are left out."""
    places = np.flatnonzero(values)
    found = values[places]
    if len(found) > N_RELATED:
        is_large = found >= np.partition(found, -N_RELATED)[-N_RELATED]
        places, found = places[is_large], found[is_large]
    return [int(place) for place in places[np.argsort(-found, kind="stable")[:N_RELATED]]]


def _shares(
    rows: sparse.csr_matrix, weights: npt.NDArray[np.float64]
) -> Iterator[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Per row: rows that share an entry with it, in no order, and the weight shared of all that the two have."""
    weighted = rows.multiply(weights[None, :]).tocsr()
    totals = np.asarray(weighted.sum(axis=1)).ravel()
    transposed = rows.T.tocsr()
    for start in range(0, rows.shape[0], BLOCK):
        product = (weighted[start : start + BLOCK] @ transposed).tocsr()
        for place in range(product.shape[0]):
            span = slice(product.indptr[place], product.indptr[place + 1])
            others, shared = product.indices[span].astype(np.int64), product.data[span]
            union = totals[start + place] + totals[others] - shared
            yield start + place, others, np.round(shared / union, 6)
