"""A watermark tells what changed since it was set, over any number of commits, or says that it cannot tell."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_tables import PINS, VECTORS, pins

from relpins_resources.lake import Table
from relpins_resources.lake.watermarks import Watermark


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(PINS, tmp_path / "pins.lance")


@pytest.fixture
def mark(tmp_path: Path, table: Table) -> Watermark:
    return Watermark(tmp_path / "watermarks", "feeds", {"pins": table})


def changed(mark: Watermark) -> tuple[set[str], set[str]] | None:
    found = mark.changes()
    return None if found is None else (set(found["pins"].upserted.to_pylist()), set(found["pins"].gone.to_pylist()))


def test_before_it_is_set_nothing_can_be_told(mark: Watermark, table: Table) -> None:
    assert mark.changes() is None
    mark.set(mark.now())
    assert changed(mark) == (set(), set())
    mark.clear()
    mark.clear()
    assert mark.changes() is None


def test_a_mark_from_before_the_first_write_tells_everything(mark: Watermark, table: Table) -> None:
    mark.set(mark.now())
    table.upsert(pins(["a", "b"]))
    assert changed(mark) == ({"a", "b"}, set())


def test_changes_over_several_commits(mark: Watermark, table: Table) -> None:
    table.upsert(pins(["a", "b", "c", "d"], "f1"))
    mark.set(mark.now())
    table.upsert(pins(["b", "new"], "f2"))
    table.upsert(pins(["passing"], "f2"))
    table.delete_where("pin_id IN ('c', 'passing')")
    table.upsert(pins(["d"], "f2"))
    table.upsert(pins(["d"], "f1"))
    assert changed(mark) == ({"b", "new"}, {"b", "c"})
    assert {name: len(one) for name, one in (mark.changes() or {}).items()} == {"pins": 4}


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "a|f", "it's"]), st.sampled_from(["f1", "f2", ""]), min_size=1),
        max_size=4,
    )
)
@settings(max_examples=10, deadline=None)
def test_changes_are_the_difference_of_two_states(steps: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = Table(PINS, Path(folder) / "pins.lance")
        mark = Watermark(Path(folder), "feeds", {"pins": table})
        table.upsert(pins(["a", "b"], "f1"))
        mark.set(mark.now())
        state = before = {"a": "f1", "b": "f1"}
        for step in steps:
            state = {pin: fingerprint for pin, fingerprint in (state | step).items() if fingerprint}
            for pin, fingerprint in state.items():
                table.upsert(pins([pin], fingerprint))
            kept = ", ".join("'" + pin.replace("'", "''") + "'" for pin in state)
            table.delete_where(f"pin_id NOT IN ({kept})" if kept else "true")
        upserted = {pin for pin in state if state[pin] != before.get(pin)}
        gone = {pin for pin in before if before[pin] != state.get(pin)}
        assert changed(mark) == (upserted, gone)


def test_compaction_is_no_change(mark: Watermark, table: Table) -> None:
    table.upsert(pins(["a"]))
    table.upsert(pins(["b"]))
    mark.set(mark.now())
    table.dataset().optimize.compact_files()
    assert mark.now()["pins"]["version"] == table.version() > 3
    assert changed(mark) == (set(), set())


def test_what_is_set_is_the_state_before_the_pass(mark: Watermark, table: Table) -> None:
    table.upsert(pins(["a"]))
    seen = mark.now()
    table.upsert(pins(["meanwhile"]))
    mark.set(seen)
    assert changed(mark) == ({"meanwhile"}, set())


def test_a_version_that_was_cleaned_up_cannot_be_told(mark: Watermark, table: Table) -> None:
    table.upsert(pins(["a"]))
    marked = table.version()
    mark.set(mark.now())
    table.upsert(pins(["b"]))
    table.dataset().cleanup_old_versions(versions=[marked])
    assert mark.changes() is None


def test_another_space_cannot_be_told(tmp_path: Path) -> None:
    old, new = (Table(VECTORS, tmp_path / f"vectors@{space}.lance") for space in ("1", "2"))
    Watermark(tmp_path, "feeds", {"vectors": old}).set(Watermark(tmp_path, "feeds", {"vectors": old}).now())
    assert Watermark(tmp_path, "feeds", {"vectors": old}).changes() is not None
    assert Watermark(tmp_path, "feeds", {"vectors": new}).changes() is None


def test_other_inputs_cannot_be_told(mark: Watermark, table: Table, tmp_path: Path) -> None:
    mark.set(mark.now())
    more = Watermark(tmp_path / "watermarks", "feeds", {"pins": table, "more": table})
    assert more.changes() is None


def test_a_table_dropped_since_cannot_be_told(mark: Watermark, table: Table) -> None:
    table.upsert(pins(["a"]))
    table.upsert(pins(["b"]))
    mark.set(mark.now())
    table.drop()
    assert mark.changes() is None
    table.upsert(pins(["c"]))
    assert table.version() == 2  # made, written: an earlier version than the mark's
    assert mark.changes() is None


def test_marks_of_several_consumers_are_apart(mark: Watermark, table: Table, tmp_path: Path) -> None:
    other = Watermark(tmp_path / "watermarks", "home_feeds", {"pins": table})
    mark.set(mark.now())
    table.upsert(pins(["a"]))
    other.set(other.now())
    assert changed(mark) == ({"a"}, set())
    assert changed(other) == (set(), set())
