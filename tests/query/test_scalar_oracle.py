"""Random expressions give what plain Python gives for each candidate, and the same in a batch as alone."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from array_frame import NOW, ArrayFrame, held, value
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from scalar_oracle import Row, scalar, score
from scalar_values import Json, Moment

from relpins_resources.query import plan as p
from relpins_resources.query.expressions.evaluate import evaluate, keeps
from relpins_resources.query.expressions.terms import score_of, score_terms

B, U = 2, 4
NUMBERS = [0.0, 1.0, -1.0, 2.0, 3.0, 0.5, -2.5, 10.0, 7.0, 0.1, 1e300, -1e-300, 1e15]
TEXTS = [
    "",
    "a",
    "B",
    "ab",
    "aXb",
    "a%b",
    "10",
    "-2.5",
    " 7 ",
    "1e3",
    "nan",
    "true",
    "0",
    "2026-01-01",
    "Ä_ß\n",
    "2025-12-31T06:30:00",
]
TIMES = [0.0, NOW, NOW - 86_400.0, NOW + 0.5, 1_700_000_000.0]
JSONS = [
    '{"a": 10, "b": ["x", 2]}',
    '{"a": "10"}',
    '{"a": true, "b": []}',
    '{"a": null}',
    "[1]",
    "no json",
    '{"a": "ab"}',
]
LISTS: list[list[Any]] = [[], ["a"], ["ab", "B"], ["a", None], [1.0, 2.0], ["10", 7.0], [True], [None]]
PATTERNS = ["a%", "%b", "_", "%", "a_b", "a\\%b", "%\\_%", "", "%X%b", "Ä%"]

COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "n": ("number", NUMBERS),
    "m": ("number", NUMBERS),
    "flag": ("bool", [True, False]),
    "title": ("text", TEXTS),
    "created": ("time", TIMES),
    "note": ("text", JSONS),
    "tags": ("list", LISTS),
    "query_item.n": ("number", NUMBERS),
    "user.title": ("text", TEXTS),
    "unbuilt": ("null", [None]),
}
PARAMETERS = {"x": ("number", NUMBERS), "t": ("text", TEXTS), "among": ("list", LISTS), "nothing": ("null", [None])}
SIGNALS = {
    "rank:clip": ("number", [1.0, 2.0, 3.0, 4.0]),
    "rank:content": ("number", [1.0, 2.0, 3.0]),
    "place:near": ("number", [1.0, 2.0, 100.0]),
    "score:near": ("number", NUMBERS),
    "affinity": ("number", [0.0, 0.25]),
}


def frame_of(seed: int) -> ArrayFrame:
    """Random columns with NULLs; hypothesis draws the seed, which is faster than every value."""
    random = Random(seed)

    def drawn(declared: dict[str, tuple[Any, list[Any]]], width: int) -> dict[str, Any]:
        found = {}
        for name, (kind, choices) in declared.items():
            wide = 1 if name.startswith(("query_item", "user")) else width
            share = random.choice([0.0, 0.2, 0.6])
            rows = [
                [None if random.random() < share else random.choice(choices) for _ in range(wide)] for _ in range(B)
            ]
            found[name] = value(kind, rows)
        return found

    return ArrayFrame(B, U, drawn(COLUMNS, U), drawn(PARAMETERS, 1), drawn(SIGNALS, U))


FRAMES = st.integers(0, 2**32).map(frame_of)


def rows_of(frame: ArrayFrame) -> dict[tuple[int, int], Row]:
    """Every candidate of every query as the oracle sees it."""
    told = [
        {name: (one.kind, held(one, (B, U))) for name, one in values.items()}
        for values in (frame.columns, frame.parameters, frame.signals)
    ]
    return {
        (q, c): Row(*({name: _told(kind, cells[q][c]) for name, (kind, cells) in one.items()} for one in told), c, NOW)
        for q in range(B)
        for c in range(U)
    }


def _told(kind: str, one: Any) -> Any:
    return Moment(one) if kind == "time" and one is not None else Json(one) if kind == "object" else one


def call(function: str, *arguments: p.Expr, **options: p.Expr) -> p.Call:
    return p.Call(function, arguments, tuple(sorted(options.items())))


def names(*dotted: str) -> SearchStrategy[p.Expr]:
    return st.sampled_from([p.Name(tuple(one.split("."))) for one in dotted])


def literals(choices: list[Any]) -> SearchStrategy[p.Expr]:
    return st.sampled_from([p.Literal(one) for one in [*choices, None]])


def numbers(depth: int) -> SearchStrategy[p.Expr]:
    leaf = st.one_of(
        literals([*NUMBERS, 3, -7]),
        names("n", "m", "query_item.n", "retrieval.near", "retrieval.near_rank", "user_category_affinity", "unbuilt"),
        st.sampled_from([p.Param("x"), p.Param("nothing"), call("rank", embedding=p.Literal("clip"))]),
        st.just(call("now_seconds")),
    )
    if depth == 0:
        return leaf
    below, flags = numbers(depth - 1), booleans(depth - 1)
    loose = st.one_of(below, flags, times(depth - 1), jsons())
    return st.one_of(
        leaf,
        st.builds(p.Binary, st.sampled_from(p.ARITHMETIC), loose, below),
        st.builds(p.Binary, st.sampled_from(["+", "-", "*", "/"]), below, loose),
        st.builds(p.Binary, st.just("-"), times(depth - 1), times(depth - 1)),
        st.builds(p.Unary, st.just("-"), loose),
        cases(below, flags),
        st.builds(call, st.sampled_from(["abs", "sqrt", "log", "exp", "floor", "ceil", "round"]), loose),
        st.builds(lambda one, digits: call("round", one, p.Literal(digits)), below, st.integers(0, 3)),
        st.builds(call, st.sampled_from(["min", "max", "coalesce", "nullif", "pow"]), below, below),
        st.builds(lambda one, other, k: call("rrf", one, other, k=k), below, below, literals([60, 0.5, -1])),
        st.builds(call, st.just("length"), texts(depth - 1)),
        st.builds(p.Cast, st.one_of(loose, texts(depth - 1)), st.sampled_from(["int", "float"])),
    )


def texts(depth: int) -> SearchStrategy[p.Expr]:
    leaf = st.one_of(literals(TEXTS), names("title", "user.title", "unbuilt"), st.just(p.Param("t")))
    if depth == 0:
        return leaf
    below = texts(depth - 1)
    return st.one_of(
        leaf,
        st.builds(call, st.sampled_from(["lower", "upper"]), st.one_of(below, jsons())),
        st.builds(call, st.sampled_from(["coalesce", "min", "max", "nullif"]), below, below),
        cases(below, booleans(depth - 1)),
        st.builds(p.Cast, st.one_of(numbers(depth - 1), booleans(depth - 1), jsons(), times(0)), st.just("string")),
    )


def times(depth: int) -> SearchStrategy[p.Expr]:
    leaf = names("created", "unbuilt")
    if depth == 0:
        return leaf
    return st.one_of(
        leaf,
        st.builds(p.Binary, st.sampled_from("+-"), names("created"), literals([86_400.0, 0.25])),
        st.builds(p.Cast, st.one_of(texts(0), st.just(call("now_seconds"))), st.just("timestamp")),
    )


def jsons() -> SearchStrategy[p.Expr]:
    paths = st.sampled_from([p.Literal(one) for one in ("$.a", "$.b[0]", "$.b[1]", "$.none")])
    return st.builds(call, st.just("json_value"), names("note"), paths)


def columns(depth: int) -> SearchStrategy[p.Expr]:
    """Numbers, texts, ... that are no literal, so that comparing them with another kind is no error."""
    text = st.one_of(names("title", "user.title"), st.builds(call, st.just("lower"), names("title")))
    return st.one_of(numbers(0).filter(_is_computed), text, times(depth), jsons())


def _is_computed(node: p.Expr) -> bool:
    return not isinstance(node, p.Literal | p.Param)


def _is_no_time(node: p.Expr) -> bool:
    return node != p.Name(("created",))


def booleans(depth: int) -> SearchStrategy[p.Expr]:
    leaf = st.one_of(names("flag", "unbuilt"), literals([True, False]))
    if depth == 0:
        return leaf
    below, number, text = booleans(depth - 1), numbers(depth - 1), texts(depth - 1)
    sign = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        leaf,
        st.builds(p.Binary, st.sampled_from(["and", "or"]), below, st.one_of(below, number)),
        st.builds(p.Unary, st.just("not"), below),
        st.builds(p.Binary, sign, number, number),
        st.builds(p.Binary, sign, text, text),
        st.builds(p.Binary, sign, columns(depth - 1), columns(depth - 1)),
        st.builds(p.Binary, sign, times(depth - 1), literals(["2026-01-01", "2025-12-31T06:30:00"])),
        st.builds(p.Binary, st.sampled_from(["=", "!="]), numbers(0), below),
        st.builds(p.Binary, st.sampled_from(["like", "ilike"]), text, literals(PATTERNS)),
        st.builds(p.Binary, st.just("like"), text, text),
        st.builds(p.In, number, st.builds(p.Items, st.lists(number, max_size=4).map(tuple)), st.booleans()),
        st.builds(p.In, text, st.builds(p.Items, st.lists(text, max_size=4).map(tuple)), st.booleans()),
        st.builds(p.In, columns(0), st.one_of(st.just(p.Param("among")), names("tags", "unbuilt")), st.booleans()),
        st.builds(p.Between, number, number, number, st.booleans()),
        st.builds(p.Is, st.one_of(below, number, jsons()), st.sampled_from(["null", "true", "false"]), st.booleans()),
        st.builds(p.Cast, st.one_of(columns(0).filter(_is_no_time), text, jsons()), st.just("bool")),
        st.builds(
            lambda one, pattern: call("regexp_match", one, pattern), text, literals(["^a", "b$", "[0-9]+", "a.*b"])
        ),
        st.builds(call, st.just("array_has"), names("tags"), columns(0)),
        st.builds(call, st.sampled_from(["array_has_any", "array_has_all"]), names("tags"), st.just(p.Param("among"))),
        st.builds(call, st.just("truncate"), number),
        cases(below, below),
    )


def cases(values: SearchStrategy[p.Expr], flags: SearchStrategy[p.Expr]) -> SearchStrategy[p.Expr]:
    branches = st.lists(st.tuples(flags, values), min_size=1, max_size=3).map(tuple)
    return st.builds(p.Case, branches, st.one_of(values, st.just(p.Literal(None))))


def scores(depth: int) -> SearchStrategy[p.Expr]:
    leaf = st.one_of(numbers(2), booleans(1))
    if depth == 0:
        return leaf
    below = scores(depth - 1)
    return st.one_of(
        st.builds(p.Binary, st.sampled_from("+-"), below, below),
        st.builds(p.Unary, st.just("-"), below),
        cases(below, booleans(1)),
        leaf,
    )


@pytest.mark.parametrize("kind", ["number", "bool", "text", "time"])
def test_random_expressions_agree_with_plain_python(kind: str) -> None:
    expressions = {"number": numbers, "bool": booleans, "text": texts, "time": times}[kind](2)

    @settings(max_examples=100, deadline=None)
    @given(expressions, FRAMES)
    def agree(expr: p.Expr, frame: ArrayFrame) -> None:
        found = evaluate(expr, frame)
        told = held(found, (B, U))
        for (query, candidate), row in rows_of(frame).items():
            wanted = scalar(expr, row)
            wanted = wanted.seconds if isinstance(wanted, Moment) else wanted
            assert told[query][candidate] == wanted, (query, candidate)
            assert (told[query][candidate] is None) == (wanted is None)

    agree()


@settings(max_examples=100, deadline=None)
@given(booleans(3), FRAMES)
def test_a_predicate_keeps_what_is_true(expr: p.Expr, frame: ArrayFrame) -> None:
    kept = keeps(expr, frame)
    assert kept.shape == (B, U)
    for at, row in rows_of(frame).items():
        assert kept[at] == (scalar(expr, row) is True), at


@settings(max_examples=100, deadline=None)
@given(scores(3), FRAMES)
def test_random_scores_agree_with_plain_python(expr: p.Expr, frame: ArrayFrame) -> None:
    found = score_of(score_terms(expr, frame))
    assert found.shape == (B, U)
    assert np.isfinite(found).all()
    for at, row in rows_of(frame).items():
        wanted = score(expr, row)
        assert abs(found[at] - wanted) <= 1e-9 * max(1.0, abs(wanted)), at


@settings(max_examples=100, deadline=None)
@given(scores(2), booleans(2), FRAMES)
def test_a_batch_gives_the_bits_of_each_alone(expr: p.Expr, predicate: p.Expr, frame: ArrayFrame) -> None:
    together, kept = score_of(score_terms(expr, frame)), keeps(predicate, frame)
    terms = score_terms(expr, frame)
    for query in range(B):
        alone = frame.row(query)
        assert score_of(score_terms(expr, alone)).tobytes() == together[query].tobytes()
        assert keeps(predicate, alone).tobytes() == kept[query].tobytes()
        for one, other in zip(terms, score_terms(expr, alone), strict=True):
            np.testing.assert_array_equal(one.values[query : query + 1], other.values)
