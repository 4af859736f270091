"""Many lists in two arrays behave as a list of sets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.evaluation.ragged import Lists

N_ITEMS = 6
sets = st.lists(st.sets(st.integers(0, N_ITEMS - 1)), max_size=6)


def lists_of(rows: list[set[int]]) -> Lists:
    pairs = np.array([(row, item) for row, items in enumerate(rows) for item in items], dtype=np.int64).reshape(-1, 2)
    return Lists.from_pairs(pairs[::-1, 0], pairs[::-1, 1], len(rows), N_ITEMS)


def sets_of(lists: Lists) -> list[set[int]]:
    return [set(lists[row].tolist()) for row in range(len(lists))]


@given(sets)
def test_pairs_in_any_order_make_lists(rows: list[set[int]]):
    lists = lists_of(rows)
    assert sets_of(lists) == rows
    assert lists.lengths.tolist() == [len(row) for row in rows]
    assert [lists[row].tolist() for row in range(len(rows))] == [sorted(row) for row in rows]


@given(sets, st.data())
def test_lists_are_taken_in_any_order_and_more_than_once(rows: list[set[int]], data: st.DataObject):
    chosen = data.draw(st.lists(st.sampled_from(range(len(rows))))) if rows else []
    taken = lists_of(rows).take(np.array(chosen, dtype=np.int64))
    assert sets_of(taken) == [rows[row] for row in chosen]


@given(sets)
def test_lists_are_filtered_and_united(rows: list[set[int]]):
    lists, others = lists_of(rows), lists_of(rows[::-1])
    assert sets_of(lists.where(lists.items % 2 == 0)) == [{item for item in row if item % 2 == 0} for row in rows]
    assert sets_of(lists.union(others)) == [a | b for a, b in zip(rows, rows[::-1], strict=True)]


@given(sets)
def test_membership_is_asked_row_by_row_and_nothing_holds_the_empty_place(rows: list[set[int]]):
    asked = np.tile(np.arange(-1, N_ITEMS), (len(rows), 1))
    expected = [[item in row for item in range(-1, N_ITEMS)] for row in rows]
    assert lists_of(rows).contains(asked).tolist() == expected
