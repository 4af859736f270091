"""Another future: the same catalog with every row from T on replaced, to show that nothing made at T can see it."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.cut import (
    KEPT_OF_UPDATED_PINS,
    BoolArray,
    by_layout_name,
    cut_tables,
    instant,
    is_at_or_after,
    is_before,
    is_in,
    utc_midnight,
    with_attributes,
)

FREE_TEXT = frozenset({"title", "description", "note", "query", "category", "board_category"})
TIME_OF = {"pins": "created_at", "board_pins": "saved_at", "interactions": "created_at", "searches": "created_at"}
ID_OF = {
    "pins": "pin_id",
    "boards": "board_id",
    "interactions": "interaction_id",
    "searches": "search_id",
}
FUTURE = timedelta(days=60)  # how far random times reach past T


def replace_after(
    tables: Mapping[str, pa.Table], cut_at: datetime, seed: int, *, static_user_columns: Collection[str] = ()
) -> dict[str, pa.Table]:
    """The tables with all that `cut_tables` must not see made random: schema, earlier rows and their order kept.

    Rows at or after T, rows without a time, and boards without a save before T give way to another number of random
    rows: times from T (exactly T among them) to 60 days later, ids that exist and ids that do not, words, values drawn
    from the column. So do the cells of pins updated since T but for their image, and users' columns not named static.
    Ids stay unique where they are a table's key. `cut_tables` of the result must equal that of `tables`, row for row.
    """
    rng, cut_at = np.random.default_rng(seed), utc_midnight(cut_at)
    given, cut = by_layout_name(tables), by_layout_name(cut_tables(tables, cut_at))
    future = _Future(rng, cut_at, given)
    replaced = {name: future.table(name, table, cut) for name, table in given.items()}
    replaced["pins"] = future.updated_pins(replaced["pins"])
    if "users" in replaced:
        replaced["users"] = future.users(given["users"], static_user_columns)
    return {name: replaced[name.removeprefix("raw_")] for name in tables}


class _Future:
    """Random rows and cells of one replacement."""

    def __init__(self, rng: np.random.Generator, cut_at: datetime, given: Mapping[str, pa.Table]) -> None:
        self.rng, self.cut_at, self.given = rng, cut_at, given
        self.n_ids = 0

    def table(self, name: str, table: pa.Table, cut: Mapping[str, pa.Table]) -> pa.Table:
        """`table` with its rows of before T, then random ones."""
        if name == "users":
            return table
        if name == "boards":
            past = is_in(table["board_id"], cut["boards"]["board_id"])
        else:
            past = is_before(table, TIME_OF[name], self.cut_at)
        n_gone = int((~past).sum())
        n_new = int(self.rng.integers(n_gone // 2, 2 * n_gone + 4))
        kept = table.filter(pa.array(past, pa.bool_()))
        rows = self.rows(name, table, ~past, n_new)
        if name == "board_pins":
            rows = _without_pairs_of(rows, kept)
        return pa.concat_tables([kept, rows])

    def rows(self, name: str, table: pa.Table, gone: BoolArray, n: int) -> pa.Table:
        """(n,) random rows in the schema of `table`; the ids of rows that are `gone` may come back."""
        columns = []
        for field in table.schema:
            if field.name == ID_OF.get(name):
                column = self.keys(table[field.name].filter(pa.array(gone, pa.bool_())), n)
            else:
                column = self.values(table, field.name, n)
            columns.append(column)
        return pa.table(columns, schema=table.schema)

    def updated_pins(self, pins: pa.Table) -> pa.Table:
        """Pins of before T with the cells that changed since made random; an update stays one since T."""
        updated = is_at_or_after(pins, "updated_at", self.cut_at) & is_before(pins, "created_at", self.cut_at)
        return self.cells("pins", pins, [c for c in pins.column_names if c not in KEPT_OF_UPDATED_PINS], updated)

    def users(self, users: pa.Table, static: Collection[str]) -> pa.Table:
        """All users, each with what is static and somebody's other columns and attributes."""
        changing = [c for c in users.column_names if c != "user_id" and c not in static]
        mixed = self.cells("users", users, changing, np.ones(users.num_rows, dtype=bool))
        if "attributes" not in changing:
            return mixed
        own, others = _objects(users["attributes"]), _objects(mixed["attributes"])
        return with_attributes(
            mixed,
            [
                {key: value for key, value in mine.items() if key in static}
                | {key: value for key, value in other.items() if key not in static}
                for mine, other in zip(own, others, strict=True)
            ],
        )

    def cells(self, name: str, table: pa.Table, columns: Collection[str], rows: BoolArray) -> pa.Table:
        """`table` with the cells of `columns` in `rows` made random."""
        for column in columns:
            field, index = table.schema.field(column), table.schema.get_field_index(column)
            values = self.values(self.given[name], column, table.num_rows)
            mixed = pc.if_else(pa.array(rows, pa.bool_()), values, table[column])
            table = table.set_column(index, field, mixed)
        return table

    def values(self, table: pa.Table, name: str, n: int) -> pa.Array | pa.ChunkedArray:
        """(n,) random cells of a column that is not the key of its table."""
        column = table[name]
        if pa.types.is_null(column.type):
            return pa.nulls(n)
        if pa.types.is_timestamp(column.type):
            return self.times(n).cast(column.type)
        if name in FREE_TEXT:
            return self._mixed(column, [self._words() for _ in range(n)])
        if name.endswith("_id"):
            return self._mixed(self._known_ids(name, column), [self._new_id(name) for _ in range(n)])
        return self._drawn(column, n)

    def times(self, n: int) -> pa.Array:
        """(n,) instants from T to `FUTURE` later; the first is T itself."""
        seconds = self.rng.integers(0, int(FUTURE.total_seconds()), size=n)
        seconds[:1] = 0
        return pa.array(instant(self.cut_at) + seconds.astype("timedelta64[s]"), pa.timestamp("us", "UTC"))

    def keys(self, gone: pa.ChunkedArray, n: int) -> pa.Array:
        """(n,) different ids: some of those that are gone, then new ones."""
        again = gone.drop_null().unique().to_pylist()
        self.rng.shuffle(again)
        again = again[: n // 2]
        return pa.array(again + [self._new_id("key") for _ in range(n - len(again))], gone.type)

    def _known_ids(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
        home, key = ("pins", "pin_id") if name.endswith("pin_id") else ("boards", "board_id")
        if name.endswith(key) and home in self.given:
            return self.given[home][key].cast(column.type)
        return column

    def _mixed(self, column: pa.ChunkedArray, fresh: list[str]) -> pa.Array:
        drawn = self._drawn(column, len(fresh)).to_pylist()
        is_fresh = self.rng.random(len(fresh)) < 0.3
        return pa.array(
            [new if take else old for old, new, take in zip(drawn, fresh, is_fresh, strict=True)], column.type
        )

    def _drawn(self, column: pa.ChunkedArray, n: int) -> pa.Array | pa.ChunkedArray:
        if len(column) == 0:
            return pa.nulls(n, column.type)
        return column.take(pa.array(self.rng.integers(len(column), size=n)))

    def _words(self) -> str:
        letters: npt.NDArray[np.str_] = self.rng.choice(list("abcdefghij "), size=self.rng.integers(0, 24))
        return "".join(letters)

    def _new_id(self, name: str) -> str:
        self.n_ids += 1
        return f"later-{name}-{self.rng.integers(1 << 32)}-{self.n_ids}"


def _without_pairs_of(rows: pa.Table, kept: pa.Table) -> pa.Table:
    """Board pins whose (board, pin) neither stands in `kept` nor comes twice: a board holds a pin once."""
    seen = set(zip(kept["board_id"].to_pylist(), kept["pin_id"].to_pylist(), strict=True))
    fresh = []
    for pair in zip(rows["board_id"].to_pylist(), rows["pin_id"].to_pylist(), strict=True):
        fresh.append(pair not in seen)
        seen.add(pair)
    return rows.filter(pa.array(fresh, pa.bool_()))


def _objects(texts: pa.ChunkedArray) -> list[dict[str, Any]]:
    return [json.loads(text) if text else {} for text in texts.to_pylist()]
