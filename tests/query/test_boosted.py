"""boosted: the highest first, at even places, none moved down, none lost."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reranked import column, ranking_of, request_of, reranked, small_catalog

from relpins_resources.query.plan import Stage
from relpins_resources.query.reranking import RERANKERS
from relpins_resources.query.reranking.weave import woven_places


def test_places_are_even():
    assert woven_places(0.5, 20, 0.5, 20).tolist() == [2, 6, 10, 14, 18]
    assert woven_places(1, 20, 0.5, 8).tolist() == [1, 3, 5, 7]
    assert woven_places(0.5, 20, 0.2, 45).tolist() == [5, 15, 25, 35]
    assert woven_places(0.01, 50, 0.2, 100).tolist() == [25, 75]
    assert woven_places(0, 20, 0.5, 20).tolist() == []
    assert woven_places(1, 1, 0.2, 6).tolist() == [1, 3, 5]


def test_the_highest_boost_comes_first():
    boosts = [None, 0, -3, None, 0, 0, None, 2.5, 0, 7, 1] + [None] * 9
    catalog = small_catalog(20, {"boost": column(boosts)})
    found = reranked("boosted", catalog, ranking_of([list(range(20))]), 20, strength=0.5)
    #                                  v           v                v: places 2, 6, 10
    assert found.items[0].tolist() == [0, 1, 9, 2, 3, 4, 7, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    assert found.source[0].tolist() == found.items[0].tolist()
    assert found.scores[0, 2] == 1 - 9 / 1000  # its own


def test_one_that_stands_higher_stays_there():
    catalog = small_catalog(9, {"boost": column([5, 4, 0, 0, 0, 0, 0, 3, 0])})
    found = reranked("boosted", catalog, ranking_of([list(range(9))]), 9, strength=0.5)
    assert found.items[0].tolist() == [0, 1, 7, 2, 3, 4, 5, 6, 8]


def test_a_retrievers_items_come_in_from_outside():
    catalog = small_catalog(12, {"boost": column([0] * 8 + [1, 9, 0, 4])})
    rows = {"filter": [[8, 9, 10, 11], [11, 5, -1, -1]]}
    ranking = ranking_of([list(range(8)), [7, 6, 5, 4]])
    settings_ = {"retriever": Stage("filter"), "retrievers": rows, "query_items": [-1, 3]}
    found = reranked("boosted", catalog, ranking, 8, strength=0.5, **settings_)
    assert found.items[0].tolist() == [0, 1, 9, 2, 3, 4, 11, 5, 6, 7]
    assert found.source[0].tolist() == [0, 1, -1, 2, 3, 4, -1, 5, 6, 7]
    assert found.scores[0, 2] == found.scores[0, 1]
    assert found.items[1].tolist() == [7, 6, 11, 5, 4] + [-1] * 5
    assert found.scores[1, 5] == -np.inf


def test_the_query_item_and_what_where_refuses_stay_out():
    catalog = small_catalog(12, {"boost": column([0] * 8 + [1, 9, 0, 4]), "join_id": column([*"abcdefghijk", "b"])})
    rows = {"mine": [[8, 9, 10, 11]]}
    settings_ = {"retriever": "mine", "retrievers": rows, "query_items": [1], "strength": 0.5}
    ranking = ranking_of([[0, *range(2, 8)]])
    found = reranked("boosted", catalog, ranking, 8, extra={"keeps": lambda items: items != 9}, **settings_)
    assert found.items[0].tolist() == [0, 2, 8, 3, 4, 5, 6, 7]  # 11 is another pin of the query item's image


def test_no_boosts_no_change():
    ranking = ranking_of([[3, 1, 2, 0]])
    request = request_of("boosted", small_catalog(4), ranking, 4)
    assert RERANKERS["boosted"](request).items.tolist() == ranking.items.tolist()
    assert "boost" in request.warnings[0]
    catalog = small_catalog(4, {"boost": column([1, 2, 3, 4])})
    found = reranked("boosted", catalog, ranking, 4, strength=0.0)
    assert found.items.tolist() == ranking.items.tolist()


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.permutations(range(14)), min_size=1, max_size=4),
    st.lists(st.sampled_from([None, -1, 0, 1, 2, 3]), min_size=14, max_size=14),
    st.floats(0, 1),
    st.integers(1, 16),
)
def test_a_permutation_the_same_alone_and_in_a_batch(
    rows: list[list[int]], boosts: list[float | None], strength: float, wanted: int
):
    cut = [row[: 14 - 3 * i] for i, row in enumerate(rows)]
    catalog = small_catalog(14, {"boost": column([*boosts[:-1], 1.5])})
    found = reranked("boosted", catalog, ranking_of(cut), wanted, strength=strength)
    places = woven_places(strength, 20, 0.5, wanted)
    for i, row in enumerate(cut):
        alone = reranked("boosted", catalog, ranking_of([row]), wanted, strength=strength)
        assert found.items[i][: len(row)].tolist() == alone.items[0].tolist()
        assert found.scores[i][: len(row)].tolist() == alone.scores[0].tolist()
        assert sorted(alone.items[0].tolist()) == sorted(row)
        moved = [place for place in places if place < len(row)]
        stay = [item for place, item in enumerate(alone.items[0].tolist()) if place not in moved]
        assert stay == [item for item in row if item in stay]  # what is not woven keeps its order
