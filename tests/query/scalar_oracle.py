"""The expression language for one candidate at a time, in plain Python: NULL is None, nothing is an array.

Written from the contract and not from the code: recursion over the tree, `if`s, and no shared helper. Elementary
functions are numpy's, so that results compare bit for bit.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from scalar_values import Json, Moment, as_flag, as_number, read_moment, read_number, write

from relpins_resources.query import plan as p


@dataclass(frozen=True)
class Row:
    """What one candidate of one query answers."""

    columns: dict[str, Any]
    parameters: dict[str, Any]
    signals: dict[str, Any]
    place: int
    now: float


def scalar(node: p.Expr, row: Row) -> Any:
    match node:
        case p.Literal():
            return float(node.value) if type(node.value) in (int, float) else node.value
        case p.Items():
            return [scalar(one, row) for one in node.values]
        case p.Param():
            return row.parameters[node.name]
        case p.Name():
            return _named(node, row)
        case p.Unary(operator="-"):
            return arithmetic("*", as_number(scalar(node.operand, row)), -1.0)
        case p.Unary(operator="not"):
            flag = as_flag(scalar(node.operand, row))
            return None if flag is None else not flag
        case p.Binary():
            return _binary(node, row)
        case p.In():
            found = _member(scalar(node.value, row), scalar(node.among, row))
            return found if found is None or not node.negated else not found
        case p.Between():
            value, low, high = (scalar(one, row) for one in (node.value, node.low, node.high))
            inside = both(ordered(">=", value, low), ordered("<=", value, high))
            return inside if inside is None or not node.negated else not inside
        case p.Is():
            value = scalar(node.value, row)
            holds = (
                value is None or value == Json(None) if node.what == "null" else as_flag(value) is (node.what == "true")
            )
            return holds is not node.negated
        case p.Cast():
            return _cast(scalar(node.value, row), node.type)
        case p.Case():
            for when, then in node.branches:
                if as_flag(scalar(when, row)) is True:
                    return scalar(then, row)
            return scalar(node.otherwise, row)
        case p.Call():
            return _call(node, row)
    raise AssertionError(node)


def score(node: p.Expr, row: Row) -> float:
    """A sum where what is NULL counts 0."""
    match node:
        case p.Binary(operator="+"):
            return score(node.left, row) + score(node.right, row)
        case p.Binary(operator="-"):
            return score(node.left, row) - score(node.right, row)
        case p.Unary(operator="-"):
            return -score(node.operand, row)
        case p.Case():
            for when, then in node.branches:
                if as_flag(scalar(when, row)) is True:
                    return score(then, row)
            return score(node.otherwise, row)
    number = as_number(scalar(node, row))
    return 0.0 if number is None else number


def both(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def pair(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Both sides in the kind they meet in; None in place of one that does not read as it."""
    sides = [one.held if isinstance(one, Json) else one for one in (left, right)]
    if all(isinstance(one, str) for one in sides):
        return sides[0], sides[1]
    for one in sides:
        if isinstance(one, Moment):
            return tuple(None if isinstance(other, bool) else read_moment(other) for other in sides)
    if any(isinstance(one, str) for one in sides):
        other = next(one for one in sides if not isinstance(one, str))
        return tuple(_read_as(one, other) for one in sides)
    return tuple(float(one) for one in sides)


def _read_as(one: Any, like: Any) -> Any:
    if isinstance(like, bool):
        return as_flag(one)
    return read_number(one) if isinstance(one, str) else float(one)


def ordered(sign: str, left: Any, right: Any) -> bool | None:
    if left in (None, Json(None)) or right in (None, Json(None)):
        return None
    one, other = pair(left, right)
    if one is None or other is None:
        return {"=": False, "!=": True}.get(sign)
    return {
        "=": one == other,
        "!=": one != other,
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
    }[sign]


def _named(node: p.Name, row: Row) -> Any:
    first = node.path[0]
    if first == "retrieval":
        name = node.path[1]
        return row.signals[f"place:{name[:-5]}" if name.endswith("_rank") else f"score:{name}"]
    if first == "user_category_affinity":
        return row.signals["affinity"]
    return row.columns.get(node.dotted)


def _binary(node: p.Binary, row: Row) -> Any:
    left, right = scalar(node.left, row), scalar(node.right, row)
    if node.operator == "and":
        return both(as_flag(left), as_flag(right))
    if node.operator == "or":
        a, b = as_flag(left), as_flag(right)
        if a is True or b is True:
            return True
        return None if a is None or b is None else False
    if node.operator in ("like", "ilike"):
        one, pattern = write(left), write(right)
        if one is None or pattern is None:
            return None
        return like(one.lower(), pattern.lower()) if node.operator == "ilike" else like(one, pattern)
    if node.operator in p.ARITHMETIC:
        is_time = isinstance(left, Moment) != isinstance(right, Moment) and (
            node.operator == "+" or (node.operator == "-" and isinstance(left, Moment))
        )
        found = arithmetic(node.operator, as_number(left), as_number(right))
        return Moment(found) if is_time and found is not None else found
    return ordered(node.operator, left, right)


