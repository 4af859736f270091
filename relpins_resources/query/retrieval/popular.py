"""Items in the order of columns, and what is popular: orders of a whole catalog, made once and remembered with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.query.catalog import Catalog, Column, Ints
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.plan import Name, OrderKey

AGE = "days_since_release"
RANK, CATEGORY = "popular_rank", "board_category"
ORDERED = ("number", "bool", "text", "time")


def sort_items(catalog: Catalog, keys: Sequence[OrderKey]) -> Ints:
    """(r,) positions of all candidates in the order of columns, NULLs last unless a key says otherwise, ties by id.

    Raises:
        QueryError: a key is no column of the items, or one whose values have no order.
    """
    remembered: Ints = catalog.once(("sorted", tuple(keys)), lambda: _sorted(catalog, keys))
    return remembered


def popular_by_category(catalog: Catalog, limit: int) -> Ints:
    """(<= limit,) candidates for people of whom nothing is known: the most popular of each category, then the next of
    each, and so on; categories in the order of their most popular item."""
    remembered: Ints = catalog.once(("popular",), lambda: _by_category(catalog))
    return remembered[:limit]


def _sorted(catalog: Catalog, keys: Sequence[OrderKey]) -> Ints:
    items = catalog.candidates
    levels: list[npt.NDArray[np.int64]] = []  # lexsort reads its last key first
    for key in keys:
        column = _column_of(catalog, key)
        ranks, is_null = _dense_ranks(column, items), column.is_null[items]
        if column.kind in ("number", "time"):
            is_null = is_null | np.isnan(column.data[items])
        values = np.where(is_null, 0, -ranks if key.descending else ranks)
        levels += [np.where(is_null, -1, 1) if key.nulls_first else np.where(is_null, 1, -1), values]
    return items[np.lexsort((items, *reversed(levels)))]


def _column_of(catalog: Catalog, key: OrderKey) -> Column:
    name = key.key.dotted if isinstance(key.key, Name) else None
    if name is None:
        raise QueryError("column_order takes columns of the items; order by an expression in ORDER BY", position=key.at)
    if name == AGE and "created_at" in catalog.columns:
        created = catalog.columns["created_at"]
        return Column("time", -created.data, created.is_null)
    if name not in catalog.columns:
        near = nearest(name, catalog.columns)
        raise QueryError(f"the items have no column {name!r}{near}", position=key.key.at)
    column = catalog.columns[name]
    if column.kind not in ORDERED:
        raise QueryError(
            f"column {name!r} holds values of kind {column.kind}, which have no order", position=key.key.at
        )
    return column


def _dense_ranks(column: Column, items: Ints) -> npt.NDArray[np.int64]:
    """(r,) numbers that order as the values of these items do; those of NULLs mean nothing."""
    values: Any = column.data[items]
    if column.kind in ("number", "time"):
        values = np.nan_to_num(values.astype(np.float64))
    array = (
        pa.array(np.where(column.is_null[items], "", values), pa.large_string())
        if column.kind == "text"
        else (pa.array(values.astype(np.float64)))
    )
    ranks: npt.NDArray[np.int64] = pc.rank(array, sort_keys="ascending", tiebreaker="dense").to_numpy().astype(np.int64)
    return ranks


def _by_category(catalog: Catalog) -> Ints:
    items = catalog.candidates
    if len(items) == 0:
        return items
    if RANK in catalog.columns:
        items = sort_items(catalog, (OrderKey(Name((RANK,))),))
    if CATEGORY not in catalog.columns:
        return items
    column = catalog.columns[CATEGORY]
    names = pa.array(np.where(column.is_null[items], "", column.data[items]), pa.large_string())
    category = names.dictionary_encode().indices.to_numpy().astype(np.int64)  # numbered by first mention
    order = np.argsort(category, kind="stable")
    starts = np.searchsorted(category[order], np.arange(category.max() + 1))
    turn = np.empty(len(items), np.int64)
    turn[order] = np.arange(len(items)) - starts[category[order]]
    return items[np.lexsort((category, turn))]
