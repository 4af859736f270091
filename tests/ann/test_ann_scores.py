"""Scores: exact whatever the order of summation, rounded to millionths, ranked by score and then by rank."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relpins_resources.ann.scores import from_micro, micro_dots, snap, to_micro, top_by_row


def unit_rows(n: int, dim: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_snapping_moves_little_and_once():
    rows = unit_rows(500, 64, 0)
    snapped = snap(rows)
    assert snapped.dtype == np.float32
    assert np.abs(snapped.astype(float) - rows).max() <= 2.0**-26
    assert (snap(snapped) == snapped).all()
    assert (snap(np.array([[0.5 + 2.0**-24, -1.0, 2.0**-25, 0.0]])) == [[0.5 + 2.0**-24, -1.0, 2.0**-25, 0.0]]).all()


def test_snapping_keeps_shape_and_grid_coordinates():
    assert snap(np.zeros((0, 3))).shape == (0, 3)
    assert snap(unit_rows(6, 4, 1).reshape(2, 3, 4)).shape == (2, 3, 4)
    grid = np.random.default_rng(0).integers(-1024, 1025, (50, 8)) / 1024
    assert (snap(grid) == grid).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 64, 257, 512]))
def test_float64_dots_of_snapped_rows_are_exact(seed: int, dim: int):
    a, b = snap(unit_rows(2, dim, seed)).astype(float)
    truth = sum((Fraction(x) * Fraction(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)), Fraction(0))
    shuffled = np.random.default_rng(seed).permutation(dim)
    assert Fraction(float(a @ b)) == truth
    assert Fraction(float(a[shuffled] @ b[shuffled])) == truth
    assert Fraction(float(np.cumsum((a * b)[::-1])[-1])) == truth


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_pairs_score_the_same_in_any_company(seed: int, n_queries: int):
    queries, vectors = snap(unit_rows(n_queries, 33, seed)), snap(unit_rows(60, 33, seed + 1))
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.integers(n_queries, size=200))
    positions = rng.integers(60, size=200)
    together = micro_dots(queries, vectors, rows, positions)
    full = to_micro(queries.astype(float) @ vectors.T.astype(float))
    assert (together == full[rows, positions]).all()


def test_millionths_stay_apart_as_float32():
    micro = np.arange(-1_000_005, 1_000_006)
    assert len(np.unique(from_micro(micro))) == len(micro)
    assert (to_micro(from_micro(micro).astype(float)) == micro).all()
    assert to_micro(np.array([0.5e-6, 1.5e-6, -0.2e-6])).tolist() == [0, 2, 0]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3)), max_size=40), st.integers(1, 6))
def test_top_by_row_is_a_sort(entries: list[tuple[int, int]], limit: int):
    entries.sort(key=lambda entry: entry[0])
    rows = np.array([row for row, _ in entries], np.int64)
    micro = np.array([score for _, score in entries], np.int64)
    ranks = np.arange(len(entries))[::-1]
    best, scores = top_by_row(rows, ranks, micro, 5, limit)
    for row in range(5):
        inside = np.flatnonzero(rows == row)
        want = sorted((-int(micro[i]), int(ranks[i])) for i in inside)[:limit]
        assert best[row].tolist() == [rank for _, rank in want] + [-1] * (limit - len(want))
        assert scores[row, : len(want)].tolist() == [np.float32(-score / 1e6) for score, _ in want]
        assert (scores[row, len(want) :] == -np.inf).all()
