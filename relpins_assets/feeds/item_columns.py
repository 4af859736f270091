"""Columns of the items of a catalog, each read from its table when a query first asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.enrichment.dominant_objects import is_informative
from relpins_resources.lake import Lake
from relpins_resources.lake.table import Table
from relpins_resources.query.catalog import Column, Columns
from relpins_resources.query.expressions.values import Kind

Ids = npt.NDArray[np.object_]
Reader = Callable[[], Column]

OF_PINS = (
    "title",
    "description",
    "image_url",
    "link",
    "price",
    "currency",
    "board_category",
    "merchant_tags",
    "created_at",
    "updated_at",
)
COUNTS = ("n_saves", "n_impressions", "n_clicks", "n_closeups", "n_interactions")
"""Of a pin that is newer than the statistics they are 0."""
RATES = ("save_rate", "ctr", "closeup_rate", "popularity", "popular_rank", "chronological_rank")
"""Of a pin that is newer than the statistics nothing is known."""
DESCRIBED = {"visual_description": "statement", "enriched_description": "description", "colors": "colors"}
UNBUILT: dict[str, pa.DataType] = {"boost": pa.float64()}
"""Declared, so that queries may name them; nothing knows them yet."""
ALIASES = {
    "category": "board_category",
    "_derived_popular_rank": "popular_rank",
    "_derived_chronological_rank": "chronological_rank",
}


class AlignedTable:
    """One table, a row for each of n keys in their order; NULLs where the table has no row for a key."""

    def __init__(self, table: Table, keys: pa.Array) -> None:
        self._table = table.at(table.version())  # several reads see one version
        self._keys = keys

    @cached_property
    def _rows(self) -> pa.Array:
        held = self._table.read([self._table.schema.key[0]])[self._table.schema.key[0]]
        return pc.index_in(self._keys, value_set=held.combine_chunks())

    def column(self, name: str) -> pa.Array:
        """(n,) one column."""
        found = self._table.read([name])[name].take(self._rows)
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def item_columns(lake: Lake, item_ids: Ids, join_ids: pa.Array) -> Columns:
    """The columns of n items.

    Args:
        item_ids: (n,) pin ids, ascending.
        join_ids: (n,) the image of each.
    """
    keys = pa.array(item_ids, pa.string())
    pins, statistics, described = (
        AlignedTable(lake.table(name), keys) for name in ("raw_pins", "catalog_statistics", "enriched_descriptions")
    )
    boards = AlignedTable(lake.table("cooccurrence_candidates"), join_ids)
    readers: dict[str, Reader] = {
        **{name: partial(as_column, pa.nulls(len(keys), kind)) for name, kind in UNBUILT.items()},
        "item_id": lambda: Column("text", item_ids, np.zeros(len(item_ids), bool)),
        "join_id": lambda: as_column(join_ids),
        "n_boards": lambda: _counted(boards.column("n_boards")),
        "is_object_dominant": lambda: _dominance(lake, keys),
        **{name: partial(_read, pins, name) for name in OF_PINS},
        **{name: partial(_read_counted, statistics, name) for name in COUNTS},
        **{name: partial(_read, statistics, name) for name in RATES},
        **{name: partial(_read, described, held) for name, held in DESCRIBED.items()},
    }
    columns = Columns(readers)
    return Columns({**readers, **{alias: partial(columns.__getitem__, name) for alias, name in ALIASES.items()}})


def _dominance(lake: Lake, keys: pa.Array) -> Column:
    """Whether an object is what a pin's picture is of, where that says anything in this catalog; false, and not NULL,
    elsewhere and for a pin that no detector looked at."""
    if not is_informative(lake):
        return as_column(pa.array(np.zeros(len(keys), bool)))
    return as_column(AlignedTable(lake.table("dominant_object_pins"), keys).column("is_dominant").fill_null(False))


def as_column(values: pa.Array) -> Column:
    """An Arrow array as a column of the kind that its type is."""
    is_null = np.asarray(values.is_null().to_numpy(zero_copy_only=False), bool)
    kind, data = _kind_and_data(values)
    return Column(kind, data, is_null)


def places(ids: pa.Array | pa.ChunkedArray, among: pa.Array) -> npt.NDArray[np.int64]:
    """(r,) where each id stands in `among`, -1 where it does not."""
    found = pc.index_in(ids.cast(among.type), value_set=among).fill_null(-1)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    positions: npt.NDArray[np.int64] = whole.to_numpy(zero_copy_only=False).astype(np.int64)
    return positions


def _kind_and_data(values: pa.Array) -> tuple[Kind, npt.NDArray[np.generic]]:
    if pa.types.is_boolean(values.type):
        return "bool", values.fill_null(False).to_numpy(zero_copy_only=False)
    if pa.types.is_timestamp(values.type):
        microseconds = values.cast(pa.timestamp("us", tz=values.type.tz)).cast(pa.int64()).fill_null(0)
        return "time", microseconds.to_numpy(zero_copy_only=False) / 1e6
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        lists = np.empty(len(values), dtype=object)
        lists[:] = [one if one is not None else [] for one in values.to_pylist()]
        return "list", lists
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return "text", values.fill_null("").to_numpy(zero_copy_only=False).astype(object)
    return "number", values.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)


def _read(table: AlignedTable, name: str) -> Column:
    return as_column(table.column(name))


def _read_counted(table: AlignedTable, name: str) -> Column:
    return _counted(table.column(name))


def _counted(values: pa.Array) -> Column:
    """A count: 0 where nothing is known."""
    return as_column(values.fill_null(0))
