"""What a retriever or an encoder is asked, and how it reads the arguments of its stage. What they do is not here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from relpins_resources.query.catalog import NO_FLOOR, Booleans, Catalog, Embedding, Hits, Ints
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.plan import Argument, Stage
from relpins_resources.query.stages import ArgumentSpec, Role, StageSpec, stage_spec

CLOSED = -2 * NO_FLOOR
"""A floor above every similarity: no item can enter a search that was not made."""


class Bindings(Protocol):
    """The parameter values of `size` queries that run together."""

    @property
    def size(self) -> int: ...

    def values(self, expression: Argument | None) -> list[Any]:
        """(b,) what a literal, list or parameter stands for in each query; None where it is not given."""

    def one(self, expression: Argument | None, what: str) -> Any:
        """The same where it must be one for all queries. Raises QueryError where it is not."""


@dataclass(frozen=True)
class Request:
    """One stage to run for b queries: `limit` items for each, among those that `allowed` (n,) or (b, n) lets through.

    `fixed` are arguments whose values go before what the stage says.
    """

    catalog: Catalog
    stage: Stage
    batch: Bindings
    limit: int = 1
    allowed: Booleans | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.batch.size

    def values(self, name: str) -> list[Any]:
        """(b,) values of an argument, its default where it is not given."""
        if name in self.fixed:
            return [self.fixed[name]] * self.size
        given = self.stage.get(name)
        if given is None:
            return [_declared(self.stage, name).default] * self.size
        return self.batch.values(given)

    def constant(self, name: str) -> Any:
        """An argument that is one for the whole batch, checked against its declaration; its default if not given."""
        return self.fixed[name] if name in self.fixed else argument_default(self.stage, name, self.batch)

    def within(self, stage: Stage) -> Request:
        """What the encoder of this stage is asked."""
        return replace(self, stage=stage)

    def item_positions(self, name: str = "input_item_id") -> Ints:
        """(b,) positions of the items that an argument names, -1 for none and for unknown ones."""
        return self.catalog.positions(self.values(name))

    def embedding(self, name: str = "embedding_ref") -> Embedding | None:
        """The embedding that an argument names; None while nothing has built it.

        Raises:
            QueryError: the catalog declares none of that name.
        """
        wanted = str(self.constant(name))
        if wanted not in self.catalog.embeddings:
            near = nearest(wanted, self.catalog.embeddings)
            raise QueryError(f"there is no embedding {wanted!r}{near}", position=self.stage.at)
        return self.catalog.embedding(wanted)

    def open_to(self, row: int) -> Booleans | None:
        """(n,) what the pre-filter lets through in one query; None for everything."""
        if self.allowed is None or self.allowed.ndim == 1:
            return self.allowed
        row_allowed: Booleans = self.allowed[row]
        return row_allowed

    def empty(self) -> Hits:
        """No items."""
        return Hits(np.full((self.size, 0), -1, np.int64), np.full((self.size, 0), np.nan))


def argument_default(stage: Stage, name: str, batch: Bindings) -> Any:
    """What an argument of a stage stands for in the whole batch; its declared default where it is not given.

    Raises:
        QueryError: it differs between the queries, or a parameter's value is not what the argument takes.
    """
    spec = _declared(stage, name)
    given = stage.get(name)
    if given is None or isinstance(given, (Stage, tuple)):
        return spec.default if given is None else given
    value = batch.one(given, f"{stage.kind}({name})")
    return spec.default if value is None else _checked(spec, value, stage, given.at)


def spec_of(stage: Stage) -> StageSpec:
    """The declaration of a stage, whatever its role."""
    roles: tuple[Role, ...] = ("retriever", "encoder", "reranker")
    found = next((spec for role in roles if (spec := stage_spec(role, stage.kind)) is not None), None)
    assert found is not None, f"the plan has a stage that is not declared: {stage.kind}"
    return found


def _declared(stage: Stage, name: str) -> ArgumentSpec:
    spec = spec_of(stage).argument(name)
    assert spec is not None, f"{stage.kind} declares no argument {name}"
    return spec


def _checked(spec: ArgumentSpec, value: Any, stage: Stage, at: int) -> Any:
    """A bound value as the argument's declaration has it; literals were checked when the query was read."""
    what = f"{stage.kind}({spec.name})"
    if spec.kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise QueryError(f"{what} is {value!r}; give a number", position=at)
        if spec.kind == "integer" and value != int(value):
            raise QueryError(f"{what} is {value!r}; give a whole number", position=at)
        low, high = spec.low, spec.high
        if (low is not None and value < low) or (high is not None and value > high):
            upper = "" if high is None else f" to {high:g}"
            raise QueryError(f"{what} is {value:g}; allowed: {low:g}{upper}", position=at)
        return int(value) if spec.kind == "integer" else float(value)
    if spec.choices is not None:
        choice = spec.choices.get(str(value).lower())
        if choice is None:
            raise QueryError(f"{what} is {value!r}{nearest(str(value), spec.choices)}", position=at)
        return choice
    return value
