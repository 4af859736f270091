"""Every function of the expression language, with known answers."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from array_frame import NOW, ArrayFrame, held, value

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.evaluate import evaluate, keeps
from relpins_resources.query.expressions.functions import FUNCTIONS
from relpins_resources.query.language.parser import parse_expression
from relpins_resources.query.plan import Call, Literal, Name
from relpins_resources.query.signatures import SIGNATURES

PRICE, CLIP = Name(("price",)), Literal("clip_embedding")
UNIT = [[0.6, 0.8], None, [1.0, 0.0]]
FRAME = ArrayFrame(
    1,
    3,
    {
        "price": value("number", [[5.0, None, 20.0]]),
        "title": value("text", [["Oak table", None, "SOFA"]]),
        "tags": value("list", [[["oak", None, 7], None, []]]),
        "note": value("text", [['{"a": {"b": [1, "x"]}, "n": 7.5, "is it": true}', None, "{"]]),
        "held": value("object", [[{"n": 3}, None, "text"]]),
        "created_at": value("time", [[NOW - 86_400, None, NOW]]),
        "lat": value("number", [[52.52, None, 0.0]]),
        "lon": value("number", [[13.405, 0.0, 180.0]]),
        "user.seen": value("list", [[["oak"]]]),
    },
    {
        "u": value("text", [["ann"]]),
        "pattern": value("text", [["("]]),
        "n": value("number", [[2.0]]),
        "none": value("null", [[None]]),
    },
    {
        "rank:clip_embedding": value("number", [[2.0, None, 1.0]]),
        "place:near": value("number", [[3.0, None, 1.0]]),
        "vectors:item:clip_embedding": value("vector", [UNIT]),
        "vectors:query_item:clip_embedding": value("vector", [[[0.0, 1.0]]]),
        "vectors:item:wide": value("vector", [[[1.0, 0.0, 0.0]] * 3]),
        "vectors:user:clip_embedding": value("vector", [[None]]),
        "pooled:mean:clip_embedding": value("vector", [[[0.3, 0.4]]]),
        "pooled:max:clip_embedding": value("vector", [[[2.0, 0.0]]]),
        "prebuilt:in_stock": value("bool", [[True, False, None]]),
        "prebuilt:exclude_saved:ann": value("bool", [[False, True, True]]),
    },
)


def answers(text: str, frame: ArrayFrame = FRAME) -> list[Any]:
    return held(evaluate(parse_expression(text), frame), frame.shape)[0]


def test_every_declared_function_is_computed() -> None:
    assert set(FUNCTIONS) == set(SIGNATURES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(-3)", 3.0),
        ("sqrt(9)", 3.0),
        ("sqrt(-1)", None),
        ("log(1)", 0.0),
        ("log(0)", None),
        ("ln(-1)", None),
        ("exp(0)", 1.0),
        ("exp(1000)", None),
        ("floor(-1.5)", -2.0),
        ("ceil(-1.5)", -1.0),
        ("round(2.5)", 3.0),  # half away from zero
        ("round(-2.5)", -3.0),
        ("round(0.49999999999999994)", 0.0),
        ("round(1.25, 1)", 1.3),
        ("round(-1250, -2)", -1300.0),
        ("round(1e300, 20)", 1e300),
        ("round(5, -400)", 0.0),
        ("round(1.5, NULL)", None),
        ("pow(2, 10)", 1024.0),
        ("power(-8, 0.5)", None),
        ("pow(0, -1)", None),
        ("min(3, 1, 2)", 1.0),
        ("greatest(3, 1, 2)", 3.0),
        ("max(1, NULL)", None),
        ("min('b', 'a')", "a"),
        ("coalesce(NULL, NULL, 3)", 3.0),
        ("coalesce(1 / 0, 3)", 3.0),
        ("coalesce(NULL, NULL)", None),
        ("ifnull(NULL, 'x')", "x"),
        ("nullif(3, 3)", None),
        ("nullif(3, 4)", 3.0),
        ("nullif(3, NULL)", 3.0),
        ("now_seconds()", NOW),
        ("lower('ÄB')", "äb"),
        ("upper('äb')", "ÄB"),
        ("length('äb')", 2.0),
        ("length([1, 2, 3])", 3.0),
        ("length(NULL)", None),
        ("abs(created_at - now_seconds()) / 86400", 1.0),
        ("abs(TRUE)", 1.0),
        ("log(now_seconds()) = log(CAST('2026-01-01' AS timestamp))", True),
    ],
)
def test_of_one_value(text: str, expected: Any) -> None:
    assert answers(text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coalesce(price, 0)", [5.0, 0.0, 20.0]),
        ("coalesce(title, 'none')", ["Oak table", "none", "SOFA"]),
        ("coalesce(tags, [1])", [["oak", None, 7], [1.0], []]),
        ("max(price, 10)", [10.0, None, 20.0]),
        ("max(created_at, CAST(NULL AS timestamp))", [None, None, None]),
        ("length(title)", [9.0, None, 4.0]),
        ("length(tags)", [3.0, None, 0.0]),
        ("lower(title)", ["oak table", None, "sofa"]),
        ("regexp_match(title, 'a[kb]')", [True, None, False]),
        ("regexp_match(title, '^(?i)sofa$')", [False, None, True]),
        ("regexp_match(title, NULL)", [None, None, None]),
        ("array_has(tags, 'oak')", [True, None, False]),
        ("array_has(tags, 7)", [True, None, False]),
        ("array_has(tags, '7')", [True, None, False]),
        ("array_has(tags, NULL)", [None, None, None]),
        ("array_contains(tags, 'elm')", [False, None, False]),
        ("array_has_any(tags, ['elm', 'oak'])", [True, None, False]),
        ("array_has_any(tags, 'oak')", [True, None, False]),
        ("array_has_any(tags, user.seen)", [True, None, False]),
        ("array_has_all(tags, ['oak', 7])", [True, None, False]),
        ("array_has_all(tags, ['oak', 'elm'])", [False, None, False]),
        ("array_has_all(tags, [])", [True, None, True]),
        ("JSON_VALUE(note, '$.a.b[0]')", [1, None, None]),
        ("JSON_VALUE(note, '$.a.b[1]')", ["x", None, None]),
        ("JSON_VALUE(note, \"$['is it']\")", [True, None, None]),
        ("JSON_VALUE(note, '$.a')", [None, None, None]),  # no scalar
        ("JSON_VALUE(note, '$.n') > 7", [True, None, None]),
        ("JSON_VALUE(note, '$.n') = '7.5'", [True, None, None]),
        ("JSON_VALUE(note, '$.n') + 1", [8.5, None, None]),
        ("JSON_VALUE(note, '$.a.b[1]') LIKE 'x%'", [True, None, None]),
        ("JSON_VALUE(note, '$.a.b[1]') + 1", [None, None, None]),
        ("JSON_VALUE(held, '$.n')", [3, None, None]),
        ("truncate(2)", [True, True, False]),
        ("truncate($n) AND price > 1", [True, None, False]),
        ("prebuilt('in_stock')", [True, False, None]),
        ("prebuilt('ref:data.filters:in_stock')", [True, False, None]),
        ("prebuilt('exclude_saved', input_user_id=$u)", [False, True, True]),
    ],
)
def test_of_each_candidate(text: str, expected: list[Any]) -> None:
    assert answers(text) == expected


def test_reciprocal_rank_fusion_counts_a_missing_rank_as_nothing() -> None:
    fused = 'rrf(rank(embedding="clip_embedding"), retrieval.near_rank{})'
    assert answers(fused.format("")) == [1 / 62 + 1 / 63, 0.0, 1 / 61 + 1 / 61]
    assert answers(fused.format(", k=1")) == [1 / 3 + 1 / 4, 0.0, 1 / 2 + 1 / 2]


def test_haversine_is_in_kilometres() -> None:
    found = answers("haversine_distance(lat, lon, 48.8566, 2.3522)")
    assert found[0] == pytest.approx(877.5, abs=1)  # Berlin to Paris
    assert found[1] is None
    assert answers("haversine_distance(0, 0, 0, 180)")[0] == pytest.approx(math.pi * 6371.0088)
    assert answers("haversine_distance(10, 20, 10, 20)") == [0.0] * 3


def test_cosine_and_dot_in_whole_millionths() -> None:
    mine = 'text_encoding(item, embedding_ref="clip_embedding")'
    query = 'text_encoding(query_item, embedding_ref="clip_embedding")'
    pooled = 'pooled_text_encoding(user.recent_interactions, pool_fn="{}", embedding_ref="clip_embedding")'
    assert answers(f"cosine_similarity({mine}, {query})") == [0.8, None, 0.0]
    assert answers(f"cosine_similarity({mine}, {pooled.format('mean')})") == [1.0, None, 0.6]
    assert answers(f"dot({mine}, {pooled.format('mean')})") == [0.5, None, 0.3]
    assert answers(f"dot({mine}, {pooled.format('max')})") == [1.2, None, 2.0]
    assert answers(f"dot({mine}, {pooled.format('avg')})") == [0.5, None, 0.3]
    user = 'text_encoding(user, embedding_ref="clip_embedding")'
    assert answers(f"cosine_similarity({mine}, {user})") == [None, None, None]
    assert answers(f"cosine_similarity({mine}, {mine.replace('clip', 'unbuilt')})") == [None, None, None]
    assert answers(f"dot(coalesce({mine}, {query}), {query})") == [0.8, 1.0, 0.0]


def test_vector_products_agree_with_float64_and_are_the_same_bits_in_a_batch() -> None:
    random = np.random.default_rng(0)
    items = random.normal(size=(5, 40, 96)).astype(np.float32)
    items /= np.linalg.norm(items, axis=-1, keepdims=True)
    queries = random.normal(size=(5, 1, 96)).astype(np.float32)  # not of unit length
    frame = ArrayFrame(
        5,
        40,
        signals={
            "vectors:item:e": value("vector", items.tolist()),
            "vectors:query_item:e": value("vector", queries.tolist()),
        },
    )
    pair = 'text_encoding(item, embedding_ref="e"), text_encoding(query_item, embedding_ref="e")'
    norms = np.linalg.norm(queries.astype(np.float64), axis=-1)
    for name, scale in (("dot", 1.0), ("cosine_similarity", norms)):
        found = evaluate(parse_expression(f"{name}({pair})"), frame)
        wanted = np.einsum("bud,bvd->bu", items.astype(np.float64), queries.astype(np.float64)) / scale
        np.testing.assert_allclose(found.data, wanted, atol=1.5e-6)
        for row in range(5):
            alone = evaluate(parse_expression(f"{name}({pair})"), frame.row(row))
            assert alone.data.tobytes() == found.data[row].tobytes()


def test_elementary_functions_are_the_same_bits_in_a_batch() -> None:
    numbers = np.random.default_rng(1).uniform(0.01, 9, size=(7, 33))
    frame = ArrayFrame(
        7, 33, {"n": value("number", numbers.tolist())}, {"p": value("number", [[2.0]] * 3 + [[0.7]] * 4)}
    )
    for text in ("log(n)", "exp(n)", "sqrt(n)", "n ** $p", "n ** 2", "2 ** n", "haversine_distance(n, 1, 2, n)"):
        together = evaluate(parse_expression(text), frame).data
        for row in range(7):
            alone = evaluate(parse_expression(text), frame.row(row))
            assert alone.data.tobytes() == together[row].tobytes(), text


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ("1 + sqrt(title)", "sqrt takes a number, received a text; CAST(.. AS float) reads one", 9),
        ("lower(price)", "lower takes a text, received a number", 6),
        ("length(price)", "length takes a text, received a number", 7),
        ("min(price, title)", "min takes values of one kind, received a number and a text", 0),
        ("min(tags, tags)", "min takes numbers, times or texts, received a list", 0),
        ("coalesce(tags, 0)", "coalesce takes values of one kind, received a list and a number", 0),
        ("array_has(title, 'x')", "array_has takes a list, received a text", 10),
        ("json_value(price, '$.a')", "takes a JSON text or value, received a number", 11),
        ("json_value(note, 'a')", "a JSON path is written like $.name", 17),
        ("json_value(note, title)", "takes its path as a text between quotes", 17),
        ("regexp_match(title, 'a(')", "'a(' is no pattern: Invalid regular expression", 20),
        ("regexp_match(title, $pattern)", "'(' is no pattern", 20),
        ("regexp_match(title, '(a)\\1')", "is no pattern", 20),
        ("rrf(title)", "rrf takes a number, received a text", 4),
        ("truncate($u)", "truncate takes a number, received a text", 9),
        ("dot(price, price)", "dot takes a vector, received a number", 4),
        ("1 + cross_encoder(item, $u)", "cross_encoder needs a model", 4),
        ("colbert_v2(item, 'oak')", "pip install", 0),
    ],
)
def test_wrong_arguments_are_named_where_they_stand(text: str, words: str, at: int) -> None:
    with pytest.raises(QueryError) as raised:
        evaluate(parse_expression(text), FRAME)
    assert words in raised.value.problem
    assert raised.value.position == at


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call("text_encoding", (PRICE,), (("embedding_ref", CLIP),)), "takes item, query_item or user"),
        (Call("pooled_text_encoding", (PRICE,), (("embedding_ref", CLIP),)), "takes user.recent_interactions"),
        (Call("prebuilt", (PRICE,)), "takes the filter's name as a text between quotes, not a computed value"),
        (Call("rank", (), (("embedding", PRICE),)), "rank takes embedding as a text between quotes"),
        (Call("rank"), "rank takes embedding as a text between quotes"),
        (Call("abs"), "abs takes at least 1 arguments, received 0"),
    ],
)
def test_a_plan_made_in_code_is_checked_too(call: Call, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        evaluate(call, FRAME)


def test_vectors_of_two_embeddings_do_not_multiply() -> None:
    mine, wide = ('text_encoding(item, embedding_ref="clip_embedding")', 'text_encoding(item, embedding_ref="wide")')
    with pytest.raises(QueryError, match="vectors of one embedding, received 2 and 3 dimensions"):
        evaluate(parse_expression(f"dot({mine}, {wide})"), FRAME)
    with pytest.raises(QueryError, match="vectors of one embedding, received 2 and 3 dimensions"):
        evaluate(parse_expression(f"coalesce({mine}, {wide})"), FRAME)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "a.*a.*a.*a.*a.*a.*a.*b", "(.*)*x"])
def test_no_pattern_is_slow(pattern: str) -> None:
    frame = ArrayFrame(1, 50, {"title": value("text", [["a" * 2_000 + "!"] * 50])})
    started = time.process_time()
    keeps(parse_expression(f"regexp_match(title, '{pattern}')"), frame)
    keeps(parse_expression("title LIKE '%a%a%a%a%a%a%a%a%b'"), frame)
    assert time.process_time() - started < 5


def test_a_pattern_of_a_column_that_is_none_matches_nothing() -> None:
    columns = {"title": value("text", [["oak", "oak"]]), "pattern": value("text", [["(", "o"]])}
    assert answers("regexp_match(title, pattern)", ArrayFrame(1, 2, columns)) == [False, True]


def test_half_a_surrogate_pair_is_no_error() -> None:
    frame = ArrayFrame(1, 2, {"title": value("text", [["\ud800x", "x"]])})
    assert answers("title LIKE '%x'", frame) == [True, True]
    assert answers("title LIKE '?x'", frame) == [True, False]


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5_000, '{"a": 1e999}', '{"a": NaN}', '"\\ud800"', "", "null"])
def test_no_json_is_an_error(text: str) -> None:
    frame = ArrayFrame(1, 1, {"note": value("text", [[text]])})
    assert answers("JSON_VALUE(note, '$.a') > 0", frame) == [None]
    answers("JSON_VALUE(note, '$') = 'x'", frame)
