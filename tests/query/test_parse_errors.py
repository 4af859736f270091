"""What is refused, how, and where the caret stands."""

import pytest

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.arguments import problem_with
from relpins_resources.query.language.parser import parse_expression, parse_order, parse_query
from relpins_resources.query.plan import Literal
from relpins_resources.query.stages import ArgumentSpec

HERE = "‸"
SIMILAR = "similarity('c', encoder=precomputed_item($i))"


def check_refused(text: str, problem: str) -> None:
    """A text in which HERE marks the place that its error must point to, and what the error must say."""
    whole = text.replace(HERE, "")
    with pytest.raises(QueryError, match=problem) as caught:
        parse_query(whole)
    assert caught.value.text == whole
    assert caught.value.position == text.index(HERE), str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"SELECT * FROM {SIMILAR} ‸JOIN boards ON a = b", "JOIN is not in the language"),
        ("SELECT * FROM pins p ‸JOIN boards b ON p.id = b.id", "JOIN is not in the language"),
        ("SELECT * FROM pins AS p ‸LEFT JOIN boards", "JOIN is not in the language"),
        ("SELECT * FROM filter() WHERE a IN (‸SELECT b FROM filter())", "subquery"),
        ("SELECT * FROM (‸SELECT * FROM filter())", "subquery"),
        ("SELECT a FROM filter() ‸GROUP BY a", "GROUP BY"),
        ("SELECT a FROM filter() WHERE a ‸HAVING a > 1", "HAVING"),
        ("SELECT rank('c') ‸OVER (PARTITION BY a)", r"window functions \(OVER\)"),
        ("SELECT ‸row_number()", "window functions"),
        ("SELECT ‸count(*) FROM filter()", "over rows"),
        ("‸WITH x AS (SELECT 1) SELECT *", "WITH is not in the language"),
        ("SELECT * FROM filter() ‸UNION SELECT * FROM filter()", "UNION"),
        ("SELECT ‸DISTINCT a FROM filter()", "DISTINCT"),
        ("SELECT * FROM filter(); ‸SELECT 1", "several statements"),
        ("SELECT * ; ‸x", "several statements"),
        ("‸DELETE FROM pins", "only reads"),
        ("SELECT * WHERE a LIKE 'x' ‸ESCAPE '!'", "ESCAPE"),
    ],
)
def test_what_the_language_has_not_is_refused_by_its_name(text: str, problem: str) -> None:
    check_refused(text, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("‸SELCT * FROM filter()", "did you mean SELECT?"),
        ("SELECT * ‸FORM filter()", "did you mean FROM?"),
        ("SELECT * ‸ODER BY a", "did you mean ORDER?"),
        ("SELECT * REORDER ‸diversity()", "expected BY"),
        ("SELECT * LIMIT 5 ‸OFSET 3", "did you mean OFFSET?"),
        ("SELECT * WHERE a = 1 ‸ADN b", "did you mean AND?"),
        ("SELECT * FROM ‸similarty('c')", "did you mean similarity?"),
        ("SELECT * FROM ‸pins", "pins is not a retriever"),
        ("SELECT * FROM ‸diversity()", "diversity is a reranker, not a retriever"),
        ("SELECT * FROM similarity('c', encoder=‸precomputed_itm($i))", "did you mean precomputed_item"),
        ("SELECT * FROM similarity('c', encoder=‸'precomputed')", "precomputed is not an encoder"),
        ("SELECT * REORDER BY ‸divrsity()", "did you mean diversity?"),
        ("SELECT * WHERE ‸lenght(a) > 1", "length?"),
        ("SELECT * WHERE ‸__import__('os')", r"unknown function __import__\(\)"),
        ("SELECT * ORDER BY score('‸__import__(\"os\")')", "unknown function __import__"),
        ("SELECT * WHERE ‸a.b(1)", r"unknown function a.b\(\)"),
        ("SELECT * WHERE ‸retrieval.get_scor('x')", "get_score"),
        ("SELECT * FROM similarity('c', encoder=precomputed_item($i), ‸limt=5)", "did you mean limit?"),
        ("SELECT * FROM filter(‸colour='red')", r"filter\(\) has no argument colour"),
        ("SELECT * REORDER BY diversity(‸strenght=0.1)", "did you mean strength"),
        ("SELECT * ORDER BY score('a', ‸input_user=$u)", "did you mean input_.*input_user_id"),
        ("SELECT * ORDER BY score('rank(‸embeding=\"x\")')", "did you mean embedding?"),
        ("SELECT * WHERE CAST(a AS ‸intt) = 1", "did you mean"),
        (
            "SELECT *, score('a') AS s ORDER BY s REORDER BY diversity(score=‸t)",
            "no score.. or reranker has that alias",
        ),
        ("SELECT * FROM text_search('x', mode=‸'lexcal')", "did you mean lexical?"),
        (
            "SELECT * WHERE pooled_text_encoding(user.recent_interactions, pool_fn=‸'men', embedding_ref='x')",
            "did you mean",
        ),
    ],
)
def test_an_unknown_name_is_told_the_nearest_known_one(text: str, problem: str) -> None:
    check_refused(text, problem.replace("?", r"\?"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SELECT * LIMIT ‸2000", "from 1 to 1000, or a parameter, not 2000"),
        ("SELECT * LIMIT ‸0", "from 1 to 1000"),
        ("SELECT * LIMIT ‸-5", "not -5"),
        ("SELECT * LIMIT ‸'20'", "whole number"),
        ("SELECT * LIMIT ‸TRUE", "whole number"),
        ("SELECT * OFFSET ‸-1", "from 0"),
        ("SELECT * FROM filter(limit=‸0)", "a whole number from 1 to 10000, not 0"),
        ("SELECT * FROM filter(limit=‸10001)", "not 10001"),
        ("SELECT * FROM filter(limit=‸1.5)", "not 1.5"),
        ("SELECT * FROM filter(limit=‸'5')", "not '5'"),
        ("SELECT * FROM filter(limit=‸TRUE)", "not TRUE"),
        ("SELECT * FROM filter(limit=‸NULL)", "not NULL"),
        ("SELECT * FROM filter(limit=‸[5])", "one value, not a list"),
        ("SELECT * FROM filter(limit=‸5 + 5)", "takes a value or a parameter, not an expression"),
        ("SELECT * REORDER BY diversity(‸1.01)", "from 0 to 1, not 1.01"),
        ("SELECT * REORDER BY diversity(method=‸'best')", "one of ssd, mmr, dpp"),
        ("SELECT * REORDER BY diversity(method=‸$m)", "text that stands in the query"),
        ("SELECT * FROM text_search($q, fuzziness=‸3)", "from 0 to 2"),
        ("SELECT * FROM similarity(‸$e, encoder=precomputed_item($i))", "text that stands in the query"),
        ("SELECT * FROM similarity('c', encoder=‸$e)", "known: precomputed_item"),
        ("SELECT * FROM filter(where=‸$w)", "expression in quotes"),
        ("SELECT * FROM filter(where=‸'$w')", "a value never changes the plan"),
        ("SELECT * FROM filter(where=‸a = 1)", "expression in quotes"),
        ("SELECT * FROM filter(where=‸' ')", "empty"),
        ("SELECT * ORDER BY score(expression=‸$e)", "expression in quotes"),
        ("SELECT * ORDER BY score(‸'$param.e')", "a value never changes the plan"),
        ("SELECT * ORDER BY score('a', input_user_id=‸[1])", "one id, not a list"),
        ("SELECT * FROM ids(‸a)", "a text stands in quotes: 'a'"),
        ("SELECT * FROM column_order('a, ‸b + 1')", "takes names of columns"),
        ("SELECT * FROM column_order(‸[])", "empty"),
        ("SELECT * WHERE rrf(a, k=‸0)", "above 0"),
        ("SELECT * WHERE truncate(‸-1)", "0 or more"),
        ("SELECT * WHERE rank(embedding=‸$e) = 1", "text that stands in the query"),
        ("SELECT * WHERE text_encoding(‸price, 'x') = 1", "one of item, user, query_item"),
        ("SELECT * WHERE pooled_text_encoding(‸item, embedding_ref='x') = 1", "user.recent_interactions"),
        ("SELECT * WHERE a = ‸99999999999999999999", "64 bits"),
        ("SELECT * WHERE a = ‸9223372036854775808", "64 bits"),
        ("SELECT * WHERE a = ‸1e999", "too large"),
        ("SELECT * WHERE a = -‸1" + "0" * 400 + ".0", "too large"),
    ],
)
def test_a_value_out_of_its_kind_or_bounds(text: str, problem: str) -> None:
    check_refused(text, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SELECT * FROM ‸similarity('c')", "needs encoder"),
        ("SELECT * FROM ‸similarity(limit=3)", "needs embedding_ref and encoder"),
        ("SELECT * FROM ‸text_search()", "needs query"),
        ("SELECT * REORDER BY ‸quota(at_most=2)", "needs column"),
        ("SELECT * ORDER BY ‸score(input_user_id=$u)", "needs expression"),
        ("SELECT * FROM ‸retrieve()", "empty"),
        ("SELECT * FROM filter(limit=1, ‸limit=2)", "limit is given twice"),
        ("SELECT * FROM ids($a, ‸candidate_ids=$b)", "item_ids is given twice"),
        ("SELECT * FROM similarity('c', encoder=precomputed_item($i), ‸input_item_id=$j)", "given twice"),
        ("SELECT * FROM filter('a', ‸'b')", "needs its name"),
        ("SELECT * FROM similarity(encoder=precomputed_item($i), ‸'c')", "without a name stands before"),
        ("SELECT * FROM retrieve(filter(), ‸limit=5)", "retrievers alone"),
        ("SELECT * FROM filter(), ‸filter()", r"FROM retrieve\("),
        ("SELECT * WHERE rrf(a, k=5, ‸b)", "without a name stands before"),
        ("SELECT * WHERE rank('x', ‸embedding='y') = 1", "given twice"),
        ("SELECT * WHERE abs(1, ‸2) = 1", "one more"),
        ("SELECT * WHERE ‸abs() = 1", "takes 1 argument, not 0"),
        ("SELECT * WHERE ‸haversine_distance(1, 2, 3) < 5", "takes 4 arguments, not 3"),
        ("SELECT * WHERE abs(‸x=1) = 1", "takes none by name"),
        ("SELECT * WHERE ‸retrieval.get_score() > 0", "takes the name of a retriever and a default"),
        ("SELECT * WHERE ‸retrieval.get_score('a', 0, 1) > 0", "takes the name of a retriever and a default"),
        ("SELECT * WHERE abs(‸*) = 1", "stands for all columns"),
        ("SELECT * ORDER BY score('a'), ‸score('b')", "one score"),
        ("SELECT score('a') AS s, * ORDER BY ‸score('a')", "one score"),
        ("SELECT * ORDER BY score('a', ‸'b')", "only the expression"),
        ("SELECT * WHERE ‸score('a') > 1", "only once in a query"),
        ("SELECT * WHERE ‸diversity() > 1", "stands in REORDER BY"),
        ("SELECT * WHERE a = 1 ‸WHERE b = 2", "two WHERE clauses; join the conditions with AND"),
        ("SELECT * LIMIT 3 ‸WHERE a = 1", "WHERE stands before LIMIT"),
        ("SELECT * REORDER BY diversity() ‸ORDER BY a", "ORDER BY stands before REORDER BY"),
    ],
)
def test_arguments_and_clauses_that_lack_repeat_or_stand_wrong(text: str, problem: str) -> None:
    check_refused(text, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SELECT *, score('a') AS s, score2 AS ‸t", "only score.. and rerankers take an alias"),
        ("SELECT *, score('a') AS s, diversity(score=s) AS ‸s", "the alias s is taken"),
        ("SELECT ‸a + 1", "SELECT takes columns"),
        ("SELECT *, score('a') AS s, diversity(score=s) AS d ORDER BY ‸s", "order by d"),
        ("SELECT *, diversity() AS d ORDER BY ‸d ASC", "stands alone, best first"),
        ("SELECT *, diversity() AS d ORDER BY ‸d, price", "stands alone"),
        ("SELECT *, diversity(score=‸e) AS d, boosted(score=d) AS e ORDER BY e", "score by each other"),
        (
            "SELECT *, score('a') AS s, ‸diversity(score=s) AS d, boosted(score=s) AS b ORDER BY b",
            "nothing uses this diversity",
        ),
        ("SELECT *, diversity(score=‸'s') AS d", "names the alias"),
        ("SELECT *, diversity() AS d, ‸d", "not a column"),
        ("SELECT * ORDER BY ‸diversity()", "stands in REORDER BY"),
        ("SELECT * ORDER BY ‸score", "has no score"),
        ("SELECT *, score('a') AS s ORDER BY ‸s * 2", "s is an alias"),
        ("SELECT * REORDER BY diversity() ‸DESC", "no direction"),
        ("SELECT * REORDER BY ‸price", "takes rerankers"),
        (
            "SELECT *, diversity() AS d, boosted(score=d) AS b ORDER BY b REORDER BY quota('a', score=‸d)",
            "goes on from",
        ),
    ],
)
def test_aliases_that_do_not_tie_up(text: str, problem: str) -> None:
    check_refused(text, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("‸", "ends here; expected EXPLAIN or SELECT"),
        ("SELECT * WHERE a =‸ ", "ends here"),
        ("SELECT * FROM filter(‸", "ends here"),
        ("SELECT * WHERE a < b ‸< c", "do not chain"),
        ("SELECT * WHERE a = b ‸IN (1)", "do not chain"),
        ("SELECT * WHERE a = ‸'open", "text that starts here is never closed"),
        ("SELECT * WHERE ‸`open", "name that starts here is never closed"),
        ("SELECT * WHERE a ‸!b", "!= or NOT"),
        ("SELECT * WHERE a ‸&& b", "AND"),
        ("SELECT * WHERE a = ‸$", r"a parameter is written \$name"),
        ("SELECT * WHERE a = ‸$param.a.b", r"a parameter is written \$name"),
        ("SELECT * WHERE a = ‸12ab", "not a number"),
        ("SELECT * WHERE a ; ‸b", "several statements"),
        ("SELECT * WHERE ‸first > 3", "written `first`"),
        ("SELECT * WHERE ‸if(a, b, c) = 1", "a IF condition ELSE b"),
        ("SELECT * WHERE a IN ‸'x'", "IN takes a list"),
        ("SELECT * WHERE [a ‸DESC] = 1", "stands in ORDER BY"),
        ("SELECT * ORDER BY score('1 + ‸* 2')", "'\\*' is not expected"),
        ("SELECT * ORDER BY score('a = \"x\"\"y\" + ''it''''s'' +‸')", "ends here"),
        ("SELECT * FROM filter('a = ''x'' ‸b')", "'b' is not expected"),
        ("SELECT *\nFROM filter()\nWHERE a\n  AND ‸)", "line 4, column 7"),
    ],
)
def test_broken_syntax(text: str, problem: str) -> None:
    check_refused(text, problem)


