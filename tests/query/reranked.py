"""A small catalog of known content and requests to rerank rows of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from relpins_resources.ann.scores import snap
from relpins_resources.query.catalog import Catalog, Column, Columns, Embedding, Hits, People, Shares
from relpins_resources.query.plan import Literal, Stage
from relpins_resources.query.reranking import RERANKERS, Ranking, RerankRequest
from relpins_resources.query.stages import stage_spec

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


class Space(Embedding):
    """Snapped unit rows; all zeros is an item without a vector."""

    def __init__(self, name: str, rows: np.ndarray) -> None:
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        self.name, self.dim = name, rows.shape[1]
        self.rows = snap(np.where(norms > 0, rows / np.where(norms > 0, norms, 1), 0))

    def has(self, items: np.ndarray) -> np.ndarray:
        return (items >= 0) & self.rows[items].any(axis=-1)

    def vectors(self, items: np.ndarray) -> np.ndarray:
        return np.where((items >= 0)[..., None], self.rows[items], np.float32(0))

    def search(self, queries: np.ndarray, limit: int, allowed: np.ndarray | None = None) -> Any:
        raise AssertionError("rerankers do not search")


def column(values: Sequence[Any]) -> Column:
    """Numbers or texts; None is NULL."""
    is_null = np.array([one is None for one in values])
    if any(isinstance(one, str) for one in values):
        return Column("text", np.array(["" if one is None else one for one in values], object), is_null)
    return Column("number", np.array([0 if one is None else one for one in values], float), is_null)


def shares_of(boards: Sequence[Sequence[int]], n: int) -> Shares:
    """Of boards given as lists of items."""
    stands = np.zeros((n, len(boards)), int)
    for b, items in enumerate(boards):
        stands[list(items), b] = 1
    together = stands @ stands.T
    np.fill_diagonal(together, 0)
    rows = [sorted(np.flatnonzero(row), key=lambda j: -row[j]) for row in together]
    counts = [row[other] for row, other in zip(together, rows, strict=True)]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    return Shares(
        indptr,
        np.concatenate([np.array(row, np.int64) for row in rows]),
        np.concatenate([np.asarray(one, np.int64) for one in counts]),
        stands.sum(axis=1),
    )


def small_catalog(n: int, columns: dict[str, Column] | None = None, **parts: Any) -> Catalog:
    readers: dict[str, Callable[[], Column]] = {
        name: (lambda one=one: one)  # type: ignore[misc]
        for name, one in (columns or {}).items()
    }
    given = {"embeddings": {}, "is_candidate": np.ones(n, bool)} | parts
    ids = np.array([f"pin_{i:05d}" for i in range(n)], object)
    return Catalog(ids, as_of=AS_OF, columns=Columns(readers), **given)


def people_of(saved: dict[str, list[int]]) -> People:
    names = sorted(saved)
    lengths = [len(saved[name]) for name in names]
    flat = np.concatenate([np.array(saved[name], np.int64) for name in names])
    return People(np.array(names, object), np.concatenate([[0], np.cumsum(lengths)]), flat)


def ranking_of(rows: Sequence[Sequence[int]], scores: np.ndarray | None = None) -> Ranking:
    """Rows of items, short ones padded; scores fall from 1 unless given."""
    width = max(map(len, rows))
    items = np.array([list(row) + [-1] * (width - len(row)) for row in rows], np.int64).reshape(len(rows), width)
    falling = np.broadcast_to(1 - np.arange(width) / 1000, items.shape) if scores is None else scores
    valid = items >= 0
    return Ranking(items, np.where(valid, falling, -np.inf), np.where(valid, np.arange(width), -1))


def request_of(
    kind: str,
    catalog: Catalog,
    ranking: Ranking,
    wanted: int,
    *,
    query_items: Sequence[int] | None = None,
    users: Sequence[int] | None = None,
    retrievers: dict[str, list[list[int]]] | None = None,
    at: dict[str, int] | None = None,
    extra: dict[str, Any] | None = None,
    **arguments: Any,
) -> RerankRequest:
    """`retrievers` are the rows of each one that may be fetched, by its name, or its kind if called."""
    n_rows = len(ranking.items)
    spec = stage_spec("reranker", kind)
    assert spec is not None
    values = {one.name: one.default for one in spec.arguments} | arguments
    given = tuple(
        (name, value if isinstance(value, Stage) else Literal(str(value), at=(at or {}).get(name, -1)))
        for name, value in arguments.items()
    )

    def fetch(named: Stage | str | None) -> Hits:
        rows = (retrievers or {})[named.kind if isinstance(named, Stage) else str(named)]
        items = ranking_of(rows).items
        return Hits(items, np.zeros(items.shape))

    nobody = [-1] * n_rows
    return RerankRequest(
        catalog,
        Stage(kind, given, at=7),
        ranking,
        wanted,
        np.array(nobody if query_items is None else query_items),
        np.array(nobody if users is None else users),
        values.__getitem__,
        fetch,
        **(extra or {}),
    )


def reranked(kind: str, *args: Any, **kwargs: Any) -> Ranking:
    return RERANKERS[kind](request_of(kind, *args, **kwargs))
