"""The objects found in pictures by their numbers, for queries that start from one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.feeds.item_columns import places
from relpins_resources.lake import Lake
from relpins_resources.lake.table import Table, vectors
from relpins_resources.query.catalog import Booleans, Floats, Ints, Objects

Ids = npt.NDArray[np.object_]
EDGES = ("x0", "y0", "x1", "y1")


def load_objects(lake: Lake, item_ids: Ids) -> Objects | None:
    """The objects of all items by their numbers; None before any was found."""
    rows = lake.table("dominant_objects").read(["pin_id", "object_number", *EDGES]).combine_chunks()
    if rows.num_rows == 0:
        return None
    items = places(rows["pin_id"], pa.array(item_ids, pa.string()))
    numbers = rows["object_number"].to_numpy().astype(np.int64)
    boxes = np.stack([rows[edge].to_numpy() for edge in EDGES], axis=1)
    order = np.lexsort((numbers, items))
    order = order[items[order] >= 0]
    items, numbers = items[order], numbers[order]
    embedded = _Embedded(lake.table("object_embeddings"), item_ids[items], numbers)
    return Objects(items, numbers, boxes[order], {"clip_embedding": embedded})


class _Embedded:
    """Vectors of objects, read when they are asked for."""

    def __init__(self, table: Table, pin_ids: Ids, numbers: Ints) -> None:
        self._table, self._pin_ids, self._numbers = table, pin_ids, numbers

    def __call__(self, rows: Ints) -> tuple[Floats, Booleans]:
        """(k, d) vectors of the objects at k places, and (k,) whether each has one; d is 0 where none has."""
        pin_ids = pa.array(self._pin_ids[rows], pa.string())
        found = self._table.read_keys(pin_ids.unique(), ["pin_id", "object_number", "vector"])
        at = pc.index_in(_names(pin_ids, self._numbers[rows]), value_set=_names(*_key(found))).fill_null(-1)
        places_found = at.to_numpy(zero_copy_only=False).astype(np.int64)
        has: Booleans = places_found >= 0
        given = vectors(found) if found.num_rows else np.zeros((0, 0), np.float32)
        out = np.zeros((len(rows), given.shape[1]), np.float32)
        out[has] = given[places_found[has]]
        return out, has


def _key(rows: pa.Table) -> tuple[pa.Array, Ints]:
    return rows["pin_id"].combine_chunks(), rows["object_number"].to_numpy().astype(np.int64)


def _names(pin_ids: pa.Array, numbers: Ints) -> pa.Array:
    return pc.binary_join_element_wise(pa.array(numbers).cast(pa.string()), pin_ids.cast(pa.string()), "|")
