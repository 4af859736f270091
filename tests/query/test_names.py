"""Names that a query uses against those that are declared, what retrievers are called, and kinds that go together."""

from __future__ import annotations

from dataclasses import replace

import article_queries
import pytest
from declared_names import DECLARED

from relpins_resources.query.checking.names import Declared, check_names, retriever_names
from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.plan import Call, Literal, Query, Stage

CLIP = "similarity('clip_embedding', encoder='precomputed_item', input_item_id=$x)"
TWOTOWER = "similarity('twotower_embedding', encoder='precomputed_user', input_user_id=$u)"


def refused(text: str, declared: Declared = DECLARED) -> tuple[str, str]:
    """What is said, and the rest of the text from where it points."""
    with pytest.raises(QueryError) as caught:
        check_names(parse_query(text), declared)
    assert caught.value.position >= 0, caught.value
    return caught.value.problem, text[caught.value.position :]


# ---- what retrievers are called


@pytest.mark.parametrize(
    ("retrievers", "names"),
    [
        (CLIP, ["clip"]),
        (f"retrieve({CLIP}, {TWOTOWER})", ["clip", "twotower"]),
        (f"retrieve({CLIP}, {CLIP}, {CLIP})", ["clip", "clip_2", "clip_3"]),
        ("retrieve(filter(), text_search($q), cooccurrence($x))", ["filter", "text_search", "cooccurrence"]),
        ("retrieve(filter(), filter(name='mine'), filter())", ["filter", "mine", "filter_2"]),
        ("retrieve(filter(), filter(name='filter'))", ["filter_2", "filter"]),
        ("retrieve(filter(), filter(), filter(name='filter_2'))", ["filter", "filter_3", "filter_2"]),
        ("similarity('words', encoder=text_encoder($q))", ["words"]),
        ("similarity('_embedding', encoder=text_encoder($q))", ["_embedding"]),
    ],
)
def test_names_of_retrievers(retrievers: str, names: list[str]) -> None:
    assert retriever_names(parse_query(f"SELECT * FROM {retrievers}")) == names


def test_names_of_retrievers_that_cannot_be() -> None:
    for text, words in (
        ("SELECT * FROM retrieve(filter(name='a'), ids($x, name='a'))", "two retrievers are named 'a'"),
        ("SELECT * FROM filter(name='a_rank')", "cannot be named 'a_rank': retrieval.NAME_rank is the place"),
    ):
        with pytest.raises(QueryError, match=words) as caught:
            retriever_names(parse_query(text))
        assert caught.value.position > 0


# ---- what is declared may be named


@pytest.mark.parametrize("name", article_queries.QUERIES)
def test_the_queries_of_the_article(name: str) -> None:
    check_names(parse_query(article_queries.QUERIES[name]), DECLARED)


@pytest.mark.parametrize(
    "clauses",
    [
        "SELECT title, price, item_id, score, metadata",
        "SELECT note.email WHERE note.email = 'a@b'",
        "SELECT * WHERE query_item.price < price AND query_item.days_since_release < 3 AND query_item.n_boards > 1",
        "SELECT * WHERE user.country = 'IT' AND user.anything.below IS NULL",
        "SELECT * WHERE prebuilt('exclude_saved', input_user_id=$u) AND truncate(500)",
        "SELECT * ORDER BY price DESC, days_since_release, retrieval.filter_rank",
        f"SELECT *, score(expression='retrieval.clip + retrieval.get_rank(\"clip\", 9)') AS s FROM {CLIP} ORDER BY s",
        f"SELECT * FROM retrieve({CLIP}, filter(name='all')) ORDER BY score(expression='rrf(retrieval.clip_rank, "
        "retrieval.all_rank)')",
        "SELECT * ORDER BY score(expression='ranker + twotower + pair.hamming + user_category_affinity')",
        'SELECT * ORDER BY score(expression=\'cosine_similarity(text_encoding(item, "content_embedding"), '
        'pooled_text_encoding(user.recent_interactions, embedding_ref="content_embedding"))\')',
        "SELECT * FROM text_search($q, mode='vector', text_embedding_ref='content_embedding')",
        "SELECT * FROM similarity('clip_embedding', encoder=text_encoder($q, text_embedding_ref='clip_embedding'))",
        "SELECT * FROM similarity('clip_embedding', encoder=text_encoder($q))",
        "SELECT * FROM column_order(columns='price DESC, days_since_release')",
        "SELECT * FROM filter(where='query_item.price > price AND pair.hamming < 3 AND user.country IS NULL')",
        f"SELECT * FROM {CLIP} REORDER BY exploration(retriever='clip')",
        "SELECT * REORDER BY exploration(retriever=filter(where='price > 3'))",
        "SELECT * REORDER BY quota('board_category'), diversity(diversity_attributes=['title', 'price'], "
        "signals='clip_embedding:0.5, cooccurrence:0.5', text_encoding_embedding_ref='content_embedding')",
        "SELECT * WHERE 'oak' IN merchant_tags AND array_has(merchant_tags, 'oak') AND price IN (1, $x)",
        "SELECT * WHERE price > $x AND created_at > '2026-01-01' AND title = $x AND is_object_dominant",
    ],
)
def test_what_is_declared(clauses: str) -> None:
    check_names(parse_query(clauses), DECLARED)


