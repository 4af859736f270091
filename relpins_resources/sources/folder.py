"""A folder of Parquet, CSV or JSONL files as a source; everything but `pins` is optional.

A table is a file named after it (`pins.parquet`), several (`pins-*.parquet`, `pins_2026.csv`) or a folder (`pins/`).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from relpins_resources.errors import RelpinsError
from relpins_resources.sources.base import Scan, Source, SourceFile, SourceFileUnreadable
from relpins_resources.sources.columns import ColumnMap, ColumnsConfig, unknown_table
from relpins_resources.sources.files import (
    FolderFiles,
    Stamp,
    digest,
    is_data,
    list_files,
    table_of,
    table_stems,
    unknown_files_warning,
)
from relpins_resources.sources.image_location import resolve_image
from relpins_resources.sources.layout import INPUT_TABLES
from relpins_resources.sources.reading import MALFORMED, reader_of
from relpins_resources.sources.sql import READ_ERRORS, check_selects, mentions, one_line, run_select, view_files

_MAX_NAMED = 20


class FolderSource(Source):
    """Tables in the files of one folder.

    `columns` maps the catalog's column names onto the layout's (see `columns.py`). `tables` maps a layout table to
    the catalog's name for it, `{interactions: pin_interactions}`. `sql` gives a table as a SELECT over the files
    (see `sql.py`); its result is read as one file, `<table>.sql`, that changes when a file it names does.

    Raises RelpinsError for a path that is no folder and for a mapping or SELECT that cannot be right.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        columns: ColumnsConfig | None = None,
        sql: Mapping[str, str] | None = None,
        tables: Mapping[str, str] | None = None,
    ) -> None:
        self.root = _folder(path)
        self.identity = f"folder:{self.root}"
        self.reading_version = _version_of(columns, sql, tables)
        self._columns = ColumnMap(columns)
        self._sql = dict(sql or {})
        check_selects(self._sql)
        for table in tables or {}:
            if table not in INPUT_TABLES:
                raise unknown_table("tables", table)
        self._stems = table_stems(tables or {})
        self._found: dict[str, set[str]] = {}
        self._unknown_columns: dict[str, dict[str, None]] = {}

    def scan(self) -> Scan:
        listed = self._list()
        files = [
            SourceFile(table, path, size, mtime_ns)
            for table, stamps in listed.tables.items()
            if table not in self._sql
            for path, (size, mtime_ns) in stamps.items()
        ]
        files += [self._sql_file(table, listed) for table in self._sql]
        if not any(file.table == "pins" for file in files):
            stem = next(stem for stem, table in self._stems.items() if table == "pins")
            raise RelpinsError(
                f"{self.root} has no pins: expected {stem}.parquet, {stem}.csv, {stem}.jsonl, {stem}-*.parquet "
                f"or a folder {stem}/; found {_some(sorted(listed.data_files()))}"
            )
        unused = {p: s for p, s in listed.unknown.items() if not (is_data(p) and self._feeds_sql(p))}
        return Scan(
            files=sorted(files, key=lambda file: (file.table, file.path)),
            images_digest=digest(listed.images),
            warnings=unknown_files_warning(unused, self._stems),
            images=listed.images,
        )

    def check(self) -> None:
        for file in self.scan().files:
            try:
                self._check_file(file)
            except SourceFileUnreadable:
                continue

    def read(self, file: SourceFile) -> pa.Table:
        if self._is_select(file):
            rows = self._read_sql(file)
            names = self._chooser(file)([name for name in rows.column_names if name != MALFORMED])
            malformed = [MALFORMED] if MALFORMED in rows.column_names else []
            return self._renamed(file, rows.select([*names, *malformed]))
        with self._unchanged(file) as path:
            return self._renamed(file, reader_of(path).read(path, self._chooser(file)))

    def read_batches(self, file: SourceFile) -> Iterator[pa.RecordBatch]:
        if self._is_select(file):
            yield from self.read(file).to_batches(max_chunksize=4_096)
            return
        with self._unchanged(file) as path:
            for batch in reader_of(path).batches(path, self._chooser(file)):
                yield from self._renamed(file, pa.Table.from_batches([batch])).to_batches()

    def column_warnings(self) -> list[str]:
        warnings = [
            f"{table}: columns outside the layout are kept out: {_some(list(names))}"
            for table, names in sorted(self._unknown_columns.items())
            if names
        ]
        for table, found in sorted(self._found.items()):
            absent = [name for name in self._columns.of_table(table) if name not in found]
            if absent:
                warnings.append(f"columns: {table} maps {_some(absent)}, which no file of it has")
        return warnings

    def image_path(self, image_url: str) -> Path:
        return resolve_image(self.root, image_url)

    def _list(self) -> FolderFiles:
        try:
            return list_files(self.root, self._stems)
        except OSError as error:
            raise RelpinsError(f"source {self.root} cannot be listed: {error.strerror}") from error

    def _check_file(self, file: SourceFile) -> None:
        if self._is_select(file):
            names = self._run(file, only_names=True).column_names
            self._chooser(file)([name for name in names if name != MALFORMED])
            return
        choose = self._chooser(file)
        path = self.root / file.path
        with _readable(file.path):
            names = reader_of(path).names(path)
            try:
                choose(names)
            except RelpinsError:
                # the first lines of a JSONL file need not have every column
                if path.suffix.lower() not in (".jsonl", ".ndjson"):
                    raise
                reader_of(path).read(path, choose)

    def _chooser(self, file: SourceFile) -> Callable[[Sequence[str]], Sequence[str]]:
        table = INPUT_TABLES[file.table]

        def choose(found: Sequence[str]) -> Sequence[str]:
            selection = self._columns.select(table, file.path, found)
            self._found.setdefault(table.name, set()).update(found)
            if not table.keeps_unknown_columns:
                self._unknown_columns.setdefault(table.name, {}).update(dict.fromkeys(selection.unknown))
                return list(selection.names)
            return [*selection.names, *(name for name in selection.unknown if name not in table.column_names)]

        return choose

    def _renamed(self, file: SourceFile, rows: pa.Table) -> pa.Table:
        names = self._columns.mapped(file.table)
        return rows.rename_columns([names.get(name, name) for name in rows.column_names])

    def _feeds_sql(self, path: str) -> bool:
        return any(mentions(select, name) for select in self._sql.values() for name in view_files({path: None}))

    def _views(self, listed: FolderFiles) -> dict[str, list[str]]:
        return view_files({path: table_of(path, self._stems) for path in listed.data_files()})

    def _sql_file(self, table: str, listed: FolderFiles) -> SourceFile:
        """The virtual file of a SELECT: size and a digest in place of mtime, over the files it names and itself."""
        stamps = listed.data_files()
        named = self._stamps_of(table, stamps, self._views(listed))
        mark = int(digest(named, self._sql[table])[:15], 16)
        return SourceFile(table, f"{table}.sql", sum(size for size, _ in named.values()), mark)

    def _stamps_of(self, table: str, stamps: Mapping[str, Stamp], views: Mapping[str, list[str]]) -> dict[str, Stamp]:
        select = self._sql[table]
        return {path: stamps[path] for name, paths in views.items() if mentions(select, name) for path in paths}

    def _is_select(self, file: SourceFile) -> bool:
        return file.table in self._sql and file.path == f"{file.table}.sql"

    def _run(self, file: SourceFile, *, only_names: bool = False) -> pa.Table:
        views = self._views(self._list())
        return run_select(file.table, self._sql[file.table], self.root, views, only_names=only_names)

    def _read_sql(self, file: SourceFile) -> pa.Table:
        rows = self._run(file)
        if self._sql_file(file.table, self._list()) != file:
            raise SourceFileUnreadable(file.path, "a file it reads changed: still being written?")
        return rows

    @contextmanager
    def _unchanged(self, file: SourceFile) -> Iterator[Path]:
        """Errors of reading become SourceFileUnreadable, and so does a file that is not as it was listed."""
        path = self.root / file.path
        with _readable(file.path):
            _refuse_changed(path, file)
            yield path
            _refuse_changed(path, file)


def _refuse_changed(path: Path, file: SourceFile) -> None:
    stat = path.stat()
    if (stat.st_size, stat.st_mtime_ns) != (file.size, file.mtime_ns):
        raise SourceFileUnreadable(
            file.path, f"it changed from {file.size} to {stat.st_size} bytes since it was listed: still being written?"
        )


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceFileUnreadable(path, "it is gone") from error
    except READ_ERRORS as error:
        raise SourceFileUnreadable(path, one_line(str(error))[:300]) from error


def _version_of(*config: Any) -> str:
    layout = {name: str(table.schema) for name, table in INPUT_TABLES.items()}
    text = json.dumps([layout, *(entry or {} for entry in config)], sort_keys=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _folder(path: str | Path) -> Path:
    root = Path(path)
    if not root.exists():
        raise RelpinsError(f"source {str(path)!r} does not exist; give a folder with a pins file")
    if not root.is_dir():
        raise RelpinsError(f"source {str(path)!r} is a file; give the folder it lies in")
    return root.resolve()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return (", ".join(names[:_MAX_NAMED]) or "nothing to read") + more
