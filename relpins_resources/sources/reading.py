"""Reading one file as Arrow, in the file's own column names: Parquet, CSV, JSONL.

Cells of CSV and JSONL come out as text, so that one bad cell spoils one row and not the file. A line that is no row
at all stands in the column `MALFORMED`. Nothing here knows the input layout.
"""

import csv
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

MALFORMED = "_malformed_row"
CUT_SHORT = "its last line is cut short: still being written?"
EMPTY = "it is empty: still being written?"
_BATCH_BYTES = 32 << 20
_BATCH_ROWS = 65_536
_JSON_LINES = 50_000
_HEADER_LINES = 1_000

Choose = Callable[[Sequence[str]], Sequence[str]]


class Unreadable(ValueError):
    """A file that cannot be read as what its suffix says, or is only half there."""


class FileReader(Protocol):
    """One format. `choose` is given the file's column names and returns those to read.

    Raises Unreadable, pa.ArrowException, OSError or ValueError where the file does not read, and what `choose` does.
    """

    def names(self, path: Path) -> list[str]:
        """The file's column names, cheaply; of JSONL those of the first lines."""

    def read(self, path: Path, choose: Choose) -> pa.Table: ...

    def batches(self, path: Path, choose: Choose) -> Iterator[pa.RecordBatch]: ...


def reader_of(path: Path) -> FileReader:
    """The reader for a file's suffix, one of SUFFIXES."""
    return READERS[path.suffix.lower()]


def every_column(names: Sequence[str]) -> Sequence[str]:
    return names


class ParquetReader:
    def names(self, path: Path) -> list[str]:
        with pq.ParquetFile(path) as file:
            return list(file.schema_arrow.names)

    def read(self, path: Path, choose: Choose) -> pa.Table:
        with pq.ParquetFile(path) as file:
            return file.read(columns=_chosen(file, choose), use_threads=False)

    def batches(self, path: Path, choose: Choose) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield from file.iter_batches(
                batch_size=_rows_per_batch(file.metadata),
                columns=_chosen(file, choose),
                use_threads=False,
            )


def _chosen(file: pq.ParquetFile, choose: Choose) -> list[str]:
    names = list(file.schema_arrow.names)
    chosen = list(choose(names))
    twice = next((name for name in chosen if names.count(name) > 1), None)
    if twice is not None:
        raise Unreadable(f"it has column {twice!r} twice")
    return chosen


