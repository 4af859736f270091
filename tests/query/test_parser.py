"""What the text of a query means, form by form: the plan it gives."""

import time

import pytest
from article_queries import ADAPTIVE_BY_AGE, BLEND, QUERIES, with_order

from relpins_resources.query.language.parser import parse_expression, parse_order, parse_query
from relpins_resources.query.plan import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Expr,
    In,
    Is,
    Items,
    Literal,
    Name,
    OrderKey,
    Param,
    Query,
    Score,
    Stage,
    Unary,
)
from relpins_resources.query.signatures import SIGNATURES
from relpins_resources.query.stages import STAGES

ITEM, USER = Param("item_id"), Param("user_id")
A, B, C = Name(("a",)), Name(("b",)), Name(("c",))
ONE, TWO = Literal(1), Literal(2)
CLIP_ENCODER = Stage("item_attribute_pooling", (("input_item_id", ITEM),))
FROM_CLIP = Stage(
    "similarity",
    (("embedding_ref", Literal("clip_embedding")), ("encoder", CLIP_ENCODER), ("limit", Literal(500))),
)


def share(weight: float, embedding: str) -> Expr:
    """`weight / (1.0 + rank(embedding="..."))`."""
    rank = Call("rank", (), (("embedding", Literal(embedding)),))
    return Binary("/", Literal(weight), Binary("+", Literal(1.0), rank))


def summed(*addends: Expr) -> Expr:
    total = addends[0]
    for one in addends[1:]:
        total = Binary("+", total, one)
    return total


BLENDED = summed(share(0.5, "clip_embedding"), share(0.3, "twotower_embedding"), share(0.2, "content_embedding"))
NOT_ITSELF = Binary("!=", Name(("item_id",)), ITEM)
DIVERSE = Stage("diversity", (("diversity_lookback_window", Literal(50)),))


def test_the_blend_of_the_article() -> None:
    assert parse_query(QUERIES["blend"]) == Query(
        retrievers=(FROM_CLIP,),
        where=NOT_ITSELF,
        score=Score(BLENDED, USER),
        rerankers=(DIVERSE,),
        limit=Param("limit"),
    )


def test_the_cold_start_of_the_article() -> None:
    blended = summed(share(0.6, "clip_embedding"), share(0.4, "content_embedding"))
    assert parse_query(QUERIES["cold_start"]) == Query(
        (FROM_CLIP,), where=NOT_ITSELF, score=Score(blended), rerankers=(DIVERSE,), limit=Param("limit")
    )


def test_the_same_category_of_the_article() -> None:
    category = Binary("=", Name(("board_category",)), Param("source_category"))
    assert parse_query(QUERIES["same_category"]) == Query(
        (FROM_CLIP,),
        where=Binary("and", category, NOT_ITSELF),
        score=Score(BLENDED),
        rerankers=(DIVERSE,),
        limit=Literal(20),
    )


def test_the_home_feed_of_the_article() -> None:
    blended = summed(share(0.4, "clip_embedding"), share(0.4, "twotower_embedding"), share(0.2, "content_embedding"))
    encoder = Stage("interaction_round_robin", (("input_user_id", USER),))
    retriever = Stage("similarity", (*FROM_CLIP.arguments[:1], ("encoder", encoder), ("limit", Literal(500))))
    assert parse_query(QUERIES["visual_home_feed"]) == Query(
        (retriever,),
        score=Score(blended, USER),
        rerankers=(Stage("exploration", (("diversity_lookback_window", Literal(50)),)),),
        limit=Literal(20),
    )


def test_the_age_bands_of_the_article() -> None:
    age = Name(("days_since_release",))
    clip, twotower, content = "clip_embedding", "twotower_embedding", "content_embedding"
    bands = Case(
        (
            (Binary("<", age, Literal(3)), summed(share(0.55, clip), share(0.45, content))),
            (Binary("<", age, Literal(14)), summed(share(0.4, clip), share(0.3, twotower), share(0.3, content))),
        ),
        summed(share(0.3, clip), share(0.5, twotower), share(0.2, content)),
    )
    assert parse_query(with_order(ADAPTIVE_BY_AGE)).score == Score(bands)


