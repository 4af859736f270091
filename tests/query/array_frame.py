"""A frame over plain arrays: what each answer is stands in the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from relpins_resources.query.expressions.frame import Entity
from relpins_resources.query.expressions.values import NULL, Kind, Value

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def value(kind: Kind, rows: Any) -> Value:
    """Python values in nested lists (b, u), None for NULL; for vectors (b, u, d)."""
    if kind == "vector":
        known = [[one is not None for one in row] for row in rows]
        dim = next((len(one) for row in rows for one in row if one is not None), 1)
        data = np.array([[one if one is not None else [0.0] * dim for one in row] for row in rows], np.float32)
        return Value(kind, data.reshape(len(rows), -1, dim), ~np.array(known, bool).reshape(len(rows), -1))
    shape = (len(rows), len(rows[0]))
    is_null = np.array([[one is None for one in row] for row in rows], bool).reshape(shape)
    data = np.empty(shape, {"number": float, "time": float, "bool": bool, "null": float}.get(kind, object))
    for at in np.ndindex(shape):
        one = rows[at[0]][at[1]]
        # what stands where it is NULL must not show: here it is as unfit as it can be
        data[at] = (np.nan if data.dtype == float else data.dtype != bool and None) if one is None else one
    return Value(kind, data, is_null)


@dataclass
class ArrayFrame:
    """Answers by key: columns by "price", "query_item.price", "user.age"; signals by "rank:clip_embedding"."""

    b: int
    u: int
    columns: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    signals: Mapping[str, Value] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        return self.b, self.u

    @property
    def now(self) -> float:
        return NOW

    def column(self, entity: Entity, path: tuple[str, ...]) -> Value:
        return self.columns.get(".".join(path if entity == "item" else (entity, *path)), NULL)

    def parameter(self, name: str) -> Value:
        return self.parameters[name]

    def rank(self, embedding: str) -> Value:
        return self.signals.get(f"rank:{embedding}", NULL)

    def similarity(self, embedding: str) -> Value:
        return self.signals.get(f"similarity:{embedding}", NULL)

    def retrieval_score(self, name: str) -> Value:
        return self.signals[f"score:{name}"]

    def retrieval_rank(self, name: str) -> Value:
        return self.signals[f"place:{name}"]

    def pair(self, feature: str) -> Value:
        return self.signals[f"pair:{feature}"]

    def model(self, name: str) -> Value:
        return self.signals.get(f"model:{name}", NULL)

    def affinity(self) -> Value:
        return self.signals["affinity"]

    def vectors(self, entity: Entity, embedding: str) -> Value:
        return self.signals.get(f"vectors:{entity}:{embedding}", NULL)

    def pooled_history(self, embedding: str, pooling: str) -> Value:
        return self.signals.get(f"pooled:{pooling}:{embedding}", NULL)

    def prebuilt(self, name: str, user_ids: Value | None) -> Value:
        return self.signals[f"prebuilt:{name}" if user_ids is None else f"prebuilt:{name}:{user_ids.data.ravel()[0]}"]

    def row(self, at: int) -> ArrayFrame:
        """The frame of one of the queries alone."""

        def only(values: Mapping[str, Value]) -> dict[str, Value]:
            return {name: _row(one, at) for name, one in values.items()}

        return ArrayFrame(1, self.u, only(self.columns), only(self.parameters), only(self.signals))


def _row(given: Value, at: int) -> Value:
    data, is_null = ((one if len(one) == 1 else one[at : at + 1]) for one in (given.data, given.is_null))
    return Value(given.kind, data, is_null)


def held(found: Value, shape: tuple[int, int]) -> list[list[Any]]:
    """A value as nested lists of Python values, None for NULL."""
    tail = found.data.shape[2:]
    data, is_null = np.broadcast_to(found.data, (*shape, *tail)), np.broadcast_to(found.is_null, shape)
    return [
        [None if gone else one for one, gone in zip(row, absent, strict=True)]
        for row, absent in zip(data.tolist(), is_null.tolist(), strict=True)
    ]
