"""Any items that match."""

from __future__ import annotations

from relpins_resources.query.catalog import Hits
from relpins_resources.query.retrieval.retrievers.base import Request
from relpins_resources.query.retrieval.retrievers.column_order import in_order


def filtered(request: Request) -> Hits:
    """The first `limit` candidates that the pre-filter lets through, in order of id."""
    return in_order(request, request.catalog.candidates)