def test_the_trending_blend_and_the_six_signals_of_the_article() -> None:
    clip, twotower, content = "clip_embedding", "twotower_embedding", "content_embedding"
    popular = Binary("+", Literal(1.0), Name(("_derived_popular_rank",)))
    age = Binary("+", Literal(1.0), Name(("days_since_release",)))
    assert parse_query(QUERIES["trending_visual"]).score == Score(
        summed(share(0.4, clip), share(0.25, twotower), share(0.15, content), Binary("/", Literal(0.2), popular))
    )
    assert parse_query(QUERIES["six_signals"]).score == Score(
        summed(
            share(0.35, clip),
            share(0.25, twotower),
            share(0.15, content),
            Binary("/", Literal(0.1), popular),
            Binary("/", Literal(0.1), age),
            Binary("*", Literal(0.05), Name(("user_category_affinity",))),
        )
    )


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("1 + 2 * 3", Binary("+", ONE, Binary("*", TWO, Literal(3)))),
        ("1 - 2 - 3", Binary("-", Binary("-", ONE, TWO), Literal(3))),
        ("2 ** 1 ** 2", Binary("**", TWO, Binary("**", ONE, TWO))),
        ("-a ** 2", Unary("-", Binary("**", A, TWO))),
        ("-1.5e-3", Literal(-0.0015)),
        ("+a", A),
        (".5 % 2.", Binary("%", Literal(0.5), Literal(2.0))),
        ("a OR b AND NOT c = 1", Binary("or", A, Binary("and", B, Unary("not", Binary("=", C, ONE))))),
        ("a + 1 <= b", Binary("<=", Binary("+", A, ONE), B)),
        ("a IN (1, 'x', NULL)", In(A, Items((ONE, Literal("x"), Literal(None))))),
        ("a NOT IN [1]", In(A, Items((ONE,)), negated=True)),
        ("a IN ()", In(A, Items(()))),
        ("a IN $ids", In(A, Param("ids"))),
        ("1 IN merchant_tags", In(ONE, Name(("merchant_tags",)))),
        ("a LIKE 'x%'", Binary("like", A, Literal("x%"))),
        ("a NOT ILIKE 'x%'", Unary("not", Binary("ilike", A, Literal("x%")))),
        ("a BETWEEN 1 AND 2 AND b", Binary("and", Between(A, ONE, TWO), B)),
        ("a NOT BETWEEN 1 AND 2", Between(A, ONE, TWO, negated=True)),
        ("a IS NULL", Is(A, "null")),
        ("a IS NOT TRUE", Is(A, "true", negated=True)),
        ("a = 1 IS FALSE", Is(Binary("=", A, ONE), "false")),
        ("CAST(a AS INT)", Cast(A, "int")),
        ("try_cast(a as varchar) = 'x'", Binary("=", Cast(A, "string"), Literal("x"))),
        ("CASE WHEN a THEN 1 END", Case(((A, ONE),))),
        ("CASE WHEN a THEN 1 WHEN b THEN 2 ELSE c END", Case(((A, ONE), (B, TWO)), C)),
        ("1 if a else 2 if b else c", Case(((A, ONE),), Case(((B, TWO),), C))),
        ("[a, [1, 2]]", Items((A, Items((ONE, TWO))))),
        ("TRUE and False and null", Binary("and", Binary("and", Literal(True), Literal(False)), Literal(None))),
        ('note.email = "a@b"', Binary("=", Name(("note", "email")), Literal("a@b"))),
        ("user.age", Name(("user", "age"))),
        ("query_item.is_object_dominant", Name(("query_item", "is_object_dominant"))),
        ("pair.hamming", Name(("pair", "hamming"))),
        ("retrieval.clip_rank", Name(("retrieval", "clip_rank"))),
        ("`a b`.`c``d`", Name(("a b", "c`d"))),
        ("item.`user`.name", Name(("item", "user", "name"))),
        ("JSON_VALUE(a, '$.x')", Call("json_value", (A, Literal("$.x")))),
        ("regexp_match(a, '^x$')", Call("regexp_match", (A, Literal("^x$")))),
        ("prebuilt('f', input_user_id=$u)", Call("prebuilt", (Literal("f"),), (("input_user_id", Param("u")),))),
        ("truncate(500)", Call("truncate", (Literal(500),))),
        ("now_seconds()", Call("now_seconds")),
        ("rrf(a, b, k=10)", Call("rrf", (A, B), (("k", Literal(10)),))),
        ("a -- the rest is a comment'\n + 1", Binary("+", A, ONE)),
        ("'it''s'", Literal("it's")),
        ("'$5'", Literal("$5")),
        ("'$$price'", Literal("$price")),
        ("'cost: $price'", Literal("cost: $price")),
    ],
)
def test_an_expression_means(text: str, plan: Expr) -> None:
    assert parse_expression(text) == plan


def test_every_function_of_the_language_can_be_called_in_any_case() -> None:
    special = {
        "text_encoding": "item",
        "pooled_text_encoding": "user.recent_interactions",
        "cross_encoder": "item, $query",
        "colbert_v2": "item, $query",
        "prebuilt": "'f'",
        "truncate": "5",
    }
    for name, signature in SIGNATURES.items():
        given = special.get(name, ", ".join(["a"] * signature.low))
        needed = [f"{one}='x'" for one, default in signature.options.items() if default is None]
        call = parse_expression(f"{name.title()}({', '.join([*filter(None, [given]), *needed])})")
        assert isinstance(call, Call)
        assert call.function == name
        for alias in signature.aliases:
            assert parse_expression(f"{alias}({given})") == call


