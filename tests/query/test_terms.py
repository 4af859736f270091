"""Scores: each addend of a sum in result position counts, or counts 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from array_frame import ArrayFrame, value

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.terms import Term, score_of, score_terms
from relpins_resources.query.language.parser import parse_expression
from relpins_resources.query.plan import Binary, Expr, Literal

FRAME = ArrayFrame(
    1,
    3,
    {
        "days_since_release": value("number", [[1.0, None, 30.0]]),
        "price": value("number", [[0.0, None, 2.0]]),
        "title": value("text", [["a", "b", None]]),
        "is_new": value("bool", [[True, None, False]]),
        "_derived_popular_rank": value("number", [[9.0, None, 4.0]]),
    },
    {},
    {
        "rank:clip_embedding": value("number", [[1.0, 2.0, None]]),
        "rank:content_embedding": value("number", [[3.0, None, 1.0]]),
        "affinity": value("number", [[0.5, None, 0.1]]),
    },
)
CLIP, CONTENT, TWOTOWER = (f'1.0 + rank(embedding="{name}_embedding")' for name in ("clip", "content", "twotower"))


def terms(text: str) -> list[Term]:
    return score_terms(parse_expression(text), FRAME)


def scores(text: str) -> list[float]:
    found: list[list[float]] = score_of(terms(text)).tolist()
    return found[0]


def values(found: list[Term]) -> list[list[float | None]]:
    return [[None if np.isnan(one) else one for one in term.values[0].tolist()] for term in found]


def test_the_blend_with_one_embedding_unbuilt() -> None:
    text = f"0.5 / ({CLIP}) + 0.3 / ({TWOTOWER}) + 0.2 / ({CONTENT})"
    assert scores(text) == pytest.approx([0.5 / 2 + 0.2 / 4, 0.5 / 3, 0.2 / 2], abs=1e-9)
    found = terms(text)
    assert [one.text for one in found] == [
        '0.5 / (1.0 + rank(embedding="clip_embedding"))',
        '0.3 / (1.0 + rank(embedding="twotower_embedding"))',
        '0.2 / (1.0 + rank(embedding="content_embedding"))',
    ]
    assert values(found) == [[0.25, 0.5 / 3, None], [None, None, None], [0.05, None, 0.1]]
    assert scores(text) == scores(f"0.5 / ({CLIP}) + 0.2 / ({CONTENT})")


def test_six_signals_and_a_pin_without_a_date() -> None:
    text = "0.1 / (1.0 + item._derived_popular_rank) + 0.1 / (1.0 + days_since_release) + 0.05 * user_category_affinity"
    expected = [0.1 / 10 + 0.1 / 2 + 0.05 * 0.5, 0.0, 0.1 / 5 + 0.1 / 31 + 0.05 * 0.1]
    assert scores(text) == pytest.approx(expected, abs=1e-9)


ADAPTIVE = f"""
    CASE
        WHEN days_since_release < 3 THEN 0.55 / ({CLIP}) + 0.45 / ({CONTENT})
        WHEN days_since_release < 14 THEN 0.4 / ({CLIP}) + 0.3 / ({TWOTOWER})
        ELSE 0.3 / ({CLIP}) + 0.5 / ({TWOTOWER}) + 0.2 / ({CONTENT})
    END