# ---- what is not


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("SELECT * WHERE prise > 3", "no column 'prise'; did you mean price?", "prise"),
        ("SELECT * WHERE item.prise > 3", "no column 'prise'; did you mean price?", "item.prise"),
        ("SELECT * WHERE query_item.prise > 3", "no query_item column 'prise'; did you mean price?", "query_item"),
        ("SELECT * WHERE price > $x AND rankr > 1", "'rankr'; did you mean ranker", "rankr"),
        ("SELECT * WHERE days_since_relase < 3", "did you mean days_since_release?", "days"),
        ("SELECT * WHERE CASE WHEN price > 1 THEN prise END > 0", "'prise'", "prise"),
        ("SELECT * WHERE title IN ('a', titel)", "'titel'; did you mean title?", "titel"),
        ("SELECT * WHERE title BETWEEN 'a' AND titel", "'titel'", "titel"),
        ("SELECT * WHERE lower(titel) = 'a'", "'titel'", "titel"),
        ("SELECT * WHERE price.cents > 1", "price is a number, there is no 'cents' in it", "price.cents"),
        ("SELECT * WHERE item IS NULL", "item stands for a whole entity; name one of its columns", "item"),
        ("SELECT * WHERE lower(user) = 'a'", "user stands for a whole entity", "user"),
        (
            "SELECT * WHERE retrieval.clip > 0",
            "no retriever of FROM is called 'clip'; known: filter, filter_rank",
            "ret",
        ),
        (f"SELECT * FROM {CLIP} WHERE retrieval.clp_rank > 0", "called 'clp'; did you mean clip_rank", "retrieval"),
        (
            "SELECT * WHERE prebuilt('exclude_savd')",
            "names 'exclude_savd', which is not declared; did you mean",
            "'excl",
        ),
        ("SELECT * WHERE pair.hammng > 1", "no pair feature 'hammng'; did you mean hamming?", "pair"),
        ("SELECT * ORDER BY prise", "'prise'", "prise"),
        ("SELECT * ORDER BY score", "the query has no score", "score"),
        (
            "SELECT * ORDER BY score(expression='rank(\"clip_embeding\")')",
            "embedding of rank() names 'clip_embeding'",
            '"',
        ),
        (
            "SELECT * ORDER BY score(expression='text_encoding(item, \"clip_embed\")')",
            "did you mean clip_embedding or pinclip_embedding?",
            '"clip_embed"',
        ),
        (
            "SELECT * FROM similarity('clip', encoder='precomputed_item')",
            "names 'clip', which is not declared",
            "'clip'",
        ),
        ("SELECT * FROM filter(where='prise > 3')", "'prise'", "prise"),
        ("SELECT * FROM filter(where='rank(\"clip_embedding\") < 3')", "rank() asks about the candidates", "rank"),
        ("SELECT * FROM filter(where='truncate(3)')", "truncate() asks about the candidates", "truncate"),
        ("SELECT * FROM filter(where='retrieval.filter > 0')", "retrieval.filter is known of candidates", "retrieval"),
        ("SELECT * FROM column_order(columns='prise')", "'prise'", "prise"),
        (
            "SELECT * FROM column_order(columns='retrieval.filter')",
            "known of candidates, and column_order",
            "retrieval",
        ),
        (
            "SELECT * FROM text_search('a', mode='vector', text_embedding_ref='twotower_embedding')",
            "names 'twotow",
            "'two",
        ),
        ("SELECT * FROM similarity('twotower_embedding', encoder=text_encoder('a'))", "with a text_encoder()", "'two"),
        (
            "SELECT * FROM similarity('clip_embedding', "
            "encoder=text_encoder($q, text_embedding_ref='content_embedding'))",
            "gives vectors of 'content_embedding', and similarity() searches 'clip_embedding'",
            "'content",
        ),
        ("SELECT * REORDER BY quota('categry')", "column of quota() names 'categry'", "'categry'"),
        ("SELECT * REORDER BY diversity(diversity_attributes=['title', 'titel'])", "names 'titel'", "'titel'"),
        ("SELECT * REORDER BY diversity(signals='clip_embedding:1, semantic:2')", "no signal 'semantic'; did", "'clip"),
        (
            "SELECT * REORDER BY exploration(retriever='clip')",
            "names 'clip', which is not declared; known: fil",
            "'clip'",
        ),
        ("SELECT * REORDER BY boosted(retriever=filter(where='prise > 3'))", "'prise'", "prise"),
    ],
)
def test_what_is_not_declared(text: str, words: str, rest: str) -> None:
    problem, pointed_at = refused(text)
    assert words in problem
    assert pointed_at.startswith(rest), pointed_at


