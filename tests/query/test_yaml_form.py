"""A plan as YAML: there and back, equal to the same in text, and errors that name the path."""

from __future__ import annotations

from typing import Any

import article_queries
import plans
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.language.yaml_form import from_yaml, to_yaml
from relpins_resources.query.language.yaml_text import dump, read
from relpins_resources.query.plan import Items, Literal, Name, Param, Query, Stage, walk

QUERIES = [
    "SELECT *",
    "EXPLAIN SELECT title, note.email, `order`",
    "SELECT * FROM filter(where='price < 3 AND title LIKE \"it''s 50%\"', limit=7)",
    "SELECT * FROM similarity('clip', encoder='precomputed_item', input_item_id=$item_id) LIMIT $limit OFFSET 5",
    "SELECT * FROM retrieve(text_search($q, mode='vector', name='w'), ids(['a', 'it''s', '$$x', '# no: \"y\"']))",
    "SELECT * FROM column_order(columns='price DESC NULLS FIRST, `select`, title NULLS LAST')",
    "SELECT * FROM similarity('clip', encoder=interaction_pooling($u, pooling_function='max')) WHERE price IS NULL",
    "SELECT *, score(expression='a if b > 1e20 else -2.50', input_user_id=$u) AS s ORDER BY s DESC, price NULLS FIRST",
    "SELECT * ORDER BY score(expression='($x)')",
    "SELECT * WHERE ($x)",
    "SELECT * FROM ids($ids) ORDER BY score(expression='retrieval.get_score(\"ids\", 0.0)', input_item_id='a')",
    "SELECT * FROM candidate_attributes([NULL, 1, 1.0, TRUE, 'yes', 'null', '1', ''])",
    "SELECT * REORDER BY diversity(0.3, diversity_attributes=['a']), quota('price'), boosted(retriever='filter')",
    "SELECT * REORDER BY exploration(retriever=similarity('a', encoder=text_encoder('x', text_embedding_ref='a')))",
    *article_queries.QUERIES.values(),
]


@pytest.mark.parametrize("text", QUERIES)
def test_there_and_back(text: str) -> None:
    query = parse_query(text)
    written = to_yaml(query)
    assert from_yaml(written) == query
    assert to_yaml(from_yaml(written)) == written


def test_it_reads_as_one_would_write_it() -> None:
    query = parse_query(
        "SELECT title FROM similarity('clip_embedding', encoder='precomputed_item', input_item_id=$item_id, limit=500, "
        "where='price < 3') WHERE item_id != $item_id "
        "ORDER BY score(expression='1.0 / (1.0 + rank(\"clip_embedding\"))') REORDER BY diversity(0.3) LIMIT $limit"
    )
    assert yaml.safe_load(to_yaml(query)) == {
        "select": ["title"],
        "retrieve": [
            {
                "similarity": {
                    "embedding_ref": "clip_embedding",
                    "encoder": {"precomputed_item": {"input_item_id": "$item_id"}},
                    "limit": 500,
                    "where": "price < 3",
                }
            }
        ],
        "where": "item_id != $item_id",
        "score": {"expression": '1.0 / (1.0 + rank(embedding="clip_embedding"))'},
        "reorder": [{"diversity": {"strength": 0.3}}],
        "limit": "$limit",
    }


def test_what_is_said_in_other_words_is_the_same_plan() -> None:
    said = """
        select: title
        retrieve:
          similarity:
            limit: 100                      # the default
            embedding_ref: clip_embedding
            encoder: item_attribute_pooling
            input_item_id: $param.item_id
        where: |
          pin_id <> $item_id
            and price == 3
        score: 1.0 if price is null else item.price
        order_by: score desc
        reorder: {diversity: {lookback: 30}}
    """
    assert from_yaml(said) == parse_query(
        "SELECT title FROM similarity('clip_embedding', encoder=item_attribute_pooling(input_item_id=$item_id)) "
        "WHERE item_id != $item_id AND price = 3 "
        "ORDER BY score(expression='CASE WHEN price IS NULL THEN 1.0 ELSE price END') REORDER BY diversity()"
    )


