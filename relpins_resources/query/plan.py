"""The plan of a query: what both dialects, YAML and the canonical text all mean. Values; equality ignores positions.

Every node is frozen and knows `at`, the character of the query's text where it stands (`NOWHERE` if in none), so that a
later check can point at it. Strings, names and options are in their canonical spelling: names of functions and stages
in lower case, aliases resolved, arguments in the order of their declaration (`stages.py`), those equal to the default
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, TypeAlias

from relpins_resources.query.errors import NOWHERE

Scalar: TypeAlias = bool | int | float | str | None


@dataclass(frozen=True)
class Node:
    at: int = field(default=NOWHERE, compare=False, kw_only=True)


# ---- expressions: one language for WHERE, for retrievers' `where` and for score expressions


@dataclass(frozen=True)
class Literal(Node):
    value: Scalar

    def __eq__(self, other: object) -> bool:  # 1, 1.0 and True are three literals
        return isinstance(other, Literal) and (type(self.value), repr(self.value)) == (
            type(other.value),
            repr(other.value),
        )

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


@dataclass(frozen=True)
class Items(Node):
    """A list: `(1, 2)` after IN, `[1, 2]` anywhere."""

    values: tuple[Expr, ...]


@dataclass(frozen=True)
class Param(Node):
    """`$name`; bound as a value when the query runs."""

    name: str


@dataclass(frozen=True)
class Name(Node):
    """A column or variable: ("price",), ("item", "price"), ("retrieval", "clip_rank"), ("note", "email")."""

    path: tuple[str, ...]

    @property
    def dotted(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class Call(Node):
    """A function of the expression language: positional arguments, then named ones in alphabetical order."""

    function: str
    arguments: tuple[Expr, ...] = ()
    options: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True)
class Unary(Node):
    """`operator` is one of UNARY."""

    operator: str
    operand: Expr


@dataclass(frozen=True)
class Binary(Node):
    """`operator` is one of BINARY."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class In(Node):
    """`value IN (..)`; `among` is Items, a Param bound to a list, or a column of lists."""

    value: Expr
    among: Expr
    negated: bool = False


@dataclass(frozen=True)
class Between(Node):
    value: Expr
    low: Expr
    high: Expr
    negated: bool = False


@dataclass(frozen=True)
class Is(Node):
    """`value IS [NOT] NULL | TRUE | FALSE`; `what` is one of "null", "true", "false"."""

    value: Expr
    what: str
    negated: bool = False


@dataclass(frozen=True)
class Cast(Node):
    """`type` is one of CAST_TYPES."""

    value: Expr
    type: str


@dataclass(frozen=True)
class Case(Node):
    """`CASE WHEN c THEN v ... ELSE o END`; `v if c else o` is the same with one branch. No ELSE is NULL."""

    branches: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr = Literal(None)


UNARY = ("-", "not")
ARITHMETIC = ("+", "-", "*", "/", "%", "**")
COMPARISON = ("=", "!=", "<", "<=", ">", ">=", "like", "ilike")
LOGIC = ("and", "or")
BINARY = ARITHMETIC + COMPARISON + LOGIC
CAST_TYPES = ("int", "float", "string", "bool", "timestamp")

Expr: TypeAlias = Literal | Items | Param | Name | Call | Unary | Binary | In | Between | Is | Cast | Case


# ---- the query


@dataclass(frozen=True)
class OrderKey(Node):
    """One key of an order. `nulls_first` None: nulls last, whichever way it is ordered."""

    key: Expr
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True)
class Stage(Node):
    """A retriever, an encoder or a reranker with its arguments by name; `stages.py` declares them all."""

    kind: str
    arguments: tuple[tuple[str, Argument], ...] = ()

    def get(self, name: str) -> Argument | None:
        return dict(self.arguments).get(name)


Argument: TypeAlias = Expr | Stage | tuple[OrderKey, ...]


@dataclass(frozen=True)
class Score(Node):
    """`score(expression='...', input_user_id=..., input_item_id=...)`."""

    expression: Expr
    input_user_id: Expr | None = None
    input_item_id: Expr | None = None


@dataclass(frozen=True)
class Query(Node):
    """`select` empty means every column. `order_by` empty means by score where there is one, else as retrieved."""

    retrievers: tuple[Stage, ...]
    select: tuple[str, ...] = ()
    where: Expr | None = None
    score: Score | None = None
    order_by: tuple[OrderKey, ...] = ()
    rerankers: tuple[Stage, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None
    explain: bool = False
    select_at: tuple[int, ...] = field(default=(), compare=False, repr=False)  # where each column of SELECT stands

    @cached_property
    def from_stages(self) -> tuple[Stage, ...]:
        """Every stage of FROM, encoders included, in order."""
        return tuple(node for node in walk(self.retrievers) if isinstance(node, Stage))

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Those of FROM, then those of REORDER BY."""
        return (*self.from_stages, *(node for node in walk(self.rerankers) if isinstance(node, Stage)))


def walk(node: object) -> Iterator[Node]:
    """Every node below and including `node`, parents first; tuples are looked into."""
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif isinstance(node, Node):
        yield node
        for name in _parts(type(node)):
            yield from walk(getattr(node, name))


_PARTS: dict[type[Node], tuple[str, ...]] = {}
"""Names of the fields of each kind of node, kept: asking a dataclass for them takes longer than reading them."""


def _parts(kind: type[Node]) -> tuple[str, ...]:
    if kind not in _PARTS:
        _PARTS[kind] = tuple(one.name for one in fields(kind))
    return _PARTS[kind]


def rewritten(node: Any, change: Callable[[Node], Node]) -> Any:
    """The same tree with `change` applied to every node, those below first; tuples are looked into."""
    if isinstance(node, tuple):
        return tuple(rewritten(part, change) for part in node)
    if not isinstance(node, Node):
        return node
    parts = {one.name: getattr(node, one.name) for one in fields(node) if one.init}
    below = {name: rewritten(part, change) for name, part in parts.items()}
    same = all(below[name] is part for name, part in parts.items())
    return change(node if same else replace(node, **below))


def parameters_of(node: object) -> tuple[str, ...]:
    """Names of the parameters used anywhere below, in order of first use."""
    return tuple(dict.fromkeys(one.name for one in walk(node) if isinstance(one, Param)))
