"""Items that are not in the catalog, from their attributes."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Hits
from relpins_resources.query.retrieval.extended import ExtendedCatalog, parse_items
from relpins_resources.query.retrieval.retrievers.base import Request, listed


def candidate_attributes(request: Request) -> Hits:
    """The given items in their order, each once, those that the pre-filter stops left out.

    The catalog of the request must be that of `extended.with_given_items`. An item whose id the catalog knows is the
    catalog's own.
    """
    assert isinstance(request.catalog, ExtendedCatalog), "the query runs over a catalog without the given items"
    found = np.full((request.size, request.limit), -1, np.int64)
    for row, given in enumerate(request.values("item_attributes")):
        positions = dict.fromkeys(request.catalog.given(item) for item in parse_items(given, request.stage.at))
        items = np.array(list(positions), np.int64)
        allowed = request.open_to(row)
        items = (items if allowed is None else items[allowed[items]])[: request.limit]
        found[row, : len(items)] = items
    return listed(found)
