"""Thresholds reach the precision they promise on pairs with a known answer; confidence is calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from relpins_assets.assignment.thresholds import (
    LEAST_TRUE,
    NEVER,
    PRECISION,
    SHRINK_POSITIVES,
    Judged,
    calibration,
    fit_thresholds,
    likelihood,
)


def judged(seed: int = 0, n: int = 4_000) -> Judged:
    """Pairs of two attributes of one key that are true with probability sigmoid(12 cos - 4)."""
    rng = np.random.default_rng(seed)
    cosines = np.round(rng.uniform(-0.5, 1, n), 6)
    is_true = rng.random(n) < 1 / (1 + np.exp(-(12 * cosines - 4)))
    return Judged(rng.integers(0, 2, n), cosines, np.zeros(n), is_true, np.ones(n))


def test_what_stands_above_the_threshold_is_precise_and_the_lowest_such() -> None:
    given = judged()
    fitted = fit_thresholds(given, np.zeros(2, np.int64), np.zeros(2), 1)
    above = given.cosines >= fitted.theta[0]
    assert given.is_true[above].mean() == pytest.approx(PRECISION, abs=0.02)


def test_likelihood_recovers_the_law_that_made_the_pairs() -> None:
    given = judged()
    curve = fit_thresholds(given, np.zeros(2, np.int64), np.zeros(2), 1).curve[0]
    cosines = np.array([0.0, 0.333333, 0.6])
    law = 1 / (1 + np.exp(-(12 * cosines - 4)))
    assert likelihood(cosines, np.zeros(3), curve) == pytest.approx(law, abs=0.04)


def test_the_calibration_plot_lies_on_its_diagonal() -> None:
    given = judged()
    key_of = np.zeros(2, np.int64)
    plot = calibration(given, fit_thresholds(given, key_of, np.zeros(2), 1), key_of)
    middles = [float(label[:3]) + 0.05 for label in plot]
    assert len(plot) == 10
    assert list(plot.values()) == pytest.approx(middles, abs=0.08)


def test_what_cannot_be_precise_is_never_inferred() -> None:
    rng = np.random.default_rng(1)
    cosines = rng.uniform(-1, 1, 500)
    noise = Judged(np.zeros(500, np.int64), cosines, np.zeros(500), rng.random(500) < 0.1, np.ones(500))
    assert fit_thresholds(noise, np.zeros(1, np.int64), np.zeros(1), 1).theta[0] == NEVER


def test_fewer_true_ones_than_asked_for_are_no_evidence() -> None:
    n = LEAST_TRUE - 1
    few = Judged(np.zeros(n, np.int64), np.full(n, 0.9), np.zeros(n), np.ones(n, bool), np.ones(n))
    assert fit_thresholds(few, np.zeros(1, np.int64), np.zeros(1), 1).theta[0] == NEVER


def test_an_attribute_moves_from_its_key_as_far_as_its_positives_reach() -> None:
    """Ten true ones at .8 of attribute 1, and many of attribute 0 from .2: half-way would need SHRINK_POSITIVES."""
    many, few = 200, 10
    cosines = np.concatenate([np.linspace(0.2, 0.9, many), np.full(few, 0.8)])
    attributes = np.repeat([0, 1], [many, few])
    given = Judged(attributes, cosines, np.zeros(many + few), np.ones(many + few, bool), np.ones(many + few))
    fitted = fit_thresholds(given, np.zeros(2, np.int64), np.zeros(2), 1)
    assert fitted.theta[0] == pytest.approx(0.2)
    assert fitted.shift[1] == pytest.approx((0.8 - 0.2) * few / (few + SHRINK_POSITIVES))


def test_a_key_without_pairs_never_infers() -> None:
    fitted = fit_thresholds(judged(), np.array([0, 0, 1]), np.zeros(3), 2)
    assert fitted.theta[1] == NEVER
    assert fitted.theta[0] < NEVER
