"""Popularity, chance, and lists from scores."""

import numpy as np
import pyarrow as pa
import pytest
from evaluation_worlds import T, events, pins, random_world, saved
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.evaluation.baselines import (
    popularity,
    popularity_rankings,
    random_rankings,
    score_rankings,
    top_positions,
)
from relpins_assets.evaluation.evaluate import evaluate
from relpins_assets.evaluation.leaks import replace_after
from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_assets.evaluation.ragged import Lists
from relpins_resources.errors import RelpinsError


def everything(queries: Queries) -> np.ndarray:
    return np.arange(len(queries))


@given(st.integers(0, 2**32), st.integers(0, 70), st.sampled_from([1, 3, 1000]))
def test_top_positions_are_a_stable_sort_of_rounded_scores(seed: int, limit: int, levels: int):
    """Few levels make many ties; noise below the rounding must not break them; -inf is never listed."""
    rng = np.random.default_rng(seed)
    grid = rng.integers(levels, size=(4, 60)) / levels
    grid[rng.random(grid.shape) < 0.1] = -np.inf
    noisy = grid + rng.uniform(-1e-7, 1e-7, size=grid.shape)
    found = top_positions(noisy, limit)
    for row, scores in zip(found, np.round(grid, 6), strict=True):
        expected = [pin for pin in sorted(range(60), key=lambda pin: (-scores[pin], pin)) if scores[pin] > -np.inf]
        assert row.tolist() == (expected + [-1] * limit)[:limit]


def test_what_is_left_out_makes_room():
    left_out = Lists.from_pairs(np.array([0, 0]), np.array([2, 0]), 2, 4)
    scores = np.array([[4, 3, 2, 1], [4, 3, 2, 1]], dtype=np.float32)
    assert top_positions(scores, 3, left_out).tolist() == [[1, 3, -1], [0, 1, 2]]
    assert scores[0, 0] == 4  # the caller's matrix stays as it was


@pytest.mark.parametrize("bad", [np.nan, np.inf, 2e9])
def test_scores_that_cannot_be_ranked_are_refused(bad: float):
    with pytest.raises(RelpinsError, match="scores hold nan or exceed 1e9"):
        top_positions(np.array([[0.5, bad]]), 1)


def popular_world() -> dict[str, pa.Table]:
    return {
        "pins": pins("a", "b", "c", "d", "e"),
        "board_pins": saved(
            ("x", "a", -1), ("x", "b", 1),  # the query and its target
            ("y", "b", -64), ("z", "b", -64), ("w", "c", -2), ("y", "d", 1), ("z", "d", 1), ("w", "d", 1),
        ),
        "interactions": events(("u", "e", "save", -4), ("u", "e", "click", -1)),
    }  # fmt: skip


def test_popularity_counts_saves_before_the_cut():
    tables = popular_world()
    queries = build_queries(tables, T)
    assert popularity(tables, queries).tolist() == [1, 2, 1, 0, 1]
    a, b, c, d, e = range(5)
    on_x = queries.board_ids[queries.boards] == "x"
    assert popularity_rankings(tables, queries, 9)(np.flatnonzero(on_x)).tolist() == [[b, c, e, d, -1, -1, -1, -1, -1]]
    assert a not in popularity_rankings(tables, queries, 9)(np.flatnonzero(on_x))


def test_popularity_may_fade():
    tables = popular_world()
    queries = build_queries(tables, T)
    expected = [2 ** (-1 / 2), 2 * 2 ** (-64 / 2), 2 ** (-2 / 2), 0, 2 ** (-4 / 2)]
    assert popularity(tables, queries, half_life_days=2) == pytest.approx(expected)
    with pytest.raises(RelpinsError, match="half_life_days is 0"):
        popularity(tables, queries, half_life_days=0)


def test_chance_scores_what_chance_does():
    """120 pins, ten of them on each board before T and ten after: a random ten holds a eleventh of them."""
    rng = np.random.default_rng(0)
    rows = [
        (f"b{board}", f"p{pin:03}", -1 if place < 10 else 1)
        for board in range(200)
        for place, pin in enumerate(rng.permutation(120)[:20])
    ]
    queries = build_queries({"pins": pins(*(f"p{i:03}" for i in range(120))), "board_pins": saved(*rows)}, T)
    found = evaluate(random_rankings(queries, 10), queries, (10,))
    assert len(queries) == 2000
    assert found.summary["recall@10"] == pytest.approx(10 / (120 - 10), abs=0.01)
    assert found.summary["coverage@10"] == 1
    # every place is equally likely to hold any pin
    assert np.corrcoef(np.arange(120), np.bincount(found.lists.ravel(), minlength=120))[0, 1] < 0.3


def test_chance_is_drawn_by_hash():
    tables = popular_world()
    more = {**tables, "pins": pa.concat_tables([tables["pins"], pins("A", "zz")])}
    few, many = build_queries(tables, T), build_queries(more, T)
    here, there = random_rankings(few, 5)(everything(few)), random_rankings(many, 7)(everything(many))
    for row, longer in zip(here, there, strict=True):
        order = [pin for pin in many.pin_ids[longer[longer >= 0]] if pin not in ("A", "zz")]
        assert few.pin_ids[row[row >= 0]].tolist() == order
    assert not np.array_equal(here, random_rankings(few, 5, seed=1)(everything(few)))


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_no_baseline_sees_the_future(world: int, future: int):
    tables = random_world(world)
    replaced = replace_after(tables, T, future)
    queries = build_queries(tables, T)
    popular = [popularity(t, build_queries(t, T), half_life_days=3) for t in (tables, replaced)]
    assert popular[0].tobytes() == popular[1].tobytes()
    counted = [popularity(t, build_queries(t, T)) for t in (tables, replaced)]
    assert counted[0].tobytes() == counted[1].tobytes()
    lists = popularity_rankings(replaced, queries, 8)(everything(queries))
    np.testing.assert_array_equal(lists, popularity_rankings(tables, queries, 8)(everything(queries)))


def test_scores_of_another_shape_are_refused():
    queries = build_queries(popular_world(), T)
    with pytest.raises(RelpinsError, match=r"scores have shape \(1, 3\); 1 queries and 5 candidates need \(1, 5\)"):
        score_rankings(lambda rows: np.zeros((1, 3)), queries, 2)(np.array([0]))
