"""The input tables as they stood at T, a UTC midnight, so that evaluation sees no later row.

Belongs here: which rows and which cells existed at T. What counts as a query or as relevant is in `protocol.py`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.errors import RelpinsError

BoolArray = npt.NDArray[np.bool_]

TABLES = ("pins", "boards", "board_pins", "interactions", "searches", "users")
# what a pin that was updated since T keeps: its identity, its birth and its image
KEPT_OF_UPDATED_PINS = frozenset({"pin_id", "image_bytes", "image_url", "created_at"})


def cut_tables(
    tables: Mapping[str, pa.Table], cut_at: datetime, *, static_user_columns: Collection[str] = ()
) -> dict[str, pa.Table]:
    """The input tables at `cut_at`, row order kept, under the names they came with ("pins" or "raw_pins", ...).

    - pins: created before T and not deleted before T. One updated at or after T keeps `KEPT_OF_UPDATED_PINS`;
      its other cells, `updated_at` and `deleted` included, become null. No `updated_at` means never updated.
    - board_pins: saved before T, of pins that exist at T.
    - boards: those with such a row. A board has no time of its own, so its title and the rest stay as they are.
    - interactions, searches: created before T.
    - users: every user, with `user_id` and what is named static, be it a column or a key of the JSON objects in
      the column `attributes`; the rest is of today and becomes null or leaves the object.

    Rows without a time are dropped. Only pins are required. Cutting a cut changes nothing.

    Raises:
        RelpinsError: `cut_at` is no UTC midnight, a table is unknown or not there, a time column holds no
            timestamps, or users have no such static column.
    """
    cut_at = utc_midnight(cut_at)
    given = by_layout_name(tables)
    cut = dict(given)
    cut["pins"] = pins_at(given["pins"], cut_at)
    if "board_pins" in given:
        cut["board_pins"] = _board_pins_at(given["board_pins"], cut["pins"], cut_at)
    if "boards" in given:
        cut["boards"] = _boards_with_saves(given["boards"], cut.get("board_pins"))
    for name in ("interactions", "searches"):
        if name in given:
            cut[name] = _filter(given[name], is_before(given[name], "created_at", cut_at))
    if "users" in given:
        cut["users"] = _static_users(given["users"], static_user_columns)
    return {name: cut[name.removeprefix("raw_")] for name in tables}


def utc_midnight(cut_at: datetime) -> datetime:
    """`cut_at` in UTC; RelpinsError unless it names its time zone and is the start of a UTC day."""
    if cut_at.tzinfo is not None:
        moved = cut_at.astimezone(UTC)
        if moved == moved.replace(hour=0, minute=0, second=0, microsecond=0):
            return moved
    raise RelpinsError(
        f"the cut {cut_at.isoformat()} is no UTC midnight; give the start of a day in UTC, "
        f"such as {cut_at.date().isoformat()}T00:00:00+00:00"
    )


def by_layout_name(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables under the layout's names; RelpinsError for an unknown or repeated one, or without pins."""
    named: dict[str, pa.Table] = {}
    for name, table in tables.items():
        layout_name = name.removeprefix("raw_")
        if layout_name not in TABLES or layout_name in named:
            what = "given twice" if layout_name in named else "no input table"
            raise RelpinsError(f"table '{name}' is {what}; known: {', '.join(TABLES)}, with or without raw_")
        named[layout_name] = table
    if "pins" not in named:
        raise RelpinsError(f"a cut needs the table pins; received: {', '.join(tables) or 'none'}")
    return named


def pins_at(pins: pa.Table, cut_at: datetime) -> pa.Table:
    """The pins of `cut_tables`; `cut_at` must be a UTC midnight already."""
    updated_since = is_at_or_after(pins, "updated_at", cut_at)
    exists = is_before(pins, "created_at", cut_at) & ~(_is_true(pins, "deleted") & ~updated_since)
    kept, hidden = _filter(pins, exists), updated_since[exists]
    return _null_cells(kept, [name for name in kept.column_names if name not in KEPT_OF_UPDATED_PINS], hidden)


