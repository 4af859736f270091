"""Items that share values with a user: what stands for people of whom only attributes are known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from relpins_resources.query.catalog import Catalog, Column, Embedding, Floats, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.json_text import parsed
from relpins_resources.query.plan import Name, OrderKey
from relpins_resources.query.retrieval.pooling import pooled
from relpins_resources.query.retrieval.popular import RANK, sort_items

MOST_ITEMS = 200
"""So many of the most popular items with a value stand for all that have it."""


def user_attribute_vector(
    catalog: Catalog, embedding: Embedding, user_id: Any, features: Any, at: int
) -> Floats | None:
    """(d,) the mean vector of the most popular items whose columns have the values of a user's attributes.

    An attribute speaks of the item column of its own name, of text or lists; others say nothing of items. Attributes
    given with the query go before those known of the user. None where nothing is shared.
    """
    found = []
    for name, value in sorted(_attributes(catalog, user_id, features, at).items()):
        if name in catalog.columns and catalog.columns[name].kind in ("text", "list"):
            groups: Mapping[str, Ints] = catalog.once(("groups", name), partial(_groups, catalog, name))
            values = value if isinstance(value, (list, tuple)) else [value]
            found += [groups[str(one)] for one in values if str(one) in groups]
    items = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
    return pooled(embedding.vectors(items[embedding.has(items)]), "mean")


def _attributes(catalog: Catalog, user_id: Any, features: Any, at: int) -> dict[str, Any]:
    known: dict[str, Any] = {}
    people = catalog.people
    user = -1 if people is None else int(people.positions([user_id])[0])
    if people is not None and user >= 0:
        for name, column in people.attributes.items():
            if not column.is_null[user]:
                known[name] = column.data[user]
    given = features
    if isinstance(features, str):
        try:
            given = parsed(features)
        except ValueError:
            given = features
    if given is not None and not isinstance(given, Mapping):
        raise QueryError(f"the features of a user are {features!r}; give a mapping of attributes", position=at)
    return {**known, **(given or {})}


def _groups(catalog: Catalog, name: str) -> dict[str, Ints]:
    """The most popular candidates by the value that they have in a column."""
    column = catalog.columns[name]
    by_rank = catalog.candidates
    if RANK in catalog.columns:
        by_rank = sort_items(catalog, (OrderKey(Name((RANK,))),))
    items, values = _pairs(column, by_rank[~column.is_null[by_rank]])
    if len(items) == 0:
        return {}
    known, codes = np.unique(values, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(known) + 1))
    return {str(value): items[order[ends[i] : ends[i + 1]][:MOST_ITEMS]] for i, value in enumerate(known)}


def _pairs(column: Column, items: Ints) -> tuple[Ints, Any]:
    """(p,) items and (p,) a value of each; an item stands there once for every value of its list."""
    if column.kind == "text":
        return items, column.data[items].astype(str)
    lists = column.data[items]
    sizes = np.array([len(one) for one in lists], np.int64)
    return np.repeat(items, sizes), np.array([str(value) for one in lists for value in one])
