"""Lists judged against what was saved after T."""

import time
import warnings
from math import log2

import numpy as np
import pyarrow as pa
import pytest
from evaluation_worlds import T, even_odd_world, events, pins, random_world, saved
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.evaluation.baselines import random_rankings, score_rankings
from relpins_assets.evaluation.evaluate import evaluate, feed_rankings
from relpins_assets.evaluation.protocol import SLICES, Queries, build_queries
from relpins_resources.errors import RelpinsError


def shared_boards(tables: dict[str, pa.Table], queries: Queries) -> np.ndarray:
    """(n, n) on how many boards two pins stood together before T."""
    rows = [row for row in tables["board_pins"].to_pylist() if row["saved_at"] < T]
    boards = {board: number for number, board in enumerate(sorted({row["board_id"] for row in rows}))}
    incidence = np.zeros((len(boards), len(queries.pin_ids)))
    for row in rows:
        incidence[boards[row["board_id"]], np.flatnonzero(queries.pin_ids == row["pin_id"])] = 1
    return incidence.T @ incidence


def test_even_boards_save_even_pins():
    """What boards share foresees every withheld save; what is popular foresees half of them at most."""
    tables = even_odd_world(20)
    queries = build_queries(tables, T)
    assert len(queries) == 20 * (10 - 1)
    counts = shared_boards(tables, queries)
    found = evaluate(score_rankings(lambda rows: counts[queries.query_pins[rows]], queries, 5), queries, (1, 5))
    # the one even pin not yet on an even board is all that is left to show
    assert found.summary["recall@1"] == found.summary["ndcg@1"] == found.summary["hit@5"] == 1
    assert found.n_queries["recall@1"] == 20 * 9
    wrong = evaluate(score_rankings(lambda rows: -counts[queries.query_pins[rows]], queries, 5), queries, (5,))
    assert wrong.summary["recall@5"] == 0


def small_world() -> Queries:
    tables = {
        "pins": pins("a", "b", "c", "d", "e", "f"),
        "board_pins": saved(("x", "a", -1), ("x", "b", -1), ("x", "c", 1), ("x", "d", 1)),
        "interactions": events(("u", "d", "click", -1)),
    }
    return build_queries(tables, T)


def test_known_pins_leave_the_list_before_it_is_judged():
    queries = small_world()  # queries (x, a) and (x, b); c (new) and d (thin) are relevant
    a, b, c, d, e, f = range(6)
    found = evaluate(np.array([[b, e, a, c, f, d], [c, d, a, b, -1, -1]]), queries, (2,))
    assert found.lists.tolist() == [[e, c], [c, d]]
    assert found.per_query["recall@2"].tolist() == [1 / 2, 2 / 2]
    assert found.per_query["ndcg@2"] == pytest.approx([(1 / log2(3)) / (1 + 1 / log2(3)), 1])
    assert found.per_query["recall@2/new"].tolist() == [1, 1]
    assert found.per_query["recall@2/thin"].tolist() == [0, 1]
    assert np.isnan(found.per_query["recall@2/warm"]).all()
    assert found.summary["recall@2"] == (1 / 2 + 2 / 2) / 2
    assert found.summary["coverage@2"] == 3 / 6
    assert found.n_queries["recall@2/thin"] == 2
    assert found.n_queries["recall@2/warm"] == 0
    assert np.isnan(found.summary["recall@2/warm"])


def test_a_list_that_runs_short_is_judged_short():
    queries = small_world()
    found = evaluate(np.array([[1, 0, 2, -1, 4], [-1, -1, -1, -1, -1]]), queries, (4,))
    assert found.lists.tolist() == [[2, 4, -1, -1], [-1] * 4]
    assert found.per_query["filled@4"].tolist() == [2 / 4, 0]
    assert found.per_query["recall@4"].tolist() == [1 / 2, 0]
    assert found.n_queries["novelty@4"] == 1


