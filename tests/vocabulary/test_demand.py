from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from topic_catalog import START, vocabulary_of

from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary import judge_check
from relpins_assets.vocabulary.demand import SearchDemand, search_demand
from relpins_assets.vocabulary.judge_check import area_under_roc, check_judge
from relpins_assets.vocabulary.judging import Known
from relpins_assets.vocabulary.query_parsing import QueryParser
from relpins_assets.vocabulary.topic_evidence import Carriers
from relpins_assets.vocabulary.topics import places_of
from relpins_assets.vocabulary.vocabulary import Vocabulary
from relpins_resources.judges import StatisticalJudge

COLORS = ("red", "blue", "green", "pink", "grey", "beige")
THINGS = ("sofa", "lamp", "dress", "rug", "bed", "coat")
VOCABULARY = vocabulary_of(
    *(("color", one) for one in COLORS),
    *(("category", one) for one in THINGS),
    ("room", "kitchen"),
    ("object", "kitchen"),
    ("price_band", "under $200"),
)


def _intents(queries: dict[str, int], vocabulary: Vocabulary = VOCABULARY) -> pa.Table:
    parser, rows = QueryParser(vocabulary), []
    for place, (query, n) in enumerate(queries.items()):
        read = parser.read(query)
        rows.append(
            {
                "query": query,
                "n_searches": n,
                "n_clicks": 0,
                "first_at": START.replace(minute=place % 60, hour=place // 60),
                "segment": "head",
                "category": read.category,
                "attribute_ids": list(read.attribute_ids),
                "price_min": read.prices.lowest,
                "price_max": read.prices.highest,
                "unread": list(read.unread),
                "fingerprint": "x",
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["search_intents"].arrow())


def _demand(queries: dict[str, int]) -> SearchDemand:
    found = search_demand(_intents(queries), VOCABULARY.attributes)
    assert found is not None
    return found


def test_what_a_log_says_of_a_pair() -> None:
    demand = _demand({"red sofa": 5, "sofa [color: red]": 2, "sofa red": 1, "blue sofa": 3, "lamp": 4, "moon": 9})
    pair = places_of(_none(), [["category/sofa", "color/red"]])
    said = demand.of_topics(pair)[0]
    assert (said.n_all, said.asked, said.asked_kinds) == (8, (11, 8), (15, 11))
    told = said.pairs[0]
    assert (told.first, told.second) == (("category", "sofa"), ("color", "red"))
    assert (told.n_together, told.n_kinds, told.n_kinds_expected) == (8, 11, 11 * 11 / 11)
    assert (told.n_in_order, told.n_in_reverse) == (1, 2)  # distinct queries; filters have no order


def test_a_price_bound_asks_for_its_band_and_a_kitchen_for_both_kinds() -> None:
    demand = _demand({"sofa under $200": 2, "kitchen lamp": 3, "lamp under $150": 1})
    ids = [
        ["category/sofa", "price_band/under-$200"],
        ["category/lamp", "room/kitchen"],
        ["category/lamp", "object/kitchen"],
    ]
    assert demand.searches_for_all(places_of(_none(), ids)).tolist() == [2, 3, 3]


def test_who_asks_for_a_thing_asks_for_the_department_that_browse_paths_put_it_in() -> None:
    vocabulary = vocabulary_of(("color", "red"), ("category", "dress"), ("category", "lamp"), ("department", "fashion"))
    queries = {"fashion > dress": 1, "red dress": 5, "red lamp": 2}
    demand = search_demand(_intents(queries, vocabulary), vocabulary.attributes)
    assert demand is not None
    places = [np.array(sorted(vocabulary.position[one] for one in ("color/red", "department/fashion")))]
    assert demand.searches_for_all(places).tolist() == [5]
    told = demand.of_topics(places)[0].pairs[0]
    assert (told.n_kinds, told.n_in_order, told.n_in_reverse) == (5, 0, 0), "joined, but said in no order"


def test_a_log_that_names_nothing_is_none() -> None:
    assert search_demand(_intents({"moon": 3}), VOCABULARY.attributes) is None
    assert search_demand(_intents({}), VOCABULARY.attributes) is None


@pytest.mark.parametrize(
    ("real", "other", "area"),
    [([2, 3], [0, 1], 1.0), ([1, 1], [1, 1], 0.5), ([0], [1, 0], 0.25), ([1, 4], [2, 3], 0.5)],
)
def test_area_under_roc(real: list[float], other: list[float], area: float) -> None:
    assert area_under_roc(np.array(real, float), np.array(other, float)) == area


def _world() -> Carriers:
    """The n-th thing comes in its own colour and the next; a thing of any other colour was never seen."""
    import scipy.sparse as sp

    names = [one.value for one in VOCABULARY.attributes]
    images = []
    for n, thing in enumerate(THINGS):
        for color in (COLORS[n], COLORS[(n + 1) % len(COLORS)]):
            images += [[names.index(thing), names.index(color)]] * 12
    dense = np.zeros((len(images), len(names)), np.int32)
    for row, places in enumerate(images):
        dense[row, places] = 1
    return Carriers(VOCABULARY.attributes, tuple(map(str, range(len(images)))), sp.csr_matrix(dense))


def _none() -> Carriers:
    return _world()


def test_the_judge_tells_real_queries_from_swapped_ones_in_a_world_where_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judge_check, "LEAST_TUPLES", 10)
    real = [f"{COLORS[(n + step) % len(COLORS)]} {thing}" for n, thing in enumerate(THINGS) for step in (0, 1)]
    words = [
        f"{color} {thing} {extra}"
        for color, thing in (one.split() for one in real)
        for extra in ("under $200", "kitchen")
    ]
    intents = _intents(dict.fromkeys([*THINGS, *words[:1], *real, *words[1:]], 1))
    known = Known(_world(), search_demand(intents, VOCABULARY.attributes), ["category"])
    check = check_judge(StatisticalJudge(), known, intents, 0)
    assert check is not None
    assert check.n >= 10
    assert check.coherence > 0.9
    assert check.score > 0.9


def test_too_few_queries_to_say() -> None:
    intents = _intents({"red sofa": 1, "blue lamp": 1})
    known = Known(_world(), search_demand(intents, VOCABULARY.attributes), ["category"])
    assert check_judge(StatisticalJudge(), known, intents, 0) is None
