"""Kinds of values that do not go together, found before there is any data: each expression is evaluated over one
candidate of which everything is NULL, of the kind that is declared. What is sure to fail, fails here."""

from __future__ import annotations

from dataclasses import dataclass

from relpins_resources.query.checking.declared import Declared
from relpins_resources.query.checking.uses import stages_of
from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.evaluate import evaluate, keeps
from relpins_resources.query.expressions.frame import Entity
from relpins_resources.query.expressions.nullable import nulls
from relpins_resources.query.expressions.terms import score_terms
from relpins_resources.query.expressions.values import NULL, Value
from relpins_resources.query.plan import Name, Query, Stage

AGE = "days_since_release"
UNORDERED = ("list", "vector")


def check_kinds(query: Query, declared: Declared) -> None:
    """Check that what a plan compares, computes and orders by can be.

    Parameters and what lies within JSON values may be of any kind, so nothing is said of them.

    Raises:
        QueryError: at the node whose operands are of kinds that it does not take.
    """
    frame = DeclaredFrame(declared)
    for used in stages_of(query):
        for argument, value in used.arguments():
            if argument.kind == "predicate" and not isinstance(value, Stage | tuple):
                keeps(value, frame)
    if query.where is not None:
        keeps(query.where, frame)
    if query.score is not None:
        score_terms(query.score.expression, frame)
    for key in query.order_by:
        found = evaluate(key.key, frame)
        if found.kind in UNORDERED:
            shown = key.key.dotted if isinstance(key.key, Name) else "this"
            raise QueryError(f"nothing can be ordered by {shown}, which is a {found.kind}", None, key.key.at)


@dataclass(frozen=True)
class DeclaredFrame:
    """One candidate of one query: NULLs of the declared kinds."""

    declared: Declared
    shape: tuple[int, int] = (1, 1)
    now: float = 0.0

    def column(self, entity: Entity, path: tuple[str, ...]) -> Value:
        columns = self.declared.user_columns if entity == "user" else self.declared.item_columns
        if path == (AGE,):
            return nulls("number")
        return NULL if columns is None or len(path) > 1 else nulls(columns.get(path[0], "null"))

    def parameter(self, name: str) -> Value:
        return NULL

    def rank(self, embedding: str) -> Value:
        return nulls("number")

    def similarity(self, embedding: str) -> Value:
        return nulls("number")

    def retrieval_score(self, name: str) -> Value:
        return nulls("number")

    def retrieval_rank(self, name: str) -> Value:
        return nulls("number")

    def pair(self, feature: str) -> Value:
        return nulls("number")

    def model(self, name: str) -> Value:
        return nulls("number")

    def affinity(self) -> Value:
        return nulls("number")

    def vectors(self, entity: Entity, embedding: str) -> Value:
        return nulls("vector")

    def pooled_history(self, embedding: str, pooling: str) -> Value:
        return nulls("vector")

    def prebuilt(self, name: str, user_ids: Value | None) -> Value:
        return nulls("bool")
