"""The candidates of a batch as an expression sees them: columns, ranks, similarities, retrieval, people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.ann.scores import snap
from relpins_resources.query.catalog import MICRO, Booleans, Column, Doubles, Hits, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.execution.arrays import places_in
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.expressions.evaluate import keeps
from relpins_resources.query.expressions.frame import Entity
from relpins_resources.query.expressions.values import NULL, Kind, Value
from relpins_resources.query.language.parser import parse_expression

ROWS_AT_ONCE = 4
"""Queries whose candidates' vectors are held together: few, so that they stay in the caches."""
PRIOR_SAVES = 5.0
"""Saves with the catalog's mean shares that every user is taken to have made, so that one save is no certainty."""
SECONDS_A_DAY = 86_400.0
TWOTOWER = "twotower"


@dataclass
class CandidateFrame:
    """A `Frame` over `items` (b, u), padded with -1; what it computed once it remembers."""

    entities: Entities
    items: Ints
    hits: Mapping[str, Hits] = field(default_factory=dict)  # of each retriever, by name
    _known: dict[tuple[str, ...], Value] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        return self.items.shape[0], self.items.shape[1]

    @property
    def now(self) -> float:
        return self.entities.catalog.as_of.timestamp()

    # ---- columns and parameters

    def column(self, entity: Entity, path: tuple[str, ...]) -> Value:
        return self._once(("column", entity, *path), lambda: self._column(entity, path))

    def _column(self, entity: Entity, path: tuple[str, ...]) -> Value:
        if entity == "user":
            people = self.entities.catalog.people
            if people is None or not len(people.user_ids):
                return NULL
            columns, at = people.attributes, self.entities.users[:, None]
        else:
            columns = self.entities.catalog.columns
            at = self.items if entity == "item" else self.entities.items[:, None]
        if path == ("days_since_release",):
            return self._age(at)
        if path[0] not in columns or not len(columns[path[0]].data):
            return NULL
        found = _gathered(columns[path[0]], at)
        return found if len(path) == 1 else _reached(found, path[1:])

    def _age(self, at: Ints) -> Value:
        columns = self.entities.catalog.columns
        if "created_at" not in columns:
            return NULL
        created = _gathered(columns["created_at"], at)
        return Value("number", (self.now - created.data) / SECONDS_A_DAY, created.is_null)

    def parameter(self, name: str) -> Value:
        return self._once(("parameter", name), lambda: self._parameter(name))

    def _parameter(self, name: str) -> Value:
        given = self.entities.batch.parameter(name)
        if any(isinstance(one, bytes) for one in given):
            raise QueryError(f"parameter {name!r} is bytes, which compare with nothing; give a text or a number")
        return value_of(given)

    # ---- similarity to the query entity

    def rank(self, embedding: str) -> Value:
        return self._once(("rank", embedding), lambda: self._rank(embedding))

    def similarity(self, embedding: str) -> Value:
        def cosines() -> Value:
            micro = self._micro(embedding)
            return Value("number", micro.data / MICRO, micro.is_null)

        return self._once(("similarity", embedding), cosines)

    def _rank(self, embedding: str) -> Value:
        micro = self._micro(embedding)
        if micro is NULL:
            return NULL
        nothing = np.iinfo(np.int64).max
        # one integer sorts by similarity, then by position; positions stay below 2^31
        keys = np.where(micro.is_null, nothing, (-micro.data.astype(np.int64) << 32) + self.items)
        order = np.argsort(keys, axis=1, kind="stable")
        ranks = np.empty(order.shape)
        np.put_along_axis(ranks, order, np.arange(1.0, order.shape[1] + 1)[None, :], axis=1)
        return Value("number", ranks, micro.is_null)

    def _micro(self, embedding: str) -> Value:
        return self._once(("micro", embedding), lambda: self._computed_micro(embedding))

    def _computed_micro(self, name: str) -> Value:
        embedding = self.entities.catalog.embedding(name)
        if embedding is None:
            return NULL
        anchors, known = self.entities.vectors(name, embedding)
        micro = np.zeros(self.items.shape)
        queries = snap(anchors).astype(np.float64)
        for start in range(0, len(micro), ROWS_AT_ONCE):
            at = slice(start, start + ROWS_AT_ONCE)
            rows = embedding.vectors(self.items[at]).astype(np.float64)  # (r, u, d)
            micro[at] = np.rint(np.matmul(rows, queries[at][:, :, None])[:, :, 0] * MICRO)
        return Value("number", micro, ~(embedding.has(self.items) & known[:, None]))

    def vectors(self, entity: Entity, embedding: str) -> Value:
        space = self.entities.catalog.embedding(embedding)
        if space is None:
            return NULL
        if entity == "user":
            own, known = space.user_vectors(self.entities.user_ids)
            return Value("vector", own[:, None], ~known[:, None])
        items = self.items if entity == "item" else self.entities.items[:, None]
        return Value("vector", space.vectors(items), ~space.has(items))

    def pooled_history(self, embedding: str, pooling: str) -> Value:
        space = self.entities.catalog.embedding(embedding)
        if space is None:
            return NULL
        pooled, known = self.entities.pooled(space, pooling)
        return Value("vector", pooled[:, None], ~known[:, None])

    # ---- what retrievers, models and filters say

    def retrieval_rank(self, name: str) -> Value:
        places = self._places(name)
        return Value("number", places.data + 1, places.is_null)

    def retrieval_score(self, name: str) -> Value:
        scores, places = self.hits[name].scores, self._places(name)
        if scores.shape[1] == 0:
            return NULL
        found = np.take_along_axis(scores, places.data.astype(np.int64), axis=1)
        return Value("number", found, places.is_null | np.isnan(found))

    def _places(self, name: str) -> Value:
        def found() -> Value:
            places = places_in(self.items, self.hits[name].items)
            return Value("number", np.maximum(places, 0).astype(np.float64), places < 0)

        return self._once(("places", name), found)

    def pair(self, feature: str) -> Value:
        compute = self.entities.catalog.pair_features.get(feature)
        return NULL if compute is None else self._numbers(compute(self.items, self.entities.items))

    def model(self, name: str) -> Value:
        if name == TWOTOWER:  # what that model says of a user and an item is the cosine of their vectors
            return self.similarity(f"{TWOTOWER}_embedding")
        compute = self.entities.catalog.models.get(name)
        if compute is None:
            return NULL
        return self._numbers(compute(self.items, self.entities.items, self.entities.users))

    def _numbers(self, found: Doubles) -> Value:
        return Value("number", found, ~np.isfinite(found) | (self.items < 0))

    def affinity(self) -> Value:
        return self._once(("affinity",), self._affinity)

    def _affinity(self) -> Value:
        """Share of a user's saves in each candidate's category, smoothed by the catalog's shares."""
        catalog = self.entities.catalog
        if catalog.people is None or "board_category" not in catalog.columns or not len(catalog):
            return NULL
        shares, codes = catalog.categories
        counts = np.zeros((self.shape[0], len(shares) + 1))
        for row, history in enumerate(self.entities.histories()):
            counts[row] = np.bincount(codes[history], minlength=len(shares) + 1)
        smoothed = (counts[:, :-1] + PRIOR_SAVES * shares) / (counts[:, :-1].sum(axis=1, keepdims=True) + PRIOR_SAVES)
        of_item = np.where(self.items >= 0, codes[self.items], len(shares))
        found = np.take_along_axis(np.pad(smoothed, ((0, 0), (0, 1))), of_item, axis=1)
        return Value("number", found, (of_item == len(shares)) | (self.entities.users < 0)[:, None])

    def prebuilt(self, name: str, user_ids: Value | None) -> Value:
        if name == "exclude_saved":
            return Value("bool", self._is_unsaved(user_ids), np.zeros((1, 1), bool))
        keep = keeps(parse_expression(self.entities.catalog.filters[name]), self)
        return Value("bool", keep, np.zeros((1, 1), bool))

    def _is_unsaved(self, user_ids: Value | None) -> Booleans:
        people = self.entities.catalog.people
        if people is None:
            return np.ones((1, 1), bool)
        users = self.entities.users
        if user_ids is not None:
            given, is_null = (np.broadcast_to(one, (self.shape[0], 1)) for one in (user_ids.data, user_ids.is_null))
            users = people.positions(
                [None if null else one for one, null in zip(given[:, 0], is_null[:, 0], strict=True)]
            )
        keep = np.ones(self.items.shape, bool)
        for row, user in enumerate(users):
            if user >= 0:
                keep[row] = ~np.isin(self.items[row if len(self.items) > 1 else 0], people.history(int(user)))
        return keep

    def _once(self, key: tuple[str, ...], compute: Callable[[], Value]) -> Value:
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]


