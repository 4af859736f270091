"""exploration: from outside, worth showing, repeatable, at even places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reranked import AS_OF, column, people_of, ranking_of, request_of, reranked, small_catalog

from relpins_resources.query.catalog import Column
from relpins_resources.query.errors import QueryError
from relpins_resources.query.plan import Stage
from relpins_resources.query.reranking import RERANKERS
from relpins_resources.query.reranking.exploration import text_hashes, worth_showing
from relpins_resources.query.reranking.weave import woven_places

FEED = list(range(100, 140))


def woven(found_row: np.ndarray, source_row: np.ndarray) -> dict[int, int]:
    """Place and item of what came from outside."""
    return {place: int(found_row[place]) for place in np.flatnonzero((source_row < 0) & (found_row >= 0))}


def test_so_many_of_each_window_come_from_outside():
    catalog = small_catalog(500)
    found = reranked("exploration", catalog, ranking_of([FEED]), 40)
    assert list(woven(found.items[0], found.source[0])) == [5, 15, 25, 35]  # 0.5 x 20 x 0.2 of each 20
    assert not set(woven(found.items[0], found.source[0]).values()) & set(FEED)
    stay = [item for item in found.items[0].tolist() if item in FEED]
    assert stay == FEED
    assert found.scores[0, 5] == found.scores[0, 4]
    article = reranked("exploration", catalog, ranking_of([FEED]), 20, diversity_lookback_window=50)
    assert list(woven(article.items[0], article.source[0])) == [5, 15]


def test_strength_0_and_an_empty_catalog_change_nothing():
    ranking = ranking_of([FEED])
    assert reranked("exploration", small_catalog(500), ranking, 40, strength=0.0).items.tolist() == [FEED]
    everything = ranking_of([list(range(40))])
    assert reranked("exploration", small_catalog(40), everything, 40).items.tolist() == [list(range(40))]
    nobody = small_catalog(40, is_candidate=np.zeros(40, bool))
    assert reranked("exploration", nobody, everything, 40).items.tolist() == [list(range(40))]
    nothing = ranking_of([[], []])
    assert reranked("exploration", small_catalog(500), nothing, 40).items.shape == (2, 0)


def test_the_same_each_time_another_for_another_entity_or_seed():
    catalog = small_catalog(2_000, people=people_of({"ann": [1], "bob": [2]}))
    ranking = ranking_of([FEED] * 5)
    settings_ = {"query_items": [-1, -1, -1, 7, 8], "users": [-1, 0, 1, 0, -1]}
    first = reranked("exploration", catalog, ranking, 40, **settings_)
    again = reranked("exploration", small_catalog(2_000, people=catalog.people), ranking, 40, **settings_)
    assert first.items.tolist() == again.items.tolist()
    other = reranked("exploration", catalog, ranking, 40, seed=1, **settings_)
    draws = [tuple(woven(*row).values()) for run in (first, other) for row in zip(run.items, run.source, strict=True)]
    assert len(set(draws)) == 10


def test_a_batch_draws_what_each_draws_alone():
    catalog = small_catalog(300, people=people_of({"ann": list(range(200)), "b": [250]}))
    rows = [FEED, FEED[:7], list(range(280)), []]
    users, items = [0, 1, -1, 0], [3, -1, 299, -1]
    together = reranked("exploration", catalog, ranking_of(rows), 30, strength=1.0, users=users, query_items=items)
    for i, row in enumerate(rows):
        settings_ = {"strength": 1.0, "users": [users[i]], "query_items": [items[i]]}
        alone = reranked("exploration", catalog, ranking_of([row]), 30, **settings_)
        n = alone.items.shape[1]
        assert together.items[i, :n].tolist() == alone.items[0].tolist()
        assert together.scores[i, :n].tolist() == alone.scores[0].tolist()
        assert (together.items[i, n:] == -1).all()


def test_what_is_never_woven_in():
    # 20..59 are shown, 0..6 saved, 8 is the query's, 9 of its image, 10 refused, 11 a copy: the rest is for 10 places
    join_ids = [f"j{i}" for i in range(60)]
    join_ids[9] = join_ids[8]
    catalog = small_catalog(
        60,
        {"join_id": column(join_ids)},
        people=people_of({"ann": [0, 1, 2, 3, 4, 5, 6, 41]}),
        is_candidate=np.arange(60) != 11,
    )
    settings_ = {"strength": 1.0, "diversity_lookback_window": 10, "users": [0], "query_items": [8]}
    keeps = {"keeps": lambda items: items != 10}
    found = reranked("exploration", catalog, ranking_of([list(range(20, 60))]), 50, extra=keeps, **settings_)
    assert set(woven(found.items[0], found.source[0]).values()) == {7, *range(12, 20)}


def test_candidates_that_were_cut_are_not_outside():
    catalog = small_catalog(60)
    inside = np.arange(55)[None, :]
    shown = ranking_of([list(range(30))])
    found = reranked("exploration", catalog, shown, 30, strength=1.0, extra={"candidates": inside})
    assert set(woven(found.items[0], found.source[0]).values()) <= set(range(55, 60))
    assert len(woven(found.items[0], found.source[0])) == 5


def test_what_people_engage_with_or_what_is_new_comes_first():
    n = 400
    popularity = [
        None if i % 4 else float(i) for i in range(n)
    ]  # every fourth has any, of which the better half counts
    day = 86_400.0
    created = np.array([AS_OF.timestamp() - (10 * day if i % 50 == 1 else 300 * day) for i in range(n)])
    is_null = np.array([i == 51 for i in range(n)])
    columns = {"popularity": column(popularity), "created_at": Column("time", created, is_null)}
    catalog = small_catalog(n, columns)
    want = {i for i in range(n) if (i % 4 == 0 and i >= 200) or (i % 50 == 1 and i != 51)}
    assert set(np.flatnonzero(worth_showing(catalog)).tolist()) == want
    feed = [i for i in range(n) if i not in want][:60]
    found = reranked("exploration", catalog, ranking_of([feed]), 60, strength=1.0, diversity_lookback_window=10)
    drawn = set(woven(found.items[0], found.source[0]).values())
    assert len(drawn) == 12
    assert drawn <= want
    many = reranked("exploration", catalog, ranking_of([feed]), 10_000, strength=1.0, diversity_lookback_window=2)
    drawn_in_order = list(woven(many.items[0], many.source[0]).values())
    assert set(drawn_in_order[: len(want)]) == want or len(drawn_in_order) <= len(want)


def test_a_retriever_that_is_called_gives_what_is_outside():
    catalog = small_catalog(300)
    settings_ = {"retriever": Stage("column_order"), "retrievers": {"column_order": [[110, 7, 139, 8, 9]]}}
    found = reranked("exploration", catalog, ranking_of([FEED]), 40, query_items=[8], **settings_)
    assert woven(found.items[0], found.source[0]) == {5: 7, 15: 9}
    assert found.items[0, :42].tolist() == [*FEED[:5], 7, *FEED[5:14], 9, *FEED[14:]]


def test_a_retriever_of_from_is_pulled_up():
    catalog = small_catalog(300)
    settings_ = {"retriever": "fresh", "retrievers": {"fresh": [[101, 138, 139, 9]]}}
    found = reranked("exploration", catalog, ranking_of([FEED]), 40, **settings_)
    assert [int(found.items[0, place]) for place in (5, 15, 25)] == [138, 139, 9]
    assert sorted(found.items[0].tolist()) == sorted([*FEED, 9])
    assert found.source[0, [5, 15, 25]].tolist() == [38, 39, -1]


def test_a_short_feed_is_not_filled_up():
    found = reranked("exploration", small_catalog(300), ranking_of([FEED[:7], FEED[:3]]), 40)
    assert [list(woven(*row)) for row in zip(found.items, found.source, strict=True)] == [[5], []]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 50), st.integers(1, 60), st.floats(0, 1), st.integers(1, 30), st.integers(0, 2**40))
def test_nothing_is_lost_and_nothing_twice(n_shown: int, wanted: int, strength: float, window: int, seed: int):
    feed = list(range(n_shown))
    request = request_of(
        "exploration",
        small_catalog(70),
        ranking_of([feed]),
        wanted,
        strength=strength,
        diversity_lookback_window=window,
        seed=seed,
    )
    found = RERANKERS["exploration"](request)
    shown = found.items[0].tolist()
    assert [item for item in shown if item < n_shown] == feed
    assert len(set(shown)) == len(shown)
    places = woven_places(strength, window, 0.2, wanted)
    reached = [place for j, place in enumerate(places) if place - j <= n_shown][: 70 - n_shown]
    assert list(woven(found.items[0], found.source[0])) == reached


def test_hashes_are_of_the_text_alone():
    texts = np.array(["", "a", "b", "ab", "pin_00001", "pin_00002", "żółć"], object)
    hashes = text_hashes(texts)
    assert len(set(hashes.tolist())) == len(texts)
    assert [int(text_hashes(texts[i : i + 1])[0]) for i in range(len(texts))] == hashes.tolist()
    spread = text_hashes(np.array([f"pin_{i}" for i in range(4_000)], object)) % np.uint64(8)
    assert np.abs(np.bincount(spread.astype(int)) - 500).max() < 100


def test_what_a_query_can_get_wrong():
    for arguments, message in (
        ({"strength": 1.2}, "strength of exploration is 1.2; give a number from 0 to 1"),
        ({"strength": "much"}, "strength of exploration is 'much'"),
        ({"diversity_lookback_window": 0}, "diversity_lookback_window of exploration is 0"),
        ({"retriever": 3}, "retriever of exploration is 3; give a text"),
    ):
        with pytest.raises(QueryError, match=message) as caught:
            reranked(
                "exploration", small_catalog(9), ranking_of([[1]]), 9, at=dict.fromkeys(arguments, 31), **arguments
            )
        assert caught.value.position == 31
