"""Forms of the two dialects that mean the same give equal plans."""

import pytest
from article_queries import BLEND

from relpins_resources.query.language.parser import parse_expression, parse_query

CLIP = "similarity(embedding_ref='clip_embedding', encoder='precomputed_item', input_item_id=$item_id)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a == 1", "a = 1"),
        ("a <> 1", "a != 1"),
        ('category = "electronics"', "category = 'electronics'"),
        ("item.price", "price"),
        ("pin_id", "item_id"),
        ("id", "item.pin_id"),
        ("query_item.pin_id", "query_item.item_id"),
        ("$item_id", "'$item_id'"),
        ("$param.item_id", "$item_id"),
        ("$parameter.item_id", '"$parameter.item_id"'),
        ("x IN [1, 2]", "x IN (1, 2)"),
        ("x IN ($ids)", "x IN $ids"),
        ("x IN '$ids'", "x IN $ids"),
        ("a if c else b", "CASE WHEN c THEN a ELSE b END"),
        ("a if c else NULL", "CASE WHEN c THEN a END"),
        ("CASE x WHEN 1 THEN a WHEN 2 THEN b END", "CASE WHEN x = 1 THEN a WHEN x = 2 THEN b END"),
        ('retrieval.get_score("clip", 0.0)', "coalesce(retrieval.clip, 0.0)"),
        ('retrieval.get_score("clip")', "retrieval.clip"),
        ("retrieval.get_rank('clip', 999)", "coalesce(retrieval.clip_rank, 999)"),
        ("retrieval.GET_RANK(name='clip', default=999)", "ifnull(retrieval.clip_rank, 999)"),
        ('rank("clip_embedding")', 'RANK(embedding="clip_embedding")'),
        ("similarity('x')", "similarity(embedding='x')"),
        ("rrf(a, b, k=60)", "rrf(a, b)"),
        ("text_encoding(item, 'x')", "text_encoding(item, embedding_ref='x')"),
        (
            "pooled_text_encoding(user.recent_interactions, pool_fn='avg', embedding_ref='x')",
            "pooled_text_encoding(user.recent_interactions, embedding_ref='x')",
        ),
        ("prebuilt('ref:data.filters:seen')", "prebuilt('seen')"),
        ("greatest(a, power(b, 2))", "max(a, pow(b, 2))"),
        ("ln(len(a))", "log(length(a))"),
        ("list_contains(tags, 'x')", "array_has(tags, 'x')"),
        ("CAST(x AS bigint)", "try_cast(x AS INT)"),
        ("CAST(x AS double)", "CAST(x AS float)"),
        ("NOT x LIKE 'a'", "x NOT LIKE 'a'"),
        ("- 3", "-(3)"),
        ("+3", "3"),
        ("not a AND b", "(NOT a) and b"),
        ("a -- why\n + b", "a+b"),
    ],
)
def test_two_spellings_of_an_expression(one: str, other: str) -> None:
    assert parse_expression(one) == parse_expression(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLIP, "similarity('clip_embedding', encoder=precomputed_item(input_item_id=$item_id))"),
        (CLIP, "SIMILARITY('clip_embedding', encoder=precomputed_item($item_id), limit=100, entity_type='items')"),
        (CLIP, "similarity(embedding_ref='clip_embedding', encoder=precomputed_item, input_item_id='$item_id')"),
        (CLIP, "similarity(embedding_ref='clip_embedding', encoder=precomputed_item(), input_item_id=$item_id)"),
        (CLIP, f"retrieve({CLIP})"),
        (
            "similarity('c', encoder='interaction_pooling', input_user_id=$u, truncate_interactions=10)",
            "similarity('c', encoder=interaction_pooling($u, pooling_function='mean'))",
        ),
        (
            "similarity('c', encoder='item_attribute_pooling', item_features=$f)",
            "similarity('c', encoder=item_attribute_pooling(input_item_features=$f))",
        ),
        ("text_search(query=$q)", "text_search($q, mode='lexical')"),
        ("text_search(input_text_query='$q')", "text_search(query=$q, mode=lexical())"),
        ("text_search($q, mode=LEXICAL(fuzziness_edit_distance=1))", "text_search($q, fuzziness_edit_distance=1)"),
        (
            "text_search($q, mode=vector(text_embedding_ref='e'))",
            "text_search($q, mode='vector', text_embedding_ref='e')",
        ),
        ("text_search($q, mode=vector)", "text_search($q, mode='vector')"),
        ("column_order(columns=[popular_rank ASC])", "column_order(columns='popular_rank ASC')"),
        ("column_order([price DESC NULLS FIRST, a])", "column_order('price DESC NULLS FIRST, item.a ASC NULLS LAST')"),
        ("column_order(columns=price)", "column_order(columns='price')"),
        ("filter(where='a = \"x\"')", "filter('a == ''x''')"),
        ("ids($item_ids)", "candidate_ids(item_ids=$item_ids)"),
        ("ids('x')", "ids(['x'])"),
        ("candidate_attributes($item_attributes)", "candidate_attributes(item_attributes='$item_attributes')"),
        ("cooccurrence($item_id)", "cooccurrence(input_item_id=$item_id, min_boards=1)"),
        ("random_walk(input_item_id=$i, input_user_id=NULL)", "random_walk($i)"),
        ("filter(limit=100, entity_type=item)", "filter()"),
        ("filter(limit='$n', where='x IN (''$a'')')", "filter(limit=$n, where='x IN $a')"),
    ],
)
def test_two_spellings_of_a_retriever(one: str, other: str) -> None:
    assert parse_query(f"SELECT * FROM {one}") == parse_query(f"SELECT * FROM {other}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("diversity(0.3)", "diversity(strength=0.3)"),
        ("diversity(strength=1)", "diversity(strength=1.0)"),
        ("diversity()", "diversity(0.5, diversity_lookback_window=30, method='ssd')"),
        ("diversity(lookback=20)", "diversity(diversity_lookback_window=20)"),
        ("diversity(diversity_attributes='category')", "diversity(attributes=['category'])"),
        ("boost(0.3)", "boosted(strength=0.3)"),
        ("exploration(retriever=trending)", "exploration(retriever='trending')"),
        ("exploration(lookback=20)", "exploration()"),
        ("quota('board_category')", "quota(column=board_category, at_most=3, window=10)"),
    ],
)
def test_two_spellings_of_a_reranker(one: str, other: str) -> None:
    assert parse_query(f"SELECT * REORDER BY {one}") == parse_query(f"SELECT * REORDER BY {other}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT *", "SELECT * FROM filter(limit=100)"),
        ("SELECT * LIMIT '$n' OFFSET 0", "SELECT * OFFSET 0 LIMIT $n;"),
        ("SELECT *, title", "select *"),
        ("SELECT item.pin_id, title, id", "SELECT item_id, title"),
        ("SELECT * ORDER BY score(expression='a')", "SELECT * ORDER BY SCORE('a') DESC"),
        ("SELECT * ORDER BY score('a')", "SELECT score('a') AS s, * ORDER BY s DESC NULLS LAST"),
        ("SELECT * ORDER BY score('a')", "SELECT *, score('a') AS s"),
        ("SELECT * ORDER BY score('a', input_user_id=NULL)", "SELECT * ORDER BY score('a')"),
        ("SELECT * ORDER BY score('a') ASC", "SELECT *, score('a') AS score ORDER BY score ASC"),
        (
            "SELECT * ORDER BY score('a') REORDER BY diversity(lookback=9)",
            "SELECT score('a') AS s, diversity(score=s, lookback=9) AS d, * ORDER BY d",
        ),
        (
            "SELECT * ORDER BY score('a') REORDER BY diversity(), exploration(0.2), boosted()",
            "SELECT *, exploration(0.2, score=d) AS e, score('a') AS s, diversity(score=s) AS d, boost(score=e) AS b "
            "ORDER BY b DESC",
        ),
        (
            "SELECT * ORDER BY score('a') REORDER BY diversity(), quota(column='a')",
            "SELECT *, score('a') AS s, diversity(score=s) AS d ORDER BY d REORDER BY quota('a', score=d)",
        ),
        ("SELECT * REORDER BY diversity()", "SELECT *, diversity() AS d ORDER BY d"),
        (
            "SELECT *, score('a') AS s, diversity(score=s) AS d",
            "SELECT *, score('a') AS s ORDER BY s REORDER BY diversity()",
        ),
    ],
)
def test_two_spellings_of_a_query(one: str, other: str) -> None:
    assert parse_query(one) == parse_query(other)


