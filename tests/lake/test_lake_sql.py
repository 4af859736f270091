"""SQL reads every table, answers as the rows stand, refuses in one line, and cannot write."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from lake_tables import PINS, VECTORS, column, pins, vector_rows

from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Column, Table, TableSchema
from relpins_resources.lake.sql import query

MIXED = TableSchema(
    "mixed",
    "a pin",
    ("pin_id",),
    (
        column("pin_id"),
        Column("image", pa.large_binary(), ""),
        Column("tags", pa.list_(pa.string()), ""),
        Column("created_at", pa.timestamp("us", tz="UTC"), ""),
        Column("price", pa.float64(), ""),
        Column("count", pa.int32(), ""),
        Column("is_new", pa.bool_(), ""),
    ),
)
ROWS = [
    {"pin_id": "a", "image": b"x", "tags": ["oak", "it's"], "created_at": 1, "price": 1.5, "count": 1, "is_new": True},
    {"pin_id": "b'", "image": None, "tags": [], "created_at": 31, "price": None, "count": 2, "is_new": False},
    {"pin_id": "c", "image": b"", "tags": None, "created_at": None, "price": -0.5, "count": None, "is_new": None},
]


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Table]:
    tables = {schema.name: Table(schema, tmp_path / f"{schema.name}.lance") for schema in (PINS, MIXED, VECTORS)}
    tables["pins"].upsert(pins({"a": "one", "b": None}))
    rows = [
        row | {"created_at": (d := row["created_at"]) and datetime(2026, 1, int(str(d)), tzinfo=UTC)} for row in ROWS
    ]
    tables["mixed"].upsert(pa.Table.from_pylist(rows, MIXED.arrow()))
    tables["vectors"].upsert(vector_rows("ab", np.eye(2, dtype=np.float32)))
    tables["never_built"] = Table(PINS, tmp_path / "never.lance")
    return tables


def rows(tables: dict[str, Table], statement: str, parameters: object = ()) -> list[dict[str, object]]:
    found: list[dict[str, object]] = query(tables, statement, parameters).to_pylist()  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("pin_id = 'b'''", "b'"),
        ("image IS NULL", "b'"),
        ("image IS NOT NULL AND pin_id > 'a'", "c"),
        ("image = 'x'::BLOB", "a"),
        ("tags IS NULL", "c"),
        ("list_contains(tags, 'it''s')", "a"),
        ("tags = []", "b'"),
        ("created_at > TIMESTAMPTZ '2026-01-02 00:00:00+00'", "b'"),
        ("created_at::DATE = DATE '2026-01-01'", "a"),
        ("created_at IS NULL", "c"),
        ("price < 0", "c"),
        ("price > 1", "a"),
        ('"count" = 2', "b'"),
        ("NOT is_new", "b'"),
        ("is_new IS NULL", "c"),
        ("pin_id IN ('c', 'd')", "c"),
        ("pin_id LIKE 'b%'", "b'"),
    ],
)
def test_every_kind_of_column_can_be_asked_for(tables: dict[str, Table], where: str, expected: str) -> None:
    assert rows(tables, f"SELECT pin_id FROM mixed WHERE {where}") == [{"pin_id": expected}]


def test_vectors_can_be_asked_for(tables: dict[str, Table]) -> None:
    assert rows(tables, "SELECT count(*) AS n FROM vectors WHERE vector IS NOT NULL") == [{"n": 2}]
    assert rows(tables, "SELECT pin_id FROM vectors WHERE vector[1] = 1") == [{"pin_id": "a"}]


@pytest.mark.parametrize(
    ("statement", "parameters", "expected"),
    [
        ("SELECT title FROM pins WHERE pin_id = ?", ["a"], [{"title": "one"}]),
        ("SELECT title FROM pins WHERE pin_id = $id", {"id": "a"}, [{"title": "one"}]),
        ("SELECT count(*) AS n FROM pins JOIN mixed USING (pin_id)", (), [{"n": 1}]),
        ("SELECT count(*) AS n FROM never_built", (), [{"n": 0}]),
        ("WITH p AS (FROM pins) SELECT title FROM p ORDER BY title NULLS FIRST LIMIT 1;", (), [{"title": None}]),
        ("VALUES (1)", (), [{"col0": 1}]),
        ("PIVOT (SELECT 1 AS v, pin_id FROM pins) ON pin_id USING sum(v)", (), [{"a": 1, "b": 1}]),
    ],
)
def test_one_select_is_answered(tables, statement, parameters, expected) -> None:  # type: ignore[no-untyped-def]
    assert rows(tables, statement, parameters) == expected


def test_tables_describe_themselves(tables: dict[str, Table]) -> None:
    assert [row["column_name"] for row in rows(tables, "DESCRIBE pins")] == PINS.names
    assert {row["name"] for row in rows(tables, "SHOW TABLES")} == set(tables)


def test_times_are_utc_whatever_the_machine(tables: dict[str, Table], monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        found = rows(tables, "SELECT created_at::VARCHAR AS t, hour(created_at) AS h FROM mixed WHERE pin_id = 'a'")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == [{"t": "2026-01-01 00:00:00+00", "h": 0}]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT * FROM pinz", "pinz"),
        ("SELECT titel FROM pins", "titel"),
        ("SELEC 1", "syntax error"),
        ("SELECT CAST('x' AS INT)", "Could not convert"),
        ("SELECT title FROM pins WHERE pin_id = ?", "parameter"),
        ("SELECT * FROM pins WHERE image_bytes IS NULL", "image_bytes"),
    ],
)
def test_what_cannot_be_run_is_one_line_that_names_the_tables(
    tables: dict[str, Table], statement: str, message: str
) -> None:
    with pytest.raises(RelpinsError, match=message) as raised:
        query(tables, statement)
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith("tables: mixed, never_built, pins, vectors")


@pytest.mark.parametrize(
    ("statement", "received"),
    [
        ("", "nothing"),
        (" ; -- only a comment", "nothing"),
        ("SELECT 1; SELECT 2", "SELECT, SELECT"),
        ("CREATE TABLE t AS SELECT 1", "CREATE"),
        ("DROP VIEW pins", "DROP"),
        ("INSERT INTO pins VALUES ('c', 'x', 'f')", "INSERT"),
        ("DELETE FROM pins", "DELETE"),
        ("UPDATE pins SET title = 'x'", "UPDATE"),
        ("SET enable_external_access = true", "SET"),
        ("ATTACH '{folder}/db.duckdb'", "ATTACH"),
        ("COPY (SELECT 1) TO '{folder}/out.csv'", "COPY"),
        ("EXPORT DATABASE '{folder}/out'", "EXPORT"),
        ("INSTALL httpfs", "LOAD"),
        ("LOAD httpfs", "LOAD"),
        ("PRAGMA database_list", "PRAGMA"),
    ],
)
def test_anything_else_is_refused(tables: dict[str, Table], tmp_path: Path, statement: str, received: str) -> None:
    with pytest.raises(RelpinsError, match=f"one SELECT is answered, received .*{received}"):
        query(tables, statement.format(folder=tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert tables["pins"].count() == 2


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{file}')",
        "read_text('{file}')",
        "'{file}'",
        "glob('{file}')",
        "read_parquet('{file}')",
        "given",
        "tables",
    ],
)
def test_nothing_but_the_tables_can_be_read(tables: dict[str, Table], tmp_path: Path, source: str) -> None:
    given = pa.table({"secret": [1]})
    file = tmp_path / "secret.csv"
    file.write_text("secret\n1\n")
    with pytest.raises(RelpinsError, match="the SQL was refused"):
        query(tables, f"SELECT * FROM {source.format(file=file)}")
    assert given.num_rows == 1