def test_a_column_that_cannot_be_selected() -> None:
    with pytest.raises(QueryError, match="no column to select 'titel'; did you mean title"):
        check_names(parse_query("SELECT title, titel"), DECLARED)


def test_columns_of_users_where_they_are_declared() -> None:
    declared = replace(DECLARED, user_columns={"country": "text"})
    check_names(parse_query("SELECT * WHERE user.country = 'IT'"), declared)
    assert refused("SELECT * WHERE user.contry = 'IT'", declared)[0].endswith("'contry'; did you mean country?")


def test_a_name_that_only_a_plan_made_in_code_can_hold() -> None:
    for plan, words in (
        (Query((Stage("similarty"),)), "no retriever 'similarty'; did you mean similarity?"),
        (Query((Stage("filter", (("limt", Literal(3)),)),)), "takes no argument 'limt'; did you mean limit?"),
        (
            Query((Stage("filter"),), where=Call("lowr", (Literal("a"),))),
            "no function 'lowr'; did you mean floor or lower?",
        ),
    ):
        with pytest.raises(QueryError, match=words.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
            check_names(plan, DECLARED)


# ---- kinds


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("SELECT * WHERE merchant_tags = 3", "= 3"),
        ("SELECT * WHERE price + merchant_tags > 1", "+ m"),
        ("SELECT * WHERE title + 1 > 2", "+ 1"),
        ("SELECT * WHERE title AND price > 1", "title"),
        ("SELECT * WHERE NOT merchant_tags", "NOT"),
        ("SELECT * WHERE array_has(price, 3)", "price"),
        ("SELECT * FROM filter(where='array_has(title, 3)')", "title"),
        ("SELECT * WHERE cosine_similarity(price, 3) > 0", "price"),
        ("SELECT * ORDER BY score(expression='price + title')", "title"),
        ("SELECT * ORDER BY score(expression='merchant_tags')", "merchant_tags"),
        ("SELECT * ORDER BY score(expression='text_encoding(item, \"clip_embedding\")')", "text_encoding"),
        ("SELECT * ORDER BY merchant_tags", "merchant_tags"),
        ("SELECT * REORDER BY exploration(retriever=filter(where='title'))", "title"),
        ("SELECT * WHERE query_item.merchant_tags > 3", "> 3"),
    ],
)
def test_kinds_that_do_not_go_together_are_found_without_data(text: str, rest: str) -> None:
    _, pointed_at = refused(text)
    assert pointed_at.startswith(rest), pointed_at


def test_a_model_that_nobody_configured_is_said_before_it_runs() -> None:
    problem, pointed_at = refused("SELECT * ORDER BY score(expression='cross_encoder(item, $query)')")
    assert "pip install" in problem
    assert pointed_at.startswith("cross_encoder")
