"""DuckDB over the tables, in memory: nothing is locked, and nothing can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa
from dagster_duckdb import DuckDBResource

from relpins_resources.errors import RelpinsError
from relpins_resources.lake.table import Table

ANSWERED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)
"""What reads only; a PIVOT counts as several statements."""


@contextmanager
def connect(tables: Mapping[str, Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which every table is a view under its own name, read where it lies."""
    with scratch() as con:
        for name, table in tables.items():
            con.register(name, table.dataset() if table.exists() else table.read())
        yield con


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with nothing in it; what is registered there, and its TEMP tables, no other one sees."""
    con = _database(os.getpid()).cursor()
    try:
        con.execute("SET TimeZone = 'UTC'")  # a time reads as text in the time zone of the session
        yield con
    finally:
        con.close()


@lru_cache(maxsize=1)
def _database(process_id: int) -> duckdb.DuckDBPyConnection:
    """The empty database that this process's connections share: making one takes longer than most queries.

    What a connection registers no other one sees. The database lives as long as the process.
    """
    con: duckdb.DuckDBPyConnection = ExitStack().enter_context(DuckDBResource(database=":memory:").get_connection())
    con.execute("SET enable_external_access = false")
    return con


def rows_of(con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
    """The result of one SELECT, as Arrow."""
    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    return con.sql(sql, params=given or None).to_arrow_table()


def query(tables: Mapping[str, Table], sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
    """The rows of one SELECT.

    Raises:
        RelpinsError: if it is anything but one SELECT; with DuckDB's first line and the tables there are, if it
            cannot be run.
    """
    with connect(_mentioned(tables, sql)) as con:
        try:
            _assert_one_select(con, sql)
            return _rows(con, sql, parameters)
        except duckdb.Error as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise RelpinsError(f"the SQL was refused: {lines[0]}; tables: {', '.join(sorted(tables))}") from None


def _mentioned(tables: Mapping[str, Table], sql: str) -> Mapping[str, Table]:
    """The tables that a statement can read, or all where it asks what there is.

    Opening all of them would take longer than most queries.
    """
    lower = sql.lower()
    if any(word in lower for word in ("information_schema", "duckdb_", "pg_", "show", "describe")):
        return tables
    return {name: table for name, table in tables.items() if name in lower}


def _assert_one_select(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    kinds = [statement.type for statement in con.extract_statements(sql)]
    if len(kinds) != 1 or kinds[0] not in ANSWERED:
        received = ", ".join(kind.name for kind in kinds) or "nothing"
        raise RelpinsError(f"the SQL was refused: one SELECT is answered, received {received}")


def _rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> pa.Table:
    try:
        return rows_of(con, sql, parameters)
    except duckdb.InvalidInputException:  # Lance cannot filter by images and vectors; DuckDB can
        con.execute("SET disabled_optimizers = 'filter_pushdown'")
        try:
            return rows_of(con, sql, parameters)
        finally:  # it holds for the database, not for this connection alone
            con.execute("RESET disabled_optimizers")
