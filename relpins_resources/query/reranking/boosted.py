"""boosted(strength, retriever): items with a positive `boost` are woven in, the highest first."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Doubles, Ints
from relpins_resources.query.reranking.base import Ranking, RerankRequest
from relpins_resources.query.reranking.fetched import fetched, sources_of, suitable
from relpins_resources.query.reranking.weave import weave, woven_places

COLUMN = "boost"
WINDOW = 20
SHARE = 0.5
"""At strength 1 every other place is a boosted item's, at 0.5 every fourth."""


def boosted(request: RerankRequest) -> Ranking:
    """Weaves in items of the ranking, or of the retriever, whose `boost` is above 0; ties in the order they stand in.

    A boosted item that stands above its turn stays there. A catalog without boosts leaves the order as it was.
    """
    places = woven_places(request.number("strength"), WINDOW, SHARE, request.wanted)
    given = fetched(request)
    items = request.ranking.items if given is None else given
    boosts = _boosts(request, items)
    if given is not None:
        boosts = np.where(suitable(request, items), boosts, -np.inf)
    order = np.argsort(-boosts, axis=1, kind="stable")
    others = np.where(np.take_along_axis(boosts, order, axis=1) > 0, np.take_along_axis(items, order, axis=1), -1)
    width = int((others >= 0).sum(axis=1).max(initial=0))
    others = others[:, :width]
    return weave(request.ranking, others, sources_of(request, others), places)


def _boosts(request: RerankRequest, items: Ints) -> Doubles:
    """(b, m) the boost of each item, -inf for none."""
    column = request.catalog.columns.get(COLUMN)
    if column is None or column.kind not in ("number", "null") or column.is_null.all():
        request.warnings.append("the items have no column `boost` of numbers; boosted(...) leaves the order as it was")
        return np.full(items.shape, -np.inf)
    known = (items >= 0) & ~column.is_null[items]
    return np.where(known, column.data[items], -np.inf).astype(np.float64)
