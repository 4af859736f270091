"""`sql:` of a profile: one SELECT per table that reshapes the source's files, run in a locked, empty DuckDB.

The SELECT sees each file it names as a view, and nothing else: not the disk, not the network, not other settings.
Columns of CSV and JSONL files are text there, so that an id `007` stays one; cast what is to be computed with.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from relpins_resources.errors import RelpinsError
from relpins_resources.sources.base import SourceFileUnreadable
from relpins_resources.sources.columns import unknown_table
from relpins_resources.sources.layout import INPUT_TABLES
from relpins_resources.sources.reading import Unreadable, every_column, reader_of

_LOCKED = (
    "SET TimeZone = 'UTC'",
    "SET threads = 2",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
READ_ERRORS = (pa.ArrowException, OSError, ValueError)


def check_selects(sql: Mapping[str, str]) -> None:
    """RelpinsError unless every entry is one SELECT for a table of the layout."""
    for table, select in sql.items():
        if table not in INPUT_TABLES:
            raise unknown_table("sql", table)
        _check_select(table, select)


def _check_select(table: str, select: str) -> None:
    with duckdb.connect(":memory:") as connection:
        try:
            statements = connection.extract_statements(select)
        except duckdb.Error as error:
            raise RelpinsError(f"sql: {table}: {one_line(str(error))}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise RelpinsError(f"sql: {table} takes one SELECT; received {one_line(select)!r}")


def mentions(select: str, name: str) -> bool:
    """True where the SELECT holds the name as a word; a word in a text or a comment counts too."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", select, re.IGNORECASE) is not None


def view_files(paths: Mapping[str, str | None]) -> dict[str, list[str]]:
    """View name, in lower case, to the files it unites: a table's name, a file's name with or without suffix, a folder.

    `paths` maps each data file to its table, or None. A file below the top is reached by its path or its top folder.
    """
    views: dict[str, list[str]] = {}
    for path, table in sorted(paths.items()):
        posix = PurePosixPath(path)
        names = {path, table or posix.parts[0], posix.stem if len(posix.parts) == 1 else posix.parts[0]}
        for name in sorted({name.lower() for name in names}):
            views.setdefault(name, []).append(path)
    return views


def run_select(
    table: str, select: str, root: Path, views: Mapping[str, list[str]], *, only_names: bool = False
) -> pa.Table:
    """The rows of one SELECT over the files it names; with `only_names` its columns without a row.

    Raises SourceFileUnreadable where one of the files does not read, RelpinsError with DuckDB's words where the
    SELECT is wrong.
    """
    named = {name: paths for name, paths in views.items() if mentions(select, name)}
    with duckdb.connect(":memory:") as connection:
        try:
            for name, paths in named.items():
                _add_view(connection, table, name, root, paths)
            for statement in _LOCKED:
                connection.execute(statement)
            rows = connection.sql(select)
            return (rows.limit(0) if only_names else rows).to_arrow_table()
        except duckdb.Error as error:
            if isinstance(error, duckdb.InvalidInputException | duckdb.IOException):
                _refuse_damaged(table, root, named)
            raise RelpinsError(f"sql: {table}: {one_line(str(error))}{_hint(error, views)}") from error


def _refuse_damaged(table: str, root: Path, named: Mapping[str, list[str]]) -> None:
    """Read the Parquet files in full, to tell a damaged file from a SELECT that fails on good ones."""
    for path in sorted({path for paths in named.values() for path in paths}):
        try:
            reader_of(root / path).read(root / path, every_column)
        except READ_ERRORS as error:
            raise SourceFileUnreadable(f"{table}.sql", f"{path}: {one_line(str(error))}") from error


def _add_view(connection: duckdb.DuckDBPyConnection, table: str, name: str, root: Path, paths: list[str]) -> None:
    """Register each file as Arrow; DuckDB itself opens nothing."""
    parts = []
    for number, path in enumerate(paths):
        part = f"_{name}_{number}"
        try:
            connection.register(part, _rows(root / path))
        except READ_ERRORS as error:
            raise SourceFileUnreadable(f"{table}.sql", f"{path}: {one_line(str(error))}") from error
        parts.append(f"SELECT * FROM {_quoted(part)}")
    connection.execute(f"CREATE VIEW {_quoted(name)} AS {' UNION ALL BY NAME '.join(parts)}")


def _rows(path: Path) -> pa.Table | ds.Dataset:
    if path.suffix.lower() == ".parquet":
        return ds.dataset(path, format="parquet")  # streamed, and only the columns that are asked for
    if not reader_of(path).names(path):
        raise Unreadable("it has no columns")
    return reader_of(path).read(path, every_column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _hint(error: duckdb.Error, views: Mapping[str, list[str]]) -> str:
    if isinstance(error, duckdb.CatalogException | duckdb.PermissionException):
        return f"; name the source's own files, as tables: {', '.join(sorted(views)[:20]) or 'there are none'}"
    return ""


def one_line(message: str) -> str:
    """An error message in one line, without DuckDB's drawing of the place."""
    return re.sub(r"\s+", " ", message.partition("\n\nLINE ")[0]).strip()