def _rows_per_batch(metadata: Any) -> int:
    """As many rows as weigh about 32 MB, by the uncompressed sizes in the footer."""
    n_bytes = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    bytes_per_row = max(1, n_bytes // max(1, metadata.num_rows))
    return max(64, min(_BATCH_ROWS, _BATCH_BYTES // int(bytes_per_row)))


class CsvReader:
    """CSV with a header; the delimiter is the one of `,;|` and tab that splits the header most.

    An empty cell is null and a quoted empty cell is the empty text. Rows with too many or too few cells go to
    MALFORMED, at the end. Of columns with one name the first keeps it, the next are `name#2`, `name#3`.
    """

    def names(self, path: Path) -> list[str]:
        return _csv_header(path)[0]

    def read(self, path: Path, choose: Choose) -> pa.Table:
        names, delimiter, n_header_rows = _csv_header(path)
        chosen = list(choose(names))
        data, is_utf8 = _csv_bytes(path, n_header_rows)
        invalid: list[Any] = []

        def keep(row: Any) -> str:
            invalid.append(row)
            return "skip"

        table = pa.csv.read_csv(
            pa.BufferReader(data),
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=max(1 << 20, min(len(data) + 1, 64 << 20)),
                column_names=names,
                skip_rows_after_names=n_header_rows,
            ),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep),
            # the last column shows whether the file ends inside a quoted cell
            convert_options=_text_cells(names, {*chosen, names[-1]}),
        )
        _refuse_cut_file(data, table, invalid)
        table = table.select(chosen)
        malformed = [row.text for row in invalid]
        return with_malformed(_decoded(table) if is_utf8 else _with_invalid_bytes(table), malformed)

    def batches(self, path: Path, choose: Choose) -> Iterator[pa.RecordBatch]:
        yield from self.read(path, choose).to_batches(max_chunksize=_BATCH_ROWS)


def _text_cells(names: Sequence[str], chosen: set[str]) -> Any:
    return pa.csv.ConvertOptions(
        column_types={name: pa.binary() for name in names},
        include_columns=[name for name in names if name in chosen],
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        check_utf8=False,
    )


def _csv_header(path: Path) -> tuple[list[str], str, int]:
    """Column names, delimiter, and how many rows they end: the first row with anything in it."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.read(1 << 16)
        if "\0" in head or head.startswith("\ufffd\ufffd"):
            raise Unreadable("it is not UTF-8 text")
        first = next((line for line in head.splitlines() if line.strip()), "")
        if not first:
            raise Unreadable(EMPTY)
        delimiter = max(",;|\t", key=first.count)
        file.seek(0)
        try:
            for n_rows, row in enumerate(csv.reader(file, delimiter=delimiter), 1):
                if any(cell.strip() for cell in row):
                    return _unique([name.strip() for name in row]), delimiter, n_rows
        except csv.Error as error:
            raise Unreadable(f"its header is not CSV: {error}") from error
    raise Unreadable("it has no header")


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return unique


def _csv_bytes(path: Path, n_header_rows: int) -> tuple[bytes, bool]:
    """The file's bytes as UTF-8, and whether they were; a byte that is not becomes U+FFFD."""
    data = path.read_bytes()
    if data.count(b"\n") + data.count(b"\r") < n_header_rows:
        raise Unreadable("its header line is cut short: still being written?")
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode(), False
    return data, True


def _refuse_cut_file(data: bytes, table: pa.Table, invalid: Sequence[Any]) -> None:
    """Tell a file that somebody is still writing: it ends inside a row, or inside a quoted cell."""
    is_short = bool(invalid) and invalid[-1].actual_columns < invalid[-1].expected_columns
    if is_short and data.endswith(invalid[-1].text.encode()):
        raise Unreadable(CUT_SHORT)
    if table.num_rows == 0:
        return
    last = table.column(table.num_columns - 1)[-1].as_py()
    if last is None:
        return
    opened = b'"' + last.replace(b'"', b'""')
    if data.endswith(opened) and (last or not data.endswith(b'""')):
        raise Unreadable(CUT_SHORT)


def _decoded(table: pa.Table) -> pa.Table:
    """Binary columns as text where every cell is UTF-8; the others stay binary for `cells.py` to judge."""
    columns = []
    for column in table.columns:
        try:
            columns.append(column.cast(pa.string()))
        except pa.ArrowInvalid:
            columns.append(column)
    return pa.Table.from_arrays(columns, names=table.column_names)


def _with_invalid_bytes(table: pa.Table) -> pa.Table:
    """Binary columns in which U+FFFD, put there by `_csv_bytes`, is a byte that no UTF-8 has."""
    columns = [pc.replace_substring(column, "\ufffd".encode(), b"\xff") for column in table.columns]
    return _decoded(pa.Table.from_arrays(columns, names=table.column_names))


class JsonLinesReader:
    """One JSON object a line. Every value becomes text: whole numbers as digits, lists and objects as JSON."""

    def names(self, path: Path) -> list[str]:
        names: dict[str, None] = {}
        for row, _ in zip(_json_rows(path), range(_HEADER_LINES), strict=False):
            if isinstance(row, dict):
                names.update(dict.fromkeys(row))
        return list(names)

    def read(self, path: Path, choose: Choose) -> pa.Table:
        parts: list[pa.Table] = []
        malformed: list[str] = []
        rows: list[dict[str, Any]] = []
        for row in _json_rows(path):
            if isinstance(row, str):
                malformed.append(row)
                continue
            rows.append(row)
            if len(rows) == _JSON_LINES:
                parts.append(_json_table(rows))
                rows = []
        if rows:
            parts.append(_json_table(rows))
        if not parts:
            raise Unreadable(f"none of its {len(malformed)} lines is a JSON object with values")
        table = pa.concat_tables(parts, promote_options="default")
        return with_malformed(table.select(list(choose(table.column_names))), malformed)

    def batches(self, path: Path, choose: Choose) -> Iterator[pa.RecordBatch]:
        yield from self.read(path, choose).to_batches(max_chunksize=_BATCH_ROWS)


def _json_rows(path: Path) -> Iterator[dict[str, Any] | str]:
    """The objects of a file, and as text the lines that are none."""
    is_empty = True
    with path.open("rb") as file:
        for line in file:
            text = line.removeprefix(b"\xef\xbb\xbf") if is_empty else line
            if not text.strip():
                continue
            is_empty = False
            row = _json_object(text)
            if row is None and not line.endswith(b"\n"):
                raise Unreadable(CUT_SHORT)
            yield text.decode(errors="replace").rstrip("\r\n") if row is None else row
    if is_empty:
        raise Unreadable(EMPTY)


def _json_object(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line.decode())
        if b"\\u" in line:
            json.dumps(row, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and row else None


def _json_table(rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: pa.array([_json_cell(row.get(name)) for row in rows], pa.large_string()) for name in names})


def _json_cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def float_text(value: float) -> str:
    """A float as people write it: whole numbers without `.0` (a column with gaps turns whole ids into floats)."""
    if math.isfinite(value) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return repr(value)


def with_malformed(table: pa.Table, malformed: Sequence[str]) -> pa.Table:
    """The table with one row more per malformed line, in the column MALFORMED; as it is where there are none."""
    if not malformed:
        return table
    lines = pa.table({MALFORMED: pa.array(malformed, pa.large_string())})
    return pa.concat_tables([table, lines], promote_options="default")


READERS: dict[str, FileReader] = {
    ".parquet": ParquetReader(),
    ".csv": CsvReader(),
    ".jsonl": JsonLinesReader(),
    ".ndjson": JsonLinesReader(),
}
SUFFIXES = tuple(READERS)
