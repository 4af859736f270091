"""Shared-board counts against sets of boards."""

import tracemalloc
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.candidates.cooccurrence import (
    CooccurrenceBlock,
    cooccurrence,
    count_histogram,
    relevance_by_count,
)
from relpins_resources.errors import RelpinsError


def as_lists(blocks: Iterable[CooccurrenceBlock]) -> list[tuple[int, list[tuple[int, int]]]]:
    lists = []
    for block in blocks:
        assert len(block.indptr) == len(block.rows) + 1
        for row, start, end in zip(block.rows, block.indptr[:-1], block.indptr[1:], strict=True):
            pairs = zip(block.item_ids[start:end].tolist(), block.counts[start:end].tolist(), strict=True)
            lists.append((int(row), list(pairs)))
    return lists


def by_sets(boards: np.ndarray, items: np.ndarray, n_items: int, rows: Iterable[int], limit: int) -> list:
    boards_of = [set(boards[items == item].tolist()) for item in range(n_items)]
    lists = []
    for row in rows:
        shared = [(-len(boards_of[row] & boards_of[other]), other) for other in range(n_items) if other != row]
        lists.append((int(row), [(other, -count) for count, other in sorted(shared) if count][:limit]))
    return lists


edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 11)), max_size=70)


@settings(deadline=None)
@given(edges, st.integers(1, 12), st.integers(1, 50), st.integers(1, 12), st.randoms(use_true_random=False))
def test_equal_to_sets(pairs: list[tuple[int, int]], limit: int, pair_budget: int, block_rows: int, random):
    boards, items = np.array(pairs, np.int32).reshape(-1, 2).T
    bounds = {"limit": limit, "pair_budget": pair_budget, "block_rows": block_rows}
    assert as_lists(cooccurrence(boards, items, 12, **bounds)) == by_sets(boards, items, 12, range(12), limit)
    rows = np.array(random.sample(range(12), 5), np.int32)
    assert as_lists(cooccurrence(boards, items, 12, rows=rows, **bounds)) == by_sets(boards, items, 12, rows, limit)


def test_by_hand():
    boards = np.array([0, 0, 0, 1, 1, 2, 2, 2, 7, 7], np.int32)  # board 0: 0 1 2; 1: 0 2; 2: 0 1 1; 7: 2 2
    items = np.array([0, 1, 2, 0, 2, 0, 1, 1, 2, 2], np.int32)
    assert as_lists(cooccurrence(boards, items, 4)) == [
        (0, [(1, 2), (2, 2)]),
        (1, [(0, 2), (2, 1)]),
        (2, [(0, 2), (1, 1)]),
        (3, []),
    ]
    assert count_histogram(cooccurrence(boards, items, 4)) == {1: 2, 2: 4}


def test_the_cut_keeps_the_most_shared_then_the_lowest_numbers():
    boards = np.repeat(np.arange(3), [9, 4, 3])
    items = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 5, 7, 8, 0, 7, 8])
    assert as_lists(cooccurrence(boards, items, 9, rows=np.array([0]), limit=5)) == [
        (0, [(7, 3), (8, 3), (5, 2), (1, 1), (2, 1)])
    ]


def test_no_edges_no_items_no_rows():
    nothing = np.zeros(0, np.int32)
    assert as_lists(cooccurrence(nothing, nothing, 0)) == []
    assert as_lists(cooccurrence(nothing, nothing, 2)) == [(0, []), (1, [])]
    assert as_lists(cooccurrence(np.array([3]), np.array([1]), 2, rows=nothing)) == []
    assert count_histogram([]) == {}


def test_a_block_keeps_to_its_bounds():
    rng = np.random.default_rng(0)
    boards, items = rng.integers(0, 40, 2000), rng.integers(0, 300, 2000)
    blocks = list(cooccurrence(boards, items, 300, pair_budget=2000, block_rows=20))
    assert len(blocks) > 10
    assert all(len(block.rows) <= 20 and (len(block.counts) <= 2000 or len(block.rows) == 1) for block in blocks)


