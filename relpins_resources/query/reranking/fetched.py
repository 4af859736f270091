"""Items that a reranker may weave in: those of a retriever that it names, and which of them suit the query."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Ints
from relpins_resources.query.plan import Stage
from relpins_resources.query.reranking.base import RerankRequest
from relpins_resources.query.reranking.weave import columns_of


def fetched(request: RerankRequest) -> Ints | None:
    """(b, m) items of the stage's `retriever`, best first; None if it has none."""
    given = request.stage.get("retriever")
    if isinstance(given, Stage):
        return request.fetch(given).items
    name = request.constant("retriever")
    return None if name is None else request.fetch(request.text("retriever")).items


def suitable(request: RerankRequest, items: Ints) -> Booleans:
    """(b, m) which are items, are neither the query item nor another pin of its image, and pass the query's WHERE."""
    queries = request.query_items
    suits: Booleans = (items >= 0) & (items != queries[:, None])
    column = request.catalog.columns.get("join_id")
    if column is not None:
        same = column.data[items] == column.data[queries][:, None]
        suits &= ~(same.astype(bool) & (queries >= 0)[:, None])
    if request.keeps is not None:
        suits &= request.keeps(items)
    return suits


def sources_of(request: RerankRequest, items: Ints) -> Ints:
    """(b, m) the column in the candidates that each item stands in; -1 for one from outside."""
    if request.candidates is not None:
        return columns_of(items, request.candidates)
    at = columns_of(items, request.ranking.items)
    if request.ranking.items.shape[1] == 0:
        return at
    return np.where(at >= 0, np.take_along_axis(request.ranking.source, np.maximum(at, 0), axis=1), -1)