def test_every_stage_stands_where_its_role_says() -> None:
    values = {"integer": "7", "number": "0.25", "value": "$v", "list": "$v", "predicate": "'a = 1'", "columns": "'a'"}
    for spec in STAGES:
        written = []
        for one in spec.arguments:
            chosen = list(one.choices)[-1] if one.choices else "x_embedding"
            other = {"encoder": "precomputed_item($v)", "retriever": "filter()"}.get(one.kind, f"'{chosen}'")
            number = str(int(one.low or 0) + 1) if one.kind == "integer" else None
            written.append(f"{one.name.upper()}={number or values.get(one.kind, other)}")
        call = f"{spec.kind.upper()}({', '.join(written)})"
        text = {
            "retriever": f"SELECT * FROM {call}",
            "reranker": f"SELECT * REORDER BY {call}",
            "encoder": f"SELECT * FROM similarity('x', encoder={call})",
        }[spec.role]
        query = parse_query(text)
        stage = query.rerankers[0] if spec.role == "reranker" else query.retrievers[0]
        found = stage.get("encoder") if spec.role == "encoder" else stage
        assert isinstance(found, Stage)
        assert found.kind == spec.kind
        left_out = {one.name for one in spec.arguments} - {name for name, _ in found.arguments}
        assert left_out <= {"retriever"} | {one.name for one in spec.arguments if one.default is not None}


def test_clauses_that_are_left_out() -> None:
    assert parse_query("SELECT *") == Query((Stage("filter"),))
    assert parse_query("explain select title, note.email, id from filter() offset 5;") == Query(
        (Stage("filter"),), select=("title", "note.email", "item_id"), offset=Literal(5), explain=True
    )


def test_an_order_by_columns() -> None:
    keys = (
        OrderKey(Name(("price",)), descending=True),
        OrderKey(Name(("title",)), nulls_first=True),
        OrderKey(Binary("*", A, TWO)),
    )
    assert parse_query("SELECT * ORDER BY price DESC, item.title ASC NULLS FIRST, a * 2 NULLS LAST").order_by == keys
    assert parse_order("price DESC, title NULLS FIRST, a * 2") == keys


def test_a_score_among_the_columns_and_an_ascending_one() -> None:
    score = OrderKey(Name(("score",)), descending=True)
    price = OrderKey(Name(("price",)))
    assert parse_query("SELECT * ORDER BY price, score('a')").order_by == (price, score)
    assert parse_query("SELECT score('a') AS s, * ORDER BY s, price").order_by == (score, price)
    assert parse_query("SELECT score('a') AS s, * ORDER BY s ASC").order_by == (OrderKey(Name(("score",))),)
    assert parse_query("SELECT item_id, score('a') AS s, s ORDER BY price").order_by == (price,)
    assert parse_query("SELECT item_id, score('a') AS s, s").select == ("item_id", "score")


def test_several_retrievers_and_what_they_take() -> None:
    query = parse_query(
        """SELECT * FROM retrieve(
            similarity('clip_embedding', encoder=precomputed_item($item_id, object=[0.1, 0.2, 0.5, 0.5])),
            text_search($query, mode='vector', name='words'),
            column_order(columns='price DESC, rating ASC NULLS LAST', where='price < 9.5 AND "x" IN tags', limit=5)
        )"""
    )
    crop = Items((Literal(0.1), Literal(0.2), Literal(0.5), Literal(0.5)))
    assert query.retrievers[0].get("encoder") == Stage("precomputed_item", (("input_item_id", ITEM), ("object", crop)))
    assert query.retrievers[1] == Stage(
        "text_search", (("query", Param("query")), ("mode", Literal("vector")), ("name", Literal("words")))
    )
    cheap = Binary("<", Name(("price",)), Literal(9.5))
    assert query.retrievers[2] == Stage(
        "column_order",
        (
            ("columns", (OrderKey(Name(("price",)), descending=True), OrderKey(Name(("rating",))))),
            ("limit", Literal(5)),
            ("where", Binary("and", cheap, In(Literal("x"), Name(("tags",))))),
        ),
    )


def test_a_reranker_may_weave_in_a_retriever() -> None:
    query = parse_query(
        "SELECT * REORDER BY exploration(0.3, retriever=filter('a > 1', limit=7)), boosted(retriever='words'), "
        "quota('board_category', at_most=2)"
    )
    wider = Stage("filter", (("limit", Literal(7)), ("where", Binary(">", A, ONE))))
    assert query.rerankers == (
        Stage("exploration", (("strength", Literal(0.3)), ("retriever", wider))),
        Stage("boosted", (("retriever", Literal("words")),)),
        Stage("quota", (("column", Literal("board_category")), ("at_most", Literal(2)))),
    )


def test_names_in_a_quoted_expression_know_their_place_in_the_query() -> None:
    text = "SELECT * FROM filter('it = ''it''''s'' AND there') ORDER BY score('''x'' + there')"
    query = parse_query(text)
    where = query.retrievers[0].get("where")
    assert isinstance(where, Binary)
    assert text[where.at :].startswith("AND there")
    assert text[where.right.at :].startswith("there')")
    assert query.score is not None
    assert isinstance(query.score.expression, Binary)
    assert text[query.score.expression.right.at :] == "there')"


def test_the_blend_parses_in_under_ten_milliseconds() -> None:
    parse_query(BLEND)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        parse_query(BLEND)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.010
