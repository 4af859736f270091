"""A snapshot is a value: published once, pointed to, and the same for its readers whatever is written later."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lake_tables import lake_at, pins, titles_of, vector_rows

from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake, Snapshot

DAY = date(2026, 6, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at(tmp_path / "home")


def publish(lake: Lake, title: str) -> Snapshot:
    lake.table("pins").upsert(pins({"a": title}))
    return lake.snapshots.publish(lake.candidate(DAY, "test"))[0]


def test_nothing_is_published_at_first(lake: Lake) -> None:
    assert lake.snapshots.current() is None
    assert lake.snapshots.numbers() == []
    with pytest.raises(RelpinsError, match="there is no snapshot 1; there are: none"):
        lake.snapshots.get(1)


def test_what_is_published_comes_back_equal(lake: Lake) -> None:
    lake.choose("artefacts", "clip_model", "v1")
    lake.choose("indexes", "clip_index", "v2")
    lake.choose("spaces", "vectors", "v3")
    candidate = lake.candidate(DAY, "test")
    snapshot, is_new = lake.snapshots.publish(candidate)
    assert is_new
    assert snapshot.number == 1
    assert snapshot.content() == candidate.content()
    assert lake.snapshots.current() == lake.snapshots.get(1) == snapshot
    assert (snapshot.artefacts, snapshot.indexes) == ({"clip_model": "v1"}, {"clip_index": "v2"})
    assert (snapshot.spaces, snapshot.as_of, snapshot.profile) == ({"vectors": "v3"}, DAY, "test")
    assert snapshot.published_at.startswith("20")


def test_the_same_content_needs_no_second_number(lake: Lake) -> None:
    first = publish(lake, "one")
    assert lake.snapshots.publish(lake.candidate(DAY, "test")) == (first, False)
    assert lake.snapshots.numbers() == [1]
    assert lake.snapshots.publish(lake.candidate(date(2026, 6, 2), "test"))[0].number == 2
    assert publish(lake, "two").number == 3


def test_pointing_back_and_publishing_again(lake: Lake) -> None:
    first, second = publish(lake, "one"), publish(lake, "two")
    assert lake.snapshots.point_to(1) == first
    assert lake.snapshots.current() == first
    assert publish(lake, "three").number == 3
    assert lake.snapshots.get(2) == second


def test_an_unknown_number_is_one_clear_error_and_moves_nothing(lake: Lake) -> None:
    publish(lake, "one")
    second = publish(lake, "two")
    with pytest.raises(RelpinsError, match="there is no snapshot 7; there are: 1, 2"):
        lake.snapshots.point_to(7)
    assert lake.snapshots.current() == second


def test_forgetting(lake: Lake) -> None:
    publish(lake, "one")
    publish(lake, "two")
    lake.snapshots.forget(1)
    lake.snapshots.forget(1)
    assert lake.snapshots.numbers() == [2]
    assert publish(lake, "three").number == 3


def test_a_half_written_snapshot_is_none(lake: Lake) -> None:
    publish(lake, "one")
    (lake.snapshots.root / ".00000002.json.0123").write_text("{")
    assert lake.snapshots.numbers() == [1]


def test_readers_of_a_snapshot_see_it_for_ever(lake: Lake) -> None:
    lake.choose("spaces", "vectors", "v1")
    lake.table("vectors").upsert(vector_rows("a", np.ones((1, 2), np.float32)))
    reader = lake.at(publish(lake, "one"))
    lake.choose("spaces", "vectors", "v2")
    lake.table("vectors").upsert(vector_rows("ab", np.ones((2, 3), np.float32)))
    lake.table("raw_pins").upsert(pins(["later"]))
    newer = lake.at(publish(lake, "two"))
    lake.table("pins").delete_where("true")
    assert titles_of(reader.table("pins")) == {"a": "one"}
    assert reader.query("SELECT title FROM pins")["title"].to_pylist() == ["one"]
    assert reader.table("vectors").vector_dim() == 2
    assert newer.table("vectors").vector_dim() == 3
    assert newer.chosen("spaces", "vectors") == "v2"
    assert reader.chosen("spaces", "vectors") == "v1"
    assert titles_of(newer.table("pins")) == {"a": "two"}
    assert titles_of(newer.table("raw_pins")) == {"later": "later"}
    assert lake.table("pins").count() == 0


def test_a_table_made_after_a_snapshot_is_empty_in_it(lake: Lake) -> None:
    reader = lake.at(publish(lake, "one"))
    lake.table("raw_pins").upsert(pins(["later"]))
    assert reader.table("raw_pins").count() == 0
    assert reader.query("SELECT count(*) AS n FROM raw_pins").to_pylist() == [{"n": 0}]


def test_bookkeeping_is_no_part_of_a_snapshot(lake: Lake) -> None:
    lake.table("files").upsert(pins(["file"]))
    snapshot = publish(lake, "one")
    assert "files" not in snapshot.tables
    assert lake.at(snapshot).table("files").count() == 1
    lake.table("files").upsert(pins(["file", "another"]))
    assert not lake.snapshots.publish(lake.candidate(DAY, "test"))[1]


def test_a_snapshot_cannot_be_changed(lake: Lake) -> None:
    reader = lake.at(publish(lake, "one"))
    with pytest.raises(AssertionError, match="cannot be changed"):
        reader.choose("artefacts", "clip_model", "v2")
    with pytest.raises(AssertionError, match="is fixed at version"):
        reader.table("pins").upsert(pins(["b"]))


def current_number(lake: Lake) -> int:
    snapshot = lake.snapshots.current()
    assert snapshot is not None
    return snapshot.number


def test_going_back_holds_until_there_is_something_new(lake: Lake) -> None:
    first, second = publish(lake, "one"), publish(lake, "two")
    lake.snapshots.point_to(1)
    assert lake.snapshots.newest() == second
    assert lake.snapshots.publish(lake.candidate(DAY, "test")) == (first, False)
    assert (lake.snapshots.numbers(), current_number(lake)) == ([1, 2], 1)
    assert publish(lake, "three").number == 3
    assert current_number(lake) == 3


def test_going_back_and_forward_again_is_as_if_nothing_was(lake: Lake) -> None:
    publish(lake, "one")
    second = publish(lake, "two")
    lake.snapshots.point_to(1)
    lake.snapshots.point_to(2)
    assert lake.snapshots.newest() == second
    assert lake.snapshots.publish(lake.candidate(DAY, "test")) == (second, False)


def test_a_kill_before_readers_see_the_new_one_is_no_going_back(lake: Lake) -> None:
    first = publish(lake, "one")
    pointer = (lake.snapshots.root / "current.json").read_bytes()
    publish(lake, "two")
    (lake.snapshots.root / "current.json").write_bytes(pointer)
    assert lake.snapshots.newest() == lake.snapshots.current() == first
    snapshot, is_new = lake.snapshots.publish(lake.candidate(DAY, "test"))
    assert is_new
    assert current_number(lake) == snapshot.number == 3


@pytest.mark.parametrize("back_to", [1, 2])
def test_the_same_rows_under_new_versions_move_only_those_who_saw_the_newest(lake: Lake, back_to: int) -> None:
    publish(lake, "one")
    publish(lake, "two")
    lake.snapshots.point_to(back_to)
    renewed = lake.snapshots.renew(lake.candidate(date(2026, 6, 2), "test"))
    assert renewed.number == 3
    assert lake.snapshots.newest() == renewed
    assert current_number(lake) == (3 if back_to == 2 else 1)
    assert not lake.snapshots.publish(lake.candidate(date(2026, 6, 2), "test"))[1]


def test_what_is_kept(lake: Lake) -> None:
    assert lake.snapshots.keep_newest(2) == 0
    assert not lake.snapshots.root.exists()
    for title in ("one", "two", "three", "four"):
        publish(lake, title)
    lake.snapshots.point_to(1)
    assert lake.snapshots.keep_newest(2) == 1
    assert lake.snapshots.numbers() == [1, 3, 4]
