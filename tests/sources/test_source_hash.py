"""Content hashes and duplicates: a row is the same row wherever it stands, and one of several is the catalog's."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_tables import load, write_table

from relpins_resources.sources.content_hash import content_hashes, image_hashes
from relpins_resources.sources.keys import occurrences
from relpins_resources.sources.layout import INPUT_TABLES

# no NUL and no line ends but \n: what CSV can hold without a rule of its own
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)
IDS = TEXTS.filter(lambda text: text.strip() != "")
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
PINS = st.fixed_dictionaries(
    {"pin_id": IDS, "image_bytes": st.binary(min_size=1, max_size=6)},
    optional={
        "title": st.none() | TEXTS,
        "description": st.none() | TEXTS,
        "price": st.none() | st.floats(0, 1e12),
        "merchant_tags": st.none() | st.lists(IDS.map(str.strip).filter(bool), max_size=3),
        "created_at": st.none() | TIMES,
        "deleted": st.none() | st.booleans(),
    },
)
EVENTS = st.fixed_dictionaries(
    {"user_id": IDS, "pin_id": IDS, "event": st.sampled_from(["save", "click"])},
    optional={
        "created_at": st.none() | TIMES,
        "position": st.none() | st.integers(1, 10**12),
        "is_randomised": st.none() | st.booleans(),
        "locale": st.none() | TEXTS,
    },
)
SMALL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(("table", "rows"), [("pins", PINS), ("interactions", EVENTS)])
def test_every_format_gives_the_same_rows_and_hashes(tmp_path: Path, table: str, rows: Any) -> None:
    @SMALL
    @given(st.lists(rows, min_size=1, max_size=6))
    def check(drawn: list[dict[str, Any]]) -> None:
        loaded = []
        for suffix in ("parquet", "csv", "jsonl"):
            folder = tmp_path / suffix
            write_table(folder / f"{table}.{suffix}", drawn, table)
            if table != "pins":
                write_table(folder / "pins.csv", [{"pin_id": "p", "image_url": "x"}])
            loaded.append(load(folder, table))
        first, *others = loaded
        assert first.rejected.num_rows == 0, first.rejected.to_pylist()
        for other in others:
            assert other.accepted.to_pylist() == first.accepted.to_pylist()
            assert content_hashes(other.accepted) == content_hashes(first.accepted)

    check()


def hash_of(row: dict[str, Any], table: str = "pins") -> str:
    return str(content_hashes(pa.Table.from_pylist([row], INPUT_TABLES[table].schema))[0])


BASE = {
    "pin_id": "p1", "image_bytes": b"x", "title": "t", "price": 1.0, "merchant_tags": ["a", "b"],
    "created_at": datetime(2026, 1, 1, tzinfo=UTC), "deleted": False,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"pin_id": "p2"}, {"image_bytes": b"y"}, {"image_bytes": None}, {"title": ""}, {"title": None},
        {"title": None, "description": "t"}, {"price": None}, {"price": 0.0}, {"price": 1.0000000000000002},
        {"merchant_tags": ["a", "b", ""]}, {"merchant_tags": ["ab"]}, {"merchant_tags": ["b", "a"]},
        {"merchant_tags": []}, {"merchant_tags": None}, {"deleted": True}, {"deleted": None},
        {"created_at": BASE["created_at"] + timedelta(microseconds=1)},
        {"title": "t;description=1:d"}, {"title": "t", "description": "d"},
    ],
)  # fmt: skip
def test_the_hash_differs_when_any_value_does(change: dict[str, Any]) -> None:
    assert hash_of(BASE) == hash_of(dict(reversed(BASE.items())))
    assert hash_of(BASE | change) != hash_of(BASE)


def test_the_hash_is_the_same_in_every_version() -> None:
    spelled = b"merchant_tags=10:=1:a;=1:b;;pin_id=2:p1;title=2:\xc3\xa9;"
    row = {"title": "\u00e9", "pin_id": "p1", "merchant_tags": ["a", "b"]}
    assert hash_of(row) == hashlib.sha256(spelled).hexdigest()[:32]


def test_columns_without_values_and_their_order_do_not_count() -> None:
    rows = pa.Table.from_pylist([BASE, {"pin_id": "p2"}], INPUT_TABLES["pins"].schema)
    hashes = content_hashes(rows)
    assert content_hashes(rows.select(rows.column_names[::-1])) == hashes
    assert content_hashes(rows.append_column("new_column", pa.nulls(2, pa.string()))) == hashes
    assert content_hashes(rows, ["pin_id"])[1] == hashes[1]
    assert content_hashes(rows, ["pin_id"])[0] != hashes[0]
    assert content_hashes(pa.concat_tables([rows.slice(1), rows.slice(0, 1)])).to_pylist() == hashes.to_pylist()[::-1]
    assert len(content_hashes(rows.slice(0, 0))) == 0
    assert len(set(content_hashes(rows, []).to_pylist())) == 1
    minus = pa.table({"price": [0.0, -0.0]})
    assert len(set(content_hashes(minus).to_pylist())) == 1


def test_image_hashes() -> None:
    rows = pa.table({"image_bytes": pa.array([b"abc", None, b"abc"], pa.large_binary())})
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert image_hashes(rows).to_pylist() == [abc, None, abc]


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_occurrences_count_from_one(values: list[str]) -> None:
    counted = occurrences(pa.array(values, pa.string())).tolist()
    assert counted == [values[: i + 1].count(value) for i, value in enumerate(values)]
