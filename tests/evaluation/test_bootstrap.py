"""Intervals: as wide as theory says, and as wide as the clusters warrant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.evaluation.bootstrap import bootstrap_interval, paired_bootstrap
from relpins_resources.errors import RelpinsError

NAN = float("nan")


def test_an_interval_is_as_wide_as_the_normal_one():
    values = np.random.default_rng(0).normal(3, 2, size=4000)
    found = bootstrap_interval(values, n_resamples=4000)
    half_width = 1.96 * values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half_width, abs=0.1 * half_width)
    assert found.high == pytest.approx(values.mean() + half_width, abs=0.1 * half_width)


def test_an_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    found = [bootstrap_interval(rng.exponential(2, size=120), level=0.8, n_resamples=300, seed=i) for i in range(300)]
    share = np.mean([interval.low <= 2 <= interval.high for interval in found])
    assert share == pytest.approx(0.8, abs=0.08)  # over three standard errors of 300 coin flips


def test_pairing_cancels_what_makes_a_query_hard():
    rng = np.random.default_rng(2)
    hardness = rng.random(500)
    theirs, ours = hardness, hardness + 0.01
    paired = paired_bootstrap(ours, theirs)
    assert (paired.low, paired.mean, paired.high) == pytest.approx((0.01, 0.01, 0.01))
    assert bootstrap_interval(ours).low < bootstrap_interval(theirs).high  # alone they cannot be told apart


def test_queries_that_repeat_each_other_count_once():
    """Each of 50 boards gives eight equal queries: their interval is that of the 50 boards, not of 400 queries."""
    boards = np.random.default_rng(3).normal(size=50)
    queries, clusters = np.repeat(boards, 8), np.repeat([f"board {i:02}" for i in range(50)], 8)
    one_each, clustered = bootstrap_interval(boards), bootstrap_interval(queries, clusters=clusters)
    assert (clustered.low, clustered.high) == pytest.approx((one_each.low, one_each.high))
    assert (clustered.n_queries, clustered.n_units) == (400, 50)
    naive = bootstrap_interval(queries)
    width = one_each.high - one_each.low
    assert naive.high - naive.low == pytest.approx(width / np.sqrt(8), rel=0.2)


def test_large_clusters_weigh_by_their_queries():
    found = bootstrap_interval([1, 1, 1, 0], clusters=["a", "a", "a", "b"])
    assert (found.low, found.mean, found.high) == (0, 3 / 4, 1)


def test_queries_without_a_number_are_left_out_of_both():
    ours, theirs = np.array([1, NAN, 5, 4]), np.array([0, 7, NAN, 1])
    found = paired_bootstrap(ours, theirs, clusters=[1, 1, 2, 2])
    assert (found.mean, found.n_queries, found.n_units) == ((1 + 3) / 2, 2, 2)
    assert bootstrap_interval([NAN, 2.0]) == bootstrap_interval([2.0])


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_without_numbers_there_is_no_interval(values: list[float]):
    found = bootstrap_interval(values)
    assert (found.n_queries, found.n_units) == (0, 0)
    assert np.isnan([found.mean, found.low, found.high]).all()


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.integers(0, 9))
def test_an_interval_is_seeded_and_within_the_values(values: list[float], seed: int):
    found = bootstrap_interval(values, n_resamples=50, seed=seed)
    assert found == bootstrap_interval(values, n_resamples=50, seed=seed)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_drawing_in_blocks_is_drawing_at_once(monkeypatch: pytest.MonkeyPatch):
    values = np.random.default_rng(4).random(100)
    at_once = bootstrap_interval(values)
    monkeypatch.setattr("relpins_assets.evaluation.bootstrap.BLOCK_CELLS", 700)
    assert bootstrap_interval(values) == at_once


def test_what_does_not_pair_is_refused():
    with pytest.raises(RelpinsError, match=r"shapes \(2,\) and \(3,\); give both for the same queries"):
        paired_bootstrap([1, 2], [1, 2, 3])
    with pytest.raises(RelpinsError, match=r"clusters have shape \(1,\), numbers \(2,\)"):
        bootstrap_interval([1, 2], clusters=[1])
    with pytest.raises(RelpinsError, match=r"level 95 and 1000 resamples; give a level in \(0, 1\)"):
        bootstrap_interval([1, 2], level=95)
    with pytest.raises(RelpinsError, match="0 resamples"):
        bootstrap_interval([1, 2], n_resamples=0)
    with pytest.raises(RelpinsError, match="give one per query"):
        bootstrap_interval([[1, 2]])