def times(table: pa.Table, column: str) -> npt.NDArray[np.datetime64]:
    """A column's instants as datetime64[us] in UTC, NaT where there is none; a missing column holds none."""
    if column not in table.column_names or pa.types.is_null(table[column].type):
        return np.full(table.num_rows, "NaT", dtype="datetime64[us]")
    values = table[column]
    if not pa.types.is_timestamp(values.type):
        raise RelpinsError(f"column {column} is {values.type}; a cut in time needs timestamps: cast it when reading")
    # a zone changes how an instant is shown, never the instant; without one it is UTC
    instants = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    return np.asarray(instants.to_numpy(), dtype="datetime64[us]")


def is_before(table: pa.Table, column: str, cut_at: datetime) -> BoolArray:
    """Per row: the time is before `cut_at`; False where there is no time."""
    return np.asarray(times(table, column) < instant(cut_at), dtype=bool)


def is_at_or_after(table: pa.Table, column: str, cut_at: datetime) -> BoolArray:
    """Per row: the time is `cut_at` or later; False where there is no time."""
    return np.asarray(times(table, column) >= instant(cut_at), dtype=bool)


def instant(cut_at: datetime) -> np.datetime64:
    """An aware datetime as a datetime64[us] in UTC."""
    return np.datetime64((cut_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1), "us")


def is_in(values: Any, known: Any) -> BoolArray:
    """Per value of an Arrow column: it is among `known`; a null never is."""
    found = pc.is_in(values, value_set=pc.drop_null(known).cast(values.type), skip_nulls=True)
    return np.asarray(found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy())


def _board_pins_at(board_pins: pa.Table, pins: pa.Table, cut_at: datetime) -> pa.Table:
    return _filter(board_pins, is_before(board_pins, "saved_at", cut_at) & is_in(board_pins["pin_id"], pins["pin_id"]))


def _boards_with_saves(boards: pa.Table, board_pins: pa.Table | None) -> pa.Table:
    if board_pins is None:
        return boards.slice(0, 0)
    return _filter(boards, is_in(boards["board_id"], board_pins["board_id"]))


def _static_users(users: pa.Table, static: Collection[str]) -> pa.Table:
    keys = sorted(set(static) - set(users.column_names))
    changing = [name for name in users.column_names if name != "user_id" and name not in static]
    if not keys:
        return _null_cells(users, changing, np.ones(users.num_rows, dtype=bool))
    attributes = users["attributes"].to_pylist() if "attributes" in changing else []
    objects = [json.loads(text) if text else {} for text in attributes]
    unknown = [key for key in keys if not any(key in each for each in objects)]
    if unknown and users.num_rows:
        there = sorted(set(changing).difference(["attributes"]).union(*objects))
        raise RelpinsError(f"users have no static columns {', '.join(unknown)}; theirs: {', '.join(there) or 'none'}")
    kept = [{key: each[key] for key in keys if key in each} for each in objects]
    emptied = _null_cells(users, changing, np.ones(users.num_rows, dtype=bool))
    return with_attributes(emptied, kept) if attributes else emptied


def with_attributes(users: pa.Table, objects: Sequence[Mapping[str, Any]]) -> pa.Table:
    """`users` with one JSON object per row as `attributes`, its keys sorted; null for an empty one."""
    texts = [json.dumps(each, sort_keys=True, ensure_ascii=False) if each else None for each in objects]
    index, field = users.schema.get_field_index("attributes"), users.schema.field("attributes")
    return users.set_column(index, field, pa.array(texts, field.type))


def _null_cells(table: pa.Table, columns: Collection[str], rows: BoolArray) -> pa.Table:
    if not rows.any():
        return table
    for name in columns:
        index, field = table.schema.get_field_index(name), table.schema.field(name)
        emptied = pc.if_else(pa.array(rows), pa.scalar(None, field.type), table[name])
        table = table.set_column(index, field.with_nullable(True), emptied)
    return table


def _is_true(table: pa.Table, column: str) -> BoolArray:
    if column not in table.column_names:
        return np.zeros(table.num_rows, dtype=bool)
    return np.asarray(pc.fill_null(table[column].cast(pa.bool_()), False).to_numpy(), dtype=bool)


def _filter(table: pa.Table, rows: BoolArray) -> pa.Table:
    return table.filter(pa.array(rows, pa.bool_()))
