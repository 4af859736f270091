"""Features of pairs against one pair at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relpins_resources.query.pairs import (
    ROWS_AT_ONCE,
    PairValues,
    SparseRows,
    cosines,
    in_blocks,
    remembering,
    sign_agreement,
)
from relpins_resources.query.retrieval.spaces import TableEmbedding

N = 9
weighted = st.dictionaries(
    st.tuples(st.integers(0, N - 1), st.integers(0, 11)), st.floats(0.01, 5, allow_nan=False), max_size=40
)
asked = st.lists(st.tuples(st.integers(0, N - 1), st.lists(st.integers(0, N - 1), min_size=3, max_size=3)), min_size=1)


def arrays(pairs: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    keys = np.array(list(pairs) or np.empty((0, 2)), np.int64).reshape(-1, 2)
    return keys[:, 0], keys[:, 1], np.array(list(pairs.values()), float)


@given(weighted, asked)
def test_sparse_cosine_is_that_of_dense_rows(pairs: dict, queries: list) -> None:  # type: ignore[type-arg]
    width = 4
    dense = np.zeros((N, 12))
    for row in range(N):
        best = sorted((-weight, term) for (at, term), weight in pairs.items() if at == row)[:width]
        for weight, term in best:
            dense[row, term] = -weight
    rows, others = np.array([q for q, _ in queries]), np.array([o for _, o in queries])
    found = SparseRows.of(*arrays(pairs), N, width).cosine(rows, others)
    for i, j in np.ndindex(found.shape):
        a, b = dense[rows[i]], dense[others[i, j]]
        if a.any() and b.any():
            assert abs(found[i, j] - a @ b / np.sqrt((a @ a) * (b @ b))) < 1e-8
        else:
            assert np.isnan(found[i, j])


@given(weighted, asked)
def test_values_of_pairs_are_looked_up(pairs: dict, queries: list) -> None:  # type: ignore[type-arg]
    held = {(row, other): value for (row, other), value in pairs.items() if other < N}
    rows, others = np.array([q for q, _ in queries]), np.array([o for _, o in queries])
    found = PairValues.of(*arrays(held), N).at(rows, others)
    for i, j in np.ndindex(found.shape):
        expected = held.get((int(rows[i]), int(others[i, j])))
        assert np.isnan(found[i, j]) if expected is None else found[i, j] == expected


def test_a_batch_gives_each_query_the_bits_it_gets_alone() -> None:
    rng = np.random.default_rng(0)
    n, u = 300, 17
    vectors = rng.normal(size=(n, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    has = rng.random(n) < 0.9
    space = TableEmbedding("look", vectors, np.ones(n, bool), has)
    sparse = SparseRows.of(
        np.repeat(np.arange(n), 5),
        np.tile(np.arange(5), n) + np.repeat(rng.integers(0, 9, n), 5),
        rng.random(5 * n),
        n,
        4,
    )
    for feature in (
        cosines(space),
        sign_agreement(space),
        in_blocks(lambda items, queries: sparse.cosine(queries, items)),
    ):
        queries = rng.integers(-1, n, 3 * ROWS_AT_ONCE + 5)
        items = rng.integers(-1, n, (len(queries), u))
        whole = feature(items, queries)
        alone = np.concatenate([feature(items[at : at + 1], queries[at : at + 1]) for at in range(len(queries))])
        assert np.array_equal(whole, alone, equal_nan=True)
        assert np.isnan(whole[(items < 0) | (queries < 0)[:, None]]).all()


def test_what_is_remembered_is_of_the_same_arrays_alone() -> None:
    asked = []

    def feature(items: np.ndarray, queries: np.ndarray) -> np.ndarray:
        asked.append(1)
        return items + queries[:, None] * 0.5

    remembered, items, queries = remembering(feature), np.array([[1, 2]]), np.array([4])
    assert (remembered(items, queries) == remembered(items, queries)).all()
    assert len(asked) == 1
    assert remembered(items + 1, queries).tolist() == [[4.0, 5.0]]
    assert remembered(items, queries).tolist() == [[3.0, 4.0]]


def test_sign_agreement_counts_equal_signs() -> None:
    vectors = np.array([[1, -1, 2, 3, -1], [1, 1, 1, -1, -1], [-1, 1, -2, -3, 1]], np.float32)
    space = TableEmbedding("look", vectors, np.ones(3, bool))
    assert sign_agreement(space)(np.array([[0, 1, 2]]), np.array([0])).tolist() == [[1.0, 3 / 5, 0.0]]