def _gathered(column: Column, at: Ints) -> Value:
    inside = np.maximum(at, 0)
    return Value(column.kind, column.data[inside], column.is_null[inside] | (at < 0))


def _reached(value: Value, path: tuple[str, ...]) -> Value:
    """What stands below `path` in structs or JSON texts, as text, number or bool by what is found first."""
    found = np.full(value.data.shape, None, object)
    for at in np.ndindex(value.data.shape):
        if not value.is_null[at]:
            found[at] = _below(value.data[at], path)
    return value_of(found.ravel().tolist(), found.shape)


def _below(given: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if isinstance(given, str):
            try:
                given = json.loads(given)
            except ValueError:
                return None
        given = given.get(name) if isinstance(given, dict) else None
    return given


def value_of(values: Any, shape: tuple[int, ...] | None = None) -> Value:
    """Plain values, one per query, as a Value: (b, 1), or of a shape given. All numbers, all texts, ... or objects."""
    is_null = np.array([one is None for one in values], bool)
    known = [one for one in values if one is not None]
    kind, data = _typed(list(values), known)
    shape = shape or (len(is_null), 1)
    return Value(kind, data.reshape(shape), is_null.reshape(shape))


def _typed(values: list[Any], known: list[Any]) -> tuple[Kind, npt.NDArray[Any]]:
    if not known:
        return "null", np.zeros(len(values))
    if all(isinstance(one, bool) for one in known):
        return "bool", np.array([bool(one) for one in values])
    if all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in known):
        return "number", np.array([0.0 if one is None else float(one) for one in values])
    if all(isinstance(one, datetime) for one in known):
        return "time", np.array([0.0 if one is None else one.timestamp() for one in values])
    data = np.empty(len(values), object)
    for i, one in enumerate(values):  # numpy would take lists of one length for a matrix
        data[i] = list(one) if isinstance(one, (tuple, set)) else one
    if all(isinstance(one, str) for one in known):
        return "text", data
    return ("list" if all(isinstance(one, (list, tuple, set)) for one in known) else "object"), data
