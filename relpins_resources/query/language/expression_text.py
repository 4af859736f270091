"""Writing expressions: plan in, canonical text out, so that reading the text gives the plan back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.item_names import written
from relpins_resources.query.language.quoted import quote
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
    OrderKey,
    Param,
    Scalar,
    Unary,
)

OR, AND, NOT, TEST, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)
LEVELS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "like", "ilike"), TEST),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys("*/%", PRODUCT),
    "**": POWER,
}
INDENT = "    "
WIDE = 72
"""Characters that an expression may take in one line of a query."""


def format_expression(expression: Expr) -> str:
    """The canonical text of an expression, in one line: texts in double quotes, words in capitals."""
    return _at_least(expression, OR)


def expression_lines(expression: Expr) -> list[str]:
    """The same text over several lines where it is long: an addend, a condition or a branch to a line."""
    text = format_expression(expression)
    if len(text) <= WIDE or "\n" in text:
        return [text]
    if isinstance(expression, Binary) and LEVELS[expression.operator] in (OR, AND, SUM):
        return _chained(expression)
    return _case_lines(expression) if isinstance(expression, Case) else [text]


def _chained(expression: Binary) -> list[str]:
    """`a + b + c` by addends; each but the first starts with its sign."""
    level = LEVELS[expression.operator]
    lines: list[str] = []
    left: Expr = expression
    while isinstance(left, Binary) and LEVELS[left.operator] == level:
        lines.append(f"{left.operator.upper()} {_at_least(left.right, level + 1)}")
        left = left.left
    return [_at_least(left, level), *reversed(lines)]


def _case_lines(expression: Case) -> list[str]:
    lines = ["CASE"]
    for when, then in expression.branches:
        lines.append(f"{INDENT}WHEN {format_expression(when)} THEN")
        lines += [INDENT * 2 + one for one in expression_lines(then)]
    if expression.otherwise != Literal(None):
        lines += [INDENT + "ELSE", *(INDENT * 2 + one for one in expression_lines(expression.otherwise))]
    return [*lines, "END"]


def format_order(keys: Sequence[OrderKey]) -> str:
    """`price DESC NULLS FIRST, rating`."""
    return ", ".join(format_expression(one.key) + _direction(one) for one in keys)


def _direction(key: OrderKey) -> str:
    return (" DESC" if key.descending else "") + {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[key.nulls_first]


def _at_least(expression: Expr, level: int) -> str:
    """In brackets if it binds less than `level`."""
    text = _WRITERS[type(expression)](expression)
    return text if _level(expression) >= level else f"({text})"


def _level(expression: Expr) -> int:
    if isinstance(expression, Binary):
        return LEVELS[expression.operator]
    if isinstance(expression, Unary):
        return NOT if expression.operator == "not" else SIGN
    if isinstance(expression, In | Between | Is):
        return TEST
    return SIGN if _is_negative(expression) else ATOM


def _is_negative(expression: Expr) -> bool:
    if not isinstance(expression, Literal) or isinstance(expression.value, bool):
        return False
    return isinstance(expression.value, int | float) and math.copysign(1, expression.value) < 0


def _literal(expression: Literal) -> str:
    return format_scalar(expression.value)


def format_scalar(value: Scalar) -> str:
    """A literal: NULL, TRUE, FALSE, a number or a text in double quotes."""
    if value is None or isinstance(value, bool):
        return "NULL" if value is None else str(value).upper()
    if isinstance(value, str):
        return quote(value, '"')
    if not math.isfinite(value):
        raise QueryError(f"{value} is no number of the language; numbers are finite")
    return repr(value)


def _items(expression: Items) -> str:
    return "[" + ", ".join(format_expression(one) for one in expression.values) + "]"


def _param(expression: Param) -> str:
    return "$" + expression.name


def _name(expression: Name) -> str:
    return written(expression.path)


def _function(expression: Call) -> str:
    arguments = [_at_least(one, SUM) for one in expression.arguments]
    options = [f"{name}={_at_least(value, SUM)}" for name, value in expression.options]
    return f"{expression.function}({', '.join([*arguments, *options])})"


def _unary(expression: Unary) -> str:
    if expression.operator == "not":
        return "NOT " + _at_least(expression.operand, NOT)
    operand = _at_least(expression.operand, SIGN)
    return f"-({operand})" if operand.startswith("-") else f"-{operand}"


def _binary(expression: Binary) -> str:
    level = LEVELS[expression.operator]
    left, right = (level + 1, level + 1) if level == TEST else (level, level + 1)
    if expression.operator == "**":
        left, right = ATOM, SIGN
    sign = expression.operator.upper()
    return f"{_at_least(expression.left, left)} {sign} {_at_least(expression.right, right)}"


def _in(expression: In) -> str:
    among = format_expression(expression.among)
    if isinstance(expression.among, Items):
        among = f"({among[1:-1]})"
    return f"{_at_least(expression.value, SUM)} {_not(expression.negated)}IN {among}"


def _between(expression: Between) -> str:
    value, low, high = (_at_least(one, SUM) for one in (expression.value, expression.low, expression.high))
    return f"{value} {_not(expression.negated)}BETWEEN {low} AND {high}"


def _is(expression: Is) -> str:
    return f"{_at_least(expression.value, SUM)} IS {_not(expression.negated)}{expression.what.upper()}"


def _cast(expression: Cast) -> str:
    return f"CAST({format_expression(expression.value)} AS {expression.type.upper()})"


def _case(expression: Case) -> str:
    whens = [f"WHEN {format_expression(when)} THEN {format_expression(then)}" for when, then in expression.branches]
    otherwise = "" if expression.otherwise == Literal(None) else f" ELSE {format_expression(expression.otherwise)}"
    return f"CASE {' '.join(whens)}{otherwise} END"


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


_WRITERS: dict[type[Any], Callable[[Any], str]] = {
    Literal: _literal,
    Items: _items,
    Param: _param,
    Name: _name,
    Call: _function,
    Unary: _unary,
    Binary: _binary,
    In: _in,
    Between: _between,
    Is: _is,
    Cast: _cast,
    Case: _case,
}
