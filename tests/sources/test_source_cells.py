"""One value, many spellings: what each column type reads and what it refuses."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.sources.cell_types import to_cells
from relpins_resources.sources.layout import INPUT_TABLES

BAD = "bad"
COLUMN = {
    "text": ("pins", "title"),
    "time": ("pins", "created_at"),
    "flag": ("pins", "deleted"),
    "number": ("pins", "price"),
    "count": ("interactions", "position"),
    "tags": ("pins", "merchant_tags"),
    "bytes": ("pins", "image_bytes"),
}


def read(kind: str, array: pa.Array) -> list[Any]:
    """Each cell's value, or BAD."""
    table, name = COLUMN[kind]
    column = INPUT_TABLES[table].column(name)
    cells = to_cells(column, pa.chunked_array([array]))
    assert cells.values.type == column.type
    return [BAD if bad else value for value, bad in zip(cells.values.to_pylist(), cells.is_bad, strict=True)]


def utc(year: int, month: int, day: int, *clock: int) -> datetime:
    return datetime(year, month, day, *clock).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", utc(2026, 1, 2)),
        ("2026-1-2", utc(2026, 1, 2)),
        ("2026-01-02T03:04:05Z", utc(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02t03:04z", utc(2026, 1, 2, 3, 4)),
        (" 2026-01-02 03:04:05 ", utc(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02 03:04:05+02:00", utc(2026, 1, 2, 1, 4, 5)),
        ("2026-01-02T03:04:05-0530", utc(2026, 1, 2, 8, 34, 5)),
        ("2026-01-02 03:04:05 UTC", utc(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02 03:04:05.5 +02", utc(2026, 1, 2, 1, 4, 5, 500_000)),
        ("2026-01-02T03:04:05.123456789Z", utc(2026, 1, 2, 3, 4, 5, 123_456)),
        ("2024-02-29", utc(2024, 2, 29)),
        ("0001-01-01", utc(1, 1, 1)),
        ("9999-12-31", utc(9999, 12, 31)),
        ("20260131", utc(2026, 1, 31)),
        ("1700000000", utc(2023, 11, 14, 22, 13, 20)),
        ("1700000000.25", utc(2023, 11, 14, 22, 13, 20, 250_000)),
        ("1700000000.0", utc(2023, 11, 14, 22, 13, 20)),
        ("1700000000123", utc(2023, 11, 14, 22, 13, 20, 123_000)),
        ("1700000000123456", utc(2023, 11, 14, 22, 13, 20, 123_456)),
        ("1700000000123456789", utc(2023, 11, 14, 22, 13, 20, 123_456)),
        ("-1", utc(1969, 12, 31, 23, 59, 59)),
        ("", None),
        ("  ", None),
        ("NaT", None),
        ("null", None),
        ("2026-02-29", BAD),
        ("2026-13-01", BAD),
        ("2026-00-01", BAD),
        ("0000-01-01", BAD),
        ("2026-01-02T24:00:00", BAD),
        ("2026-01-02T03:60", BAD),
        ("2026-01-02T03:04:60", BAD),
        ("2026-01-02T03:04:05+25:00", BAD),
        ("0001-01-01T00:00:00+01:00", BAD),
        ("20260231", BAD),
        ("9999999999999999999", BAD),
        ("infinity", BAD),
        ("yesterday", BAD),
        ("01/02/2026", BAD),
        ("2026-01-02 and more", BAD),
    ],
)
def test_a_time_as_text(text: str, expected: Any) -> None:
    assert read("time", pa.array([text])) == [expected]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([date(2026, 1, 2), None]), [utc(2026, 1, 2), None]),
        (pa.array([date(2026, 1, 2)], pa.date64()), [utc(2026, 1, 2)]),
        (pa.array([datetime(2026, 1, 2, 3)], pa.timestamp("s")), [utc(2026, 1, 2, 3)]),
        (pa.array([datetime(2026, 1, 2, 3)], pa.timestamp("ms")), [utc(2026, 1, 2, 3)]),
        (pa.array([utc(2026, 1, 2, 3)], pa.timestamp("ns", tz="Europe/Paris")), [utc(2026, 1, 2, 3)]),
        (pa.array([2**62, -(2**63), 0]).cast(pa.timestamp("s")), [BAD, BAD, utc(1970, 1, 1)]),
        (
            pa.array([1_700_000_000, 20260131, 20260231, None]),
            [utc(2023, 11, 14, 22, 13, 20), utc(2026, 1, 31), BAD, None],
        ),
        (pa.array([1_700_000_000_123, 2**63 - 1, -(2**63)]), [utc(2023, 11, 14, 22, 13, 20, 123_000), BAD, BAD]),
        (pa.array([2**64 - 1], pa.uint64()), [BAD]),
        (pa.array([1.7e9, float("nan"), float("inf"), 1e300]), [utc(2023, 11, 14, 22, 13, 20), None, BAD, BAD]),
        (pa.array([Decimal("1700000000.5")]), [utc(2023, 11, 14, 22, 13, 20, 500_000)]),
        (pa.array([True, None]), [BAD, None]),
        (pa.array([b"\xff"]), [BAD]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_a_time_of_another_type(array: pa.Array, expected: list[Any]) -> None:
    assert read("time", array) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), max_size=5))
def test_every_time_reads_back_from_its_iso_text(times: list[datetime]) -> None:
    aware = [moment.replace(tzinfo=UTC) for moment in times]
    for texts in ([t.isoformat() for t in times], [t.isoformat() for t in aware], [str(t) for t in times]):
        assert read("time", pa.array(texts, pa.string())) == aware


@pytest.mark.parametrize(
    ("kind", "array", "expected"),
    [
        ("text", pa.array([7, None]), ["7", None]),
        ("text", pa.array([7.0, 1.5, float("nan"), 1e300]), ["7", "1.5", None, "1e+300"]),
        ("text", pa.array([b"caf\xc3\xa9", b"\xff"]), ["café", BAD]),
        ("text", pa.array([b"ok", b"\xff"]).view(pa.string()), ["ok", BAD]),
        ("text", pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        ("text", pa.array(["", None]), ["", None]),
        ("text", pa.array([["a", 'b"']]), ['["a", "b\\""]']),
        ("text", pa.array([{"a": 1}]), ['{"a": 1}']),
        ("text", pa.array([Decimal("1.50")]), ["1.50"]),
        ("text", pa.array([True]), ["true"]),
        ("text", pa.array([time(1, 2)]), ["01:02:00.000000"]),
        ("text", pa.array([datetime(2026, 1, 2)]), ["2026-01-02T00:00:00.000000Z"]),
        ("text", pa.array(["x"], pa.string_view()), ["x"]),
        ("text", pa.array([pa.MonthDayNano([1, 2, 3])]), ["MonthDayNano(months=1, days=2, nanoseconds=3)"]),
        (
            "flag",
            pa.array(["True", "f", "YES", "0", " no ", "maybe", ""]),
            [True, False, True, False, False, BAD, None],
        ),
        ("flag", pa.array([1, 0, 2, None]), [True, False, BAD, None]),
        ("flag", pa.array([1.0, float("nan")]), [True, None]),
        ("flag", pa.array([True, None]), [True, None]),
        ("flag", pa.array([b"\xff", b"true"]), [BAD, True]),
        ("count", pa.array(["3", "+3", " 3.0 ", "-3", "3.5", "1e3", "x", ""]), [3, 3, 3, -3, BAD, BAD, BAD, None]),
        ("count", pa.array([3.0, 3.5, float("nan")]), [3, BAD, None]),
        ("count", pa.array([2**40, None]), [2**40, None]),
        ("count", pa.array(["9" * 30]), [BAD]),
        ("count", pa.array([True]), [BAD]),
        (
            "number",
            pa.array(["9.5", ".5", "5.", "-1e3", "+2", "1e999", "$9", "NaN"]),
            [9.5, 0.5, 5.0, -1000.0, 2.0, BAD, BAD, None],
        ),
        ("number", pa.array([1.5, float("nan"), float("inf")]), [1.5, None, BAD]),
        ("number", pa.array([Decimal("19.99")]), [19.99]),
        ("number", pa.array([3, None]), [3.0, None]),
        ("tags", pa.array([["a", None, " b ", ""], [], None]), [["a", "b"], None, None]),
        ("tags", pa.array([[1, 2]]), [["1", "2"]]),
        ("tags", pa.array([["a"]], pa.large_list(pa.string())), [["a"]]),
        (
            "tags",
            pa.array(['["a, b", "c"]', "a|b,c", "a; b", "a, b", "a b", ""]),
            [["a, b", "c"], ["a", "b,c"], ["a", "b"], ["a", "b"], ["a b"], None],
        ),
        ("tags", pa.array(["[1", '[["a"]]', '["\\ud800"]', "[" * 100_000]), [BAD] * 4),
        ("bytes", pa.array([b"\x89PNG", b"", None]), [b"\x89PNG", None, None]),
        ("bytes", pa.array([b"abc"], pa.binary(3)), [b"abc"]),
        (
            "bytes",
            pa.array(["YWJj", "YW\nJj", "data:image/png;base64,YWJj", "not base64!", ""]),
            [b"abc", b"abc", b"abc", BAD, None],
        ),
        ("bytes", pa.array([1, None]), [BAD, None]),
    ],
)
def test_a_cell(kind: str, array: pa.Array, expected: list[Any]) -> None:
    assert read(kind, array) == expected


@pytest.mark.parametrize("kind", COLUMN)
def test_a_column_without_a_value_or_a_row(kind: str) -> None:
    for nothing in (pa.nulls(2), pa.nulls(2, pa.string())):
        assert read(kind, nothing) == [None, None]
        assert read(kind, nothing.slice(0, 0)) == []


@pytest.mark.parametrize("kind", COLUMN)
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[-+.:TZ0-9 ]{1,24}", fullmatch=True))))
def test_no_text_breaks_a_reader_and_a_cell_does_not_depend_on_its_neighbours(
    kind: str, texts: list[str | None]
) -> None:
    values = read(kind, pa.array(texts, pa.string()))
    assert values == [read(kind, pa.array([text], pa.string()))[0] for text in texts]


def test_chunks_and_slices_are_one_column() -> None:
    chunks = pa.chunked_array([["x", "2026-01-01"], [], ["2026-01-02", None]])
    column = INPUT_TABLES["pins"].column("created_at")
    cells = to_cells(column, chunks.slice(1))
    assert cells.values.to_pylist() == [utc(2026, 1, 1), utc(2026, 1, 2), None]
    assert not np.any(cells.is_bad)
