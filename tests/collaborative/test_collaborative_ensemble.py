"""How weights are chosen, and that only train is read for it."""

import numpy as np
import pytest
from collaborative_worlds import even_and_odd, random_saves
from scipy import sparse

from relpins_resources.collaborative.ensemble import Ensemble, best_weights, combined, standardised
from relpins_resources.collaborative.holdout import split_saves
from relpins_resources.collaborative.item_knn import ItemKnn
from relpins_resources.collaborative.popularity import Popularity
from relpins_resources.errors import RelpinsError


class Noise:
    """Scores that know nothing."""

    name = "noise"

    def fit(self, saves):
        return self

    def score(self, rows):
        return np.random.default_rng(rows.shape[0]).random(rows.shape).astype(np.float32)


def test_the_model_that_knows_outweighs_noise():
    saves, _ = even_and_odd(60, 60)
    ensemble = Ensemble([Noise(), ItemKnn()]).fit(saves)
    assert ensemble.weights["item_knn"] > ensemble.weights["noise"]
    assert sum(ensemble.weights.values()) == pytest.approx(1.0)


def test_a_member_that_misleads_loses_its_weight():
    is_held_out = np.array([[True, False], [False, True]] * 10)
    right = np.where(is_held_out, 1.0, -1.0).astype(np.float32)
    scores = np.stack([np.pad(right, ((0, 0), (0, 30))), np.pad(-2 * right, ((0, 0), (0, 30)))])
    weights = best_weights(scores, np.pad(is_held_out, ((0, 0), (0, 30))), np.ones(20, np.int64))
    assert weights[0] > 2 * weights[1]


def test_the_score_is_the_weighted_sum_of_standardised_members():
    saves = random_saves()
    ensemble = Ensemble([Popularity(), ItemKnn()]).fit(saves)
    parts = [Popularity().fit(saves).score(saves), ItemKnn().fit(saves).score(saves)]
    weights = [ensemble.weights["popularity"], ensemble.weights["item_knn"]]
    expected = sum(weight * standardised(part) for weight, part in zip(weights, parts, strict=True))
    np.testing.assert_allclose(ensemble.score(saves), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(combined(zip(parts, weights, strict=True)), expected, rtol=1e-4, atol=1e-5)


def test_weights_see_nothing_but_the_saves_given():
    n_seen = []

    class Watched(Popularity):
        def fit(self, saves):
            n_seen.append(saves.nnz)
            return super().fit(saves)

    saves = random_saves()
    Ensemble([Watched()], seed=3).fit(saves)
    rest, validation = split_saves(saves, 0.2, 3)
    assert n_seen == [rest.nnz, saves.nnz]
    assert rest.nnz + validation.nnz == saves.nnz


def test_standardised_rows_have_mean_zero_and_deviation_one_unless_constant():
    rows = standardised(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]], np.float32))
    np.testing.assert_allclose(rows[0], [-(1.5**0.5), 0.0, 1.5**0.5], rtol=1e-5)
    np.testing.assert_array_equal(rows[1], 0.0)


def test_no_members_members_of_one_name_and_no_saves():
    with pytest.raises(RelpinsError, match="at least one model"):
        Ensemble([])
    with pytest.raises(RelpinsError, match="popularity, popularity"):
        Ensemble([Popularity(), Popularity()])
    empty = sparse.csr_matrix((3, 4), dtype=np.float32)
    assert np.array_equal(Ensemble([Popularity()]).fit(empty).score(empty), np.zeros((3, 4)))
