"""Small tables for the tests of the lake, and what they should hold as plain dicts."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from relpins_resources.lake import Column, Lake, Table, TableSchema
from relpins_resources.lake.schema import FINGERPRINT, VECTOR
from relpins_resources.lake.table import vector_array

SPAWN = multiprocessing.get_context("spawn")  # Lance does not survive a fork


def column(name: str, kind: pa.DataType | None = None) -> Column:
    return Column(name, kind or pa.string(), name, is_nullable=False)


PINS = TableSchema("pins", "a pin", ("pin_id",), (column("pin_id"), Column("title", pa.string(), ""), FINGERPRINT))
FEEDS = TableSchema(
    "feeds",
    "a strategy, pin and rank",
    ("strategy", "pin_id", "rank"),
    (column("strategy"), column("pin_id"), column("rank", pa.int32()), Column("found", pa.string(), "")),
    unit=("strategy", "pin_id"),
    ledger="pools",
)
POOLS = TableSchema(
    "pools", "a feed", ("strategy", "pin_id"), (column("strategy"), column("pin_id"), FINGERPRINT), kind="ledger"
)
VECTORS = TableSchema(
    "vectors", "a pin", ("pin_id",), (column("pin_id"), column("vector", VECTOR), FINGERPRINT), is_versioned=True
)
REJECTED = TableSchema(
    "rejected_rows",
    "a unit",
    ("table", "key", "fingerprint"),
    (
        column("table"),
        column("key"),
        column("reason"),
        Column("detail", pa.string(), ""),
        Column("row_json", pa.string(), ""),
        FINGERPRINT,
    ),
    kind="raw",
)
RAW = TableSchema("raw_pins", "a pin", ("pin_id",), PINS.columns, kind="raw")
STATISTICS = TableSchema("statistics", "a pin", ("pin_id",), PINS.columns, kind="trained")
FILES = TableSchema("files", "a file", ("pin_id",), PINS.columns, kind="bookkeeping")
QUALITY = TableSchema("quality", "a pin", ("pin_id",), PINS.columns, kind="report")
SCHEMAS = {schema.name: schema for schema in (PINS, FEEDS, POOLS, VECTORS, REJECTED, RAW, STATISTICS, FILES, QUALITY)}


def lake_at(home: Path) -> Lake:
    return Lake(home, SCHEMAS)


def pins(titles: Mapping[str, str | None] | Iterable[str], fingerprint: str = "f") -> pa.Table:
    """Rows of `pins`, and of the tables declared like it."""
    titles = titles if isinstance(titles, Mapping) else {pin_id: pin_id for pin_id in titles}
    return pa.table(
        {
            "pin_id": pa.array(list(titles), pa.string()),
            "title": pa.array(list(titles.values()), pa.string()),
            "fingerprint": pa.array([fingerprint] * len(titles), pa.string()),
        }
    )


def titles_of(table: Table) -> dict[str, str | None]:
    rows = table.read()
    found = dict(zip(rows["pin_id"].to_pylist(), rows["title"].to_pylist(), strict=True))
    assert len(found) == rows.num_rows, "a key stands twice"
    return found


def feeds(found: Mapping[tuple[str, str], list[str]]) -> pa.Table:
    """Rows of `feeds`: what each (strategy, pin) found, best first."""
    rows = [(*unit, rank, pin) for unit, pins in found.items() for rank, pin in enumerate(pins, 1)]
    columns = list(zip(*rows, strict=True)) or [[], [], [], []]
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, FEEDS.arrow(), strict=True)],
        names=FEEDS.names,
    )


def feeds_of(table: Table) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in table.read().sort_by([(name, "ascending") for name in FEEDS.key]).to_pylist():
        ranked = found.setdefault((row["strategy"], row["pin_id"]), [])
        ranked.append(row["found"])
        assert row["rank"] == len(ranked), "a rank is missing or stands twice"
    return found


def units(pairs: Iterable[tuple[str, str]]) -> pa.Table:
    """Units of `feeds`."""
    pairs = list(pairs)
    return pa.table(
        {
            "strategy": pa.array([strategy for strategy, _ in pairs], pa.string()),
            "pin_id": pa.array([pin_id for _, pin_id in pairs], pa.string()),
        }
    )


def vector_rows(pin_ids: Iterable[str], matrix: np.ndarray) -> pa.Table:
    pin_ids = list(pin_ids)
    return pa.table(
        {"pin_id": pa.array(pin_ids, pa.string()), "vector": vector_array(matrix), "fingerprint": ["f"] * len(pin_ids)}
    )


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# ---- what other processes do


def upsert_pins(folders: list[Path], who: str, n_commits: int, start_at: object) -> None:
    """Upsert pins of one's own, and one that all write, a commit each, into each table."""
    for folder in folders:
        start_at.wait()  # type: ignore[attr-defined]
        for i in range(n_commits):
            Table(PINS, folder).upsert(pins({f"{who}{i}": who, "shared": f"{who}{i}"}))


def hold_home(home: Path, is_held: object, may_go: object) -> None:
    """Be the writer of a home until told to go."""
    with lake_at(home).writer():
        is_held.set()  # type: ignore[attr-defined]
        may_go.wait(60)  # type: ignore[attr-defined]


def die_as_writer(home: Path) -> None:
    import os

    with lake_at(home).writer():
        os._exit(9)