"""


def test_addends_inside_branches_count_alone() -> None:
    assert scores(ADAPTIVE) == pytest.approx([0.55 / 2 + 0.45 / 4, 0.3 / 3, 0.2 / 2], abs=1e-9)
    without = ADAPTIVE.replace(f"+ 0.3 / ({TWOTOWER})", "").replace(f"+ 0.5 / ({TWOTOWER})", "")
    assert scores(ADAPTIVE) == scores(without)


def test_terms_say_on_which_branch_they_count() -> None:
    found = terms(ADAPTIVE)
    assert [one.when for one in found] == [
        *["days_since_release < 3"] * 2,
        *["days_since_release < 14"] * 2,
        *["otherwise"] * 3,
    ]
    assert [one.taken[0].tolist() for one in found[::2]] == [
        [True, False, False],
        [False, False, False],
        [False, True, True],
        [False, True, True],
    ]
    assert values(found)[4] == [None, 0.3 / 3, None]  # the last is on the branch, without a rank


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price", [0.0, 0.0, 2.0]),
        ("5 - price", [5.0, 5.0, 3.0]),
        ("5 - (price - 1)", [6.0, 6.0, 4.0]),
        ("-(price + 1)", [-1.0, -1.0, -3.0]),
        ("2 * (price + 1)", [2.0, 0.0, 6.0]),  # a product is one term
        ("coalesce(price, 7) + 1", [1.0, 8.0, 3.0]),
        ("1 / price", [0.0, 0.0, 0.5]),
        ("log(price) + 1", [1.0, 1.0, 1.693147181]),
        ("1e308 * 10 + 1", [1.0, 1.0, 1.0]),
        ("(price + 1) if is_new else (price - 1)", [1.0, -1.0, 1.0]),
        ("1 + (price if is_new else 10)", [1.0, 11.0, 11.0]),
        ("-(price if is_new else 10)", [0.0, -10.0, -10.0]),
        ("CASE WHEN is_new THEN 1 END", [1.0, 0.0, 0.0]),
        ("price > 1", [0.0, 0.0, 1.0]),
        ("NULL", [0.0, 0.0, 0.0]),
        ("NULL + 1 - NULL", [1.0, 1.0, 1.0]),
        ("1 / 3", [0.333333333] * 3),
        ("123456789.123", [123456789.123] * 3),
        ("1e300", [1e300] * 3),
        ("1.7e308 + 1.7e308 - 1e308", [np.finfo(float).max - 1e308] * 3),
        ("0 * -1", [0.0] * 3),
    ],
)
def test_scores(text: str, expected: list[float]) -> None:
    assert scores(text) == expected
    assert not np.signbit(score_of(terms(text))[0][np.array(expected) == 0]).any()


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("price - 2 * price", ["price", "-(2 * price)"]),
        ("price - (1 - rrf(price))", ["price", "-1", "rrf(price)"]),
        ("-price", ["-price"]),
        ("(price if is_new else 1) + 2", ["price", "1", "2"]),
    ],
)
def test_terms_are_written_with_their_signs(text: str, texts: list[str]) -> None:
    found = terms(text)
    assert [parse_expression(one.text) for one in found] == [parse_expression(one) for one in texts]


def test_nested_branches() -> None:
    found = terms("CASE WHEN price > 1 THEN 1 ELSE (2 if is_new else 3) END")
    assert [one.when for one in found] == ["price > 1", "otherwise and is_new", "otherwise and otherwise"]
    assert values(found) == [[None, None, 1.0], [2.0, None, None], [None, 3.0, None]]


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ("1 + title", "a score takes a number, received a text", 4),
        ("1 if is_new else title", "a score takes a number, received a text", 17),
        ("1 if title else 2", "WHEN takes a condition, received a text", 5),
        ("2 * title", "`*` takes numbers, received a number and a text", 2),
    ],
)
def test_an_addend_that_is_no_number_is_an_error_where_it_stands(text: str, words: str, at: int) -> None:
    with pytest.raises(QueryError) as raised:
        terms(text)
    assert words in raised.value.problem
    assert raised.value.position == at


def test_thousands_of_addends() -> None:
    chain: Expr = Literal(0)
    for _ in range(5_000):
        chain = Binary("-", chain, Literal(1))
    found = score_terms(chain, FRAME)
    assert len(found) == 5_001
    assert score_of(found).tolist() == [[-5_000.0] * 3]


def test_shapes_are_those_of_the_frame() -> None:
    empty: Any = value("number", [[], []])
    frame = ArrayFrame(2, 0, {"price": empty})
    found = score_terms(parse_expression("1 + price if price > 3 else 2"), frame)
    assert {one.values.shape for one in found} == {one.taken.shape for one in found} == {(2, 0)}
    assert score_of(found).shape == (2, 0)
