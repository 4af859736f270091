"""Another future must leave no trace in the past."""

import numpy as np
import pyarrow as pa
import pytest
from evaluation_worlds import SCHEMAS, T, random_world
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.evaluation.cut import cut_tables
from relpins_assets.evaluation.leaks import replace_after

STATIC = ("country", "born")


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 2**32), st.integers(1, 30), st.integers(0, 60))
def test_the_cut_does_not_see_what_comes_after(world: int, future: int, n_pins: int, n_events: int):
    tables = random_world(world, n_pins=n_pins, n_events=n_events)
    replaced = replace_after(tables, T, future, static_user_columns=STATIC)
    cut = cut_tables(tables, T, static_user_columns=STATIC)
    cut_of_replaced = cut_tables(replaced, T, static_user_columns=STATIC)
    assert {name: t.schema for name, t in replaced.items()} == SCHEMAS
    for name in tables:
        assert cut_of_replaced[name].equals(cut[name]), name


def test_what_comes_after_is_another_future():
    tables = random_world(1, n_pins=200, n_boards=40, n_events=500)
    one, two = replace_after(tables, T, 1), replace_after(tables, T, 2)
    for name, original in tables.items():
        assert not one[name].equals(original), name
        assert not one[name].equals(two[name]), name
    assert all(replace_after(tables, T, 1)[name].equals(one[name]) for name in tables)


def test_the_new_rows_are_plausible():
    tables = random_world(2, n_pins=200, n_boards=40, n_events=500)
    replaced = replace_after(tables, T, 3)
    for name, key in [("pins", ["pin_id"]), ("boards", ["board_id"]), ("board_pins", ["board_id", "pin_id"])]:
        rows = replaced[name].select(key).to_pylist()
        assert len({tuple(row.values()) for row in rows}) == len(rows), name
    later = replaced["interactions"].slice(cut_tables(tables, T)["interactions"].num_rows)
    times = later["created_at"].to_pylist()
    assert min(times) == T < max(times)
    known = set(tables["pins"]["pin_id"].to_pylist())
    share_known = np.mean([pin in known for pin in later["pin_id"].to_pylist()])
    assert 0.5 < share_known < 0.9
    assert set(later["event"].to_pylist()) == {"impression", "click", "save"}


@pytest.mark.parametrize("column", ["title", "price", "merchant_tags", "updated_at", "deleted"])
def test_what_changed_since_on_older_pins_is_random_too(column: str):
    tables = random_world(4, n_pins=300)
    before = tables["pins"].filter(pa.compute.less(tables["pins"]["created_at"], pa.scalar(T)))
    after = replace_after(tables, T, 5)["pins"].slice(0, before.num_rows)
    assert after["image_bytes"].equals(before["image_bytes"])
    changed = [old != new for old, new in zip(before[column].to_pylist(), after[column].to_pylist(), strict=True)]
    updated = [time is not None and time >= T for time in before["updated_at"].to_pylist()]
    assert any(changed)
    assert not any(is_changed and not is_updated for is_changed, is_updated in zip(changed, updated, strict=True))


def test_a_leaky_cut_is_found():
    """The test can fail: a cut by `<=` and one that forgets the boards both see the future."""
    tables = random_world(6, n_pins=100, n_boards=30)
    replaced = replace_after(tables, T, 7)

    def leaky(t: dict[str, pa.Table]) -> pa.Table:
        return t["board_pins"].filter(pa.compute.less_equal(t["board_pins"]["saved_at"], pa.scalar(T)))

    assert not leaky(tables).equals(leaky(replaced))
    assert not tables["boards"].equals(replaced["boards"])
