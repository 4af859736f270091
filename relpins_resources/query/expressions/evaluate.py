"""Expressions over all candidates of b queries at once, as SQL has them. No `eval`, no loop over candidates.

A number is finite or NULL: what would be NaN or infinite is NULL, so is division by zero. NULL goes through arithmetic,
comparison and functions; and, or, not know three values. Scores, where NULL counts 0, are in terms.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.expressions.casts import CASTABLE, NOUNS, cast, taken_as, unified
from relpins_resources.query.expressions.frame import Entity, Frame
from relpins_resources.query.expressions.functions import FUNCTIONS, Arguments
from relpins_resources.query.expressions.functions.numeric import power
from relpins_resources.query.expressions.functions.texts import like
from relpins_resources.query.expressions.logic import NUMBERS, compared, conjunction, disjunction, negation, tested
from relpins_resources.query.expressions.members import contained
from relpins_resources.query.expressions.nullable import (
    NEVER,
    chosen,
    cleaned,
    constant,
    either,
    finite,
    from_objects,
    truth,
)
from relpins_resources.query.expressions.values import NULL, Booleans, Kind, Value
from relpins_resources.query.plan import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Expr,
    In,
    Is,
    Items,
    Literal,
    Name,
    Node,
    Param,
    Scalar,
    Unary,
)
from relpins_resources.query.signatures import MODELS

"""Trained models that an expression may name."""
ENTITIES: dict[str, Entity] = {"item": "item", "query_item": "query_item", "user": "user"}
WHOLE = 2.0**63


def evaluate(expr: Expr, frame: Frame) -> Value:
    """The value of `expr` for every candidate of `frame`; broadcasts to (b, u).

    Raises `QueryError` at the node whose operands are of kinds that it does not take.
    """
    with np.errstate(all="ignore"):
        return evaluated(expr, frame)


def keeps(predicate: Expr, frame: Frame) -> Booleans:
    """(b, u) whether each candidate passes: where `predicate` is true, not where it is false or NULL."""
    with np.errstate(all="ignore"):
        passed = truth(condition(evaluated(predicate, frame), "WHERE", predicate))
    return np.broadcast_to(passed, frame.shape).copy()


def evaluated(expr: Expr, frame: Frame) -> Value:
    """`evaluate` for callers that have numpy's warnings off already."""
    return _NODES[type(expr)](expr, frame)


def condition(value: Value, what: str, node: Node) -> Value:
    """The value as a bool; a number is true unless 0."""
    return taken_as("bool", value, what, node)


def _literal(node: Literal, frame: Frame) -> Value:
    try:
        return _constant(type(node.value).__name__, node.value)
    except OverflowError:
        raise QueryError("a number is beyond the range of float64, 1.8e308", position=node.at) from None


@lru_cache(maxsize=1_024)
def _constant(of: str, held: Scalar) -> Value:
    """The same for all frames; the type is there since True, 1 and 1.0 are one key without it."""
    if held is None:
        return NULL
    if isinstance(held, bool):
        return constant("bool", held)
    if isinstance(held, str):
        return constant("text", held)
    return finite(np.full((1, 1), float(held) + 0.0), NEVER)  # no negative zero, which is the key of zero too


def _items(node: Items, frame: Frame) -> Value:
    """Lists of Python values, None for NULL."""
    values = [evaluated(one, frame) for one in node.values]
    shape = np.broadcast_shapes((1, 1), *(one.data.shape[:2] for one in values))
    rows: list[list[Any]] = [[] for _ in range(shape[0] * shape[1])]
    for value in values:
        if value.kind == "vector":
            raise QueryError("a list takes no vectors", position=node.at)
        data, is_null = np.broadcast_to(value.data, shape), np.broadcast_to(value.is_null, shape)
        for row, held, absent in zip(rows, data.ravel().tolist(), is_null.flat, strict=True):
            row.append(None if absent else held)
    return from_objects(rows, shape, "list")


def _param(node: Param, frame: Frame) -> Value:
    return cleaned(frame.parameter(node.name))


def _name(node: Name, frame: Frame) -> Value:
    first, rest = node.path[0], node.path[1:]
    if first in (*ENTITIES, "retrieval", "pair") and not rest:
        raise QueryError(f"`{first}` is no value by itself; name what of it, as in {first}.NAME", position=node.at)
    if first == "retrieval":
        name = ".".join(rest)
        by_rank = name.endswith("_rank") and name != "_rank"
        return cleaned(frame.retrieval_rank(name[:-5]) if by_rank else frame.retrieval_score(name))
    if first == "pair":
        return cleaned(frame.pair(".".join(rest)))
    entity = ENTITIES.get(first)
    if entity is not None:
        return cleaned(frame.column(entity, rest))
    if node.path == ("user_category_affinity",):
        return cleaned(frame.affinity())
    return cleaned(frame.model(first) if not rest and first in MODELS else frame.column("item", node.path))


