"""Writing the query language: plan in, canonical text out, so that reading the text gives the plan back."""

from __future__ import annotations

from collections.abc import Sequence

from relpins_resources.query.language.expression_text import (
    INDENT,
    WIDE,
    expression_lines,
    format_expression,
    format_order,
    format_scalar,
)
from relpins_resources.query.language.item_names import written_column
from relpins_resources.query.language.quoted import quote, quote_expression
from relpins_resources.query.plan import Argument, Expr, Items, Literal, Name, Query, Score, Stage
from relpins_resources.query.stages import STAGES

__all__ = ["format_expression", "format_order", "format_query", "format_scalar"]

SCORE = Name(("score",))
PREDICATES = {(one.kind, argument.name) for one in STAGES for argument in one.arguments if argument.kind == "predicate"}


def format_query(query: Query) -> str:
    """The canonical text of a plan: `parse_query` of it is the plan. A clause to a line, long calls over several.

    Raises QueryError for a plan that no text can mean, as one with an infinite number.
    """
    score_in_order = query.score is not None and (not query.order_by or any(one.key == SCORE for one in query.order_by))
    lines = [("EXPLAIN " if query.explain else "") + "SELECT " + _selection(query, score_in_order)]
    lines.append("FROM " + _retrievers(query.retrievers))
    if query.where is not None:
        lines.append("WHERE " + f"\n{INDENT}".join(expression_lines(query.where)))
    if score_in_order or query.order_by:
        lines.append("ORDER BY " + _order(query))
    if query.rerankers:
        lines.append("REORDER BY " + ", ".join(_stage(one, "") for one in query.rerankers))
    if query.limit is not None:
        lines.append("LIMIT " + format_expression(query.limit))
    if query.offset is not None:
        lines.append("OFFSET " + format_expression(query.offset))
    return "\n".join(lines) + "\n"


def _selection(query: Query, score_in_order: bool) -> str:
    columns = [written_column(one) for one in query.select] or ["*"]
    scores = [] if query.score is None or score_in_order else [_score(query.score) + " AS score"]
    return ", ".join([*columns, *scores])


def _retrievers(retrievers: Sequence[Stage]) -> str:
    if len(retrievers) == 1:
        return _stage(retrievers[0], "")
    return _call("retrieve", [_stage(one, INDENT) for one in retrievers], "")


def _order(query: Query) -> str:
    """The score is written out where it comes first, by its name if it comes again."""
    if not query.order_by:
        assert query.score is not None
        return _score(query.score)
    keys, waiting = [], query.score
    for one in query.order_by:
        if one.key == SCORE:
            keys.append((_score(waiting) if waiting else "score") + (" DESC" if one.descending else " ASC"))
            waiting = None
        else:
            keys.append(format_order([one]))
    return ", ".join(keys)


def _score(score: Score) -> str:
    arguments = ["expression=" + _quoted(expression_lines(score.expression))]
    for name, value in (("input_user_id", score.input_user_id), ("input_item_id", score.input_item_id)):
        if value is not None:
            arguments.append(f"{name}={_plain(value)}")
    return _call("score", arguments, "")


def _quoted(lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return quote_expression(lines[0])
    return quote_expression("\n" + "\n".join(INDENT * 2 + one for one in lines) + "\n" + INDENT)


def _stage(stage: Stage, indent: str) -> str:
    arguments = [f"{name}={_argument(stage.kind, name, value, indent + INDENT)}" for name, value in stage.arguments]
    return _call(stage.kind, arguments, indent)


def _call(name: str, arguments: Sequence[str], indent: str) -> str:
    """In one line if that is short, else an argument to a line."""
    line = f"{name}({', '.join(arguments)})"
    if not arguments or (len(indent + line) <= WIDE and "\n" not in line):
        return line
    inner = ",\n".join(indent + INDENT + one for one in arguments)
    return f"{name}(\n{inner}\n{indent})"


def _argument(kind: str, name: str, value: Argument, indent: str) -> str:
    if isinstance(value, Stage):
        return _stage(value, indent)
    if isinstance(value, tuple):
        return quote_expression(format_order(value))
    return quote_expression(format_expression(value)) if (kind, name) in PREDICATES else _plain(value)


def _plain(value: Expr) -> str:
    """A value of an argument outside of expressions: texts in single quotes."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        return quote(value.value, "'")
    if isinstance(value, Items):
        return "[" + ", ".join(_plain(one) for one in value.values) + "]"
    return format_expression(value)
