"""Walks against the chances that a walk of that length has, worked out by matrices, and against their own promises."""

from __future__ import annotations

import numpy as np
import pytest

from relpins_resources.errors import RelpinsError
from relpins_resources.walks.board_graph import BoardGraph
from relpins_resources.walks.multi_hit import boosted, step_shares
from relpins_resources.walks.pixie import Visits, WalkLength, walk

NO_END = {"enough_items": 10**6, "enough_visits": 1}


def graph(n_items: int = 30, n_boards: int = 12, seed: int = 0) -> BoardGraph:
    rng = np.random.default_rng(seed)
    keys = np.unique(rng.integers(0, n_boards, 90) * n_items + rng.integers(0, n_items, 90))
    return BoardGraph.from_edges(keys % n_items, keys // n_items, n_items, n_boards)


def listed(visits: Visits, row: int) -> list[tuple[int, int]]:
    at = slice(visits.indptr[row], visits.indptr[row + 1])
    return list(zip(visits.items[at].tolist(), visits.counts[at].tolist(), strict=True))


def chances(given: BoardGraph, start: int, restart: float) -> np.ndarray:
    """(n,) how often a step ends at each item in the long run, from the walk's transition matrix."""
    to_board = np.zeros((given.n_items, given.n_boards))
    for item in range(given.n_items):
        boards = given.item_boards[given.item_indptr[item] : given.item_indptr[item + 1]]
        to_board[item, boards] = 1 / max(len(boards), 1)
    to_item = np.zeros((given.n_boards, given.n_items))
    for board in range(given.n_boards):
        items = given.board_items[given.board_indptr[board] : given.board_indptr[board + 1]]
        to_item[board, items] = 1 / max(len(items), 1)
    step = to_board @ to_item
    ended = np.zeros(given.n_items)
    first = np.eye(given.n_items)[start]
    at = first
    for _ in range(200):
        at = (restart * first * at.sum() + (1 - restart) * at) @ step
        ended = at
    return ended


@pytest.mark.parametrize("restart", [0.2, 0.5, 0.8])
def test_visits_are_as_likely_as_the_chain_says(restart: float) -> None:
    given = graph()
    start, steps = int(np.argmax(given.degrees)), 640_000
    found = walk(given, np.array([start]), np.array([7], np.uint64), WalkLength(steps, restart, **NO_END))
    shares = np.zeros(given.n_items)
    for item, count in listed(found, 0):
        shares[item] = count / steps
    want = chances(given, start, restart)
    want[start] = 0
    spread = 6 * np.sqrt(np.maximum(want, 1e-9) / steps) + 5e-4  # steps of one walk hang together
    assert (np.abs(shares - want) < spread).all()
    assert found.n_steps.tolist() == [steps]


def test_a_walk_is_the_same_in_any_batch_order_and_thread() -> None:
    given, length = graph(), WalkLength(1_000, 0.5, 5, 20)
    items = np.flatnonzero(given.degrees > 0)
    seeds = (items * 1_000_003).astype(np.uint64)
    alone = [walk(given, items[[i]], seeds[[i]], length) for i in range(len(items))]
    rng = np.random.default_rng(1)
    many = np.tile(items, 12)  # more than one batch
    order = rng.permutation(len(many))
    together = walk(given, many[order], np.tile(seeds, 12)[order], length, threads=3)
    for row, at in enumerate(order % len(items)):
        assert listed(together, row) == listed(alone[at], 0)
        assert together.n_steps[row] == alone[at].n_steps[0]


def test_lists_are_by_visits_then_by_number_without_the_start() -> None:
    given = graph()
    found = walk(given, np.arange(30), np.arange(30, dtype=np.uint64), WalkLength(300, 0.5, **NO_END))
    for row in range(30):
        entries = listed(found, row)
        assert entries == sorted(entries, key=lambda one: (-one[1], one[0]))
        assert row not in dict(entries)
        assert sum(dict(entries).values()) <= found.n_steps[row] <= 300


def test_an_item_on_no_board_and_no_item_at_all() -> None:
    given = BoardGraph.from_edges(np.array([0, 1]), np.array([0, 0]), 3, 1)
    found = walk(given, np.array([2, 0]), np.array([1, 1], np.uint64), WalkLength(50, 0.5))
    assert (listed(found, 0), found.n_steps[0]) == ([], 0)
    assert [item for item, _ in listed(found, 1)] == [1]
    nothing = walk(given, np.empty(0, np.int64), np.empty(0, np.uint64), WalkLength())
    assert (nothing.indptr.tolist(), len(nothing.items)) == ([0], 0)


def test_a_walk_that_has_seen_enough_ends() -> None:
    given = graph()
    items, seeds = np.flatnonzero(given.degrees > 1), np.flatnonzero(given.degrees > 1).astype(np.uint64)
    enough = WalkLength(100_000, 0.5, enough_items=5, enough_visits=10)
    found = walk(given, items, seeds, enough)
    ended = found.n_steps < 99_000
    assert ended.any()
    for row in np.flatnonzero(ended):
        assert sum(count >= 10 for _, count in listed(found, row)) > 5
    shorter = walk(given, items, seeds, WalkLength(100_000, 0.5, enough_items=5, enough_visits=5))
    assert (shorter.n_steps <= found.n_steps).all()


def test_as_many_steps_as_asked_at_most() -> None:
    given = graph()
    start = np.array([int(np.argmax(given.degrees))])
    for steps in (1, 2, 63, 64, 65, 200):
        found = walk(given, start, np.zeros(1, np.uint64), WalkLength(steps, 0.5, **NO_END))
        assert steps / 2 < found.n_steps[0] <= steps


@pytest.mark.parametrize(
    ("bad", "told"),
    [({"steps": 0}, "at least 1"), ({"steps": 1 << 25}, "at most 16,777,215"), ({"restart": 1.0}, "between 0 and 1")],
)
def test_lengths_that_make_no_walk(bad: dict[str, float], told: str) -> None:
    with pytest.raises(RelpinsError, match=told):
        WalkLength(**bad)  # type: ignore[arg-type]


def test_steps_grow_with_the_degree_all_the_way() -> None:
    # C = log d_max + 1: the most popular gets most; with the printed C = log d_max it would get none
    most = 1_000
    degrees = np.array([1, 10, 367, 368, 999, 1_000])
    shares = step_shares(degrees, np.ones(6), most)
    assert (np.diff(shares) > 0).all()
    assert shares.sum() == pytest.approx(1)
    assert shares[0] / shares[5] == pytest.approx((np.log(1_000) + 1) / 1_000)
    assert step_shares(np.array([5]), np.ones(1), 5).tolist() == [1.0]
    assert step_shares(np.array([4, 4]), np.array([1.0, 3.0]), 9).tolist() == [0.25, 0.75]


def test_what_several_walks_find_counts_more() -> None:
    visits = np.array([[9.0, 4.0, 0.0], [0.0, 4.0, 8.0]])
    assert boosted(visits).tolist() == [9.0, 16.0, pytest.approx(8.0)]
