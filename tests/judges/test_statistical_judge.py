from __future__ import annotations

import pytest

from relpins_resources.errors import RelpinsError
from relpins_resources.judges import (
    Demand,
    JudgeInput,
    KeyValue,
    PairDemand,
    PairEvidence,
    StatisticalJudge,
    TopicInput,
    get_judge,
    natural_query,
)

RED, DRESS, SUMMER, BRAND = ("color", "red"), ("category", "dress"), ("season", "summer"), ("brand", "lumen")


def _judged(
    attributes: tuple[KeyValue, ...],
    pairs: tuple[PairEvidence, ...] = (),
    demand: Demand | None = None,
    query: str | None = None,
) -> tuple[float, float | None, float | None]:
    topic = TopicInput("topic_x", attributes, 10)
    said = StatisticalJudge().judge([JudgeInput(topic, query or natural_query(attributes), pairs, demand)])[0]
    assert said.reason.startswith("by counts: ")
    return said.coherence, said.intent, said.phrasing


def _pair(
    one: KeyValue, other: KeyValue, together: int = 0, kinds: int = 0, order: tuple[int, int] = (0, 0)
) -> PairDemand:
    return PairDemand(one, other, together, kinds, 0.0, *order)


@pytest.mark.parametrize(
    ("n_both", "n_expected", "coherence"),
    [
        (10, 10.0, 5.0),  # independent is coherent
        (4, 10.0, 5.0),  # rarer than chance, not clearly
        (100, 3.0, 5.0),
        (0, 0.0, 5.0),  # nothing expected, nothing proven
        (6, 60.0, round(1 + 4 * (6.1 / 60.1) / 0.3, 6)),
        (0, 50.0, round(1 + 4 * (0.1 / 50.1) / 0.3, 6)),
    ],
)
def test_independence_is_not_incoherence(n_both: int, n_expected: float, coherence: float) -> None:
    assert _judged((DRESS, RED), (PairEvidence(DRESS, RED, n_both, n_expected),)) == (coherence, None, None)


def test_the_weakest_pair_speaks_and_a_contradiction_is_the_lowest() -> None:
    fine, poor = PairEvidence(DRESS, RED, 20, 20.0), PairEvidence(DRESS, SUMMER, 1, 60.0)
    assert _judged((DRESS, RED, SUMMER), (fine, poor)) == _judged((DRESS, SUMMER), (poor,))
    both = PairEvidence(DRESS, ("category", "sofa"), 20, 1.0, is_contradiction=True)
    assert _judged((DRESS, ("category", "sofa")), (both,))[0] == 1.0


def _demand(n_all: int, asked: tuple[int, ...], kinds: tuple[int, ...], *pairs: PairDemand, words: int = 6) -> Demand:
    return Demand(n_all, asked, kinds, pairs, words)


def test_intent_says_how_much_of_it_is_asked_for() -> None:
    pair = _pair(DRESS, RED, together=0, kinds=9)
    in_full = _demand(3, (9, 9), (20, 20), _pair(DRESS, RED, 3, 9))
    each, one, none = (_demand(0, asked, (20, 20), pair) for asked in ((9, 9), (9, 0), (0, 0)))
    never_joined = _demand(0, (9, 9), (20, 20), _pair(DRESS, RED, 0, 0))
    assert [_judged((DRESS, RED), demand=said)[1] for said in (in_full, each, one, none, never_joined)] == [
        5,
        4,
        3,
        2,
        2,
    ]


def test_kinds_that_the_log_never_names_are_not_held_against_a_topic() -> None:
    known = _demand(0, (9, 0), (20, 0), _pair(DRESS, BRAND))
    assert _judged((DRESS, BRAND), demand=known)[1:] == (4.9, 5.0)
    assert _judged((BRAND, ("fit", "slim")), demand=_demand(0, (0, 0), (0, 0)))[1:] == (None, None)


def test_kinds_joined_through_the_thing_are_joined() -> None:
    pairs = (_pair(DRESS, RED, 1, 9), _pair(DRESS, SUMMER, 1, 9), _pair(RED, SUMMER, 0, 0))
    assert _judged((DRESS, RED, SUMMER), demand=_demand(0, (9, 9, 9), (20, 20, 20), *pairs))[1] == 4.6


def test_phrasing_follows_the_order_of_queries_and_their_length() -> None:
    def phrasing(order: tuple[int, int], query: str, words: int = 6) -> float | None:
        return _judged(
            (DRESS, RED), demand=_demand(1, (9, 9), (20, 20), _pair(DRESS, RED, 1, 9, order), words=words), query=query
        )[2]

    assert phrasing((0, 0), "red dress") == 4.0
    assert phrasing((0, 36), "red dress") == round(1 + 4 * 45 / 48, 6)
    assert phrasing((36, 0), "red dress") == round(1 + 4 * 9 / 48, 6)
    assert phrasing((36, 0), "dress in red") == 4.0  # a joining word lets any order stand
    assert phrasing((0, 36), "red dress", words=1) == round(1 + 4 * 45 / 48 - 0.5, 6)


@pytest.mark.parametrize(
    ("attributes", "query"),
    [
        ([DRESS, RED, SUMMER, ("price_band", "under $50")], "summer red dress under $50"),
        ([DRESS, SUMMER, ("occasion", "vacation"), ("gender", "women")], "women's dress for summer vacation"),
        ([SUMMER, ("occasion", "vacation")], "summer vacation"),
        ([("category", "metal lamp"), ("material", "black metal")], "black metal lamp"),
        ([("category", "lamp"), ("room", "kitchen"), ("style", "boho")], "boho lamp for kitchen"),
        ([("room", "kitchen"), ("style", "boho")], "boho kitchen"),
        ([("color", "blue"), ("pattern", "striped")], "blue striped"),
    ],
)
def test_queries_in_the_usual_order_of_words(attributes: list[KeyValue], query: str) -> None:
    assert natural_query(attributes) == query
    assert natural_query(attributes[::-1]) == query


def test_a_batch_is_judged_as_each_alone() -> None:
    judge = StatisticalJudge()
    inputs = [
        JudgeInput(TopicInput(str(n), (DRESS, RED), n), "red dress", (PairEvidence(DRESS, RED, n, 30.0),))
        for n in range(9)
    ]
    assert list(judge.judge(inputs)) == [judge.judge([one])[0] for one in inputs]
    assert list(judge.phrase([one.topic for one in inputs])) == ["red dress"] * 9


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"backend": "statistcal"}, "judge backend 'statistcal' is unknown; known: .*statistical"),
        ({"backend": "statistical", "model": "x"}, "judge 'statistical' has no option model; known: backend"),
        ({"backend": 3}, "judge backend 3 is unknown"),
    ],
)
def test_a_wrong_choice_is_explained(config: dict[str, object], told: str) -> None:
    with pytest.raises(RelpinsError, match=told):
        get_judge(config)


def test_the_default_judge_is_the_statistical_one() -> None:
    assert isinstance(get_judge({}), StatisticalJudge)
