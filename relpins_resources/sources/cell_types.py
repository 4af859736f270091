"""A reader per type of the layout: the cells of a column, as they came, become that type's values.

Every format and every Arrow type that means the same value gives the same value: the integer 7, the float 7.0 and
the text "7" are one id. Dates are in `times.py`.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.cells import Cells, by_cell, flags_of, good, left_over, plain, trimmed
from relpins_resources.sources.layout import BYTES, COUNT, FLAG, NUMBER, TAGS, TEXT, TIME, InputColumn
from relpins_resources.sources.reading import float_text
from relpins_resources.sources.times import to_times

_TRUE = pa.array(["true", "t", "yes", "y", "1"])
_FALSE = pa.array(["false", "f", "no", "n", "0"])
_WHOLE = r"^[+-]?\d{1,18}(\.0*)?$"
_DECIMAL = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$"


def to_cells(column: InputColumn, raw: pa.ChunkedArray) -> Cells:
    """Read one column as its layout type; a bad cell is null in `values`."""
    return READERS[column.type](raw)


def no_cells(column: InputColumn, n_rows: int) -> Cells:
    """A column that the file does not have."""
    return Cells(pa.nulls(n_rows, column.type), np.zeros(n_rows, bool))


def to_text(raw: pa.ChunkedArray | pa.Array) -> Cells:
    """Text as it stands; numbers in digits, times in ISO, lists and records as JSON; bytes must be UTF-8."""
    raw = plain(raw)
    kind = raw.type
    if pa.types.is_floating(kind):
        return good(_float_texts(raw))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return by_cell(raw, pa.string(), bytes.decode)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            raw.validate(full=True)
        except pa.ArrowInvalid:  # Parquet may hold bytes that are no UTF-8 in a text column
            return by_cell(raw.cast(pa.large_binary()), pa.string(), bytes.decode)
        return good(raw.cast(pa.string()))
    if pa.types.is_nested(kind):
        return by_cell(raw, pa.string(), _json_text)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        cells = to_times(raw)
        return Cells(pc.strftime(cells.values, format="%Y-%m-%dT%H:%M:%SZ", locale="C"), cells.is_bad)
    try:
        return good(raw.cast(pa.string()))
    except pa.ArrowNotImplementedError:
        return by_cell(raw, pa.string(), str)


def _float_texts(raw: pa.Array) -> pa.Array:
    """Whole floats as digits, others in their shortest exact form, NaN as null."""
    values = raw.cast(pa.float64()).to_numpy(zero_copy_only=False)
    is_whole = np.isfinite(values) & (np.abs(values) < 2**53) & (values == np.floor(values))
    texts = pa.array(np.where(is_whole, values, 0).astype(np.int64)).cast(pa.string()).to_pylist()
    for i in np.flatnonzero(~is_whole):
        texts[i] = None if np.isnan(values[i]) else float_text(float(values[i]))
    return pa.array(texts, pa.string())


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _words(raw: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Lower-case texts; null where nothing is given, U+FFFD where the bytes are no text."""
    cells = to_text(raw)
    return pc.if_else(pa.array(cells.is_bad), pa.scalar("\ufffd"), trimmed(cells.values))


def to_flags(raw: pa.ChunkedArray) -> Cells:
    """true/false, t/f, yes/no, y/n, 1/0 in any letter case."""
    raw = plain(raw)
    if pa.types.is_boolean(raw.type):
        return good(raw)
    text = _words(raw)
    is_true = pc.is_in(text, value_set=_TRUE)
    is_known = pc.or_(is_true, pc.is_in(text, value_set=_FALSE))
    return Cells(pc.if_else(is_known, is_true, pa.scalar(None, pa.bool_())), left_over(text, is_known))


def to_counts(raw: pa.ChunkedArray) -> Cells:
    """Whole numbers of up to 18 digits; `3.0` is one, `3.5` and true are not."""
    text = _words(raw)
    is_whole = pc.fill_null(pc.match_substring_regex(text, _WHOLE), False)
    digits = pc.replace_substring_regex(text, r"^\+|\..*$", "")
    values = pc.if_else(is_whole, digits, pa.scalar(None, pa.string())).cast(pa.int64())
    return Cells(values, left_over(text, is_whole))


def to_numbers(raw: pa.ChunkedArray) -> Cells:
    """Finite numbers; NaN, as tables write a missing number, is null."""
    raw = plain(raw)
    if pa.types.is_floating(raw.type) or pa.types.is_integer(raw.type):
        numbers = raw.cast(pa.float64(), safe=False)
        numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
        given = numbers
    else:
        given = _words(raw)
        is_number = pc.fill_null(pc.match_substring_regex(given, _DECIMAL), False)
        digits = pc.replace_substring_regex(given, r"^\+", "")
        numbers = pc.if_else(is_number, digits, pa.scalar(None, pa.string())).cast(pa.float64())
    is_finite = pc.fill_null(pc.is_finite(numbers), False)
    return Cells(pc.if_else(is_finite, numbers, pa.scalar(None, pa.float64())), left_over(given, is_finite))


def to_tags(raw: pa.ChunkedArray) -> Cells:
    """A list, a JSON list of texts, or one text cut at `|`, else `;`, else `,`; blank and missing tags are left out."""
    raw = plain(raw)
    if not pa.types.is_list(raw.type) and not pa.types.is_large_list(raw.type):
        text = to_text(raw)
        tags = by_cell(text.values, TAGS, _tags_of_text)
        return Cells(tags.values, tags.is_bad | text.is_bad)
    return by_cell(raw, TAGS, _tags_of_list)


def _tags_of_text(text: str) -> list[str] | None:
    if text.lstrip().startswith("["):
        listed = json.loads(text)
        return _tags_of_list(listed)
    separator = next((mark for mark in "|;," if mark in text), None)
    tags = [tag.strip() for tag in (text.split(separator) if separator else [text])]
    return [tag for tag in tags if tag] or None


def _tags_of_list(listed: list[Any]) -> list[str] | None:
    """Blank tags are left out, and a list without any is null: no format can tell the two apart."""
    if any(isinstance(tag, list | dict) for tag in listed):
        raise ValueError("a tag is a text")
    tags = [_tag(tag) for tag in listed if tag is not None]
    return [tag for tag in tags if tag] or None


def _tag(tag: Any) -> str:
    text = (float_text(tag) if isinstance(tag, float) else str(tag)).strip()
    text.encode()  # a lone surrogate is no text, and raises
    return text


def to_bytes(raw: pa.ChunkedArray) -> Cells:
    """Bytes as they are, or base64 text (a `data:...;base64,` head is cut off); nothing in them is null."""
    kind = raw.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        cells = by_cell(plain(raw), BYTES, _bytes_of_text)
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        cells = good(plain(raw.cast(BYTES)))
    else:
        cells = Cells(pa.nulls(len(raw), BYTES), flags_of(raw.combine_chunks().is_valid()))
    is_given = pc.greater(pc.binary_length(cells.values), 0)
    return Cells(pc.if_else(is_given, cells.values, pa.scalar(None, BYTES)), cells.is_bad)


def _bytes_of_text(text: str) -> bytes:
    if text.startswith("data:"):
        text = text.partition(",")[2]
    return base64.b64decode("".join(text.split()), validate=True)


READERS: dict[pa.DataType, Callable[[pa.ChunkedArray], Cells]] = {
    TEXT: to_text,
    FLAG: to_flags,
    COUNT: to_counts,
    NUMBER: to_numbers,
    TAGS: to_tags,
    BYTES: to_bytes,
    TIME: to_times,
}
