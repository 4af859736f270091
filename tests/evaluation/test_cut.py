"""The input tables as they stood at T."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from evaluation_worlds import T, day, events, pins, random_world, saved, table
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.evaluation.cut import cut_tables, utc_midnight
from relpins_resources.errors import RelpinsError

SECOND = 1 / 86_400


def ids(cut: pa.Table, column: str = "pin_id") -> list[str]:
    return cut[column].to_pylist()


def test_pins_exist_from_the_moment_they_are_created():
    rows = [("before", day(-SECOND)), ("at", T), ("after", day(1)), ("timeless", None)]
    tables = {"pins": table("pins", *({"pin_id": pin, "created_at": time} for pin, time in rows))}
    assert ids(cut_tables(tables, T)["pins"]) == ["before"]


def test_a_pin_updated_since_keeps_only_its_image():
    content = {"image_bytes": b"x", "image_url": "u", "title": "t", "price": 1.0, "merchant_tags": ["m"]}
    old = {"pin_id": "old", "created_at": day(-9), "updated_at": day(-1), "deleted": False, **content}
    new = {"pin_id": "new", "created_at": day(-9), "updated_at": T, "deleted": False, **content}
    cut = cut_tables({"pins": table("pins", old, new)}, T)["pins"].to_pylist()
    kept = {"pin_id": "new", "image_bytes": b"x", "image_url": "u", "created_at": day(-9)}
    assert cut == [old, dict.fromkeys(old) | kept]


def test_a_pin_deleted_since_still_exists_at_the_cut():
    rows = [
        {"pin_id": name, "created_at": day(-9), "updated_at": time, "deleted": True}
        for name, time in [("gone", day(-1)), ("gone, no time", None), ("deleted since", day(1))]
    ]
    cut = cut_tables({"pins": table("pins", *rows)}, T)["pins"]
    assert cut.select(["pin_id", "deleted"]).to_pylist() == [{"pin_id": "deleted since", "deleted": None}]


def test_a_board_exists_with_a_save_before_the_cut_and_keeps_its_title():
    tables = {
        "pins": pins("p"),
        "boards": table(
            "boards", *({"board_id": b, "title": f"title of {b}"} for b in ["early", "late", "empty", "odd"])
        ),
        "board_pins": saved(("early", "p", -1), ("late", "p", 0), ("odd", "no such pin", -1), ("early", "x", None)),
    }
    cut = cut_tables(tables, T)
    assert cut["boards"].select(["board_id", "title"]).to_pylist() == [{"board_id": "early", "title": "title of early"}]
    assert cut["board_pins"].num_rows == 1


def test_boards_without_saves_do_not_exist():
    tables = {"pins": pins("p"), "boards": table("boards", {"board_id": "b"})}
    assert cut_tables(tables, T)["boards"].num_rows == 0


def test_interactions_and_searches_are_cut_by_their_time():
    tables = {
        "raw_pins": pins("p"),
        "raw_interactions": events(("u", "p", "click", -1), ("u", "p", "save", 0)),
        "raw_searches": table("searches", {"query": "then", "created_at": day(-1)}, {"query": "now"}),
    }
    cut = cut_tables(tables, T)
    assert list(cut) == list(tables)
    assert ids(cut["raw_interactions"], "event") == ["click"]
    assert ids(cut["raw_searches"], "query") == ["then"]


def test_users_keep_only_what_is_static():
    users = table("users", {"user_id": "u", "country": "fr", "attributes": '{"saves": "9", "born": "1990"}'})
    tables = {"pins": pins("p"), "users": users}

    def cut(*static: str) -> dict:
        return cut_tables(tables, T, static_user_columns=static)["users"].to_pylist()[0]

    assert cut() == {"user_id": "u", "country": None, "attributes": None}
    assert cut("country") == {"user_id": "u", "country": "fr", "attributes": None}
    assert cut("born") == {"user_id": "u", "country": None, "attributes": '{"born": "1990"}'}
    with pytest.raises(RelpinsError, match=r"no static columns age; theirs: born, country, saves"):
        cut("age")


@given(st.integers(0, 2**32))
def test_cutting_a_cut_changes_nothing(seed: int):
    once = cut_tables(random_world(seed), T, static_user_columns=["country", "born"])
    twice = cut_tables(once, T, static_user_columns=["country", "born"])
    assert all(twice[name].equals(once[name]) for name in once)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_any_timestamp_is_an_instant_in_utc(unit: str, zone: str | None):
    # a zone changes how an instant is shown; values are counted from 1970 in UTC
    utc = pa.array([day(-1), day(-SECOND), T], pa.timestamp(unit, "UTC"))
    created = utc.cast(pa.int64()).cast(pa.timestamp(unit, zone))
    tables = {"pins": pa.table({"pin_id": ["a", "b", "c"], "created_at": created})}
    assert ids(cut_tables(tables, T)["pins"]) == ["a", "b"]


def test_a_table_without_times_is_empty_at_any_cut():
    tables = {
        "pins": pa.table({"pin_id": ["a"]}),
        "board_pins": pa.table({"board_id": ["b"], "pin_id": ["a"], "saved_at": pa.nulls(1)}),
    }
    assert [t.num_rows for t in cut_tables(tables, T).values()] == [0, 0]


@pytest.mark.parametrize(
    "cut_at", [datetime(2026, 3, 1), datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)]
)
def test_a_cut_that_is_no_utc_midnight_is_refused(cut_at: datetime):
    with pytest.raises(RelpinsError, match="is no UTC midnight; give the start of a day in UTC, such as 2026-03-01T"):
        cut_tables({"pins": pins("p")}, cut_at)


def test_a_utc_midnight_may_be_written_in_another_zone():
    assert utc_midnight(datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == T


def test_tables_that_are_not_the_input_are_refused():
    with pytest.raises(RelpinsError, match="table 'pinz' is no input table; known: pins, boards"):
        cut_tables({"pins": pins("p"), "pinz": pins("p")}, T)
    with pytest.raises(RelpinsError, match="table 'raw_pins' is given twice"):
        cut_tables({"pins": pins("p"), "raw_pins": pins("p")}, T)
    with pytest.raises(RelpinsError, match="needs the table pins; received: board_pins"):
        cut_tables({"board_pins": saved()}, T)
    with pytest.raises(RelpinsError, match="column created_at is string"):
        cut_tables({"pins": pa.table({"pin_id": ["p"], "created_at": ["2026-01-01"]})}, T)