def test_nothing_is_every_item() -> None:
    assert from_yaml("") == from_yaml("explain: false\nselect:\nlimit: null") == parse_query("SELECT *")


@pytest.mark.parametrize(
    ("text", "path", "words", "place"),
    [
        ("limit: 2000", "limit", "from 1 to 1000", "2000"),
        ("limit: many", "limit", "whole number", "many"),
        ("explain: yes", "explain", "true or false, not 'yes'", "yes"),
        ("selct: a", "", "did you mean select", "selct"),
        ("- a", "", "a mapping of keys to values is expected here, not a list", "- a"),
        ("limit: 1\nlimit: 2", "", "limit is given twice", "limit: 2"),
        ("1: 2", "", "a key must be a text", "1"),
        ("select: [a, '', b]", "select[1]", "no name of a column", "''"),
        ("retrieve: [similarty]", "retrieve[0]", "did you mean similarity", "similarty"),
        ("retrieve: ['a; b']", "retrieve[0]", "'a; b' is no retriever", "'a; b'"),
        ("retrieve: []", "retrieve", "empty", "[]"),
        ("retrieve: [{similarity: {}, filter: {}}]", "retrieve[0]", "these are 2", "{similarity"),
        ("retrieve: [3]", "retrieve[0]", "a retriever is expected here, not 3", "3"),
        ("retrieve:\n- filter: {limt: 3}", "retrieve[0].filter.limt", "did you mean limit", "3"),
        ("retrieve:\n- filter: {limit: 0}", "retrieve[0].filter.limit", "from 1 to 10000, not 0", "0"),
        ("retrieve:\n- filter: {'a b': 0}", "retrieve[0].filter.a b", "'a b' is no argument", "0"),
        ("retrieve:\n- filter: {where: 'a = = 3'}", "retrieve[0].filter.where", "do not chain", "= 3"),
        ("retrieve:\n- filter: {where: $x}", "retrieve[0].filter.where", "not a parameter", "$x"),
        ("retrieve:\n- similarity: {embedding_ref: a}", "retrieve[0].similarity", "needs encoder", "{embedding"),
        (
            "retrieve:\n- similarity: {embedding_ref: a, encoder: {precomputed_itm: {}}}",
            "retrieve[0].similarity.encoder.precomputed_itm",
            "did you mean precomputed_item",
            "{}",
        ),
        ("retrieve:\n- ids: {item_ids: {a: 1}}", "retrieve[0].ids.item_ids", "not a mapping", "{a: 1}"),
        ("retrieve:\n- column_order: {columns: [price DSC]}", "retrieve[0].column_order.columns[0]", "DESC", "DSC"),
        ("retrieve:\n- column_order: {columns: price + 1}", "retrieve[0].column_order.columns", "names of", "price"),
        ("where: pric >> 3", "where", "do not chain", "> 3"),
        ("where: >\n  a\n  = = 3", "where", "do not chain", ">"),
        ("where: |\n  a = 3\n\n  and or 4", "where", "not expected here", "or 4"),
        ('where: "a\\t= = 3"', "where", "do not chain", '"a'),
        ("where: 'a = \"it''s\" = 3'", "where", "do not chain", "= 3"),
        ("where: a) LIMIT (3", "where", "not expected here", ") LIMIT"),
        ("where: 3", "where", "an expression is expected here, not 3; put it in quotes", "3"),
        ("where: [a]", "where", "not a list", "[a]"),
        ("score: {expression: 1, input_user_id: a}", "score.expression", "not 1", "1"),
        ("score: {input_user_id: a}", "score", "expression", "{input"),
        ("score: {expression: rnk('a')}", "score.expression", "did you mean rank", "rnk"),
        ("score: {expression: 'price', user: a}", "score", "no key 'user' here; known: expression", "user"),
        ("order_by: [price, score(expression='1')]", "order_by[1]", "score()", "score("),
        ("order_by: a LIMIT 3", "order_by", "'LIMIT' is not expected", "LIMIT"),
        ("reorder: [{diversity: {strength: 2}}]", "reorder[0].diversity.strength", "from 0 to 1", "2"),
        ("reorder: similarity", "reorder", "not a reranker", "similarity"),
        ("a: &x 1\nb: *x", "", "anchors", "&x"),
        ("limit: !!int 3", "", "tag", "!!int"),
        ("limit: 3\n---\nlimit: 4", "", "more than one YAML document", "---"),
        ("limit: {", "", "not YAML", ""),
        ("limit: 1e999", "limit", "too large", "1e999"),
        ("[" * 100_000, "", "deeper than 40", "["),
        ("{a: " * 41, "", "deeper than 40", "{a"),
        ("where: " + "NOT " * 200 + "a", "where", "deeper than 100", "NOT"),
    ],
)
def test_an_error_names_the_path_and_points_at_the_place(text: str, path: str, words: str, place: str) -> None:
    with pytest.raises(QueryError) as caught:
        from_yaml(text)
    error = caught.value
    assert error.problem.startswith(path + ": " if path else ""), error.problem
    assert words in error.problem
    assert error.text == text
    assert text[error.position :].startswith(place), text[error.position :]


