"""What reading a column gives: its values, and which cells could not be read. Shared by every type's reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

# what tables write where a number, a flag or a date is missing
_NOT_GIVEN = pa.array(["", "nan", "nat", "null", "none", "n/a", "na"])


@dataclass(frozen=True)
class Cells:
    """One column: `values` (n,) of the layout's type; `is_bad` (n,) where a cell held what is no such value."""

    values: pa.Array
    is_bad: Mask


def plain(raw: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One array, dictionaries and extension types taken off, wide enough that 2 GB of text fit."""
    array = raw if isinstance(raw, pa.Array) else _one_chunk(raw)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    if array.type in (pa.string_view(), pa.binary_view()):
        array = array.cast(pa.large_string() if array.type == pa.string_view() else pa.large_binary())
    return pa.nulls(len(array), pa.string()) if pa.types.is_null(array.type) else array


def _one_chunk(raw: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_string(raw.type):
        raw = raw.cast(pa.large_string())
    if pa.types.is_binary(raw.type):
        raw = raw.cast(pa.large_binary())
    return raw.combine_chunks() if raw.num_chunks != 1 else raw.chunk(0)


def good(values: pa.Array) -> Cells:
    return Cells(values, np.zeros(len(values), bool))


def by_cell(raw: pa.Array, kind: pa.DataType, read: Callable[[Any], Any]) -> Cells:
    """Read cells one by one; those for which `read` raises a ValueError are bad. For the rare types."""
    values: list[Any] = []
    is_bad = np.zeros(len(raw), bool)
    for i, cell in enumerate(raw.to_pylist()):
        try:
            values.append(None if cell is None else read(cell))
        except (ValueError, RecursionError):
            values.append(None)
            is_bad[i] = True
    return Cells(pa.array(values, kind), is_bad)


def trimmed(text: pa.Array) -> pa.Array:
    """Lower-case texts without blanks around them; null where nothing is given."""
    text = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    return pc.if_else(pc.is_in(text, value_set=_NOT_GIVEN), pa.scalar(None, text.type), text)


def left_over(given: pa.Array, is_read: pa.Array) -> Mask:
    """Where something was given and nothing was read."""
    return flags_of(pc.and_(given.is_valid(), pc.invert(is_read)))


def flags_of(mask: pa.Array | pa.ChunkedArray) -> Mask:
    """An Arrow mask as numpy, null as false."""
    filled = pc.fill_null(mask, False)
    return np.asarray(
        filled.to_numpy(zero_copy_only=False) if isinstance(filled, pa.Array) else filled.to_numpy(), bool
    )
