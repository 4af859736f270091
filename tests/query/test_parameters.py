"""Values for the parameters of a query: what is missing, what does not fit, what the command line gives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.query.checking.parameters import (
    PARAMETER_TYPES,
    ParameterSpec,
    bind,
    check_declared,
    parse_given,
    wanted_types,
)
from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.parser import parse_query

RELATED = (
    "SELECT * FROM similarity(embedding_ref='clip_embedding', encoder='precomputed_item', input_item_id=$item_id, "
    "limit=$depth) WHERE board_category = $category AND price IN $prices ORDER BY score(expression='1.0 / "
    "(1.0 + rank(embedding=\"clip_embedding\"))', input_user_id='$param.user_id') LIMIT $limit OFFSET $skip"
)
GIVEN = {
    "item_id": "a",
    "depth": 50,
    "category": "kitchen",
    "prices": [1, 2.5],
    "user_id": None,
    "limit": 20,
    "skip": 0,
}


def refused(query: str, given_: dict[str, Any], *declared: ParameterSpec) -> str:
    with pytest.raises(QueryError) as caught:
        bind(parse_query(query), given_, declared)
    return str(caught.value.within(query))


# ---- what is given


def test_values_come_back_as_they_are() -> None:
    bound = bind(parse_query(RELATED), GIVEN)
    assert bound.values == GIVEN
    assert bound.warnings == ()


@pytest.mark.parametrize("missing", GIVEN)
def test_a_missing_one_is_named_with_those_given_and_its_place(missing: str) -> None:
    given_ = {name: value for name, value in GIVEN.items() if name != missing}
    told = refused(RELATED, given_)
    assert told.startswith(f"parameter '{missing}' is missing; given: {', '.join(sorted(given_))} (line 1, column ")
    line, caret = told.split("\n")[1:]
    here = line[len(caret) - 1 :]  # a parameter in quotes is pointed at with its quote
    assert re.match(r"'?\$(param\.)?" + missing, here), here


def test_a_near_name_is_offered_when_one_is_missing() -> None:
    told = refused("SELECT * FROM ids($item_ids)", {"item_id": ["a"]})
    assert "parameter 'item_ids' is missing; did you mean item_id?; given: item_id" in told


def test_nothing_given_is_said_so() -> None:
    assert "'n' is missing; given: none" in refused("SELECT * LIMIT $n", {})


def test_one_that_is_not_used_is_a_warning() -> None:
    bound = bind(parse_query("SELECT * LIMIT $limit"), {"limit": 3, "limt": 4})
    assert bound.values == {"limit": 3}
    assert bound.warnings == ("parameter 'limt' is not used by the query and was ignored; did you mean limit?",)


def test_a_value_is_never_read_as_text_of_the_query() -> None:
    nasty = "x' OR 1=1 -- $other"
    query = parse_query("SELECT * FROM ids($ids) WHERE title = $title")
    assert bind(query, {"title": nasty, "ids": [nasty]}).values == {"title": nasty, "ids": [nasty]}


# ---- what is declared


def test_a_default_stands_in_and_is_overruled() -> None:
    query = parse_query("SELECT * LIMIT $limit")
    limit = ParameterSpec("limit", "integer", 20, required=False)
    assert bind(query, {}, [limit]).values == {"limit": 20}
    assert bind(query, {"limit": 5}, [limit]).values == {"limit": 5}


def test_one_that_is_not_required_is_null() -> None:
    query = parse_query("SELECT * FROM ids($ids) WHERE category = $category")
    declared = [ParameterSpec("category", "string", required=False), ParameterSpec("ids", "list")]
    assert bind(query, {"ids": []}, declared).values == {"ids": [], "category": None}


def test_null_is_for_what_may_be_left_out() -> None:
    query = "SELECT * FROM ids($ids) WHERE category = $user"
    assert bind(parse_query(query), {"ids": [], "user": None}).values["user"] is None
    free = ParameterSpec("user", "string", required=False)
    assert bind(parse_query(query), {"ids": [], "user": None}, [free]).values["user"] is None
    told = refused(query, {"ids": [], "user": None}, ParameterSpec("user", "string"))
    assert "parameter 'user' is null, and it is required; declare `required: false`" in told


FITS: dict[str, list[Any]] = {
    "string": ["", "a", "5"],
    "integer": [0, -3, 20, 20.0],
    "number": [0, 2.5, -1e9],
    "boolean": [True, False],
    "list": [[], ["a", 1, None], ("a",)],
    "any": ["a", 1, 2.5, True, [1], {"a": [1]}, b"jpeg"],
}


@pytest.mark.parametrize("kind", FITS)
def test_types(kind: Any) -> None:
    query = parse_query("SELECT * WHERE title = $x")
    spec = ParameterSpec("x", kind)
    for fitting in FITS[kind]:
        value = bind(query, {"x": fitting}, [spec]).values["x"]
        assert value == (list(fitting) if isinstance(fitting, tuple) else fitting)
    for other, values in FITS.items():
        if kind in ("any", other) or other == "any" or {kind, other} == {"integer", "number"}:
            continue
        for value in values:
            with pytest.raises(QueryError, match=f"must be of type {kind}; got"):
                bind(query, {"x": value}, [spec])


def test_an_integer_is_whole() -> None:
    query = "SELECT * WHERE price = $x"
    whole = bind(parse_query(query), {"x": 20.0}, [ParameterSpec("x", "integer")]).values["x"]
    assert (whole, type(whole)) == (20, int)
    assert "of type integer; got 2.5" in refused(query, {"x": 2.5}, ParameterSpec("x", "integer"))
    assert "of type integer; got True" in refused(query, {"x": True}, ParameterSpec("x", "integer"))


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(10_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "odd", [float("nan"), float("inf"), 10**400, object(), {1: 2}, [float("nan")], {"a": {1}}, deep()]
)
def test_values_that_are_none_of_the_languages(odd: Any) -> None:
    assert "parameter 'x' must be a text, a finite number" in refused("SELECT * WHERE price = $x", {"x": odd})


def test_a_long_value_is_shown_short() -> None:
    told = refused("SELECT * LIMIT $n", {"n": "x" * 10_000})
    assert len(told.splitlines()[0]) < 200


# ---- what they are used for


@pytest.mark.parametrize(
    ("query", "value", "words"),
    [
        ("SELECT * LIMIT $x", 2000, "is LIMIT and must be from 1 to 1000; got 2000"),
        ("SELECT * LIMIT $x", 0, "is LIMIT and must be from 1 to 1000; got 0"),
        ("SELECT * LIMIT $x", "20", "is LIMIT and must be of type integer; got '20'"),
        ("SELECT * LIMIT $x", 2.5, "must be of type integer"),
        ("SELECT * OFFSET $x", -1, "is OFFSET and must be from 0"),
        ("SELECT * FROM filter(limit=$x)", 10_001, "is limit of filter() and must be from 1 to 10000"),
        ("SELECT * FROM cooccurrence('a', min_boards=$x)", 0, "is min_boards of cooccurrence() and must be at least 1"),
        ("SELECT * FROM cooccurrence($x)", 5, "is input_item_id of cooccurrence() and must be of type string; got 5"),
        ("SELECT * FROM text_search($x)", ["a"], "is query of text_search() and must be of type string"),
        ("SELECT * FROM ids($x)", {"a": 1}, "is item_ids of ids() and must be of type list"),
        ("SELECT * WHERE price IN $x", 5, "is the list after IN and must be of type list; got 5"),
        ("SELECT * WHERE price IN $x", "abc", "must be of type list; got 'abc'"),
        ("SELECT * REORDER BY diversity(strength=$x)", 1.5, "is strength of diversity() and must be from 0 to 1"),
        ("SELECT * REORDER BY exploration(retriever=filter(limit=$x))", 0, "is limit of filter()"),
        (
            "SELECT *, score(expression='price', input_user_id=$x) AS s",
            7,
            "is input_user_id of score() and must be of type string; got 7",
        ),
        (
            "SELECT * FROM similarity('clip', encoder=interaction_pooling($u, truncate_interactions=$x))",
            0,
            "is truncate_interactions of interaction_pooling() and must be from 1 to 1000",
        ),
    ],
)
def test_a_value_must_be_what_the_argument_takes(query: str, value: Any, words: str) -> None:
    told = refused(query, {"x": value, "u": "someone"})
    assert f"parameter 'x' {words}" in told or words in told
    line, caret = told.split("\n")[1:]
    assert line[len(caret) - 1 :].startswith("$x")


def test_null_where_an_argument_stands_is_the_arguments_default() -> None:
    query = parse_query("SELECT * FROM filter(limit=$n) LIMIT $n")
    assert bind(query, {"n": None}).values == {"n": None}


def test_one_id_may_stand_for_a_list() -> None:
    assert bind(parse_query("SELECT * FROM ids($x)"), {"x": "a"}).values == {"x": "a"}


@settings(max_examples=100)
@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())))
def test_no_value_changes_the_plan_or_raises_anything_else(value: Any) -> None:
    query = parse_query(RELATED)
    before = hash(query)
    try:
        bound = bind(query, dict.fromkeys(GIVEN, value))
    except QueryError:
        bound = None
    assert hash(query) == before
    assert query == parse_query(RELATED)
    assert bound is None or bound.values.keys() == GIVEN.keys()


# ---- declarations


def test_declarations_are_checked_against_the_query() -> None:
    query = parse_query("SELECT * LIMIT $limit")
    assert check_declared(query, [ParameterSpec("limit", "integer", 20, required=False)]) == ()
    assert check_declared(query, [ParameterSpec("limt", "integer")]) == (
        "parameter 'limt' is not used by the query and was ignored; did you mean limit?",
    )
    with pytest.raises(QueryError, match="its default must be of type integer; got 'many'"):
        check_declared(query, [ParameterSpec("limit", "integer", "many", required=False)])
    with pytest.raises(QueryError, match="is LIMIT and must be from 1 to 1000; got 5000") as caught:
        check_declared(query, [ParameterSpec("limit", "integer", 5000, required=False)])
    assert caught.value.position == len("SELECT * LIMIT ")


# ---- from the command line


def test_wanted_types_come_from_declarations_uses_and_columns() -> None:
    columns: dict[str, Any] = {"board_category": "text", "price": "number", "created_at": "time"}
    query = parse_query(RELATED + " ")
    assert wanted_types(query, columns=columns) == {
        "item_id": "string",
        "depth": "integer",
        "category": "string",
        "prices": "list",
        "user_id": "string",
        "limit": "integer",
        "skip": "integer",
    }
    assert wanted_types(query)["category"] == "any"
    assert wanted_types(query, [ParameterSpec("category", "list")], columns)["category"] == "list"
    mixed = parse_query(
        "SELECT * FROM cooccurrence($x) WHERE price = $x AND item_id != $y AND 3 < $z AND price IN (1, $w)"
    )
    assert wanted_types(mixed, columns=columns) == {"x": "any", "y": "string", "z": "any", "w": "number"}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("a=5", "string", "5"),
        ("a=5", "integer", 5),
        ("a=5", "any", 5),
        ("a=2.5", "number", 2.5),
        ("a=007", "any", "007"),
        ("a=pin037", "any", "pin037"),
        ("a=pin037", "integer", "pin037"),
        ("a=true", "boolean", True),
        ("a=False", "boolean", False),
        ("a=true", "string", "true"),
        ('a=["x", "y"]', "list", ["x", "y"]),
        ('a=["x"]', "any", ["x"]),
        ('a={"x": [0, 0, 1, 1]}', "any", {"x": [0, 0, 1, 1]}),
        ("a=x,y", "list", "x,y"),
        ("a=null", "string", None),
        ("a=null", "any", None),
        ("a=", "string", ""),
        ("a=b=c", "string", "b=c"),
        ('a="x"', "any", '"x"'),
        ("a=NaN", "any", "NaN"),
        ("a=-Infinity", "number", "-Infinity"),
        (" $a =x y", "string", "x y"),
        ("a=" + "[" * 100_000, "any", "[" * 100_000),
    ],
)
def test_a_value_of_the_command_line(text: str, kind: Any, value: Any) -> None:
    assert parse_given(text, {"a": kind}) == ("a", value)


@pytest.mark.parametrize("text", ["", "a", "=1", "a b=1", "1a=2", "a.b=1"])
def test_what_is_no_name_and_value(text: str) -> None:
    with pytest.raises(QueryError, match="name=value, such as item_id=pin037; got"):
        parse_given(text)


@given(st.text(), st.sampled_from(PARAMETER_TYPES))
def test_any_text_of_the_command_line_is_read_or_refused(text: str, kind: Any) -> None:
    name, value = parse_given(f"a={text}", {"a": kind})
    assert name == "a"
    if kind == "string":
        assert value == (None if text.strip().lower() == "null" else text)


def test_what_the_command_line_gives_is_bound() -> None:
    query = parse_query(RELATED)
    types = wanted_types(query, columns={"board_category": "text"})
    texts = ["item_id=37", "depth=5", "category=3", "prices=[1, 2.5]", "user_id=null", "limit=20", "skip=0"]
    bound = bind(query, dict(parse_given(text, types) for text in texts))
    assert bound.values == {**GIVEN, "item_id": "37", "depth": 5, "category": "3"}
