"""Boosted trees on lists that no sum of weights can order, and how lists are judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from relpins_assets.ranking.fit_ranker import list_ndcg, shown_alone
from relpins_assets.ranking.judged_lists import Lists, held_out
from relpins_assets.ranking.lambdarank import N_GRADES, Trees, fit_lambdarank, grade_bounds, grades


def test_trees_see_that_the_middle_is_best(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(120, 12, 2))
    good = np.abs(features[:, :, 0]) < 0.6
    fit_lambdarank(features.reshape(-1, 2), good.ravel().astype(np.int64) * 3, np.full(120, 12), 0, tmp_path / "trees")
    trees = Trees(tmp_path / "trees")
    scores = trees(features.reshape(-1, 2)).reshape(good.shape)
    assert scores[good].mean() > scores[~good].mean() + 1
    assert (trees(features[0]) == scores[0]).all(), "a row's score is its own"
    again = tmp_path / "again"
    fit_lambdarank(features.reshape(-1, 2), good.ravel().astype(np.int64) * 3, np.full(120, 12), 0, again)
    assert again.read_text() == (tmp_path / "trees").read_text()


def test_grades() -> None:
    coec = np.array([0.5, 0.9, 1.1, 2.0, np.nan])
    assert grades(coec, grade_bounds(coec)).tolist() == [1, 2, 3, N_GRADES, 0]


def test_ndcg_of_lists_by_hand() -> None:
    lists = Lists(np.array([0]), np.array([[4, 5, 6, -1]]), np.array([[2.0, 1.0, np.nan, np.nan]]), np.array([False]))
    best = 2 / np.log2(2) + 1 / np.log2(3)
    assert np.isclose(list_ndcg(np.array([[0.3, 0.2, 0.1, 9.0]]), lists)[0], 1.0)
    worst = 1 / np.log2(3) + 2 / np.log2(4)  # the random one first
    assert np.isclose(list_ndcg(np.array([[0.1, 0.2, 0.3, 9.0]]), lists)[0], worst / best)
    assert np.isclose(list_ndcg(np.array([[0.1, 0.2, 0.3, 9.0]]), shown_alone(lists))[0], (1 + 2 / np.log2(3)) / best)
    assert list_ndcg(np.zeros((0, 4)), lists.where(np.array([False]))).shape == (0,)


def test_a_fifth_of_the_queries_is_held_out_for_good() -> None:
    ids = np.array([f"pin{i}" for i in range(2_000)], dtype=object)
    assert 0.17 < held_out(ids).mean() < 0.23
    assert (held_out(ids[::-1])[::-1] == held_out(ids)).all()
