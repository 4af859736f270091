"""A catalog of a dozen items whose order by every signal is known by construction, and queries over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from relpins_resources.ann import snap
from relpins_resources.query.catalog import Catalog, Column, Columns, Encoders, Kind, People, Shares
from relpins_resources.query.plan import Argument, Items, Literal, OrderKey, Param, Stage
from relpins_resources.query.retrieval.retrievers import RETRIEVERS
from relpins_resources.query.retrieval.retrievers.base import Request
from relpins_resources.query.retrieval.spaces import TableEmbedding

N = 12
IDS = [f"p{i:02d}" for i in range(N)]
REPIN = 11  # carries the image of item 0
CATEGORIES = ["Kitchen", "Kitchen", "Bath", "Kitchen", None, "Bath", "Sofa", "Kitchen", "Bath", "Sofa", None, "Kitchen"]
RANKS = [3.0, 1.0, 2.0, 5.0, 4.0, 7.0, 6.0, 9.0, None, 8.0, 10.0, 11.0]
PRICES = [10.0, None, 30.0, 10.0, 5.0, None, 20.0, 20.0, 1.0, 2.0, 3.0, 4.0]
TAGS = [["oak"], ["oak", "linen"], [], ["brass"], [], ["linen"], [], [], ["oak"], [], [], []]


def angles(degrees: Sequence[float]) -> np.ndarray:
    """(n, 2) unit vectors: what is near is near in angle."""
    radians = np.radians(np.array(degrees, dtype=float))
    return snap(np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32))


CLIP = angles([10 * i for i in range(N - 1)] + [0])  # item i looks at 10 i degrees, the repin as item 0
CONTENT = angles([7 * ((i * 5) % N) for i in range(N)])
HAS_CONTENT = np.arange(N) != 4
HISTORIES = {"ann": [2, 8], "bob": [], "cid": [9, 0, 1, 10], "dee": [4]}


def column(kind: Kind, values: Sequence[Any]) -> Column:
    is_null = np.array([value is None for value in values])
    if kind in ("number", "time"):
        return Column(kind, np.array([0.0 if value is None else value for value in values]), is_null)
    data = np.empty(len(values), dtype=object)
    data[:] = ["" if value is None else value for value in values]
    return Column(kind, data, is_null)


def catalog(**changes: Any) -> Catalog:
    columns = {
        "item_id": column("text", IDS),
        "title": column("text", [f"title {i}" for i in range(N)]),
        "board_category": column("text", CATEGORIES),
        "category": column("text", CATEGORIES),
        "popular_rank": column("number", RANKS),
        "price": column("number", PRICES),
        "merchant_tags": column("list", TAGS),
        "created_at": column("time", [1e9 - 86_400 * i if i % 4 else None for i in range(N)]),
    }
    candidates = np.arange(N) != REPIN
    indptr = np.cumsum([0, *(len(HISTORIES[user]) for user in sorted(HISTORIES))])
    saved = np.array([item for user in sorted(HISTORIES) for item in HISTORIES[user]], np.int64)
    attributes = Columns({"board_category": lambda: column("text", ["Bath", None, "Sofa", "Garden"])})
    given: dict[str, Any] = {
        "item_ids": np.array(IDS, dtype=object),
        "is_candidate": candidates,
        "as_of": datetime(2026, 6, 1, tzinfo=UTC),
        "columns": Columns({name: lambda name=name: columns[name] for name in columns}),
        "embeddings": {
            "clip_embedding": TableEmbedding("clip_embedding", CLIP, candidates),
            "content_embedding": TableEmbedding("content_embedding", CONTENT, candidates, HAS_CONTENT),
            "twotower_embedding": None,
            "pinclip_embedding": None,
        },
        "people": People(np.array(sorted(HISTORIES), dtype=object), indptr, saved, attributes),
        "shares": shares({0: {1: 3, 5: 3, 2: 1}, 3: {4: 2}, REPIN: {1: 3, 5: 3, 2: 1}}),
        "encoders": Encoders(text={"content_embedding": encode_text}, image={"clip_embedding": encode_image}),
    }
    return Catalog(**{**given, **changes})


def shares(pairs: Mapping[int, Mapping[int, int]]) -> Shares:
    rows = [sorted(pairs.get(i, {}).items(), key=lambda one: (-one[1], one[0])) for i in range(N)]
    indptr = np.cumsum([0, *map(len, rows)])
    flat = [one for row in rows for one in row]
    others, counts = (np.array([one[k] for one in flat], np.int64) for k in (0, 1))
    return Shares(indptr, others, counts, np.array([len(row) for row in rows], np.int64))


def encode_text(texts: Sequence[str]) -> np.ndarray:
    """A text that is a number is that angle."""
    return angles([float(text) for text in texts])


def encode_image(images: Sequence[bytes]) -> np.ndarray:
    """A picture is the angle of its mean brightness, 0 to 90 degrees."""
    from relpins_resources.images import decode_image, decode_pixels

    return angles([90 * decode_pixels(decode_image(data).jpeg).mean() / 255 for data in images])


@dataclass(frozen=True)
class Bound:
    """Parameter values of queries that run together."""

    size: int = 1
    varying: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def values(self, expression: Argument | None) -> list[Any]:
        if isinstance(expression, Param):
            return list(self.varying[expression.name])
        return [_literal(expression)] * self.size

    def one(self, expression: Argument | None, what: str) -> Any:
        return self.values(expression)[0]


def stage(kind: str, **arguments: Any) -> Stage:
    """A stage with arguments as plain values; "$name" is a parameter."""
    return Stage(kind, tuple((name, _argument(value)) for name, value in arguments.items()), at=7)


def hits(catalog: Catalog, wanted: Stage, batch: Bound | None = None, limit: int = 100, allowed: Any = None) -> Any:
    return RETRIEVERS[wanted.kind](request(catalog, wanted, batch, limit, allowed))


def request(
    catalog: Catalog, wanted: Stage, batch: Bound | None = None, limit: int = 100, allowed: Any = None
) -> Request:
    return Request(catalog, wanted, batch or Bound(), limit, allowed)


def positions(found: Any, row: int = 0) -> list[int]:
    """The items of one list, without its padding, which must come last."""
    items = found.items[row].tolist()
    kept = [item for item in items if item >= 0]
    assert items[: len(kept)] == kept
    return kept


def _argument(value: Any) -> Any:
    if isinstance(value, Stage) or (isinstance(value, tuple) and value and isinstance(value[0], OrderKey)):
        return value
    if isinstance(value, str) and value.startswith("$"):
        return Param(value[1:], at=9)
    if isinstance(value, list):
        return Items(tuple(Literal(one) for one in value), at=9)
    return Literal(value, at=9)


def _literal(expression: Argument | None) -> Any:
    if isinstance(expression, Items):
        return [_literal(one) for one in expression.values]
    assert expression is None or isinstance(expression, Literal)
    return None if expression is None else expression.value
