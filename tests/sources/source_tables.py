"""Writing the same table as Parquet, CSV and JSONL, the way a catalog would."""

import base64
import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from relpins_resources.sources import FolderSource, SourceFile
from relpins_resources.sources.layout import INPUT_TABLES
from relpins_resources.sources.validate import Validated, validate

Row = dict[str, Any]


def write_table(path: Path, rows: list[Row], table: str = "pins") -> Path:
    """Write rows under the layout's types; the suffix of `path` picks the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = INPUT_TABLES[table].schema
    names = [name for name in schema.names if any(name in row for row in rows)]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows, pa.schema([schema.field(name) for name in names])), path)
    elif path.suffix == ".csv":
        write_csv(path, names, [[row.get(name) for name in names] for row in rows])
    else:
        lines = [json.dumps({name: json_value(cell) for name, cell in row.items()}) for row in rows]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_csv(path: Path, names: list[str], rows: list[list[Any]]) -> None:
    """Quotes what was given and leaves what was not bare, so that the empty text is not null."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(names)
        for row in rows:
            cells = [json_value(cell) for cell in row]
            file.write(",".join("" if cell is None else quoted(cell) for cell in cells) + "\n")


def quoted(cell: Any) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell)
    return '"' + text.replace('"', '""') + '"'


def json_value(cell: Any) -> Any:
    if isinstance(cell, bytes):
        return base64.b64encode(cell).decode()
    if isinstance(cell, datetime):
        return cell.isoformat()
    return cell


def only_file(source: FolderSource, table: str = "pins") -> SourceFile:
    (file,) = source.scan().of_table(table)
    return file


def load(folder: Path, table: str = "pins", **options: Any) -> Validated:
    """Read and validate a table that lies in one file."""
    source = FolderSource(folder, **options)
    return validate(table, source.read(only_file(source, table)), source.image_path)


def folder_with(folder: Path, name: str, content: str | bytes) -> Path:
    """A source with one file of the given content, and a pins file where it has none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    if not any(folder.glob("pins*")):
        (folder / "pins.csv").write_text("pin_id,image_url\np1,p1.jpg\n")
    return folder
