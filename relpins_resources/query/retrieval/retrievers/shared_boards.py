"""Items that stand on the same boards as one."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Hits, Ints, Shares
from relpins_resources.query.retrieval.retrievers.base import Request, positions_of_kept


def cooccurrence(request: Request) -> Hits:
    """The `limit` candidates that share most boards with each item, most first, ties by id; scores are the boards."""
    shares, items = request.catalog.shares, request.item_positions()
    if shares is None or len(shares.others) == 0:
        return request.empty()
    least = request.constant("min_boards")
    width = request.limit if request.allowed is None else None
    others, counts = _rows(shares, items, width)
    keep = (others >= 0) & (counts >= least)
    if request.allowed is not None and request.allowed.ndim == 1:
        keep &= request.allowed[others]
    elif request.allowed is not None:
        keep &= np.take_along_axis(request.allowed, np.maximum(others, 0), axis=1)
    found = positions_of_kept(others, keep, request.limit)
    scores = positions_of_kept(counts, keep, request.limit)
    return Hits(found, np.where(found >= 0, scores, np.nan))


def _rows(shares: Shares, items: Ints, most: int | None) -> tuple[Ints, Ints]:
    """(b, w) who shares boards with each item, and how many; -1 pads, and there is none for item -1."""
    inside = np.maximum(items, 0)
    starts = shares.indptr[inside]
    sizes = np.where(items >= 0, shares.indptr[inside + 1] - starts, 0)
    width = int(sizes.max(initial=0))
    column = np.arange(width if most is None else min(width, most))
    is_there = column < sizes[:, None]
    at = np.where(is_there, starts[:, None] + column, 0)
    return np.where(is_there, shares.others[at], -1), np.where(is_there, shares.counts[at], 0)
