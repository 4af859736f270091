"""The canonical text: reading it gives the plan back, and writing that gives the text back."""

import math

import pytest
from article_queries import BLEND, QUERIES
from hypothesis import given, settings
from plans import expressions, queries

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.parser import parse_expression, parse_query
from relpins_resources.query.language.text import format_expression, format_query
from relpins_resources.query.plan import Binary, Expr, Literal, Name, Query, Score, Stage, Unary, walk


@given(expressions)
@settings(max_examples=100)
def test_an_expression_reads_back_as_the_same_plan(expression: Expr) -> None:
    text = format_expression(expression)
    assert parse_expression(text) == expression
    assert format_expression(parse_expression(text)) == text


@given(queries())
@settings(max_examples=60)
def test_a_query_reads_back_as_the_same_plan(query: Query) -> None:
    text = format_query(query)
    assert parse_query(text) == query
    assert format_query(parse_query(text)) == text


@pytest.mark.parametrize("name", QUERIES)
def test_the_text_of_an_article_query_is_stable(name: str) -> None:
    query = parse_query(QUERIES[name])
    assert parse_query(format_query(query)) == query


def test_the_blend_reads_as_a_person_would_write_it() -> None:
    assert (
        format_query(parse_query(BLEND))
        == """SELECT *
FROM similarity(
    embedding_ref='clip_embedding',
    encoder=item_attribute_pooling(input_item_id=$item_id),
    limit=500
)
WHERE item_id != $item_id
ORDER BY score(
    expression='
        0.5 / (1.0 + rank(embedding="clip_embedding"))
        + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.2 / (1.0 + rank(embedding="content_embedding"))
    ',
    input_user_id=$user_id
)
REORDER BY diversity(diversity_lookback_window=50)
LIMIT $limit
"""
    )


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("((a))", "a"),
        ("a and (b and c)", "a AND (b AND c)"),
        ("(a and b) and c", "a AND b AND c"),
        ("not (a = b)", "NOT a = b"),
        ("(a + b) * c - (d - e)", "(a + b) * c - (d - e)"),
        ("-(a + b) ** 2", "-(a + b) ** 2"),
        ("(-2) ** 2", "(-2) ** 2"),
        ("-2 ** 2", "-2 ** 2"),
        ("2 ** -x ** 2", "2 ** -x ** 2"),
        ("- -x", "-(-x)"),
        ("a - -3", "a - -3"),
        ("1 if a else 2 if b else 3", "CASE WHEN a THEN 1 ELSE CASE WHEN b THEN 2 ELSE 3 END END"),
        ("x not in (1, 'two')", 'x NOT IN (1, "two")'),
        ("`limit` + item.`limit`.first", "`limit` + limit.first"),
        ("'say \"hi\"'", '"say ""hi"""'),
        ("'$$name'", '"$$name"'),
        ("min(a == b)", "min((a = b))"),
        ("(a is null) is not true", "(a IS NULL) IS NOT TRUE"),
    ],
)
def test_brackets_stand_only_where_they_are_needed(written: str, canonical: str) -> None:
    assert format_expression(parse_expression(written)) == canonical


def test_a_power_of_a_negative_number_is_not_the_negative_of_a_power() -> None:
    assert parse_expression("(-2) ** 2") == Binary("**", Literal(-2), Literal(2))
    assert parse_expression("-2 ** 2") == Unary("-", Binary("**", Literal(2), Literal(2)))


def test_numbers_keep_their_kind_and_every_digit() -> None:
    for number in (1, 1.0, 0.1 + 0.2, 1e300, 5e-324, -0.0, 2**63 - 1, -(2**63 - 1)):
        assert parse_expression(format_expression(Literal(number))) == Literal(number)


def test_a_long_case_and_a_long_condition_are_laid_out_over_lines() -> None:
    column = "a_rather_long_name_of_a_column"
    text = f"SELECT * WHERE {column} > 1 AND {column} < 2 AND {column} != 3 LIMIT 5"
    assert f"WHERE {column} > 1\n    AND {column} < 2\n    AND {column} != 3\n" in format_query(parse_query(text))
    case = f"CASE WHEN {column} < 3 THEN {column} ELSE 1.0 - {column} END"
    lines = format_query(parse_query(f"SELECT * ORDER BY score('{case}')")).splitlines()
    assert [line.strip() for line in lines[4:9]] == [
        "CASE",
        f"WHEN {column} < 3 THEN",
        column,
        "ELSE",
        f"1.0 - {column}",
    ]


def test_a_line_break_inside_a_text_stays_as_it_is() -> None:
    text = "first line\n        second line"
    long = Binary("+", Name(("a" * 60,)), Binary("+", Literal(text), Literal(1)))
    query = Query((Stage("filter", (("where", long),)),), where=long, score=Score(long))
    assert parse_query(format_query(query)) == query


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_has_no_text(number: float) -> None:
    with pytest.raises(QueryError, match="finite"):
        format_expression(Literal(number))


def test_every_node_knows_where_it_stands() -> None:
    for text in QUERIES.values():
        for node in walk(parse_query(text)):
            if isinstance(node, Name):
                assert text[node.at :].startswith((node.dotted, f"item.{node.dotted}"))
            elif isinstance(node, Literal) and node.value is not None:
                assert text[node.at :].lstrip("'\"").startswith(str(node.value))
