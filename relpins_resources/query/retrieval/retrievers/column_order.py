"""Items in the order of columns."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Hits, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.retrieval.popular import sort_items
from relpins_resources.query.retrieval.retrievers.base import Request, listed

LOOKED_AT = 4_096
"""Items of an order whose pre-filter is looked up at once."""


def column_order(request: Request) -> Hits:
    """The first `limit` candidates by columns that the pre-filter lets through."""
    keys = request.stage.get("columns")
    if not isinstance(keys, tuple) or not keys:
        raise QueryError("column_order needs columns, such as columns='price DESC'", position=request.stage.at)
    return in_order(request, sort_items(request.catalog, keys))


def in_order(request: Request, order: Ints) -> Hits:
    """The first `limit` items of one order that each query allows."""
    if request.allowed is None or request.allowed.ndim == 1:
        first = _first(order, request.allowed, request.limit)
        return listed(np.repeat(_padded(first, request.limit)[None, :], request.size, axis=0))
    rows = [_padded(_first(order, one, request.limit), request.limit) for one in request.allowed]
    return listed(np.stack(rows) if rows else np.empty((0, request.limit), np.int64))


def _first(order: Ints, allowed: Booleans | None, limit: int) -> Ints:
    if allowed is None:
        return order[:limit]
    found: list[Ints] = [np.empty(0, np.int64)]
    n_found, step = 0, LOOKED_AT
    start = 0
    while start < len(order) and n_found < limit:
        block = order[start : start + step]
        found.append(block[allowed[block]])
        n_found += len(found[-1])
        start, step = start + step, step * 2
    return np.concatenate(found)[:limit]


def _padded(items: Ints, limit: int) -> Ints:
    return np.pad(items, (0, limit - len(items)), constant_values=-1)
