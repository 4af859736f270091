"""RankSVM on triplets whose order is known, and its expression against its own scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from relpins_assets.ranking.expression import linear_expression, query_of
from relpins_assets.ranking.feature_names import PAIR_FEATURES
from relpins_assets.ranking.rank_svm import SIGNIFICANT, fit_rank_svm, rounded
from relpins_assets.ranking.ranker import Ranker
from relpins_resources.query.catalog import Catalog, Column, Columns
from relpins_resources.query.checking.names import Declared, check_names
from relpins_resources.query.checking.saved import load_saved
from relpins_resources.query.execution import Batch, execute
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.pairs import Feature

TRUE = np.array([2.0, -1.0, 0.0, 0.5])


def taught(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Triplets in the order of a known score; the second feature comes in thousandths, the last never differs."""
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(2, n, 4))
    one[:, 3] = other[:, 3] = 1.0
    first = (one @ TRUE > other @ TRUE)[:, None]
    better, worse = np.where(first, one, other), np.where(first, other, one)
    unit = np.array([1.0, 1e-3, 1.0, 1.0])
    return better * unit, worse * unit, np.arange(n) // 2, np.concatenate([one, other]).std(axis=0) * unit


def test_the_order_is_learnt_whatever_the_units() -> None:
    better, worse, queries, scale = taught(0)
    weights = fit_rank_svm(better, worse, queries, scale, c=1.0, seed=0)
    assert ((better - worse) @ weights > 0).mean() > 0.98
    assert weights[0] / (weights[1] * 1e-3) == pytest.approx(-2.0, rel=0.1)
    assert abs(weights[2]) < 0.1 * abs(weights[0])
    assert weights[3] == 0


def test_the_same_triplets_give_the_same_bits() -> None:
    first, second = (fit_rank_svm(*taught(1)[:3], taught(1)[3], c=0.01, seed=5) for _ in range(2))
    assert (first == second).all()
    assert [float(f"{one:.{SIGNIFICANT}g}") for one in first] == first.tolist()


def test_a_query_with_many_triplets_counts_as_much_as_another() -> None:
    up, down = np.array([[1.0]]), np.array([[0.0]])
    better = np.concatenate([np.repeat(up, 9, axis=0), down, down])  # nine times one says up, two queries say down
    worse = np.concatenate([np.repeat(down, 9, axis=0), up, up])
    queries = np.array([0] * 9 + [1, 2])
    assert fit_rank_svm(better, worse, queries, np.ones(1), c=1.0, seed=0)[0] < 0


@pytest.mark.parametrize("n", [0, 1])
def test_too_little_to_learn_from_is_no_error(n: int) -> None:
    better, worse, queries, scale = (one[:n] if at < 3 else one for at, one in enumerate(taught(2)))
    assert fit_rank_svm(better, worse, queries, scale, c=1.0, seed=0).shape == (4,)


def features(names: Sequence[str], n_items: int) -> dict[str, Feature]:
    """A number of every pair per name; a tenth of them not known."""

    def one(seed: int) -> Feature:
        table = np.random.default_rng(seed).normal(size=(n_items, n_items)) * 10.0 ** (seed % 5 - 2)
        table[np.random.default_rng(seed + 1).random(table.shape) < 0.1] = np.nan
        return lambda items, queries: table[np.maximum(queries, 0)[:, None], np.maximum(items, 0)]

    return {name: one(seed) for seed, name in enumerate(names)}


@pytest.mark.parametrize("gamma", [0.0, 0.37])
def test_the_expression_is_the_model_on_a_thousand_pairs(gamma: float) -> None:
    catalog = items_alone(40)
    catalog.pair_features = features(PAIR_FEATURES, len(catalog))
    names = tuple(name for name in PAIR_FEATURES if name != "memboost")
    rng = np.random.default_rng(9)
    weights = rounded(rng.normal(size=len(names)) * 10.0 ** rng.integers(-7, 3, len(names)))
    ranker = Ranker(names, weights, gamma)
    text = linear_expression(names, weights, gamma)
    query = parse_query(
        f"SELECT * FROM filter(limit=100) ORDER BY score(expression='{text}', input_item_id=$item_id) LIMIT 100"
    )
    asked = catalog.item_ids.tolist()
    answer = execute(query, catalog, Batch(len(asked), {}, {"item_id": asked}))
    model = ranker.scores(catalog.pair_features, answer.items, catalog.positions(asked))
    assert answer.items.size >= 1_000
    assert (answer.items >= 0).all()
    assert np.abs(answer.scores - model).max() < 1e-6
    assert np.ptp(model) > 1, "scores that are all alike prove nothing"


def items_alone(n: int) -> Catalog:
    """Items of which nothing is known but their ids."""
    ids = np.array([f"p{i:02d}" for i in range(n)], dtype=object)
    columns = Columns({"item_id": lambda: Column("text", ids, np.zeros(n, bool))})
    return Catalog(ids, np.ones(n, bool), datetime(2026, 6, 1, tzinfo=UTC), columns, {})


def test_the_saved_query_of_a_ranker_is_one(tmp_path: Path) -> None:
    text = linear_expression(("hamming", "category_x_visual_01"), np.array([0.5, -1e-7]), 0.25)
    path = tmp_path / "ranker.sql"
    path.write_text(query_of(text, [("category_x_visual_01", "Living\n\u2028Room")], "abc"))
    saved = load_saved(path)
    declared = Declared(
        embeddings=("clip_embedding", "content_embedding", "twotower_embedding"),
        item_columns={"join_id": "text"},
        pair_features=PAIR_FEATURES,
    )
    check_names(saved.query, declared)
    assert "0.0000001" in text
    assert "in Living Room" in path.read_text()
