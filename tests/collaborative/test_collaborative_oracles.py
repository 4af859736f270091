"""Each formula against a few plain lines."""

import numpy as np
import torch
from collaborative_worlds import random_saves

from relpins_resources.collaborative.als import Als
from relpins_resources.collaborative.ease import Ease
from relpins_resources.collaborative.elsa import _loss
from relpins_resources.collaborative.item_knn import ItemKnn
from relpins_resources.collaborative.popularity import Popularity
from relpins_resources.collaborative.user_knn import UserKnn

SAVES = random_saves(n_users=40, n_pins=12, share=0.5)
assert SAVES.sum(axis=1).min() > 0
X = SAVES.toarray().astype(np.float64)


def test_popularity_counts_savers():
    np.testing.assert_array_equal(Popularity().fit(SAVES).score(SAVES[:2]), np.stack([X.sum(0)] * 2))


def test_item_knn_with_even_powers_is_the_sum_of_cosines():
    unit = X / np.linalg.norm(X, axis=0)
    cosine = unit.T @ unit - np.eye(12)
    scores = ItemKnn(user_power=0.0, source_power=0.5, target_power=0.5).fit(SAVES).score(SAVES)
    np.testing.assert_allclose(scores, X @ cosine, rtol=1e-4, atol=1e-6)


def test_user_knn_sums_the_sharpened_likeness_of_savers():
    users, pins = X.sum(1), X.sum(0)
    alike = (X / pins**0.5) @ X.T / np.sqrt(np.outer(users, users))
    expected = alike**1.5 @ X / pins**0.2
    scores = UserKnn(sharpness=1.5, common_power=0.5, pin_power=0.2).fit(SAVES).score(SAVES)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_ease_solves_each_column_without_its_own_pin():
    weights = Ease(l2=3.0).fit(SAVES).weights
    for pin in range(12):
        others = np.delete(np.arange(12), pin)
        rest = X[:, others]
        solved = np.linalg.solve(rest.T @ rest + 3.0 * np.eye(11), rest.T @ X[:, pin])
        np.testing.assert_allclose(weights[others, pin], solved, atol=1e-5)
        assert weights[pin, pin] == 0


def test_als_factors_of_a_user_solve_the_weighted_least_squares():
    model = Als(dimensions=4, regularisation=0.05, unobserved=0.1, sweeps=3).fit(SAVES)
    pins = model.pins.astype(np.float64)
    for user, scores in enumerate(model.score(SAVES)):
        weight = np.diag(X[user] + 0.1)
        penalty = 0.05 * (X[user].sum() + 0.1 * 12)
        solved = np.linalg.solve(pins.T @ weight @ pins + penalty * np.eye(4), pins.T @ X[user])
        np.testing.assert_allclose(scores, pins @ solved, atol=1e-4)


def test_elsa_loss_is_the_distance_of_normalised_rows():
    rows = SAVES[::3]
    matrix = np.random.default_rng(1).standard_normal((12, 5)).astype(np.float32)
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    x = rows.toarray()
    x_hat = x @ (unit @ unit.T - np.eye(12))
    apart = x_hat / np.linalg.norm(x_hat, axis=1, keepdims=True) - x / np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(float(_loss(rows, torch.from_numpy(matrix))), (apart**2).sum(1).mean(), rtol=1e-4)
