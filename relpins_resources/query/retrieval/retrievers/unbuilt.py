"""Retrievers whose tables nothing fills yet: legal in a query, and without rows."""

from __future__ import annotations

from relpins_resources.query.catalog import Hits
from relpins_resources.query.retrieval.retrievers.base import Request


def unbuilt(request: Request) -> Hits:
    """No items."""
    return request.empty()
