"""Who and what each query of a batch is for: its query item, its user, and their vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from relpins_resources.query.catalog import Booleans, Catalog, Embedding, Floats, Ints
from relpins_resources.query.execution.batch import Batch
from relpins_resources.query.plan import Argument, Query, Stage
from relpins_resources.query.retrieval.encoders import Anchors, encode_stage
from relpins_resources.query.retrieval.requests import Request

RECENT = 10
"""Saves that stand for a user who has no vector of their own."""


@dataclass
class Entities:
    """The query items and users of one batch. What a score() says of them goes before what the retrievers say."""

    query: Query
    catalog: Catalog
    batch: Batch
    _vectors: dict[str, tuple[Floats, Booleans]] = field(default_factory=dict)
    _asked: dict[str, Argument | None] = field(default_factory=dict)

    @cached_property
    def item_ids(self) -> list[Any]:
        """(b,) ids of the query items as they were given; None where there is none."""
        return self.batch.values(self._given("input_item_id"))

    @cached_property
    def items(self) -> Ints:
        """(b,) positions of the query items, -1 where there is none or it is not in the catalog."""
        return self.catalog.positions(self.item_ids)

    @property
    def has_features(self) -> bool:
        """Whether the query says what its item is, so that it need not be in the catalog."""
        return self._given("input_item_features") is not None

    @cached_property
    def user_ids(self) -> list[Any]:
        """(b,) ids of the users as they were given; None where there is none."""
        return self.batch.values(self._given("input_user_id"))

    @cached_property
    def users(self) -> Ints:
        """(b,) positions of the users, -1 where there is none or nothing is known of them."""
        people = self.catalog.people
        return np.full(self.batch.size, -1, np.int64) if people is None else people.positions(self.user_ids)

    def histories(self, limit: int | None = None) -> list[Ints]:
        """What each user saved, newest first."""
        people = self.catalog.people
        return [np.empty(0, np.int64) if people is None else people.history(int(user), limit) for user in self.users]

    def vectors(self, name: str, embedding: Embedding) -> tuple[Floats, Booleans]:
        """(b, d) what each query is near to in an embedding, and (b,) whether there is anything.

        In a space that has vectors of users, the user's own goes first; then the query item's (its crop's, or that of
        a pin not indexed yet); where there is no query item, the user's recent saves, pooled.
        """
        if name not in self._vectors:
            vectors, known = self._item_vectors(embedding)
            if embedding.has_user_vectors:
                own, has_own = embedding.user_vectors(self.user_ids)
                vectors, known = np.where(has_own[:, None], own, vectors), known | has_own
            has_item = (self.items >= 0) | self.has_features
            if not (known | has_item).all():
                pooled, has_saves = self.pooled(embedding, "mean")
                takes_saves = has_saves & ~known & ~has_item
                vectors, known = np.where(takes_saves[:, None], pooled, vectors), known | takes_saves
            self._vectors[name] = (vectors, known)
        return self._vectors[name]

    def pooled(self, embedding: Embedding, pooling: str) -> tuple[Floats, Booleans]:
        """(b, d) the recent saves of each user in one unit vector, and (b,) whether there are any."""
        stage = Stage("interaction_pooling", _arguments(("input_user_id", self._given("input_user_id"))))
        return _single(self._encode(stage, embedding, {"pooling_function": pooling, "truncate_interactions": RECENT}))

    def _item_vectors(self, embedding: Embedding) -> tuple[Floats, Booleans]:
        names = ("input_item_id", "input_item_features", "object")
        given = _arguments(*((name, self._given(name)) for name in names))
        if not {"input_item_features", "object"} & {name for name, _ in given}:
            return embedding.vectors(self.items), embedding.has(self.items)
        return _single(self._encode(Stage("item_attribute_pooling", given), embedding, {}))

    def _encode(self, stage: Stage, embedding: Embedding, constants: dict[str, Any]) -> Anchors:
        return encode_stage(request_for(self.catalog, self.batch, stage, constants=constants), stage, embedding)

    def _given(self, argument: str) -> Argument | None:
        """What the query gives for an argument: in score(), else in the first stage of FROM that has it."""
        if argument not in self._asked:
            self._asked[argument] = self._found(argument)
        return self._asked[argument]

    def _found(self, argument: str) -> Argument | None:
        if self.query.score is not None and argument in ("input_item_id", "input_user_id"):
            in_score: Argument | None = getattr(self.query.score, argument)
            if in_score is not None:
                return in_score
        given = (stage.get(argument) for stage in self.query.from_stages)
        return next((found for found in given if found is not None), None)


def request_for(
    catalog: Catalog,
    batch: Batch,
    stage: Stage,
    *,
    limit: int = 1,
    allowed: Booleans | None = None,
    constants: dict[str, Any] | None = None,
) -> Request:
    """What a retriever or encoder is asked: its stage, with the values that its arguments have in this batch."""
    return Request(catalog=catalog, stage=stage, batch=batch, limit=limit, allowed=allowed, fixed=constants or {})


def _arguments(*given: tuple[str, Argument | None]) -> tuple[tuple[str, Argument], ...]:
    return tuple((name, value) for name, value in given if value is not None)


def _single(anchors: Anchors) -> tuple[Floats, Booleans]:
    return anchors.vectors[:, 0], anchors.valid[:, 0]
