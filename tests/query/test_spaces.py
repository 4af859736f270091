"""Search among items: exact against a plain oracle, through an index, with pre-filters; a batch as one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.ann import LayeredIndex, snap
from relpins_resources.errors import RelpinsError
from relpins_resources.query.catalog import MICRO, NO_FLOOR
from relpins_resources.query.retrieval.spaces import ArrayEmbedding, IndexedEmbedding, TableEmbedding

DIM = 16


def unit_rows(n: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    """Rows around a few centres, with repeated ones, so that there are ties."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(8, dim))[rng.integers(0, 8, n)] + 0.7 * rng.normal(size=(n, dim))
    rows[n // 2 : n // 2 + n // 10] = rows[: n // 10]
    return snap((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def oracle(rows: np.ndarray, query: np.ndarray, is_open: np.ndarray, limit: int) -> list[tuple[int, int]]:
    """(position, millionths) by sorting every open row."""
    scored = [
        (-round(float(rows[i].astype(np.float64) @ query.astype(np.float64)) * MICRO), i)
        for i in range(len(rows))
        if is_open[i]
    ]
    return [(i, -minus) for minus, i in sorted(scored)[:limit]]


def pairs(items: np.ndarray, micro: np.ndarray) -> list[tuple[int, int]]:
    assert (micro[items < 0] == NO_FLOOR).all()
    return [(int(i), int(m)) for i, m in zip(items, micro, strict=True) if i >= 0]


def indexed(folder: Path, rows: np.ndarray, *, exact: bool, candidates: np.ndarray, backend: str) -> IndexedEmbedding:
    """An index with all layers: a base, a delta of new rows, replaced and deleted ones."""
    ids = np.array([f"p{i:05d}" for i in range(len(rows))], dtype=object)
    n = len(rows) * 9 // 10
    stale = rows[: n + 2][::-1][:n]
    first = np.concatenate([stale[:5], rows[5:n]])
    options = {"scan_under": 100} if backend == "annoy" else {}
    base = LayeredIndex.create(folder / "1", [*ids[:n], "gone"], np.concatenate([first, rows[:1]]), backend, **options)
    newer = np.concatenate([np.arange(5), np.arange(n, len(rows))])
    index = base.updated(folder / "2", (list(ids[newer]), rows[newer]), ["gone"])
    assert len(index.delta_ids)
    assert len(index.tombstones)
    return IndexedEmbedding("clip_embedding", index, ids, candidates, exact)


@pytest.fixture(params=["table", "exact index", "index"])
def space(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[ArrayEmbedding, np.ndarray, np.ndarray]:
    rows = unit_rows(600)
    candidates = np.arange(600) % 5 != 0
    if request.param == "table":
        return TableEmbedding("clip_embedding", rows, candidates), rows, candidates
    exact = request.param == "exact index"
    backend = "annoy" if exact else "exact"  # both find all there is: the second by asking an index that scans
    return indexed(tmp_path, rows, exact=exact, candidates=candidates, backend=backend), rows, candidates


@pytest.mark.parametrize("limit", [1, 10, 100, 700])
@pytest.mark.parametrize("share", [None, 0.9, 0.3, 0.02, 0.0])
def test_search_is_the_full_sort(
    space: tuple[ArrayEmbedding, np.ndarray, np.ndarray], limit: int, share: float | None
) -> None:
    embedding, rows, candidates = space
    allowed = None if share is None else np.random.default_rng(1).random(len(rows)) < share
    is_open = candidates if allowed is None else candidates & allowed
    items, micro = embedding.search(rows[:7], limit, allowed)
    assert items.shape == micro.shape == (7, limit)
    for i in range(7):
        assert pairs(items[i], micro[i]) == oracle(rows, rows[i], is_open, limit)


def test_each_query_may_have_a_filter_of_its_own(space: tuple[ArrayEmbedding, np.ndarray, np.ndarray]) -> None:
    embedding, rows, candidates = space
    allowed = np.random.default_rng(2).random((5, len(rows))) < np.array([[1.0], [0.5], [0.02], [0.0], [0.9]])
    items, micro = embedding.search(rows[10:15], 20, allowed)
    for i in range(5):
        assert pairs(items[i], micro[i]) == oracle(rows, rows[10 + i], candidates & allowed[i], 20)


def test_a_batch_is_each_alone(space: tuple[ArrayEmbedding, np.ndarray, np.ndarray]) -> None:
    embedding, rows, _ = space
    allowed = np.random.default_rng(3).random((40, len(rows))) < 0.4
    for filters in (None, allowed[0], allowed):
        together = embedding.search(rows[:40], 25, filters)
        for i in range(40):
            own = filters[i : i + 1] if filters is not None and filters.ndim == 2 else filters
            alone = embedding.search(rows[i : i + 1], 25, own)
            assert (alone[0][0] == together[0][i]).all()
            assert (alone[1][0] == together[1][i]).all()


def test_vectors_are_gathered_from_every_layer(space: tuple[ArrayEmbedding, np.ndarray, np.ndarray]) -> None:
    embedding, rows, _ = space
    items = np.array([[3, -1, 599], [0, 250, 541]])
    assert (embedding.vectors(items) == np.where(items[..., None] < 0, 0, rows[items])).all()
    assert (embedding.has(items) == (items >= 0)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 1_000), st.floats(0, 1))
def test_random_tables_against_the_full_sort(n: int, limit: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    rows = unit_rows(n, seed, dim=4)
    has, allowed = rng.random(n) < 0.8, rng.random(n) < share
    embedding = TableEmbedding("x", rows, rng.random(n) < 0.9, has)
    is_open = np.zeros(n, bool)
    everything, _ = embedding.search(rows[:1], n)
    is_open[everything[everything >= 0]] = True
    assert not (is_open & ~has).any()
    items, micro = embedding.search(rows[:3], limit, allowed)
    for i in range(min(3, n)):
        assert pairs(items[i], micro[i]) == oracle(rows, rows[i], is_open & allowed, limit)


def test_an_approximate_index_fills_the_limit_past_any_filter(tmp_path: Path) -> None:
    rows = unit_rows(4_000)
    candidates = np.arange(4_000) % 7 != 0
    embedding = indexed(tmp_path, rows, exact=False, candidates=candidates, backend="annoy")
    rng = np.random.default_rng(4)
    n_right = n_all = 0
    for share in (1.0, 0.5, 0.1, 0.01, 0.001):
        allowed = rng.random(4_000) < share
        is_open = candidates & allowed
        items, micro = embedding.search(rows[:30], 10, allowed)
        assert ((items >= 0).sum(axis=1) == min(10, is_open.sum())).all()
        assert is_open[items[items >= 0]].all()
        for i in range(30):
            found, true = pairs(items[i], micro[i]), oracle(rows, rows[i], is_open, 10)
            assert found == sorted(found, key=lambda one: (-one[1], one[0]))
            dots = {
                at: round(float(rows[at].astype(np.float64) @ rows[i].astype(np.float64)) * MICRO) for at, _ in found
            }
            assert dict(found) == dots, "what an index finds has the exact similarity"
            n_right += len({at for at, _ in found} & {at for at, _ in true})
            n_all += len(true)
    assert n_right / n_all > 0.9


def test_a_filter_against_the_query_falls_back_to_the_exact_rows(tmp_path: Path) -> None:
    """What is allowed lies on the other side of the space, where an index that looks nearby finds none of it."""
    rows = unit_rows(4_000)
    embedding = indexed(tmp_path, rows, exact=False, candidates=np.ones(4_000, bool), backend="annoy")
    allowed = rows.astype(np.float64) @ rows[17].astype(np.float64) < 0
    items, micro = embedding.search(rows[17:18], 50, allowed)
    assert pairs(items[0], micro[0]) == oracle(rows, rows[17], allowed, 50)


def test_users_have_vectors_of_their_own() -> None:
    users = (["zoe", "ann"], unit_rows(2, 5))
    embedding = TableEmbedding("twotower_embedding", unit_rows(20), users=users)
    assert embedding.has_user_vectors
    vectors, known = embedding.user_vectors(["ann", None, "nobody", "zoe"])
    assert known.tolist() == [True, False, False, True]
    assert (vectors[0] == users[1][1]).all()
    assert (vectors[3] == users[1][0]).all()
    assert not vectors[1:3].any()
    plain = TableEmbedding("clip_embedding", unit_rows(20))
    assert not plain.has_user_vectors
    assert not plain.user_vectors(["ann"])[1].any()


def test_no_vector_is_copied_from_an_index(tmp_path: Path) -> None:
    embedding = indexed(tmp_path, unit_rows(600), exact=True, candidates=np.ones(600, bool), backend="exact")
    assert np.shares_memory(embedding._layers[0], embedding._index.base.vectors)


def test_a_query_of_another_dimension_is_refused() -> None:
    with pytest.raises(RelpinsError, match="8 dimensions, the index has 16"):
        TableEmbedding("x", unit_rows(20)).search(unit_rows(1, dim=8), 5)
