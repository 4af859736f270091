"""Reading the query language: text in, plan out; the only error is `QueryError`, which points into the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from lark import Tree

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language import clauses
from relpins_resources.query.language.lowering import read_expression, read_keys
from relpins_resources.query.language.syntax import Source, read
from relpins_resources.query.plan import Expr, OrderKey, Query

T = TypeVar("T")


@lru_cache(maxsize=256)
def parse_query(text: str) -> Query:
    """The plan of a query, in canonical form: forms that mean the same give equal plans.

    Checks all that the text alone can show: syntax, names of clauses, stages, functions and arguments, their number,
    kinds and bounds. Names of columns, embeddings and models are checked against a catalog later. Plans are values, so
    the same text is read once. Raises QueryError.
    """
    return _pointing_into(text, _query)


def parse_expression(text: str) -> Expr:
    """The plan of one expression, of WHERE or of a score. Raises QueryError."""
    return _pointing_into(text, read_expression)


def parse_order(text: str) -> tuple[OrderKey, ...]:
    """The keys of a text like `price DESC, rating ASC NULLS FIRST`. Raises QueryError."""
    return _pointing_into(text, read_keys)


def _query(source: Source) -> Query:
    tree = read(source, "query")
    assert isinstance(tree, Tree)
    return clauses.query(tree, source)


def _pointing_into(text: str, reading: Callable[[Source], T]) -> T:
    try:
        return reading(Source(text))
    except QueryError as problem:
        raise problem.within(text) from None
