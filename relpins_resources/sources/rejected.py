"""Bad rows as rows: table, key, reason, what exactly, and the raw row as JSON."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.cell_types import to_text
from relpins_resources.sources.cells import plain
from relpins_resources.sources.content_hash import content_hashes

REJECTED_SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("key", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("row_json", pa.string()),
        ("row_number", pa.int64()),
        ("content_hash", pa.string()),
    ]
)
MAX_ROW_JSON_BYTES = 4_096


def rejected_rows(
    table: str,
    rows: pa.Table,
    keys: Sequence[str],
    reasons: Sequence[str],
    details: Sequence[str],
    row_numbers: Sequence[int],
) -> pa.Table:
    """One row of REJECTED_SCHEMA per row of `rows` (n, raw or typed).

    `row_number` counts from 0 in the file. `content_hash` is over the raw row, so that the same bad row is known
    again in the next run.
    """
    cells = {name: _json_cells(plain(rows[name])) for name in rows.column_names}
    hashes = content_hashes(pa.table({name: _hashable(plain(rows[name])) for name in cells}))
    written = [row_json(dict(zip(cells, row, strict=True))) for row in zip(*cells.values(), strict=True)]
    columns = [[table] * len(keys), keys, reasons, details, written, row_numbers, hashes]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, REJECTED_SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=REJECTED_SCHEMA)


def row_json(row: dict[str, Any]) -> str:
    """The row as a JSON object of at most MAX_ROW_JSON_BYTES; nothing is written for null.

    Long texts are shortened, then columns at the end left out, where it would be larger.
    """
    given = {name: cell for name, cell in row.items() if cell is not None}
    for n_chars in (MAX_ROW_JSON_BYTES, 500, 100, 20):
        text = json.dumps({name: _shortened(cell, n_chars) for name, cell in given.items()}, ensure_ascii=False)
        if len(text.encode()) <= MAX_ROW_JSON_BYTES:
            return text
    first = dict(list(given.items())[: len(given) // 2])
    return row_json({**first, "...": f"{len(given) - len(first)} columns more"}) if first else "{}"


def _shortened(cell: Any, n_chars: int) -> Any:
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str)
    if len(text) <= n_chars:
        return cell
    return f"{text[:n_chars]}... ({len(text)} characters)"


def _json_cells(values: pa.Array) -> list[Any]:
    """Cells (n,) that JSON can hold: numbers and flags as they are, bytes as `<n bytes>`, all else as text."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return list(values.to_pylist())
    if pa.types.is_large_binary(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return [None if n is None else f"<{n} bytes>" for n in pc.binary_length(values).to_pylist()]
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return list(values.to_pylist())
    return list(cell_texts(values).to_pylist())


def cell_texts(values: pa.Array) -> pa.Array:
    """Cells (n,) of any type as a person would read them, null for null."""
    if pa.types.is_temporal(values.type):
        return values.cast(pa.string())  # also times no calendar has
    cells = to_text(values)
    return pc.if_else(pa.array(cells.is_bad), pa.scalar("<not UTF-8>"), cells.values)


def _hashable(values: pa.Array) -> pa.Array:
    is_bytes = pa.types.is_large_binary(values.type) or pa.types.is_binary(values.type)
    return values if is_bytes else pa.array([_hash_text(cell) for cell in _json_cells(values)], pa.large_string())


def _hash_text(cell: Any) -> str | None:
    return None if cell is None else json.dumps(cell, ensure_ascii=False)