def test_the_blend_in_the_documented_dialect() -> None:
    documented = """
        SELECT
            score(
                expression='
                    0.5 / (1.0 + rank(embedding=''clip_embedding''))
                    + 0.3 / (1.0 + rank(''twotower_embedding''))
                    + 0.2 / (1.0 + rank("content_embedding"))
                ',
                input_user_id='$parameter.user_id'
            ) AS blended,
            diversity(score=blended, diversity_lookback_window=50, strength=0.5) AS varied,
            *
        FROM retrieve(
            similarity(
                'clip_embedding',
                encoder=item_attribute_pooling(input_item_id='$parameter.item_id'),
                limit=500
            )
        )
        WHERE item.id <> $param.item_id  -- not the pin itself
        ORDER BY varied DESC
        LIMIT $parameter.limit
    """
    assert parse_query(documented) == parse_query(BLEND)


def test_letter_case_of_words_and_functions_means_nothing() -> None:
    swapped = BLEND
    for word in (
        "select",
        "from",
        "where",
        "order by",
        "reorder by",
        "limit",
        "similarity",
        "score",
        "diversity",
        "rank",
    ):
        swapped = swapped.replace(word.upper(), word.title()).replace(f"{word}(", f"{word.title()}(")
    assert swapped != BLEND
    assert parse_query(swapped) == parse_query(BLEND)


def test_equal_numbers_of_different_kinds_are_different_plans() -> None:
    assert parse_expression("1") != parse_expression("1.0")
    assert parse_expression("TRUE") != parse_expression("1")
