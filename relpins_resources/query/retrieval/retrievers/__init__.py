"""Retrievers: what names candidates for a query. Each takes a `Request` and gives `Hits` for a batch."""

from collections.abc import Callable

from relpins_resources.query.catalog import Hits
from relpins_resources.query.retrieval.retrievers.attributes import candidate_attributes
from relpins_resources.query.retrieval.retrievers.base import Request
from relpins_resources.query.retrieval.retrievers.column_order import column_order
from relpins_resources.query.retrieval.retrievers.filters import filtered
from relpins_resources.query.retrieval.retrievers.listed import listed_items
from relpins_resources.query.retrieval.retrievers.memorised import memorised
from relpins_resources.query.retrieval.retrievers.random_walk import random_walk
from relpins_resources.query.retrieval.retrievers.shared_boards import cooccurrence
from relpins_resources.query.retrieval.retrievers.similarity import similarity
from relpins_resources.query.retrieval.retrievers.text_search import text_search

__all__ = ["RETRIEVERS", "Request"]

RETRIEVERS: dict[str, Callable[[Request], Hits]] = {
    "similarity": similarity,
    "text_search": text_search,
    "column_order": column_order,
    "filter": filtered,
    "ids": listed_items,
    "candidate_attributes": candidate_attributes,
    "cooccurrence": cooccurrence,
    "random_walk": random_walk,
    "memorised": memorised,
}
