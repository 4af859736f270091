"""What retrievers share: what they are asked, and lists of items cut to a limit."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Hits, Ints
from relpins_resources.query.retrieval.requests import CLOSED, Bindings, Request, argument_default, spec_of

__all__ = ["CLOSED", "Bindings", "Request", "argument_default", "listed", "positions_of_kept", "spec_of"]


def positions_of_kept(items: Ints, keep: Booleans, limit: int) -> Ints:
    """(b, limit) the first items (b, u) of each row for which `keep` holds, in their order, padded with -1."""
    places = np.cumsum(keep, axis=1) - 1
    keep = keep & (places < limit)
    found = np.full((len(items), limit), -1, np.int64)
    rows, columns = np.nonzero(keep)
    found[rows, places[rows, columns]] = items[rows, columns]
    return found


def listed(items: Ints) -> Hits:
    """Hits in the order of `items` (b, u), without scores."""
    return Hits(items, np.full(items.shape, np.nan))
