"""Several similarities in one Gram matrix: known sums, missing modalities, positive semi-definite."""

import numpy as np
import pytest

from relpins_resources.errors import RelpinsError
from relpins_resources.query.reranking.sliding_spectrum import blended_gram, cosine_gram, sliding_spectrum


def unit_rows(n: int, dim: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


A, B = (np.array([[1, x], [x, 1]]) for x in (0.2, 0.6))


def test_a_weighted_mean():
    assert blended_gram([A, B], [3, 1])[0, 1] == pytest.approx((3 * 0.2 + 1 * 0.6) / 4)
    assert blended_gram([A, B], [3, 0])[0, 1] == pytest.approx(0.2)


def test_a_pair_is_weighed_over_what_both_have():
    both, first = np.array([True, True]), np.array([True, False])
    assert blended_gram([A, B], [3, 1], [both, first])[0, 1] == pytest.approx(0.2)
    assert blended_gram([A, B], [3, 1], [first, both])[0, 1] == pytest.approx(0.6)
    nothing = blended_gram([A, B], [3, 1], [first, ~first])
    assert nothing.tolist() == [[1, 0], [0, 1]]
    assert blended_gram([A * np.nan, B], [3, 1], [~both, both])[0, 1] == pytest.approx(0.6)


def test_pools_stack():
    rows = unit_rows(30, 5, 0).reshape(3, 10, 5)
    other = unit_rows(30, 7, 1).reshape(3, 10, 7)
    present = np.random.default_rng(2).random((3, 10)) < 0.6
    full = np.ones((3, 10), bool)
    stacked = blended_gram([cosine_gram(rows), cosine_gram(other)], [0.7, 0.3], [full, present])
    for i in range(3):
        alone = blended_gram([cosine_gram(rows[i]), cosine_gram(other[i])], [0.7, 0.3], [full[i], present[i]])
        assert (stacked[i] == alone).all()


def test_positive_semi_definite_with_nothing_missing():
    blend = blended_gram([cosine_gram(unit_rows(60, 4, 0)), cosine_gram(unit_rows(60, 9, 1))], [0.6, 0.4])
    assert np.linalg.eigvalsh(blend).min() > -1e-9
    assert np.diag(blend) == pytest.approx(1)


def test_an_indefinite_blend_still_gives_a_feed():
    present = np.random.default_rng(3).random((2, 50)) < 0.5
    blend = blended_gram(
        [cosine_gram(unit_rows(50, 2, 0)), cosine_gram(unit_rows(50, 2, 1))], [0.5, 0.5], list(present)
    )
    assert np.linalg.eigvalsh(blend).min() < -1e-3
    picks = sliding_spectrum(np.arange(50.0), blend, strength=0.8, window=6, limit=50)
    assert sorted(picks.tolist()) == list(range(50))


def test_what_a_caller_can_get_wrong():
    with pytest.raises(RelpinsError, match="2 matrices came with 1 weights"):
        blended_gram([A, B], [1])
    with pytest.raises(RelpinsError, match="not all 0"):
        blended_gram([A, B], [0, 0])
    with pytest.raises(RelpinsError, match="at least 0"):
        blended_gram([A, B], [2, -1])
    with pytest.raises(RelpinsError, match="not all 0"):
        blended_gram([], [])
