"""quota: the window holds, nothing is lost, and no row waits without a reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reranked import column, ranking_of, reranked, small_catalog

from relpins_resources.query.errors import QueryError


def by_hand(values: list[str | None], at_most: int, window: int, wanted: int) -> list[int]:
    """One row at a time, as the docstring has it."""
    left, order = list(range(len(values))), []
    while left and len(order) < wanted:
        recent = [values[i] for i in order[max(0, len(order) - window + 1) :]]
        fits = [i for i in left if values[i] is None or window == 1 or recent.count(values[i]) < at_most]
        pick = (fits or left)[0]
        order.append(pick)
        left.remove(pick)
    return order + left


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.lists(st.sampled_from([*"aabbc", None]), max_size=25), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(1, 8),
    st.integers(1, 30),
)
def test_each_place_goes_to_the_best_that_fits(rows: list[list[str | None]], at_most: int, window: int, wanted: int):
    values = [value for row in rows for value in row]
    catalog = small_catalog(len(values) + 1, {"room": column([*values, "z"])})
    starts = np.cumsum([0, *map(len, rows)])
    items = [list(range(start, start + len(row))) for start, row in zip(starts, rows, strict=False)]
    settings_ = {"column": "room", "at_most": at_most, "window": window}
    found = reranked("quota", catalog, ranking_of([*items, [len(values)]]), wanted, **settings_)
    for i, row in enumerate(rows):
        want = [int(starts[i]) + k for k in by_hand(row, at_most, window, wanted)]
        assert found.items[i][: len(row)].tolist() == want
        assert (found.items[i][len(row) :] == -1).all()


def test_any_window_holds_at_most_so_many():
    rooms = ["a"] * 30 + ["b"] * 30 + ["c"] * 30
    catalog = small_catalog(90, {"room": column(rooms)})
    found = reranked("quota", catalog, ranking_of([list(range(90))]), 60, column="room", at_most=2, window=6)
    shown = [rooms[i] for i in found.items[0]]
    for start in range(55):
        assert all(shown[start : start + 6].count(room) <= 2 for room in "abc")
    assert sorted(found.items[0].tolist()) == list(range(90))
    assert found.source[0].tolist() == found.items[0].tolist()


def test_a_feed_of_one_value_is_a_feed():
    catalog = small_catalog(5, {"room": column(["a"] * 5)})
    found = reranked("quota", catalog, ranking_of([[4, 2, 0, 1, 3]]), 5, column="room", at_most=1, window=3)
    assert found.items[0].tolist() == [4, 2, 0, 1, 3]


def test_numbers_and_lists_are_values_too():
    from relpins_resources.query.catalog import Column

    tags = Column("list", np.array([["x"], ["x"], ["x", "y"], []], object), np.zeros(4, bool))
    catalog = small_catalog(4, {"price": column([5, 5, 6, None]), "tags": tags})
    for name in ("price", "tags", "item.price"):
        found = reranked("quota", catalog, ranking_of([[0, 1, 2, 3]]), 4, column=name, at_most=1, window=2)
        assert found.items[0].tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"column": "rooom"}, r"names 'rooom'.*did you mean room\?"),
        ({"column": 3}, "column of quota is 3; give a text"),
        ({"column": "room", "at_most": 0}, "at_most of quota is 0; give a whole number of at least 1"),
        ({"column": "room", "window": 1.5}, "window of quota is 1.5"),
        ({"column": "room", "window": None}, "window of quota is None"),
        ({"column": "room", "window": True}, "window of quota is True"),
    ],
)
def test_what_a_query_can_get_wrong(arguments: dict[str, object], message: str):
    catalog = small_catalog(2, {"room": column(["a", "b"])})
    with pytest.raises(QueryError, match=message):
        reranked("quota", catalog, ranking_of([[0, 1]]), 2, **arguments)
