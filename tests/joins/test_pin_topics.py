"""Topics of descriptions: the nearest centres, weights that sum to one, the same in any batch."""

from __future__ import annotations

import numpy as np

from relpins_assets.embeddings.pin_topics import NEAREST, topics_of
from relpins_resources.ann import snap
from relpins_resources.query.reranking.residual_kmeans import fit_codebooks


def unit(rng: np.random.Generator, n: int, dim: int = 16) -> np.ndarray:
    rows = rng.normal(size=(n, dim))
    return snap((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def test_a_pin_belongs_to_its_nearest_centres() -> None:
    rng = np.random.default_rng(0)
    rows = unit(rng, 200)
    centres = fit_codebooks(rows, 1, 8, 0)[0]
    topics, weights = topics_of(rows, centres)
    distances = ((rows[:, None, :].astype(np.float64) - centres[None].astype(np.float64)) ** 2).sum(2)
    assert (topics[:, 0] == distances.argmin(1)).mean() > 0.99, "but for ties within a millionth"
    assert topics.shape == weights.shape == (200, NEAREST)
    assert np.allclose(weights.sum(1), 1, atol=1e-9)
    assert (np.diff(weights, axis=1) <= 1e-9).all(), "nearest first"
    for start in range(0, 200, 7):
        alone = topics_of(rows[start : start + 7], centres)
        assert (alone[0] == topics[start : start + 7]).all()
        assert (alone[1] == weights[start : start + 7]).all()


def test_one_centre_takes_all() -> None:
    rows = unit(np.random.default_rng(1), 5)
    topics, weights = topics_of(rows, rows[:1])
    assert topics.tolist() == [[0]] * 5
    assert weights.tolist() == [[1.0]] * 5
