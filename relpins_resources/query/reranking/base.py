"""What a reranker is given and gives: the best of the scored candidates, in a new order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from relpins_resources.query.catalog import Booleans, Catalog, Doubles, Hits, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.plan import Node, Stage
from relpins_resources.query.stages import ArgumentSpec, stage_spec


@dataclass(frozen=True)
class Ranking:
    """The rows of b queries, best first. All arrays are (b, p); padding stands last: item -1, score -inf, source -1.

    `items` are positions in the catalog, each once in a row; `scores` are finite. `source` is the column in the
    candidates that a row came from, -1 for an item from outside.
    """

    items: Ints
    scores: Doubles
    source: Ints

    def taken(self, columns: Ints) -> Ranking:
        """The given columns (b, q) of each row in their order; -1 gives padding."""
        known, at = columns >= 0, np.maximum(columns, 0)

        def pick(values: npt.NDArray[Any], missing: float) -> npt.NDArray[Any]:
            if values.shape[1] == 0:
                return np.full(columns.shape, missing, values.dtype)
            return np.where(known, np.take_along_axis(values, at, axis=1), missing)

        return Ranking(pick(self.items, -1), pick(self.scores, -np.inf), pick(self.source, -1))

    def with_first(self, picks: Ints, n_seen: int) -> Ranking:
        """The columns `picks` (b, k), each below `n_seen`, then all other rows in the order they had; -1 is no pick."""
        n_rows, n = self.items.shape
        order = np.broadcast_to(np.arange(n_seen) + n_seen, (n_rows, n_seen)).copy()
        row, step = np.nonzero(picks >= 0)
        order[row, picks[row, step]] = step
        first = np.argsort(order, axis=1, kind="stable")
        rest = np.broadcast_to(np.arange(n_seen, n), (n_rows, n - n_seen))
        return self.taken(np.concatenate([first, rest], axis=1))


@dataclass
class RerankRequest:
    """One reranker of a query, over b queries.

    `wanted` is how many rows are needed: the first `wanted` of the answer are in the reranker's order, all others
    follow as they stood, so that nothing is lost. `query_items` and `users` (b,) are positions, -1 where there is none.
    `constant` gives the value of an argument of the stage, its default filled in. `fetch` runs a retriever given as a
    call, or gives the rows of the one of FROM by its name. `candidates` (b, u) are all items that were retrieved,
    padded with -1; None stands for those of the ranking. `keeps` says which of the items (b, m) the query's WHERE lets
    pass; None keeps all. `warnings` takes what a person should hear of.
    """

    catalog: Catalog
    stage: Stage
    ranking: Ranking
    wanted: int
    query_items: Ints
    users: Ints
    constant: Callable[[str], Any]
    fetch: Callable[[Stage | str | None], Hits]
    candidates: Ints | None = None
    keeps: Callable[[Ints], Booleans] | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def retrieved(self) -> Ints:
        """(b, u) what counts as inside the candidate set."""
        return self.ranking.items if self.candidates is None else self.candidates

    def number(self, name: str) -> float:
        """A number within its declared bounds. Raises QueryError for anything else."""
        value, spec = self.constant(name), self._spec(name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or not _is_within(value, spec):
            self.refuse(name, f"is {value!r}; give a number{_bounds(spec)}")
        return float(value)

    def integer(self, name: str) -> int:
        """A whole number within its declared bounds. Raises QueryError for anything else."""
        value, spec = self.constant(name), self._spec(name)
        is_whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == math.floor(value)
        if not is_whole or not _is_within(value, spec):
            self.refuse(name, f"is {value!r}; give a whole number{_bounds(spec)}")
        return int(value)

    def text(self, name: str) -> str:
        """A text, one of the declared choices where there are any. Raises QueryError for anything else."""
        value, spec = self.constant(name), self._spec(name)
        if not isinstance(value, str):
            self.refuse(name, f"is {value!r}; give a text")
        if spec.choices is None:
            return value
        if value.lower() not in spec.choices:
            self.refuse(name, f"is {value!r}; known: {', '.join(sorted(set(spec.choices.values())))}")
        return spec.choices[value.lower()]

    def refuse(self, name: str, problem: str) -> NoReturn:
        """Raises QueryError at the argument of that name, or at the stage if it was not given."""
        given = self.stage.get(name)
        at = given.at if isinstance(given, Node) and given.at >= 0 else self.stage.at
        raise QueryError(f"{name} of {self.stage.kind} {problem}", position=at)

    def _spec(self, name: str) -> ArgumentSpec:
        stage = stage_spec("reranker", self.stage.kind)
        found = stage.argument(name) if stage is not None else None
        assert found is not None, name
        return found


RERANKERS: dict[str, Callable[[RerankRequest], Ranking]] = {}
"""What does each reranker of `stages.py`, by its kind; filled by this package."""


def _is_within(value: float, spec: ArgumentSpec) -> bool:
    return (spec.low is None or value >= spec.low) and (spec.high is None or value <= spec.high)


def _bounds(spec: ArgumentSpec) -> str:
    if spec.low is not None and spec.high is not None:
        return f" from {spec.low:g} to {spec.high:g}"
    return f" of at least {spec.low:g}" if spec.low is not None else ""