@pytest.mark.parametrize("text", ["where: \x00", "where: \ud800", "a" * 300_000])
def test_what_no_yaml_can_hold(text: str) -> None:
    with pytest.raises(QueryError):
        from_yaml(text)


def test_positions_of_a_plan_are_those_in_the_yaml() -> None:
    text = (
        "retrieve:\n- filter: {where: 'title = \"it''s\" and price > 3'}\nwhere: |\n  a = 1\n  and b = 2\nlimit: $n\n"
    )
    query = from_yaml(text)
    names = {node.dotted: node.at for node in walk(query) if isinstance(node, Name)}
    assert names == {
        "title": text.index("title"),
        "price": text.index("price"),
        "a": text.index("a = 1"),
        "b": text.index("b = 2"),
    }
    [parameter] = [node for node in walk(query) if isinstance(node, Param)]
    assert parameter.at == text.index("$n")


def test_a_plan_that_no_text_can_say() -> None:
    odd = Query((Stage("ids", (("item_ids", Name(("price",))),)),))
    with pytest.raises(QueryError, match="a value or a parameter"):
        to_yaml(odd)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(
        [
            "$x",
            "$$x",
            "$param.x",
            "no",
            "on",
            "~",
            "1e5",
            "1_000",
            "0x1F",
            "12:30",
            "2026-06-01",
            "010",
            "=",
            "<<",
            "-",
            "'",
            '"',
        ]
    ),
)


@settings(max_examples=100)
@given(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_plain_values_come_back_equal(value: Any) -> None:
    assert repr(read(dump(value)).value()) == repr(value)


@settings(max_examples=100)
@given(st.lists(SCALARS, min_size=1, max_size=5))
def test_any_literal_comes_back_equal(values: list[Any]) -> None:
    literals = tuple(Literal(one) for one in values)
    query = Query((Stage("ids", (("item_ids", Items(literals)),)),), offset=Param("skip"))
    assert from_yaml(to_yaml(query)) == query


@settings(max_examples=100, deadline=None)
@given(plans.queries())
def test_any_plan_comes_back_equal(query: Query) -> None:
    assert from_yaml(to_yaml(query)) == query


@settings(max_examples=100)
@given(st.text(alphabet=st.sampled_from("abilmtwhere: \n-[]{}'\"|>$&*!#0123,=()"), max_size=60))
def test_random_text_raises_nothing_else(text: str) -> None:
    for one in (text, f"where: {text}", f"retrieve:\n- filter: {{where: {text}}}", f"retrieve:\n- {text}"):
        try:
            query = from_yaml(one)
        except QueryError:
            continue
        assert from_yaml(to_yaml(query)) == query
