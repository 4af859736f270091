"""Semantic ids: codes of vectors by residual k-means, against the definition, and what makes them repeatable."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.ann import snap
from relpins_resources.query.reranking.residual_kmeans import (
    ROWS_AT_ONCE,
    assign_codes,
    fit_codebooks,
    n_codes_for,
    quantisation_error,
)

Floats = npt.NDArray[np.float32]


def unit_rows(n: int, d: int, seed: int, n_groups: int = 12) -> Floats:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_groups, d))[rng.integers(n_groups, size=n)] + 0.4 * rng.normal(size=(n, d))
    return snap(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def by_definition(vectors: Floats, codebooks: Floats) -> list[list[int]]:
    """One vector, one level, one code at a time."""
    found = []
    for vector in vectors.astype(np.float64):
        residual, codes = vector, []
        for book in codebooks.astype(np.float64):
            distances = [float(((residual - centre) ** 2).sum()) for centre in book]
            codes.append(int(np.argmin(distances)))
            residual = residual - book[codes[-1]]
        found.append(codes)
    return found


def test_codes_are_the_nearest_centres_level_by_level() -> None:
    vectors = unit_rows(300, 16, 0)
    codebooks = fit_codebooks(vectors, 3, 8, seed=1)
    assert codebooks.shape == (3, 8, 16)
    assert assign_codes(vectors, codebooks).tolist() == by_definition(vectors, codebooks)


def test_groups_far_apart_are_the_first_level() -> None:
    eye = np.eye(4, dtype=np.float32)
    near = np.array([[0.999, 0.0447, 0, 0]], np.float32)
    vectors = snap(np.concatenate([np.repeat(eye, 10, axis=0), near]))
    codes = assign_codes(vectors, fit_codebooks(vectors, 2, 4))
    groups = codes[:40, 0].reshape(4, 10)
    assert (groups == groups[:, :1]).all()
    assert len(set(groups[:, 0])) == 4
    assert codes[40, 0] == codes[0, 0]
    assert codes[40, 1] != codes[0, 1], "what the first level leaves over tells them apart"


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), d=st.sampled_from([1, 2, 17, 64]), order=st.integers(0, 100))
def test_a_code_depends_on_its_vector_alone(seed: int, d: int, order: int) -> None:
    vectors = unit_rows(60, d, seed)
    codebooks = fit_codebooks(vectors, 3, 6, seed)
    codes = assign_codes(vectors, codebooks)
    assert ((codes >= 0) & (codes < 6)).all()
    some = np.random.default_rng(order).permutation(60)[:7]
    wide = np.asfortranarray(vectors[some])
    assert (assign_codes(wide, codebooks) == codes[some]).all()
    assert (assign_codes(vectors[some[0]][None], codebooks)[0] == codes[some[0]]).all()


def test_every_dot_is_exact_whatever_order_it_is_summed_in() -> None:
    vectors = unit_rows(50, 40, 3)
    codebooks = fit_codebooks(vectors, 3, 8)
    assert (codebooks == snap(codebooks)).all()
    assert np.linalg.norm(codebooks, axis=2).max() <= 1 + 1e-6
    codes, residuals = assign_codes(vectors, codebooks), vectors.astype(np.float64)
    for level, book in enumerate(codebooks.astype(np.float64)):
        exact = [[math.fsum(row * centre) for centre in book] for row in residuals]
        for order in (slice(None), slice(None, None, -1)):
            assert (residuals[:, order] @ book[:, order].T == np.array(exact)).all()
        residuals -= book[codes[:, level]]
    unsnapped = vectors.astype(np.float64) / 3
    assert (unsnapped @ unsnapped.T != unsnapped[:, ::-1] @ unsnapped[:, ::-1].T).any(), "others are not"


def test_of_two_centres_equally_near_the_first() -> None:
    codebooks = np.array([[[0.5, 0.5], [0.5, -0.5], [0.5, 0.5]]], np.float32)
    assert assign_codes(np.array([[1.0, 0.0], [0.0, 1.0]], np.float32), codebooks).tolist() == [[0], [0]]


def test_a_fit_repeats_and_its_seed_matters() -> None:
    vectors = unit_rows(500, 24, 4)
    one = fit_codebooks(vectors, 3, 16, seed=7)
    assert (fit_codebooks(vectors, 3, 16, seed=7) == one).all()
    assert (fit_codebooks(vectors, 3, 16, seed=8) != one).any()


def test_every_level_and_every_iteration_leaves_less_over() -> None:
    vectors = unit_rows(800, 24, 5)
    errors = [quantisation_error(vectors, fit_codebooks(vectors, n_levels, 16)) for n_levels in (1, 2, 3)]
    assert 1 > errors[0] > errors[1] > errors[2] > 0
    drawn = snap(vectors[np.random.default_rng(0).choice(800, 16, replace=False)])[None]
    assert errors[0] < quantisation_error(vectors, drawn), "better than centres drawn at random"
    by_hand = np.mean([min(((row - c) ** 2).sum() for c in drawn[0].astype(float)) for row in vectors.astype(float)])
    assert quantisation_error(vectors, drawn) == pytest.approx(by_hand, abs=1e-12)


def test_no_level_collapses() -> None:
    vectors = unit_rows(2_000, 24, 6)
    codes = assign_codes(vectors, fit_codebooks(vectors, 3, 32))
    assert [len(np.unique(column)) for column in codes.T] == [32, 32, 32]


@pytest.mark.parametrize("n_distinct", [1, 2, 5])
def test_fewer_vectors_than_codes(n_distinct: int) -> None:
    vectors = unit_rows(n_distinct, 8, 7)[np.arange(40) % n_distinct]
    codes = assign_codes(vectors, fit_codebooks(vectors, 2, 6))
    assert len(np.unique(codes, axis=0)) == n_distinct
    assert quantisation_error(vectors, fit_codebooks(vectors, 2, 6)) == pytest.approx(0, abs=1e-12)


def test_batches_do_not_show() -> None:
    vectors = unit_rows(ROWS_AT_ONCE + 50, 4, 8)
    codebooks = fit_codebooks(vectors[:500], 2, 8)
    codes = assign_codes(vectors, codebooks)
    assert (codes[-60:] == assign_codes(vectors[-60:], codebooks)).all()
    assert assign_codes(vectors[:0], codebooks).shape == (0, 2)
    assert quantisation_error(vectors[:0], codebooks) == 0


def test_a_small_catalog_gets_few_codes() -> None:
    assert [n_codes_for(n) for n in (0, 1, 9, 20, 59, 640, 1_500, 10**6)] == [1, 1, 1, 2, 5, 64, 64, 64]
