"""SQL's three-valued logic: and, or, not, comparisons, tests. Membership in lists is in members.py."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.casts import NOUNS, bool_of, cast, list_of, number_of, seconds_of, taken_as
from relpins_resources.query.expressions.nullable import NEVER, either, filled, from_objects, truth
from relpins_resources.query.expressions.values import NULL, Kind, Value
from relpins_resources.query.plan import Expr, Literal, Node, Param

NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_ONE_BY_ONE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_READS: dict[Kind, Callable[[Any], Any]] = {"number": number_of, "time": seconds_of, "bool": bool_of}
UNKNOWN = Value("bool", np.zeros((1, 1), bool), NULL.is_null)


def conjunction(left: Value, right: Value) -> Value:
    """AND of two bools: false with false, whatever the other; else NULL with NULL."""
    both = truth(left) & truth(right)
    if left.is_null is NEVER and right.is_null is NEVER:
        return Value("bool", both, NEVER)
    false = _false(left) | _false(right)
    return Value("bool", both, ~(both | false))


def disjunction(left: Value, right: Value) -> Value:
    """OR of two bools: true with true, whatever the other; else NULL with NULL."""
    one = truth(left) | truth(right)
    if left.is_null is NEVER and right.is_null is NEVER:
        return Value("bool", one, NEVER)
    return Value("bool", one, ~(one | (_false(left) & _false(right))))


def negation(value: Value) -> Value:
    return Value("bool", ~value.data, value.is_null)


def tested(value: Value, what: str, negated: bool, node: Node) -> Value:
    """`value IS [NOT] NULL | TRUE | FALSE`: never NULL itself."""
    if what == "null":
        held = value.is_null
    else:
        flag = taken_as("bool", value, f"IS {what.upper()}", node)
        held = truth(flag) if what == "true" else _false(flag)
    return Value("bool", ~held if negated else held, NEVER)


def compared(sign: str, left: Value, right: Value, node: Node, sides: Sequence[Expr] = ()) -> Value:
    """`left sign right` for a sign of `NUMBERS`, NULL where either side is NULL.

    A number and a time meet as seconds, a number and a bool as numbers; a text beside another kind is read as that
    kind, and a JSON value is the number, text or bool that it holds. A text that does not read as the kind differs
    from every value of it, and is neither more nor less (NULL).

    Raises `QueryError` at the one of `sides`, the two expressions, that is a literal or a parameter and does not read
    as the other's kind, and at `node` for kinds that never compare.
    """
    if left.kind == "null" or right.kind == "null":
        return UNKNOWN
    kind = _meeting_kind(left, right, sign, node)
    for side, value in zip(sides, (left, right), strict=False):
        _check_reads(side, value, kind)
    a, b = _as_met(left, kind), _as_met(right, kind)
    is_null = either(a.is_null, b.is_null)
    if kind == "object":
        return _pairwise(lambda one, other: _objects_compare(sign, one, other), a, b)
    data = _data_compared(sign, a, b, node)
    if sign not in ("=", "!=") or (a is left and b is right):
        return Value("bool", data, is_null)
    absent = either(left.is_null, right.is_null)  # what is left of NULL did not read: it surely differs
    return Value("bool", np.where(is_null, sign == "!=", data), absent)


def _as_met(value: Value, kind: Kind) -> Value:
    return Value(kind, value.data, value.is_null) if kind == "object" else cast(value, kind)


def _meeting_kind(left: Value, right: Value, sign: str, node: Node) -> Kind:
    kinds = {left.kind, right.kind}
    if len(kinds) == 1 and kinds != {"vector"}:
        return left.kind
    if kinds == {"number", "bool"}:
        return "number"
    if kinds == {"number", "time"}:
        return "time"
    if "object" in kinds and "vector" not in kinds:
        other = left.kind if right.kind == "object" else right.kind
        return other if other in ("time", "list") else "object"
    if "text" in kinds and not kinds & {"list", "vector"}:
        return left.kind if right.kind == "text" else right.kind
    received = " with ".join(NOUNS[one.kind] for one in (left, right))
    raise QueryError(f"`{sign}` cannot compare {received}", position=node.at)


def _data_compared(sign: str, a: Value, b: Value, node: Node) -> Any:
    if a.kind == "list":
        if sign not in ("=", "!="):
            raise QueryError(f"`{sign}` cannot order lists; `=` and `!=` compare them", position=node.at)
        return _pairwise(lambda one, other: same(one, other) == (sign == "="), a, b).data
    if a.kind == "text":
        return NUMBERS[sign](filled(a), filled(b))
    return NUMBERS[sign](a.data, b.data)


def _pairwise(function: Callable[[Any, Any], bool | None], a: Value, b: Value) -> Value:
    """`function` of every two Python values of which neither is NULL; None is NULL."""
    x, y = np.broadcast_arrays(a.data, b.data)
    absent = np.broadcast_to(either(a.is_null, b.is_null), x.shape)
    found = [None if gone else function(p, q) for p, q, gone in zip(x.flat, y.flat, absent.flat, strict=True)]
    return from_objects(found, x.shape, "bool")


def _objects_compare(sign: str, one: Any, other: Any) -> bool | None:
    """A JSON value and another. Two texts, or two that read as numbers or bools, have an order."""
    if sign in ("=", "!="):
        return same(one, other) == (sign == "=")
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return None
    one, other = _met(one, other)
    return None if one is None or other is None else bool(_ONE_BY_ONE[sign](one, other))


def same(one: Any, other: Any) -> bool:
    """Whether two Python values are equal as `=` has it: a text beside a number or bool is read as one."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if isinstance(one, list | tuple | np.ndarray) or isinstance(other, list | tuple | np.ndarray):
        first, second = list_of(one), list_of(other)
        return first is not None and second is not None and _lists_same(first, second)
    if isinstance(one, dict) or isinstance(other, dict) or one is None or other is None:
        return bool(one == other)
    first, second = _met(one, other)
    return first is not None and second is not None and bool(first == second)


def _met(one: Any, other: Any) -> tuple[Any, Any]:
    """Two scalars so that they compare: a text beside a number or bool as one, None if it is none."""
    if isinstance(one, str) == isinstance(other, str):
        return one, other
    if isinstance(one, str):
        return (bool_of(one) if isinstance(other, bool | np.bool_) else number_of(one)), other
    second, first = _met(other, one)
    return first, second


def _lists_same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(same, one, other))


def _check_reads(side: Expr, value: Value, kind: Kind) -> None:
    """A literal or parameter that is compared with a kind must read as it."""
    if value.kind != "text" or kind not in _READS or not isinstance(side, Literal | Param):
        return
    for one, absent in zip(value.data.flat, np.broadcast_to(value.is_null, value.data.shape).flat, strict=True):
        if not absent and _READS[kind](one) is None:
            hint = "; a time is written like '2026-01-31' or '2026-01-31T12:00:00Z'" if kind == "time" else ""
            raise QueryError(
                f"{one!r} is compared with {NOUNS[kind]}, and does not read as one{hint}", position=side.at
            )


def _false(value: Value) -> Any:
    return ~value.data if value.is_null is NEVER else ~(value.data | value.is_null)
