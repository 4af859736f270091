"""A small catalog with everything in it, made by hand: what the executor's tests run over."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import Any

import numpy as np

from relpins_resources.ann import snap
from relpins_resources.query.catalog import Catalog, Column, Columns, People, Shares
from relpins_resources.query.retrieval.spaces import TableEmbedding

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
CATEGORIES = ("kitchen", "bathroom", "living room", None)
N = 60


def unit(rows: np.ndarray) -> np.ndarray:
    return snap((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def column(values: list[Any], kind: str) -> Column:
    is_null = np.array([one is None for one in values])
    if kind in ("number", "time"):
        return Column(kind, np.array([0.0 if one is None else float(one) for one in values]), is_null)
    data = np.empty(len(values), object)
    for i, one in enumerate(values):
        data[i] = one
    return Column(kind, data, is_null)


def small_catalog(n: int = N, seed: int = 0, twotower: bool = False, *, people: bool = True) -> Catalog:
    """`n` items, of which every tenth repeats the image before it; users u0 (many saves), u1 (few), u2 (none)."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"p{i:03d}" for i in range(n)], dtype=object)
    candidate = np.arange(n) % 10 != 9
    has_content = np.arange(n) % 7 != 3
    clip = TableEmbedding("clip_embedding", unit(rng.normal(size=(n, 8))), candidate, np.ones(n, bool))
    content = TableEmbedding("content_embedding", unit(rng.normal(size=(n, 6))), candidate, has_content)
    embeddings = {"clip_embedding": clip, "content_embedding": content, "pinclip_embedding": None}
    users = np.array(["u0", "u1", "u2"], dtype=object)
    embeddings["twotower_embedding"] = (
        TableEmbedding(
            "twotower_embedding",
            unit(rng.normal(size=(n, 4))),
            candidate,
            np.ones(n, bool),
            (users[:2], unit(rng.normal(size=(2, 4)))),
        )
        if twotower
        else None
    )
    join = [f"j{(i - 1 if i % 10 == 9 else i):03d}" for i in range(n)]
    columns = {
        "item_id": column(list(ids), "text"),
        "join_id": column(join, "text"),
        "title": column([None if i % 3 == 0 else f"title {i}" for i in range(n)], "text"),
        "image_url": column([f"{i}.jpg" for i in range(n)], "text"),
        "board_category": column([CATEGORIES[i % 4] for i in range(n)], "text"),
        "price": column([None if i % 5 == 0 else float(i) for i in range(n)], "number"),
        "created_at": column([AS_OF.timestamp() - i * 86_400 if i % 6 else None for i in range(n)], "time"),
        "merchant_tags": column([["a", "b"] if i % 2 else [] for i in range(n)], "list"),
        "popular_rank": column([float((i * 7) % n + 1) if i % 8 else None for i in range(n)], "number"),
        "n_boards": column([float(i % 3) for i in range(n)], "number"),
        "n_interactions": column([float(i % 4) for i in range(n)], "number"),
    }
    columns["_derived_popular_rank"] = columns["popular_rank"]
    mates = [[j for j in range(n) if j != i and candidate[j] and (i // 6) == (j // 6)] for i in range(n)]
    counts = [sorted(((i * j) % 3 + 1 for j in row), reverse=True) for i, row in enumerate(mates)]
    saved = [[5, 11, 17, 21, 33], [40, 41], []]
    return Catalog(
        item_ids=ids,
        is_candidate=candidate,
        as_of=AS_OF,
        columns=Columns({name: (lambda one=one: one) for name, one in columns.items()}),
        embeddings=embeddings,
        people=People(users, np.cumsum([0, *map(len, saved)]), np.array(list(chain.from_iterable(saved))))
        if people
        else None,
        shares=Shares(
            np.cumsum([0, *map(len, mates)]),
            np.array(list(chain.from_iterable(mates)), np.int64),
            np.array(list(chain.from_iterable(counts)), np.int64),
            np.array([i % 3 for i in range(n)]),
        ),
        filters={"cheap": "price < 20"},
    )