def test_the_message_ends_with_the_line_and_a_caret() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("SELECT *\nORDER BY score(\n    expression='1 + rnk(\"x\")'\n)")
    assert str(caught.value).splitlines() == [
        "unknown function rnk(); did you mean rank? (line 3, column 21)",
        "      expression='1 + rnk(\"x\")'",
        "                      ^",
    ]


def test_the_other_readers_point_into_their_text_too() -> None:
    for read, text, at in ((parse_expression, "1 + rnk()", 4), (parse_order, "a DESC, b ASK", 10)):
        with pytest.raises(QueryError) as caught:
            read(text)
        assert (caught.value.text, caught.value.position) == (text, at)


def test_bounds_of_an_argument_hold_for_values_that_come_later() -> None:
    limit = ArgumentSpec("limit", "integer", low=1, high=10)
    assert problem_with(limit, 10) is None
    assert problem_with(limit, 11) == "takes a whole number from 1 to 10, not 11"
    assert problem_with(limit, True) == "takes a whole number from 1 to 10, not TRUE"
    assert problem_with(ArgumentSpec("strength", "number", low=0.0), 3) is None
    assert problem_with(ArgumentSpec("strength", "number", low=0.0), float("nan")) is not None
    assert problem_with(ArgumentSpec("x", "flag"), 1) == "takes TRUE or FALSE, not 1"
    assert parse_query("SELECT * LIMIT 1000").limit == Literal(1000)
