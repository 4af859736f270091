"""The parameter values of b queries that run together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relpins_resources.query.errors import QueryError
from relpins_resources.query.plan import Argument, Items, Literal, Param, Unary


@dataclass(frozen=True)
class Batch:
    """`shared` values hold for every query, `varying` have one value per query (each list is `size` long)."""

    size: int = 1
    shared: Mapping[str, Any] = field(default_factory=dict)
    varying: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.varying.items() if len(values) != self.size}
        assert not lengths, f"a batch of {self.size} queries was given values of other lengths: {lengths}"

    def part(self, rows: slice) -> Batch:
        """Some of the queries."""
        varying = {name: values[rows] for name, values in self.varying.items()}
        return Batch(len(range(self.size)[rows]), self.shared, varying)

    def parameter(self, name: str) -> Sequence[Any]:
        """One value per query, or one for all of them."""
        return self.varying[name] if name in self.varying else [self.shared[name]]

    def values(self, expression: Argument | None) -> list[Any]:
        """(b,) what a literal, list or parameter stands for in each query; None where it is not given."""
        if expression is None:
            return [None] * self.size
        if isinstance(expression, Param):
            found = self.parameter(expression.name)
            return list(found) if len(found) == self.size else [found[0]] * self.size
        if isinstance(expression, Items) and any(isinstance(one, Param) for one in expression.values):
            return [list(row) for row in zip(*(self.values(one) for one in expression.values), strict=True)]
        return [constant(expression)] * self.size

    def one(self, expression: Argument | None, what: str) -> Any:
        """What a literal, list or parameter stands for, the same in all queries.

        Raises:
            QueryError: it is a parameter with several values in this batch.
        """
        if isinstance(expression, Param) and expression.name in self.varying and self.size > 1:
            raise QueryError(
                f"{what} is ${expression.name}, which differs between the queries of a batch; give one value for all",
                position=expression.at,
            )
        return self.values(expression)[0] if self.size else None


def constant(expression: Argument) -> Any:
    """The value of a literal, a signed literal or a list of them."""
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Items):
        return [constant(one) for one in expression.values]
    if isinstance(expression, Unary) and expression.operator == "-":
        return -constant(expression.operand)
    at = expression.at if not isinstance(expression, tuple) else -1
    raise QueryError("a value or a parameter is expected here, not an expression", position=at)
