"""DuckDB over the tables, in memory: nothing is locked, and nothing can be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from dagster_duckdb import DuckDBResource

from relpins_resources.errors import RelpinsError
from relpins_resources.lake.table import Table


@contextmanager
def connect(tables: Mapping[str, Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which every table is a view under its own name, read where it lies."""
    with DuckDBResource(database=":memory:").get_connection() as con:
        try:
            con.execute("SET TimeZone = 'UTC'")
            for name, table in tables.items():
                con.register(name, table.dataset() if table.exists() else table.read())
            con.execute("SET enable_external_access = false")
            yield con
        finally:
            con.close()


def rows_of(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> pa.Table:
    """The result of one SELECT, as Arrow."""
    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    return con.sql(sql, params=given or None).to_arrow_table()


def query(tables: Mapping[str, Table], sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
    """The rows of one SELECT.

    Raises:
        RelpinsError: with DuckDB's first line and the tables there are, if the statement cannot be run.
    """
    with connect(tables) as con:
        try:
            return rows_of(con, sql, parameters)
        except duckdb.Error as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise RelpinsError(f"the SQL was refused: {lines[0]}; tables: {', '.join(sorted(tables))}") from None
