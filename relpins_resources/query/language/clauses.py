"""A whole query: from the syntax tree to the plan. What ranks, and the aliases of SELECT: `ranking.py`."""

from __future__ import annotations

from collections.abc import Mapping

from lark import Token, Tree

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.arguments import called, stage
from relpins_resources.query.language.lowering import expression, token
from relpins_resources.query.language.ranking import ranking
from relpins_resources.query.language.syntax import Branch, Source
from relpins_resources.query.plan import Expr, Literal, Param, Query, Stage
from relpins_resources.query.stages import MOST_ROWS

ORDER = ("FROM", "WHERE", "ORDER", "REORDER", "LIMIT", "OFFSET")
FULL_NAMES = {"ORDER": "ORDER BY", "REORDER": "REORDER BY"}
DEFAULT_FROM = (Stage("filter"),)


def query(tree: Tree[Token], source: Source) -> Query:
    """The plan of a query's tree."""
    words = {one.type for one in tree.children if isinstance(one, Token)}
    selection = next(one for one in tree.children if isinstance(one, Tree) and one.data == "selection")
    clauses = _clauses(tree, source)
    where = clauses.get("WHERE")
    ranked = ranking(selection.children, clauses.get("ORDER", []), clauses.get("REORDER", []), source)
    return Query(
        retrievers=_retrievers(clauses["FROM"], source) if "FROM" in clauses else DEFAULT_FROM,
        select=ranked.select,
        select_at=ranked.select_at,
        where=expression(where[0], source) if where else None,
        score=ranked.score,
        order_by=ranked.order_by,
        rerankers=ranked.rerankers,
        limit=_count("LIMIT", clauses, source, 1, MOST_ROWS),
        offset=_nothing_for_zero(_count("OFFSET", clauses, source, 0, None)),
        explain="EXPLAIN" in words,
    )


def _clauses(tree: Tree[Token], source: Source) -> dict[str, list[Branch]]:
    """What stands in each clause, by its first word; refuses one given twice or out of order."""
    found: dict[str, list[Branch]] = {}
    for clause in tree.children:
        if not isinstance(clause, Tree) or clause.data != "clause":
            continue
        word = token(clause.children[0]).type
        name = FULL_NAMES.get(word, word)
        if word in found:
            how = "join the conditions with AND" if word == "WHERE" else "put all into one, with commas"
            raise source.error(f"two {name} clauses; {how}", clause)
        later = [one for one in found if ORDER.index(one) > ORDER.index(word)]
        if later and word != "LIMIT":
            raise source.error(f"{name} stands before {FULL_NAMES.get(later[0], later[0])}", clause)
        found[word] = clause.children[2 if word in FULL_NAMES else 1 :]
    return found


def _retrievers(nodes: list[Branch], source: Source) -> tuple[Stage, ...]:
    if len(nodes) > 1:
        raise source.error("several retrievers are written FROM retrieve(first(...), second(...))", nodes[1])
    node = nodes[0]
    if not (isinstance(node, Tree) and called(node, source)[0].lower() == "retrieve"):
        return (stage(node, source, "retriever"),)
    arguments = called(node, source)[1]
    if not arguments:
        raise source.error("retrieve() is empty; it unites retrievers: retrieve(similarity(...), ...)", node)
    for one in arguments:
        if one.name is not None:
            raise QueryError("retrieve() takes retrievers alone; limit and where stand inside each", position=one.at)
    return tuple(stage(one.value, source, "retriever") for one in arguments)


def _count(
    name: str, clauses: Mapping[str, list[Branch]], source: Source, low: int, high: int | None
) -> Literal | Param | None:
    if name not in clauses:
        return None
    node = clauses[name][0]
    value: Expr = expression(node, source)
    if isinstance(value, Param):
        return value
    number = value.value if isinstance(value, Literal) else None
    is_number = isinstance(number, int) and not isinstance(number, bool)
    if not is_number or not isinstance(number, int) or number < low or (high is not None and number > high):
        allowed = f"from {low} to {high}" if high is not None else f"from {low}"
        shown = f", not {number}" if is_number else ""
        raise source.error(f"{name} takes a whole number {allowed}, or a parameter{shown}", node)
    return Literal(number, at=value.at)


def _nothing_for_zero(offset: Literal | Param | None) -> Literal | Param | None:
    return None if offset == Literal(0) else offset