def naive(lists: np.ndarray, queries: Queries, k: int) -> dict[str, list[float]]:
    names = ["recall", "ndcg", "hit", *(f"recall/{name}" for name in SLICES)]
    numbers: dict[str, list[float]] = {name: [] for name in names}
    for i, row in enumerate(lists):
        known, relevant = set(queries.known[i].tolist()), set(queries.relevant[i].tolist())
        judged = [pin for pin in row.tolist() if pin >= 0 and pin not in known][:k]
        best = min(k, len(relevant))
        numbers["recall"].append(len(relevant & set(judged)) / best)
        gain = sum(1 / log2(rank + 1) for rank, pin in enumerate(judged, 1) if pin in relevant)
        numbers["ndcg"].append(gain / sum(1 / log2(rank + 1) for rank in range(1, best + 1)))
        numbers["hit"].append(float(bool(relevant & set(judged))))
        for number, name in enumerate(SLICES):
            targets = {pin for pin in relevant if queries.target_slices[pin] == number}
            share = len(targets & set(judged)) / min(k, len(targets)) if targets else np.nan
            numbers[f"recall/{name}"].append(share)
    return numbers


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_numbers_agree_with_the_definitions_read_out_loud(seed: int, k: int):
    queries = build_queries(random_world(seed), T)
    rng, n = np.random.default_rng(seed), len(queries.pin_ids)
    lists = np.argsort(rng.random((len(queries), n)), axis=1)[:, :12]
    lists[rng.random(lists.shape) < 0.2] = -1
    found, expected = evaluate(lists, queries, (k,)), naive(lists, queries, k)
    for name, numbers in expected.items():
        metric, _, part = name.partition("/")
        np.testing.assert_allclose(found.per_query[f"{metric}@{k}" + (f"/{part}" if part else "")], numbers)


def test_feeds_become_rankings():
    queries = small_world()
    feeds = pa.table(
        {
            "pin_id": ["b", "a", "a", "zz", "a"],
            "rank": [1, 3, 1, 1, 2],
            "result": ["f", "d", "e", "c", "c"],
        }
    )
    rankings = feed_rankings(queries, feeds["pin_id"], feeds["result"], feeds["rank"])
    assert rankings.tolist() == [[4, 2, 3], [5, -1, -1]]
    none = feeds.slice(0, 0)
    assert feed_rankings(queries, none["pin_id"], none["result"], none["rank"]).tolist() == [[], []]
    assert evaluate(np.zeros((2, 0), dtype=np.int64), queries, (3,)).summary["recall@3"] == 0
    with pytest.raises(RelpinsError, match=r"1 feed rows show pins that do not exist at 2026-03-01, such as 'c2'"):
        feed_rankings(queries, pa.array(["a", "a"]), pa.array(["c", "c2"]), pa.array([1, 2]))


def test_distance_within_lists_needs_vectors():
    queries = small_world()
    lists = np.array([[2, 3], [4, 5]])
    vectors = np.eye(6, dtype=np.float32)
    assert evaluate(lists, queries, (2,), vectors=vectors).summary["intra_list_distance@2"] == 1
    assert "intra_list_distance@2" not in evaluate(lists, queries, (2,)).summary


@pytest.mark.parametrize(
    ("rankings", "ks", "message"),
    [
        ([[2, 3], [4, 5]], (), "ks is \\[\\]; give one or more"),
        ([[2, 3], [4, 5]], (10, 0), "ks is \\[10, 0\\]"),
        ([[2, 3]], (2,), "rankings are of 1 queries, judged are 2"),
        ([2, 3], (2,), "shape \\(2,\\); it must be \\(2, limit\\)"),
        ([[2, 3], [4, 6]], (2,), "holds position 6; there are 6 candidates, 0 to 5"),
        ([[2, 3, 4], [4, 5, 4]], (2,), "ranking of query 1 names pin 'e' twice"),
    ],
)
def test_rankings_that_do_not_fit_are_refused(rankings: list, ks: tuple[int, ...], message: str):
    with pytest.raises(RelpinsError, match=message):
        evaluate(np.array(rankings), small_world(), ks)


def test_vectors_of_other_pins_are_refused():
    with pytest.raises(RelpinsError, match="vectors are of 5 pins, candidates are 6"):
        evaluate(np.array([[2], [4]]), small_world(), (1,), vectors=np.eye(5, dtype=np.float32))


def test_no_queries_give_no_numbers_and_no_warning():
    queries = build_queries({"pins": pins("a", "b")}, T)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(random_rankings(queries, 5), queries, (5,), vectors=np.eye(2, dtype=np.float32))
    assert np.isnan(found.summary["ndcg@5"])
    assert found.n_queries["ndcg@5"] == 0
    assert found.summary["coverage@5"] == 0


def test_thousands_of_queries_are_judged_in_seconds():
    rng = np.random.default_rng(0)
    rows = [(f"b{b}", f"p{p:04}", float(rng.integers(-9, 3))) for b in range(700) for p in rng.permutation(1500)[:15]]
    queries = build_queries({"pins": pins(*(f"p{i:04}" for i in range(1500))), "board_pins": saved(*rows)}, T)
    assert len(queries) > 6000
    vectors = np.eye(1500, 128, dtype=np.float32)
    started = time.perf_counter()
    found = evaluate(random_rankings(queries, 20), queries, (5, 10, 20), vectors=vectors)
    assert time.perf_counter() - started < 10
    assert found.summary["filled@20"] == 1
