"""Writing the query language: plan in, canonical text out, so that reading the text gives the plan back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from relpins_resources.query.errors import QueryError
from relpins_resources.query.item_names import written
from relpins_resources.query.plan import (
    Argument,
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
    Query,
    Scalar,
    Score,
    Stage,
    Unary,
)
from relpins_resources.query.quoted import quote, quote_expression
from relpins_resources.query.stages import STAGES

OR, AND, NOT, TEST, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)
LEVELS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "like", "ilike"), TEST),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys("*/%", PRODUCT),
    "**": POWER,
}
SCORE = Name(("score",))
INDENT = "    "


def format_query(query: Query) -> str:
    """The canonical text of a plan, a clause to a line and the arguments of a call below each other."""
    score_in_order = query.score is not None and (not query.order_by or any(one.key == SCORE for one in query.order_by))
    lines = [("EXPLAIN " if query.explain else "") + "SELECT " + _selection(query, score_in_order)]
    lines.append("FROM " + _retrievers(query.retrievers))
    if query.where is not None:
        lines.append("WHERE " + format_expression(query.where))
    if score_in_order or query.order_by:
        lines.append("ORDER BY " + _order(query))
    if query.rerankers:
        lines.append("REORDER BY " + ", ".join(_stage(one, "") for one in query.rerankers))
    if query.limit is not None:
        lines.append("LIMIT " + format_expression(query.limit))
    if query.offset is not None:
        lines.append("OFFSET " + format_expression(query.offset))
    return "\n".join(lines) + "\n"


def format_expression(expression: Expr) -> str:
    """The canonical text of an expression, in one line: texts in double quotes, words in capitals."""
    return _at_least(expression, OR)


def format_order(keys: Sequence[OrderKey]) -> str:
    """`price DESC NULLS FIRST, rating`."""
    return ", ".join(format_expression(one.key) + _direction(one) for one in keys)


# ---- queries


def _selection(query: Query, score_in_order: bool) -> str:
    columns = [
        ".".join(written((part,)) if "." not in one else written((part, "x"))[:-2] for part in one.split("."))
        for one in query.select
    ]
    scores = [_score(query.score) + " AS score"] if query.score is not None and not score_in_order else []
    return ", ".join([*(columns or ["*"]), *scores])


def _retrievers(retrievers: Sequence[Stage]) -> str:
    if len(retrievers) == 1:
        return _stage(retrievers[0], "")
    return _call("retrieve", [_stage(one, INDENT) for one in retrievers], "")


def _order(query: Query) -> str:
    if not query.order_by:
        return _score(query.score)
    parts, is_written = [], False
    for one in query.order_by:
        if one.key != SCORE:
            parts.append(format_order([one]))
        else:
            parts.append(("score" if is_written else _score(query.score)) + (" DESC" if one.descending else " ASC"))
            is_written = True
    return ", ".join(parts)


def _score(score: Score | None) -> str:
    assert score is not None
    arguments = ["expression=" + quote_expression(format_expression(score.expression))]
    for name, value in (("input_user_id", score.input_user_id), ("input_item_id", score.input_item_id)):
        if value is not None:
            arguments.append(f"{name}={_plain(value)}")
    return _call("score", arguments, "")


def _stage(stage: Stage, indent: str) -> str:
    arguments = [f"{name}={_argument(stage.kind, name, value, indent + INDENT)}" for name, value in stage.arguments]
    return _call(stage.kind, arguments, indent)


def _call(name: str, arguments: Sequence[str], indent: str) -> str:
    """In one line if that is short, else an argument to a line."""
    line = f"{name}({', '.join(arguments)})"
    if (len(arguments) < 2 and "\n" not in line) or (len(line) + len(indent) <= 60 and "\n" not in line):
        return line
    inner = ",\n".join(indent + INDENT + one for one in arguments)
    return f"{name}(\n{inner}\n{indent})"


def _argument(kind: str, name: str, value: Argument, indent: str) -> str:
    if isinstance(value, Stage):
        return _stage(value, indent)
    if isinstance(value, tuple):
        return quote_expression(format_order(value))
    if name in _PREDICATES.get(kind, ()):
        return quote_expression(format_expression(value))
    return _plain(value)


_PREDICATES = {
    one.kind: {argument.name for argument in one.arguments if argument.kind == "predicate"} for one in STAGES
}


def _plain(value: Expr) -> str:
    """A value of an argument outside of expressions: texts in single quotes."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        return quote(value.value, "'")
    if isinstance(value, Items):
        return "[" + ", ".join(_plain(one) for one in value.values) + "]"
    return format_expression(value)


def _direction(key: OrderKey) -> str:
    return (" DESC" if key.descending else "") + {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[key.nulls_first]


# ---- expressions


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