def _call(node: Call, frame: Frame) -> Value:
    function = FUNCTIONS.get(node.function)
    if function is None:
        raise QueryError(f"unknown function {node.function!r}{nearest(node.function, FUNCTIONS)}", position=node.at)
    return function(Arguments(node, frame, evaluated))


def _unary(node: Unary, frame: Frame) -> Value:
    value = evaluated(node.operand, frame)
    if node.operator == "not":
        return negation(condition(value, "NOT", node))
    number = taken_as("number", value, "`-`", node)
    return Value("number", -number.data, number.is_null)


def _binary(node: Binary, frame: Frame) -> Value:
    """Down the left side without recursion: `a + b + c ...` may be long."""
    spine = [node]
    while isinstance(spine[-1].left, Binary):
        spine.append(spine[-1].left)
    value = evaluated(spine[-1].left, frame)
    for one in reversed(spine):
        value = _joined(one, value, evaluated(one.right, frame))
    return value


def _joined(node: Binary, left: Value, right: Value) -> Value:
    sign = node.operator
    if sign in _ARITHMETIC:
        return _arithmetic(node, left, right)
    if sign in NUMBERS:
        return compared(sign, left, right, node, (node.left, node.right))
    if sign in ("like", "ilike"):
        return like(left, right, node, ignore_case=sign == "ilike")
    if sign not in ("and", "or"):
        raise QueryError(f"unknown operator {sign!r}{nearest(sign, _ARITHMETIC)}", position=node.at)
    both = (condition(left, sign.upper(), node.left), condition(right, sign.upper(), node.right))
    return conjunction(*both) if sign == "and" else disjunction(*both)


def _arithmetic(node: Binary, left: Value, right: Value) -> Value:
    sign = node.operator
    for one in (left, right):
        if one.kind in ("text", "list", "vector"):
            received = f"{NOUNS[left.kind]} and {NOUNS[right.kind]}"
            hint = "; CAST(.. AS float) reads a text as a number" if one.kind == "text" else ""
            raise QueryError(f"`{sign}` takes numbers, received {received}{hint}", position=node.at)
    if left.kind == "null" or right.kind == "null":
        return NULL
    kind: Kind = "time" if (sign, left.kind, right.kind) in _MOVED_TIMES else "number"
    a, b = taken_as("number", left, sign, node), taken_as("number", right, sign, node)
    return finite(_ARITHMETIC[sign](a.data, b.data), either(a.is_null, b.is_null), kind)


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,  # the sign of the first, as SQL has it
    "**": power,
}
_MOVED_TIMES = {("+", "time", "number"), ("+", "number", "time"), ("-", "time", "number")}


def _in(node: In, frame: Frame) -> Value:
    return contained(node, lambda one: evaluated(one, frame))


def _between(node: Between, frame: Frame) -> Value:
    value, low, high = (evaluated(one, frame) for one in (node.value, node.low, node.high))
    above = compared(">=", value, low, node, (node.value, node.low))
    found = conjunction(above, compared("<=", value, high, node, (node.value, node.high)))
    return negation(found) if node.negated else found


def _is(node: Is, frame: Frame) -> Value:
    return tested(evaluated(node.value, frame), node.what, node.negated, node)


def _cast(node: Cast, frame: Frame) -> Value:
    value, kind = evaluated(node.value, frame), _CAST_KINDS[node.type]
    if value.kind != "null" and value.kind not in CASTABLE[kind]:
        raise QueryError(f"CAST to {node.type} does not take {NOUNS[value.kind]}", position=node.at)
    found = cast(value, kind)
    if node.type != "int":
        return found
    whole = np.trunc(found.data)
    beyond = np.abs(whole) >= WHOLE
    return Value("number", whole, either(found.is_null, beyond) if beyond.any() else found.is_null)


_CAST_KINDS: dict[str, Kind] = {
    "int": "number",
    "float": "number",
    "string": "text",
    "bool": "bool",
    "timestamp": "time",
}


def _case(node: Case, frame: Frame) -> Value:
    whens = [condition(evaluated(when, frame), "WHEN", when) for when, _ in node.branches]
    values = [evaluated(one, frame) for one in (*(then for _, then in node.branches), node.otherwise)]
    *thens, result = unified(values, "CASE", node)
    for when, then in zip(reversed(whens), reversed(thens), strict=True):
        result = chosen(truth(when), then, result)
    return result


_NODES: dict[type[Node], Callable[[Any, Frame], Value]] = {
    Literal: _literal,
    Items: _items,
    Param: _param,
    Name: _name,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    In: _in,
    Between: _between,
    Is: _is,
    Cast: _cast,
    Case: _case,
}
