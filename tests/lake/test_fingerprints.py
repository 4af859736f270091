"""A fingerprint differs exactly when an input or the producer does."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.lake.fingerprints import digest, fingerprints

TIMES = pa.timestamp("us", tz="UTC")


def of(producer: str = "p", **row: object) -> str:
    table = pa.table({name: value if isinstance(value, pa.Array) else pa.array([value]) for name, value in row.items()})
    return str(fingerprints(table, producer)[0])


def test_one_hash_a_row_in_order() -> None:
    rows = pa.table({"a": [str(i) for i in range(3000)]})
    found = fingerprints(rows, "p").to_pylist()
    assert len(set(found)) == 3000
    assert all(len(value) == 32 for value in found)
    assert fingerprints(rows.take(list(reversed(range(3000)))), "p").to_pylist() == found[::-1]
    assert fingerprints(rows.slice(1000, 5), "p").to_pylist() == found[1000:1005]


def test_no_rows_give_no_hashes() -> None:
    assert fingerprints(pa.table({"a": pa.array([], pa.string())}), "p").type == pa.string()
    assert len(fingerprints(pa.table({"a": pa.array([], pa.string())}), "p")) == 0


@pytest.mark.parametrize(
    "different",
    [
        pa.array(
            ["", None, "null", "NULL", "None", " ", "{}", "[]", "\\", '"', "a\x00b", "a", "A", "\u00e4", "a\u0308"]
        ),
        pa.array([[], None, [None], [""], ["a,b"], ["a", "b"], ["b", "a"], ['a","b'], [["a"][0], None]]),
        pa.array([None, 0.0, 1.0, 0.1, 0.1 + 2**-55, 1e300, math.nan, math.inf, -math.inf]),
        pa.array([None, 0, 1, -1, 2**63 - 1, 2**53, 2**53 + 1]),
        pa.array([None, True, False]),
        pa.array([None, *(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=n) for n in (0, 1, 10**6))], TIMES),
    ],
    ids=["text", "lists", "floats", "integers", "booleans", "times"],
)
def test_every_value_counts(different: pa.Array) -> None:
    found = fingerprints(pa.table({"a": different}), "p").to_pylist()
    pairs = combinations(zip(different.to_pylist(), found, strict=True), 2)
    assert [(one, other) for (one, h), (other, g) in pairs if h == g] == []


def test_nothing_slips_from_one_column_into_the_next() -> None:
    assert of(a="x|", b="y") != of(a="x", b="|y")
    assert of(a='x","b":"', b="y") != of(a="x", b='","b":"y')
    assert of(a="x", b=None) != of(a=None, b="x")
    assert of(a="xy", b="") != of(a="x", b="y")
    assert of("p1", a="2") != of("p", a="12")


@given(
    st.lists(
        st.tuples(st.text(alphabet='a|",:{}\\', max_size=4), st.text(alphabet='a|",:{}\\', max_size=4)),
        min_size=2,
        max_size=30,
        unique=True,
    )
)
@settings(max_examples=25, deadline=None)
def test_no_two_rows_share_a_hash(rows: list[tuple[str, str]]) -> None:
    table = pa.table({"a": [a for a, _ in rows], "b": [b for _, b in rows]})
    assert len(set(fingerprints(table, "p").to_pylist())) == len(rows)


def test_column_order_does_not_matter_and_names_do() -> None:
    rows = pa.table({"a": ["x"], "b": ["y"]})
    assert fingerprints(rows.select(["b", "a"]), "p") == fingerprints(rows, "p")
    assert fingerprints(rows.rename_columns(["b", "a"]), "p") != fingerprints(rows, "p")


def test_left_out_columns_do_not_matter() -> None:
    rows = pa.table({"a": ["x"], "b": ["y"]})
    assert fingerprints(rows, "p", leave_out=["b"]) == fingerprints(rows.select(["a"]), "p")
    assert fingerprints(rows, "p", leave_out=["b"]) != fingerprints(rows, "p")


def test_another_producer_makes_every_row_another() -> None:
    rows = pa.table({"a": ["x", "y"]})
    both = set(fingerprints(rows, "p1").to_pylist()) | set(fingerprints(rows, "p2").to_pylist())
    assert len(both) == 4


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import time

    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_machines_time_zone_does_not_matter(elsewhere: None) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert noon.astimezone().utcoffset() == timedelta(hours=5, minutes=45)
    said = '{"t":"2026-01-01 12:00:00+00"}'
    import hashlib

    assert of(t=pa.array([noon], TIMES)) == hashlib.md5(f"p{said}".encode()).hexdigest()
    assert of(t=pa.array([noon.astimezone(timezone(timedelta(hours=3)))], TIMES)) == of(t=pa.array([noon], TIMES))


def test_digest_is_short_stable_and_sees_everything() -> None:
    assert digest("a", 1, ["b"]) == digest("a", 1, ["b"])
    assert len(digest()) == 16
    assert len({digest("a", "b"), digest("ab"), digest(["a", "b"]), digest("a", b"b"), digest("1"), digest(1)}) == 6
