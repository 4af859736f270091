"""One hash per row over what the row says, wherever and however it was written.

A row is spelled as `name=length:value;` for each column that has a value, columns by name, and hashed with SHA-256.
So the hash depends on neither file, format nor column order, the empty text differs from nothing, and a column added
to the layout later changes no hash of rows that do not have it.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.cells import plain

HASH_CHARS = 32


def content_hashes(rows: pa.Table, columns: Sequence[str] | None = None) -> pa.Array:
    """Hashes (n,) of typed rows, 32 hex digits each, over the named columns (default: all).

    `rows` has the layout's types, as `validate` gives them. About half a million interactions a second.
    """
    names = sorted(rows.column_names if columns is None else columns)
    spelled = [_spelled(name, plain(rows[name])) for name in names if name in rows.column_names]
    if not spelled:
        return pa.array([_hash(b"")] * rows.num_rows, pa.string())
    joined = pc.binary_join_element_wise(*spelled, pa.scalar(b"", pa.large_binary()))
    return pa.array([_hash(row) for row in joined.to_pylist()], pa.string())


def image_hashes(rows: pa.Table) -> pa.Array:
    """SHA-256 (n,) in hex of `image_bytes`, null where there are none."""
    return _byte_hashes(plain(rows["image_bytes"]))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:HASH_CHARS]


def _byte_hashes(values: pa.Array) -> pa.Array:
    hashes = [None if cell is None else hashlib.sha256(cell).hexdigest() for cell in map(_buffer, values)]
    return pa.array(hashes, pa.string())


def _buffer(cell: pa.Scalar) -> pa.Buffer | None:
    return cell.as_buffer()


def _spelled(name: str, values: pa.Array) -> pa.Array:
    """`name=length:value;` as bytes (n,), nothing for null; the length keeps two cells from running together."""
    text = _value_bytes(values)
    length = pc.cast(pc.binary_length(text), pa.string()).cast(pa.large_binary())
    head, middle, end = (pa.scalar(part, pa.large_binary()) for part in (f"{name}=".encode(), b":", b";"))
    cell = pc.binary_join_element_wise(head, length, middle, text, end, pa.scalar(b"", pa.large_binary()))
    return pc.fill_null(cell, b"")


def _value_bytes(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_large_binary(kind) or pa.types.is_binary(kind):
        return _byte_hashes(values).cast(pa.large_binary())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        flat = _spelled("", plain(values.flatten()))
        spelled = pa.LargeListArray.from_arrays(_offsets(values), flat)
        joined = pc.binary_join(spelled.cast(pa.large_list(pa.large_binary())), pa.scalar(b"", pa.large_binary()))
        return pc.if_else(values.is_valid(), joined, pa.scalar(None, pa.large_binary()))
    if pa.types.is_floating(kind):
        numbers = pc.add(values.cast(pa.float64()), 0.0)  # -0.0 becomes 0.0
        bits = pc.fill_null(numbers, 0.0).to_numpy(zero_copy_only=False).view(np.int64)
        values = pa.array(bits, mask=pc.is_null(numbers).to_numpy(zero_copy_only=False))
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.int64())
    return values.cast(pa.large_string()).cast(pa.large_binary())


def _offsets(lists: pa.Array) -> pa.Array:
    """Where each list starts in the flattened values, nulls taking no room."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
