"""Which rows of a file come in, as the layout's types, and which are rejected with what reason.

A bad row stays a row, with the first reason found against it. Duplicate ids need every file of a table and are in
`duplicates.py`; what is wrong inside an image shows when it is decoded.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.attributes import with_attributes
from relpins_resources.sources.base import ImageOutside
from relpins_resources.sources.cell_types import no_cells, to_cells
from relpins_resources.sources.cells import Cells, Mask, flags_of, plain
from relpins_resources.sources.findings import (
    MALFORMED_ROW,
    MISSING_ID,
    NO_IMAGE,
    OUTSIDE_SOURCE,
    OVERSIZED_TEXT,
    UNKNOWN_EVENT,
    UNREADABLE_DATE,
    UNSUPPORTED_SCHEME,
    Findings,
    bad_value,
)
from relpins_resources.sources.image_location import UnsupportedScheme, classify_image_url, lexically_outside
from relpins_resources.sources.keys import row_keys, with_derived_ids
from relpins_resources.sources.layout import (
    EVENTS,
    INPUT_TABLES,
    MAX_ID_CHARS,
    MAX_TEXT_CHARS,
    TEXT,
    TIME,
    InputTable,
)
from relpins_resources.sources.reading import MALFORMED
from relpins_resources.sources.rejected import cell_texts, rejected_rows

ImagePath = Callable[[str], Path]
_SHOWN_CHARS = 100
_LOWEST = {"position": 1, "count": 0, "price": 0}


@dataclass(frozen=True)
class Validated:
    """`accepted` has exactly the layout's columns and types; `row_numbers` (accepted,) are its rows' places.

    `rejected` has REJECTED_SCHEMA: table, key, reason, detail, row_json, row_number, content_hash. Row numbers count
    from `first_row`, by default 0.
    """

    accepted: pa.Table
    rejected: pa.Table
    row_numbers: pa.Array

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows were rejected for each reason."""
        return dict(Counter(self.rejected["reason"].to_pylist()))


def validate(
    table: str, rows: pa.Table | pa.RecordBatch, image_path: ImagePath | None = None, *, first_row: int = 0
) -> Validated:
    """Type and judge the rows that `Source.read`, or one batch of `read_batches`, gave.

    `image_path` is the source's: with it image files are looked up and symlinks followed; without it a path is
    judged as written. Interactions and searches without ids get theirs here: give a file of those in one piece.
    `first_row` is the number in its file of the first row given.
    """
    layout = INPUT_TABLES[table]
    rows = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    rows = pa.Table.from_arrays([plain(column) for column in rows.columns], names=rows.column_names)  # no views
    raw = with_attributes(rows, layout.column_names) if layout.keeps_unknown_columns else rows
    findings = Findings(rows.num_rows)
    _find_malformed(raw, findings)
    cells = {
        column.name: to_cells(column, raw[column.name])
        if column.name in raw.column_names
        else no_cells(column, rows.num_rows)
        for column in layout.columns
    }
    _find_missing_ids(layout, cells, findings)
    _find_bad_cells(layout, cells, raw, findings)
    typed = _tidied(pa.Table.from_arrays([cells[name].values for name in layout.column_names], schema=layout.schema))
    _find_oversized(layout, typed, findings)
    _find_too_low(typed, findings)
    _find_unknown_events(typed, raw, findings)
    if table == "pins":
        _find_no_image(typed, findings)
        _find_bad_urls(typed, image_path, findings)
    is_good = ~findings.is_bad()
    return Validated(
        accepted=with_derived_ids(layout, typed.filter(pa.array(is_good))),
        rejected=_rejected(layout, rows, typed, findings, first_row),
        row_numbers=pa.array(np.flatnonzero(is_good) + first_row, pa.int64()),
    )


def _rejected(layout: InputTable, rows: pa.Table, typed: pa.Table, findings: Findings, first_row: int) -> pa.Table:
    found = findings.in_row_order()
    numbers = pa.array([i for i, _, _ in found], pa.int64())
    rejected = rejected_rows(
        layout.name,
        rows.take(numbers),
        row_keys(layout, typed.take(numbers)).to_pylist(),
        [reason for _, reason, _ in found],
        [detail for _, _, detail in found],
        [i + first_row for i, _, _ in found],
    )
    if layout.derived_id is None:
        return rejected
    # without an id the row is known by its content, as an accepted one is
    keys = rejected["key"].combine_chunks()
    keys = pc.if_else(pc.equal(keys, ""), rejected["content_hash"].combine_chunks(), keys)
    return rejected.set_column(1, "key", keys)


def _find_malformed(raw: pa.Table, findings: Findings) -> None:
    if MALFORMED in raw.column_names:
        is_bad = flags_of(raw[MALFORMED].is_valid())
        findings.add(is_bad, MALFORMED_ROW, [f"no row of the table: {text}" for text in _shown(raw[MALFORMED], is_bad)])


def _find_missing_ids(layout: InputTable, cells: Mapping[str, Cells], findings: Findings) -> None:
    for name in layout.required:
        if name == "event":
            continue
        blank = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(cells[name].values, "")), "")
        is_missing = flags_of(blank) & ~cells[name].is_bad
        findings.add(is_missing, MISSING_ID, [f"{name} is empty"] * int(is_missing.sum()))