def test_memory_follows_the_budget_not_the_pairs():
    items = np.arange(3000, dtype=np.int32)  # one board of 3,000: 9 million pairs, 72 MB as a product
    boards = np.zeros(3000, np.int32)
    tracemalloc.start()
    n_kept = sum(len(block.counts) for block in cooccurrence(boards, items, 3000, limit=10, pair_budget=1 << 16))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_kept == 3000 * 10
    assert peak < 16e6


def test_the_histogram_counts_listed_pairs():
    rng = np.random.default_rng(1)
    boards, items = rng.integers(0, 30, 900), rng.integers(0, 60, 900)
    want = Counter(count for _, others in by_sets(boards, items, 60, range(60), 60) for _, count in others)
    got = count_histogram(cooccurrence(boards, items, 60, pair_budget=500))
    assert got == want
    assert list(got) == sorted(got)


def test_relevance_grows_with_the_count_where_it_should():
    # items 0..9 look alike and share four boards, 10..19 look alike and share two; everything shares board 0
    boards = np.concatenate([np.zeros(20), *(np.full(10, b) for b in (1, 2, 3)), np.full(10, 4)]).astype(int)
    items = np.concatenate([np.arange(20), *(np.arange(10) for _ in range(3)), np.arange(10, 20)])
    vectors = np.zeros((20, 3), np.float32)
    vectors[:10, 0], vectors[10:, 1] = 1, 1
    vectors[10:] = np.array([0, 0.6, 0.8]) * np.array([1, 1, 1])
    found = relevance_by_count(cooccurrence(boards, items, 20), vectors)
    assert [(r.shared_boards, r.n_pairs, r.n_sampled) for r in found] == [
        ("1", 200, 200),
        ("2", 90, 90),
        ("3", 0, 0),
        ("4+", 90, 90),
    ]
    assert [r.mean_cosine for r in found] == [0, 1, None, 1]


def test_pairs_without_a_vector_are_left_out_of_the_sample():
    boards, items = np.zeros(4, int), np.arange(4)
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32)
    once = relevance_by_count(cooccurrence(boards, items, 4), vectors)[0]
    assert (once.n_pairs, once.n_sampled) == (12, 6)
    assert once.mean_cosine == pytest.approx(2 / 6, abs=1e-6)


def test_the_sample_does_not_depend_on_the_blocks():
    rng = np.random.default_rng(2)
    boards, items = rng.integers(0, 30, 900), rng.integers(0, 60, 900)
    vectors = rng.standard_normal((60, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    one = relevance_by_count(cooccurrence(boards, items, 60), vectors, n_sampled=50)
    many = list(cooccurrence(boards, items, 60, pair_budget=200))
    assert relevance_by_count(reversed(many), vectors, n_sampled=50) == one
    everything = relevance_by_count(many, vectors)
    for sampled, true in zip(one, everything, strict=True):
        assert sampled.n_sampled == min(50, true.n_pairs)
        assert abs((sampled.mean_cosine or 0) - (true.mean_cosine or 0)) < 4 * 8**-0.5 / 50**0.5


@pytest.mark.parametrize(
    ("boards", "items", "rows", "message"),
    [
        ([0, 1], [0], None, r"board_ids \(2,\) and item_ids \(1,\)"),
        ([-1], [0], None, "board_ids go down to -1"),
        ([0], [5], None, r"item_ids span 5\.\.5; allowed: 0\.\.4"),
        ([0], [1], [7], r"rows span 7\.\.7; allowed: 0\.\.4"),
    ],
)
def test_what_a_caller_can_get_wrong(boards: list[int], items: list[int], rows: list[int] | None, message: str):
    with pytest.raises(RelpinsError, match=message):
        cooccurrence(np.array(boards), np.array(items), 5, rows=None if rows is None else np.array(rows))
    with pytest.raises(RelpinsError, match="limit is 0"):
        cooccurrence(np.array([0]), np.array([0]), 5, limit=0)
