"""Each formula on lists small enough to do by hand, and against ranx where the definitions meet."""

import json
import os
import subprocess
import sys
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.evaluation import metrics

RANX = """
import json, sys
from ranx import Qrels, Run, evaluate
asked = json.load(sys.stdin)
found = evaluate(Qrels(asked["qrels"]), Run(asked["run"]), asked["metrics"], return_mean=False)
print(json.dumps({name: list(values) for name, values in found.items()}))
"""


def hits(*rows: str) -> np.ndarray:
    """'x.x' is a list whose first and third pin are relevant."""
    return np.array([[mark == "x" for mark in row] for row in rows])


def test_recall_is_over_what_k_can_hold():
    found = hits("x.x..", "x.x..", "x.x..", ".....")
    assert metrics.recall(found, np.array([2, 4, 9, 1]), 3).tolist() == [2 / 2, 2 / 3, 2 / 3, 0]
    assert metrics.recall(found, np.array([2, 4, 9, 1]), 1).tolist() == [1 / 1, 1 / 1, 1 / 1, 0]
    assert metrics.recall(found, np.array([2, 4, 9, 1]), 20).tolist() == [2 / 2, 2 / 4, 2 / 9, 0]


def test_ndcg_is_over_the_ideal_that_k_can_hold():
    found = hits("x.x", "..x", "xxx")
    expected = [
        (1 / log2(2) + 1 / log2(4)) / (1 / log2(2) + 1 / log2(3)),
        (1 / log2(4)) / (1 / log2(2)),
        1,  # nine are relevant, three can be shown
    ]
    assert metrics.ndcg(found, np.array([2, 1, 9]), 3) == pytest.approx(expected)
    assert metrics.ndcg(found, np.array([2, 1, 9]), 5)[2] == pytest.approx(
        sum(1 / log2(r + 1) for r in (1, 2, 3)) / sum(1 / log2(r + 1) for r in (1, 2, 3, 4, 5))
    )


def test_hit_asks_only_whether():
    assert metrics.hit(hits("..x", "xx.", "..."), np.array([1, 2, 1]), 2).tolist() == [0, 1, 0]


def test_without_anything_relevant_there_is_no_number():
    for metric in (metrics.recall, metrics.ndcg, metrics.hit):
        assert np.isnan(metric(hits("..."), np.array([0]), 2)).tolist() == [True]


def test_coverage_counts_pins_shown_to_anyone():
    lists = np.array([[0, 1, 2], [1, 3, -1], [-1, -1, -1]])
    assert metrics.coverage(lists, 8, 2) == 3 / 8
    assert metrics.coverage(lists, 8, 3) == 4 / 8


def test_intra_list_distance_is_the_mean_over_pairs():
    vectors = np.array([[1, 0], [0, 1], [1, 0], [-1, 0]], dtype=np.float32)
    lists = np.array([[0, 1, 2], [0, 2, -1], [0, 3, -1], [0, -1, -1], [-1, 0, 3]])
    #           pairs 01, 02, 12
    expected = [(1 + 0 + 1) / 3, 0, 2, np.nan, 2]
    np.testing.assert_allclose(metrics.intra_list_distance(lists, vectors, 3), expected)


def test_novelty_is_the_self_information_of_popularity():
    n_saves = np.array([0, 2, 3])  # 5 saves over 3 pins: 8 with one added to each
    lists = np.array([[0, 1], [2, -1], [-1, -1]])
    expected = [(-log2(1 / 8) - log2(3 / 8)) / 2, -log2(4 / 8), np.nan]
    np.testing.assert_allclose(metrics.novelty(lists, n_saves, 2), expected)


def test_popular_share_is_of_the_most_saved_hundredth_rounded_up():
    n_saves = np.zeros(150, dtype=np.int64)
    n_saves[[7, 9]] = 5, 6  # 1 % of 150 is two pins
    lists = np.array([[7, 9, 1, 2], [9, 3, -1, -1], [-1, -1, -1, -1]])
    np.testing.assert_allclose(metrics.popular_share(lists, n_saves, 4), [2 / 4, 1 / 2, np.nan])
    n_saves[3] = 5  # a tie for the second place goes to the smaller position
    np.testing.assert_allclose(metrics.popular_share(lists, n_saves, 4), [1 / 4, 2 / 2, np.nan])


def ranx(relevant: list[set[int]], lists: np.ndarray, names: list[str]) -> dict[str, np.ndarray]:
    """ranx in a process of its own, uncompiled: its compiler warns, and takes longer than the work."""
    depth = lists.shape[1]
    asked = {
        "qrels": {f"q{i:03}": {str(pin): 1 for pin in pins} for i, pins in enumerate(relevant)},
        "run": {f"q{i:03}": {str(pin): float(depth - r) for r, pin in enumerate(row)} for i, row in enumerate(lists)},
        "metrics": names,
    }
    done = subprocess.run(
        [sys.executable, "-c", RANX],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    return {name: np.array(values) for name, values in json.loads(done.stdout.splitlines()[-1]).items()}


def test_numbers_are_those_of_ranx_where_the_definitions_meet():
    """NDCG and hit rate are ranx's. Recall is where k holds all relevant; else it is n / k times ranx's."""
    rng, k = np.random.default_rng(0), 10
    lists = np.array([rng.permutation(60)[:20] for _ in range(80)])
    relevant = [set(rng.permutation(60)[: rng.integers(1, 25)].tolist()) for _ in lists]
    found = np.array([[pin in pins for pin in row] for row, pins in zip(lists, relevant, strict=True)])
    n_relevant = np.array([len(pins) for pins in relevant])
    theirs = ranx(relevant, lists, [f"ndcg@{k}", f"hit_rate@{k}", f"recall@{k}"])
    np.testing.assert_allclose(metrics.ndcg(found, n_relevant, k), theirs[f"ndcg@{k}"], atol=1e-12)
    np.testing.assert_array_equal(metrics.hit(found, n_relevant, k), theirs[f"hit_rate@{k}"])
    ours, few = metrics.recall(found, n_relevant, k), n_relevant <= k
    assert few.any()
    assert not few.all()
    np.testing.assert_allclose(ours[few], theirs[f"recall@{k}"][few], atol=1e-12)
    np.testing.assert_allclose(ours[~few], theirs[f"recall@{k}"][~few] * n_relevant[~few] / k, atol=1e-12)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 12), st.integers(1, 15))
def test_accuracy_is_between_nothing_and_perfect(row: list[bool], n_missed: int, k: int):
    found, n_relevant = np.array([row]), np.array([sum(row) + n_missed])
    numbers = [metric(found, n_relevant, k)[0] for metric in (metrics.recall, metrics.ndcg, metrics.hit)]
    if n_relevant[0] == 0:
        assert np.isnan(numbers).all()
    else:
        assert all(0 <= number <= 1 + 1e-12 for number in numbers)
        best = min(k, n_relevant[0])
        assert (numbers[1] == pytest.approx(1)) == (len(row) >= best and all(row[:best]))


@given(st.integers(0, 2**32))
def test_intra_list_distance_agrees_with_its_pairs(seed: int):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(9, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists = np.array([rng.permutation(9)[:5] for _ in range(3)])
    lists[0, 3:] = -1
    expected = []
    for row in lists:
        shown = [pin for pin in row if pin >= 0]
        pairs = [1 - float(vectors[a] @ vectors[b]) for i, a in enumerate(shown) for b in shown[i + 1 :]]
        expected.append(sum(pairs) / len(pairs))
    np.testing.assert_allclose(metrics.intra_list_distance(lists, vectors, 5), expected, atol=1e-5)