def _find_bad_cells(layout: InputTable, cells: Mapping[str, Cells], raw: pa.Table, findings: Findings) -> None:
    for column in layout.columns:
        is_bad = cells[column.name].is_bad
        if is_bad.any():
            reason = UNREADABLE_DATE if column.type == TIME else bad_value(column.name)
            kind = {TIME: "date", TEXT: "UTF-8 text"}.get(column.type, str(column.type))
            shown = _shown(raw[column.name], is_bad)
            findings.add(is_bad, reason, [f"{column.name}: {text} is no {kind}" for text in shown])


def _tidied(typed: pa.Table) -> pa.Table:
    """Event, surface and kind in lower case with `_` for blanks and hyphens, urls without blanks around them."""
    for name in ("event", "surface", "kind"):
        if name in typed.column_names:
            text = pc.utf8_lower(pc.utf8_trim_whitespace(typed[name]))
            typed = _with_column(typed, name, pc.replace_substring_regex(text, r"[\s-]+", "_"))
    if "image_url" in typed.column_names:
        url = pc.utf8_trim_whitespace(typed["image_url"])
        typed = _with_column(typed, "image_url", pc.if_else(pc.equal(url, ""), pa.scalar(None, TEXT), url))
    return typed


def _with_column(typed: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    where = typed.column_names.index(name)
    return typed.set_column(where, typed.schema.field(where), values)


def _find_oversized(layout: InputTable, typed: pa.Table, findings: Findings) -> None:
    for column in layout.columns:
        limit = MAX_ID_CHARS if column.is_id else MAX_TEXT_CHARS
        if column.type == TEXT:
            n_chars = pc.utf8_length(typed[column.name])
        elif column.name == "merchant_tags":
            n_chars = pc.utf8_length(pc.binary_join(typed[column.name], ","))
        else:
            continue
        is_long = flags_of(pc.greater(n_chars, limit))
        lengths = n_chars.filter(pa.array(is_long)).to_pylist()
        findings.add(is_long, OVERSIZED_TEXT, [f"{column.name}: {n} characters, at most {limit}" for n in lengths])


def _find_too_low(typed: pa.Table, findings: Findings) -> None:
    for name, lowest in _LOWEST.items():
        if name in typed.column_names:
            is_low = flags_of(pc.less(typed[name], lowest))
            shown = _shown(typed[name], is_low)
            findings.add(is_low, bad_value(name), [f"{name}: {text} is below {lowest}" for text in shown])


def _find_unknown_events(typed: pa.Table, raw: pa.Table, findings: Findings) -> None:
    if "event" in typed.column_names:
        is_unknown = ~flags_of(pc.is_in(typed["event"], value_set=pa.array(EVENTS)))
        shown = _shown(raw["event"], is_unknown)
        findings.add(is_unknown, UNKNOWN_EVENT, [f"{text} is none of {', '.join(EVENTS)}" for text in shown])


def _needs_url(typed: pa.Table) -> Mask:
    """Pins whose image can only come from their url."""
    return ~flags_of(typed["deleted"]) & ~flags_of(typed["image_bytes"].is_valid())


def _find_no_image(typed: pa.Table, findings: Findings) -> None:
    is_bad = _needs_url(typed) & ~flags_of(typed["image_url"].is_valid())
    findings.add(is_bad, NO_IMAGE, ["neither image_bytes nor image_url"] * int(is_bad.sum()))


def _find_bad_urls(typed: pa.Table, image_path: ImagePath | None, findings: Findings) -> None:
    is_remote = flags_of(pc.match_substring_regex(typed["image_url"], r"^(?i)(https?|s3|gs)://"))
    to_judge = _needs_url(typed) & flags_of(typed["image_url"].is_valid()) & ~is_remote
    if not to_judge.any():
        return
    urls = typed["image_url"].filter(pa.array(to_judge)).to_pylist()
    verdicts = [_judge_url(url, image_path) for url in urls]
    for reason in (OUTSIDE_SOURCE, UNSUPPORTED_SCHEME):
        has_reason = [verdict is not None and verdict[0] == reason for verdict in verdicts]
        is_bad = to_judge.copy()
        is_bad[to_judge] = has_reason
        findings.add(is_bad, reason, [verdict[1] for verdict in verdicts if verdict and verdict[0] == reason])


def _judge_url(url: str, image_path: ImagePath | None) -> tuple[str, str] | None:
    """Reason and detail against a url, or None."""
    shown = repr(url[:_SHOWN_CHARS])
    try:
        location = classify_image_url(url)
        if image_path is not None:
            image_path(url)
        elif lexically_outside(location.location):
            return OUTSIDE_SOURCE, f"image_url: {shown} leads outside the source folder"
    except UnsupportedScheme as error:
        return UNSUPPORTED_SCHEME, f"image_url: {shown}: {error}"
    except ImageOutside as error:
        return OUTSIDE_SOURCE, f"image_url: {shown}: {error.why}"
    return None


def _shown(column: pa.ChunkedArray, is_chosen: Mask) -> list[str]:
    """The chosen cells as they were received, quoted and not too long."""
    texts = cell_texts(plain(column.filter(pa.array(is_chosen)))).to_pylist()
    return ["nothing" if text is None else repr(text[:_SHOWN_CHARS]) for text in texts]
