"""No text at all, however long, deep or odd, raises anything but the query error."""

from collections.abc import Callable

import pytest
from article_queries import QUERIES
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.query.errors import NOWHERE, QueryError
from relpins_resources.query.language.parser import parse_expression, parse_order, parse_query


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "[" * 5_000 + "]" * 5_000,
        "- " * 8_000 + "a",
        "NOT " * 5_000 + "a",
        "2 ** " * 5_000 + "2",
        "a" + " + a" * 2_000,
        "a IF b ELSE " * 5_000 + "c",
        "CASE WHEN " * 5_000,
        "f(" * 5_000,
        "abs(" * 200 + "a" + ")" * 200,
        "'" * 20_001,
        "`" * 20_001,
        "a." * 8_000,
        "9" * 20_000,
        "x" * 100_001,
        "\x00",
        "\ud800",
        "𝒳 + ٣",
    ],
)
def test_a_text_that_is_too_deep_too_long_or_odd_is_a_query_error(text: str) -> None:
    for read in (parse_expression, parse_query):
        for whole in (text, f"SELECT * WHERE {text}"):
            with pytest.raises(QueryError):
                read(whole)


def test_an_expression_may_be_a_hundred_levels_deep_and_no_deeper() -> None:
    for opened, closed in (("abs(", ")"), ("NOT ", ""), ("-(1 + ", ")"), ("CASE WHEN a THEN ", " END"), ("[", "]")):
        levels = 2 if opened == "-(1 + " else 1
        deepest = 100 // levels
        parse_expression(opened * deepest + "a" + closed * deepest)
        with pytest.raises(QueryError, match="deeper than 100 levels"):
            parse_expression(opened * (deepest + 1) + "a" + closed * (deepest + 1))
    parse_expression("(" * 1_000 + "a" + ")" * 1_000)  # brackets alone make no level
    parse_expression("a" + " + a" * 100)


def check_raises_nothing_else(text: str) -> None:
    for read in (parse_query, parse_expression, parse_order):
        problem = error_of(read, text)
        if problem is not None:
            assert problem.text == text
            assert problem.position == NOWHERE or 0 <= problem.position <= len(text)


def error_of(read: Callable[[str], object], text: str) -> QueryError | None:
    try:
        read(text)
    except QueryError as problem:
        return problem
    return None


WORDS = """
    SELECT FROM WHERE ORDER BY REORDER LIMIT OFFSET AS DESC NULLS FIRST AND OR NOT IN IS LIKE BETWEEN NULL TRUE
    IF ELSE CASE WHEN THEN END CAST EXPLAIN JOIN retrieval.get_score item.x a rank similarity score diversity
    retrieve filter exploration retriever encoder expression embedding limit where columns mode lexical
    '' "" -- $x $param. 1e9 0.5
"""
PIECES = [*WORDS.split(), *"()[],;=+-*/%<>!$'\"`. \n"]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)))
@settings(max_examples=100)
def test_random_text_raises_nothing_but_the_query_error(text: str) -> None:
    check_raises_nothing_else(text)


@given(
    st.sampled_from(sorted(QUERIES.values())),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(["", *PIECES])), min_size=1, max_size=3),
)
@settings(max_examples=100)
def test_a_damaged_query_raises_nothing_but_the_query_error(text: str, damage: list[tuple[float, int, str]]) -> None:
    for place, removed, put in damage:
        at = int(place * len(text))
        text = text[:at] + put + text[at + removed :]
    check_raises_nothing_else(text)
