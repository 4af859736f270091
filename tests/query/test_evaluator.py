"""Predicates and expressions with known answers, from the text of the language to the value of each candidate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from array_frame import NOW, ArrayFrame, held, value

from relpins_resources.query import plan as p
from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.evaluate import evaluate, keeps
from relpins_resources.query.language.parser import parse_expression

PRICES = [5.0, None, 20.0]
FRAME = ArrayFrame(
    1,
    3,
    {
        "price": value("number", [PRICES]),
        "item_id": value("text", [["1", "pin_2", "3"]]),
        "title": value("text", [["Oak_table", None, "50% off\nsofa"]]),
        "is_new": value("bool", [[True, None, False]]),
        "created_at": value("time", [[NOW - 86_400, None, NOW]]),
        "tags": value("list", [[["oak", "wood"], None, []]]),
        "note": value("text", [['{"n": 7}', None, "no json"]]),
        "note.email": value("text", [["a@b.c", None, None]]),
        "query_item.n_boards": value("number", [[4.0]]),
        "user.age": value("number", [[None]]),
        "unbuilt": value("null", [[None]]),
    },
    {
        "id": value("text", [["pin_2"]]),
        "ids": value("list", [[["1", "3"]]]),
        "some": value("list", [[["1", None]]]),
        "none": value("list", [[[]]]),
        "limit": value("number", [[6.0]]),
        "nothing": value("null", [[None]]),
    },
    {
        "rank:clip_embedding": value("number", [[2.0, None, 1.0]]),
        "similarity:clip_embedding": value("number", [[0.5, None, np.nan]]),
        "score:near": value("number", [[0.25, None, np.inf]]),
        "place:near": value("number", [[1.0, None, 3.0]]),
        "pair:hamming": value("number", [[9.0, 8.0, 7.0]]),
        "model:ranker": value("number", [[0.1, 0.2, None]]),
        "affinity": value("number", [[0.5, 0.5, 0.0]]),
    },
)


def answers(text: str, frame: ArrayFrame = FRAME) -> list[Any]:
    return held(evaluate(parse_expression(text), frame), frame.shape)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price > 6", [False, None, True]),
        ("price = 5.0", [True, None, False]),
        ("price <> 5", [False, None, True]),
        ("item_id != $id", [True, False, True]),
        ("item_id != $nothing", [None, None, None]),
        ("price > 6 AND is_new", [False, None, False]),
        ("price > 6 OR is_new", [True, None, True]),
        ("price > 6 AND FALSE", [False, False, False]),
        ("price > 6 OR TRUE", [True, True, True]),
        ("NOT price > 6", [True, None, False]),
        ("NOT is_new AND unbuilt", [False, None, None]),
        ("price BETWEEN 5 AND 6", [True, None, False]),
        ("price NOT BETWEEN 5 AND $limit", [False, None, True]),
        ("price BETWEEN NULL AND 6", [None, None, False]),
        ("price IS NULL", [False, True, False]),
        ("price IS NOT NULL", [True, False, True]),
        ("unbuilt IS NULL", [True, True, True]),
        ("is_new IS TRUE", [True, False, False]),
        ("is_new IS NOT TRUE", [False, True, True]),
        ("is_new IS FALSE", [False, False, True]),
        ("price > 6 IS NOT FALSE", [False, True, True]),
    ],
)
def test_predicates_know_three_values(text: str, expected: list[bool | None]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("item_id IN ('1', 'x')", [True, False, False]),
        ("item_id NOT IN ('1', 'x')", [False, True, True]),
        ("item_id IN ['1']", [True, False, False]),
        ("item_id IN ('1', NULL)", [True, None, None]),
        ("item_id NOT IN ('1', NULL)", [False, None, None]),
        ("price IN (5, 6)", [True, None, False]),
        ("price IN ('5.0', 20)", [True, None, True]),
        ("price IN (query_item.n_boards + 1, 7)", [True, None, False]),
        ("item_id IN (1, 3)", [True, False, True]),
        ("item_id IN $ids", [True, False, True]),
        ("item_id NOT IN $ids", [False, True, False]),
        ("item_id IN $some", [True, None, None]),
        ("price IN $none", [False, False, False]),
        ("price NOT IN $none", [True, True, True]),
        ("price IN $nothing", [None, None, None]),
        ("item_id IN $id", [False, True, False]),
        ("'oak' IN tags", [True, None, False]),
        ("unbuilt IN (1, 2)", [None, None, None]),
        ("is_new IN (TRUE)", [True, None, False]),
        ("created_at IN ('2026-01-01')", [False, None, True]),
    ],
)
def test_in_has_the_nulls_of_sql(text: str, expected: list[bool | None]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title LIKE 'Oak%'", [True, None, False]),
        ("title LIKE 'oak%'", [False, None, False]),
        ("title ILIKE 'oak%'", [True, None, False]),
        ("title NOT LIKE '%sofa'", [True, None, False]),  # % runs over the end of a line
        ("title LIKE 'Oak\\_%'", [True, None, False]),
        ("title LIKE '50\\% %'", [False, None, True]),
        ("title LIKE '__k_t%e'", [True, None, False]),
        ("title LIKE 'Oak'", [False, None, False]),
        ("title LIKE NULL", [None, None, None]),
        ("title LIKE '%.*%'", [False, None, False]),
    ],
)
def test_like(text: str, expected: list[bool | None]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price + 1", [6.0, None, 21.0]),
        ("1 - price", [-4.0, None, -19.0]),
        ("-price", [-5.0, None, -20.0]),
        ("price / 0", [None, None, None]),
        ("0 / 0", [None, None, None]),
        ("price % 0", [None, None, None]),
        ("7 % 3", [1.0, 1.0, 1.0]),
        ("-7 % 3", [-1.0, -1.0, -1.0]),  # the sign of the first, as in SQL
        ("7 / 2", [3.5, 3.5, 3.5]),
        ("2 ** 3 ** 2", [512.0, 512.0, 512.0]),
        ("0 ** -1", [None, None, None]),
        ("1e308 * 10", [None, None, None]),
        ("(1e308 * 10) - (1e308 * 10)", [None, None, None]),
        ("price + unbuilt", [None, None, None]),
        ("price + (price > 6)", [5.0, None, 21.0]),
        ("price * user.age", [None, None, None]),
        ("query_item.n_boards * 2", [8.0, 8.0, 8.0]),
        ("retrieval.near", [0.25, None, None]),
        ("retrieval.near_rank", [1.0, None, 3.0]),
        ('retrieval.get_rank("near", 999)', [1.0, 999.0, 3.0]),
        ('retrieval.get_score("near", 0.0)', [0.25, 0.0, 0.0]),
        ('rank(embedding="clip_embedding")', [2.0, None, 1.0]),
        ('similarity(embedding="clip_embedding")', [0.5, None, None]),
        ('rank(embedding="unbuilt_embedding")', [None, None, None]),
        ("pair.hamming", [9.0, 8.0, 7.0]),
        ("ranker", [0.1, 0.2, None]),
        ("twotower", [None, None, None]),
        ("user_category_affinity", [0.5, 0.5, 0.0]),
    ],
)
def test_numbers(text: str, expected: list[float | None]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CASE WHEN price > 6 THEN 'dear' WHEN price > 1 THEN 'cheap' END", ["cheap", None, "dear"]),
        ("CASE WHEN price > 6 THEN 'dear' ELSE 'other' END", ["other", "other", "dear"]),
        ("'dear' if price > 6 else 'other'", ["other", "other", "dear"]),
        ("CASE price WHEN 5 THEN 1 WHEN NULL THEN 2 ELSE 3 END", [1.0, 3.0, 3.0]),
        ("CASE WHEN price > 6 THEN price ELSE is_new END", [1.0, None, 20.0]),
        ("CASE WHEN price > 6 THEN tags END", [None, None, []]),
        ("CASE WHEN price > 6 THEN NULL END", [None, None, None]),
        ("created_at if is_new else created_at + 86400", [NOW - 86_400, None, NOW + 86_400]),
    ],
)
def test_case(text: str, expected: list[Any]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CAST('12' AS int)", 12.0),
        ("CAST(' 1.5 ' AS float)", 1.5),
        ("CAST('1_000' AS float)", None),
        ("CAST('nan' AS float)", None),
        ("CAST('inf' AS float)", None),
        ("CAST('1e999' AS float)", None),
        ("CAST('x' AS int)", None),
        ("CAST(2.9 AS int)", 2.0),
        ("CAST(-2.9 AS int)", -2.0),
        ("CAST(1e300 AS int)", None),
        ("CAST(TRUE AS int)", 1.0),
        ("CAST(10 % 3 AS string)", "1"),
        ("CAST(2.50 AS string)", "2.5"),
        ("CAST(-0.0 AS string)", "0"),
        ("CAST(1e20 AS string)", "1e+20"),
        ("CAST(TRUE AS string)", "true"),
        ("CAST('yes' AS bool)", True),
        ("CAST('maybe' AS bool)", None),
        ("CAST(0 AS bool)", False),
        ("CAST(NULL AS bool)", None),
        ("CAST('2026-01-01' AS timestamp)", NOW),
        ("CAST('2026-01-01T02:00:00+02:00' AS timestamp)", NOW),
        ("CAST('yesterday' AS timestamp)", None),
        ("CAST(now_seconds() AS timestamp) = '2026-01-01'", True),
        ("CAST(CAST('2025-12-31T12:30:00' AS timestamp) AS string)", "2025-12-31T12:30:00Z"),
        ("CAST(CAST(1e300 AS timestamp) AS string)", None),
        ("CAST([1, 'a'] AS string)", '[1.0, "a"]'),
    ],
)
def test_a_cast_that_does_not_fit_is_null(text: str, expected: Any) -> None:
    assert answers(text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("created_at < '2026-01-01'", [True, None, False]),
        ("created_at >= '2025-12-31T00:00:00Z'", [True, None, True]),
        ("created_at BETWEEN '2025-12-31' AND '2025-12-31T12:00:00'", [True, None, False]),
        ("created_at = 1767225600", [False, None, True]),
        ("now_seconds() - created_at", [86_400.0, None, 0.0]),
        ("created_at - created_at", [0.0, None, 0.0]),
        ("created_at + 86400 = '2026-01-01'", [True, None, False]),
        ("price = '5'", [True, None, False]),
        ("price < '1e1'", [True, None, False]),
        ("item_id = 1", [True, False, False]),
        ("item_id != 1", [False, True, True]),  # what is no number is surely not 1
        ("item_id > 2", [False, None, True]),
        ("is_new = 'true'", [True, None, False]),
        ("is_new = 1", [True, None, False]),
        ("tags = ['oak', 'wood']", [True, None, False]),
        ("tags != []", [True, None, False]),
        ("title < 'P'", [True, None, True]),
        ("note.email = 'a@b.c'", [True, None, None]),
    ],
)
def test_kinds_meet(text: str, expected: list[Any]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ("1 + title", "`+` takes numbers, received a number and a text", 2),
        ("tags * 2", "`*` takes numbers, received a list and a number", 5),
        ("-title", "`-` takes a number, received a text; CAST(.. AS float)", 0),
        ("title AND is_new", "AND takes a condition, received a text", 0),
        ("NOT tags", "NOT takes a condition, received a list", 0),
        ("tags < tags", "cannot order lists", 5),
        ("tags = 5", "`=` cannot compare a list with a number", 5),
        ("is_new = created_at", "`=` cannot compare a condition with a time", 7),
        ("price LIKE 'x'", "LIKE takes a text, received a number", 6),
        ("CASE WHEN title THEN 1 END", "WHEN takes a condition, received a text", 10),
        ("CASE WHEN is_new THEN 1 ELSE title END", "CASE takes values of one kind, received a number and a text", 0),
        ("CAST(tags AS int)", "CAST to int does not take a list", 0),
        ("price > 'cheap'", "'cheap' is compared with a number, and does not read as one", 8),
        ("price = $id", "'pin_2' is compared with a number", 8),
        ("price IN (5, 'cheap')", "'cheap' is compared with a number", 13),
        ("created_at > 'yesterday'", "a time is written like", 13),
        ("item", "`item` is no value by itself", 0),
        ("1 + retrieval", "`retrieval` is no value by itself", 4),
        ("tags IN $ids", "IN looks for one value, received a list", 5),
    ],
)
def test_wrong_kinds_are_named_where_they_stand(text: str, words: str, at: int) -> None:
    with pytest.raises(QueryError) as raised:
        evaluate(parse_expression(text), FRAME)
    assert words in raised.value.problem
    assert raised.value.position == at


def test_a_list_for_each_query_of_a_batch() -> None:
    ids = [["1", "2"], ["2", None]]
    frame = ArrayFrame(
        2,
        2,
        {"item_id": value("text", [["1", "2"], ["2", "9"]])},
        {"ids": value("list", [[ids[0]], [ids[1]]]), "maybe": value("list", [[["1"]], [None]])},
    )
    found = evaluate(parse_expression("item_id IN $ids"), frame)
    assert held(found, frame.shape) == [[True, True], [True, None]]
    assert keeps(parse_expression("item_id IN $maybe"), frame).tolist() == [[True, False], [False, False]]


def test_lists_of_columns_are_made_for_each_candidate() -> None:
    assert answers("[price, title, 1]") == [[5.0, "Oak_table", 1.0], [None, None, 1.0], [20.0, "50% off\nsofa", 1.0]]


def test_keeps_is_as_wide_as_the_frame_and_leaves_out_null() -> None:
    assert keeps(parse_expression("price < 100"), FRAME).tolist() == [[True, False, True]]
    assert keeps(parse_expression("TRUE"), FRAME).tolist() == [[True, True, True]]
    assert keeps(parse_expression("NULL"), FRAME).tolist() == [[False, False, False]]
    assert keeps(parse_expression("price - 5"), FRAME).tolist() == [[False, False, True]]
    with pytest.raises(QueryError, match="WHERE takes a condition, received a text"):
        keeps(parse_expression("title"), FRAME)


def test_no_candidates_is_no_error() -> None:
    empty = ArrayFrame(2, 0, {name: value("number", [[], []]) for name in ("price", "n")})
    texts = ("price > 5 AND n IN (1, 2)", "coalesce(price, 1) BETWEEN n AND 5", "CASE WHEN n > 1 THEN TRUE END")
    assert [keeps(parse_expression(text), empty).shape for text in texts] == [(2, 0)] * 3


def test_long_chains_and_deep_nesting_are_no_recursion_error() -> None:
    chain: p.Expr = p.Literal(0)
    for _ in range(5_000):
        chain = p.Binary("+", chain, p.Literal(1))
    assert held(evaluate(chain, FRAME), (1, 1)) == [[5_000.0]]
    nested: p.Expr = p.Name(("price",))
    for _ in range(100):
        nested = p.Call("abs", (p.Unary("-", nested),))
    assert held(evaluate(nested, FRAME), (1, 3)) == [PRICES]


def test_a_number_beyond_float64_in_a_plan_is_a_query_error() -> None:
    with pytest.raises(QueryError, match="beyond the range"):
        evaluate(p.Literal(10**400), FRAME)


def test_an_unknown_function_in_a_plan_names_near_ones() -> None:
    with pytest.raises(QueryError, match="unknown function 'coalese'; did you mean coalesce"):
        evaluate(p.Call("coalese", (p.Literal(1),)), FRAME)
