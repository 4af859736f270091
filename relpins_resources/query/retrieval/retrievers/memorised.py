"""Items that people engaged with when they were shown beside one."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Hits, Scored
from relpins_resources.query.retrieval.retrievers.base import Request, positions_of_kept


def memorised(request: Request) -> Hits:
    """The `limit` candidates that did best beside each item, best first, ties by id; scores are Memboost."""
    if request.catalog.memorised is None:
        return request.empty()
    return listed_by_score(request, request.catalog.memorised())


def listed_by_score(request: Request, lists: Scored) -> Hits:
    """The first `limit` of the items that each input item lists, with their scores."""
    items = request.item_positions()
    inside = np.maximum(items, 0)
    starts = lists.indptr[inside]
    sizes = np.where(items >= 0, lists.indptr[inside + 1] - starts, 0)
    width = int(sizes.max(initial=0))
    if width == 0:
        return request.empty()
    column = np.arange(width if request.allowed is not None else min(width, request.limit))
    is_there = column < sizes[:, None]
    at = np.where(is_there, starts[:, None] + column, 0)
    others = np.where(is_there, lists.others[at], -1)
    keep = is_there.copy()
    if request.allowed is not None and request.allowed.ndim == 1:
        keep &= request.allowed[others]
    elif request.allowed is not None:
        keep &= np.take_along_axis(request.allowed, np.maximum(others, 0), axis=1)
    found = positions_of_kept(others, keep, request.limit)
    places = positions_of_kept(at, keep, request.limit)
    return Hits(found, np.where(found >= 0, lists.scores[np.maximum(places, 0)], np.nan))
