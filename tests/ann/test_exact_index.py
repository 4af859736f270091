"""The exact index against a full sort, with ties and near-ties."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.ann.exact import ExactIndex, exact_candidates
from relpins_resources.ann.scores import snap


def by_full_sort(ids: list[str], vectors: np.ndarray, query: np.ndarray, limit: int) -> list[tuple[str, float]]:
    micro = np.rint(vectors.astype(float) @ query.astype(float) * 1e6)
    best = sorted(zip((-micro).tolist(), ids, strict=True))[:limit]
    return [(row_id, float(np.float32(-score / 1e6))) for score, row_id in best]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(1, 90), st.sampled_from(["ties", "near", "any"]))
def test_equal_to_a_full_sort(seed: int, n: int, limit: int, kind: str):
    rng = np.random.default_rng(seed)
    rows = {
        "ties": rng.integers(-1, 2, (n, 3)) / 2,
        "near": np.array([0.6, 0.8, 0]) + rng.integers(-4, 5, (n, 3)) * 3e-7,  # closer than float32 products tell
        "any": rng.standard_normal((n, 3)) / 3,
    }[kind]
    rows = snap(rows / np.maximum(1, np.linalg.norm(rows, axis=1, keepdims=True)))
    ids = [str(i) for i in rng.permutation(n)]
    with tempfile.TemporaryDirectory() as folder:
        index = ExactIndex.build(Path(folder), ids, rows)
        positions, scores = index.search(rows[:5], limit)
        for i, query in enumerate(rows[:5]):
            want = by_full_sort(ids, rows, query, limit)
            assert [index.ids[p] for p in positions[i] if p >= 0] == [row_id for row_id, _ in want]
            assert scores[i][: len(want)].tolist() == [score for _, score in want]


@pytest.mark.parametrize("n", [1000, 1001, 1023])
def test_folding_screens_without_losing_any(n: int):
    rng = np.random.default_rng(n)
    rows = snap(rng.standard_normal((n, 8)) / 8)
    found, positions = exact_candidates(rows, rows[:50], np.full(50, 10), None)
    micro = np.rint(rows[:50].astype(float) @ rows.T.astype(float) * 1e6)
    for i in range(50):
        candidates = positions[found == i]
        tenth = np.sort(micro[i])[-10]
        assert set(np.flatnonzero(micro[i] >= tenth)) <= set(candidates)
        assert len(candidates) < 40  # it does screen


def test_hidden_rows_are_never_candidates():
    rows = snap(np.random.default_rng(0).standard_normal((100, 8)) / 8)
    hidden = np.arange(100) % 3 > 0
    for limit in (5, 34, 60, 200):
        _, positions = exact_candidates(rows, rows[:4], np.full(4, limit), hidden)
        assert not hidden[positions].any()
        assert len(positions) >= 4 * min(limit, 34)
