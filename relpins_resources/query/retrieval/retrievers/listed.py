"""A given list of items, to be ranked again."""

from __future__ import annotations

from typing import Any

import numpy as np

from relpins_resources.query.catalog import Hits
from relpins_resources.query.errors import QueryError
from relpins_resources.query.json_text import parsed
from relpins_resources.query.retrieval.retrievers.base import Request, listed


def listed_items(request: Request) -> Hits:
    """The given items in their order, each once; unknown ones and those that the pre-filter stops are left out.

    Repins of one image stay as they were given: whoever names an item means it.
    """
    found = np.full((request.size, request.limit), -1, np.int64)
    for row, given in enumerate(request.values("item_ids")):
        positions = request.catalog.positions(id_list(given, request.stage.at))
        _, first = np.unique(positions, return_index=True)
        items = positions[np.sort(first)]
        items = items[items >= 0]
        allowed = request.open_to(row)
        items = (items if allowed is None else items[allowed[items]])[: request.limit]
        found[row, : len(items)] = items
    return listed(found)


def id_list(given: Any, at: int) -> list[Any]:
    """Ids from a list, from one id, or from the JSON text of a list.

    Raises:
        QueryError: it is anything else.
    """
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = parsed(given)
        except ValueError as error:
            raise QueryError(f"item_ids starts like a JSON list and is none: {error}", position=at) from None
    if given is None:
        return []
    if isinstance(given, (str, int)):
        return [str(given)]
    if isinstance(given, (list, tuple, np.ndarray)):
        return [str(one) if isinstance(one, (int, float)) else one for one in given]
    raise QueryError(f"item_ids is {given!r}; give a list of ids", position=at)
