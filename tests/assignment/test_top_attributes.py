"""The likeliest attributes: shares within a key, what sources say on top, and places shared between keys."""

from __future__ import annotations

import numpy as np
import pytest

from relpins_assets.assignment.top_attributes import SMOOTHING, likely_values, top_attributes

KEYS = ["color", "color", "season", "season"]
VECTORS = np.eye(4, dtype=np.float32)


def test_the_values_of_a_silent_key_share_how_often_it_applies() -> None:
    products = np.array([[1, 0, 0, 0]], np.float32)
    found = likely_values(products, VECTORS, 5.0, np.zeros((1, 4)), KEYS, {"color": 1.0, "season": 0.4})
    share = np.exp(5) / (np.exp(5) + 1)
    assert found[0, 0] == pytest.approx((1 - SMOOTHING) * share + SMOOTHING / 2, abs=1e-6)
    assert found[0, :2].sum() == pytest.approx(1.0)
    assert found[0, 2:].tolist() == pytest.approx([0.2, 0.2])


def test_what_is_said_counts_as_far_as_it_is_believed() -> None:
    products = np.array([[1, 0, 0, 0]], np.float32)
    observed = np.array([[0.0, 0.9, 0.0, 0.0]])
    found = likely_values(products, VECTORS, 5.0, observed, KEYS, dict.fromkeys(KEYS, 1.0))
    assert found[0, 1] > 0.9
    assert found[0, 0] < 0.1
    assert top_attributes(found, 2)[0].tolist() == [1, 2], "of equals the first"