def arithmetic(sign: str, one: float | None, other: float | None) -> float | None:
    if one is None or other is None or (other == 0 and sign in "/%"):
        return None
    if sign == "**":
        found = one * one if other == 2 else _power(one, other)
    else:
        found = {
            "+": lambda: one + other,
            "-": lambda: one - other,
            "*": lambda: one * other,
            "/": lambda: one / other,
            "%": lambda: math.fmod(one, other),
        }[sign]()
    return found if math.isfinite(found) else None


def _power(one: float, other: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.power(np.float64(one), np.float64(other)))


def like(text: str, pattern: str) -> bool:
    """Letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(like(text[at:], pattern[1:]) for at in range(len(text) + 1))
    if pattern[0] == "\\" and len(pattern) > 1:
        return text[:1] == pattern[1] and like(text[1:], pattern[2:])
    return bool(text) and pattern[0] in ("_", text[0]) and like(text[1:], pattern[1:])


def _member(value: Any, among: Any) -> bool | None:
    if among is None:
        return None
    if not isinstance(among, list):
        return ordered("=", value, among)
    answers = [ordered("=", value, one) for one in among]
    if True in answers:
        return True
    return None if None in answers else False


def _cast(one: Any, to: str) -> Any:
    one = one.held if isinstance(one, Json) else one
    if one is None:
        return None
    if to == "string":
        return write(one)
    if to == "bool":
        return as_flag(one)
    if to == "timestamp":
        seconds = read_moment(one)
        return None if seconds is None else Moment(seconds)
    number = read_number(one) if isinstance(one, str) else as_number(one)
    if number is None or to == "float":
        return number
    return float(math.trunc(number)) if abs(number) < 2**63 else None


def _call(node: p.Call, row: Row) -> Any:
    name, options = node.function, dict(node.options)
    if name == "rank":
        return row.signals.get(f"rank:{options['embedding'].value}")
    if name == "now_seconds":
        return row.now
    given = [scalar(one, row) for one in node.arguments]
    if name == "coalesce":
        return next((one for one in given if one is not None and one != Json(None)), None)
    if name == "rrf":
        k = as_number(scalar(options["k"], row)) if "k" in options else 60.0
        known = [as_number(one) for one in given]
        return sum(1 / (k + one) for one in known if k is not None and one is not None and k + one != 0) + 0.0
    if name == "nullif":
        return None if ordered("=", given[0], given[1]) else given[0]
    if any(one is None for one in given):
        return None
    return _known(name, given, row)


def _known(name: str, given: list[Any], row: Row) -> Any:
    if name in ("min", "max"):
        if isinstance(given[0], str):
            return min(given) if name == "min" else max(given)
        numbers = [as_number(one) for one in given]
        return min(numbers) if name == "min" else max(numbers)
    if name == "truncate":
        return row.place < as_number(given[0])
    if name in ("lower", "upper", "length", "regexp_match"):
        text = write(given[0])
        if text is None:
            return None
        if name == "regexp_match":
            return re.search(given[1], text) is not None
        return float(len(text)) if name == "length" else getattr(text, name)()
    if name.startswith("array_has"):
        wanted = [given[1]] if name == "array_has" else given[1]
        found = [any(one is not None and ordered("=", one, other) for one in given[0]) for other in wanted]
        return all(found) if name == "array_has_all" else any(found)
    if name == "json_value":
        return _json(given[0], given[1])
    return _numeric(name, [as_number(one) for one in given])


def _numeric(name: str, given: list[float | None]) -> float | None:
    if any(one is None for one in given):
        return None
    if name == "pow":
        return arithmetic("**", given[0], given[1])
    if name == "round":
        return _rounded(*given)
    with np.errstate(all="ignore"):
        found = float(getattr(np, name)(np.float64(given[0])))
    return found if math.isfinite(found) else None


def _rounded(number: float, digits: float = 0.0) -> float:
    """Half away from zero."""
    scale = 10.0 ** int(digits)
    shifted = abs(number) * scale
    if not math.isfinite(shifted):
        return number
    whole = math.floor(shifted)
    return math.copysign((whole + (shifted - whole >= 0.5)) / scale, number)


def _json(text: Any, path: str) -> Any:
    try:
        held = json.loads(text) if isinstance(text, str) else text.held
    except ValueError:
        return None
    for step in re.findall(r"\w+", path):
        try:
            held = held[int(step)] if isinstance(held, list) else held[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return None if isinstance(held, dict | list) or held is None else Json(held)
