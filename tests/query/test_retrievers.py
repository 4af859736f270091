"""Each retriever over a small catalog whose answers are known, alone, pre-filtered, and in a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_catalog import CATEGORIES, IDS, PRICES, REPIN, Bound, N, angles, catalog, hits, positions, shares, stage

from relpins_resources.query.catalog import MICRO, NO_FLOOR, Hits, Scored, Walks
from relpins_resources.query.errors import QueryError
from relpins_resources.query.execution import Batch, execute
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.plan import Call, Name, OrderKey, Query
from relpins_resources.query.retrieval.extended import with_given_items
from relpins_resources.query.retrieval.popular import popular_by_category, sort_items
from relpins_resources.query.retrieval.requests import CLOSED
from relpins_resources.query.retrieval.retrievers import RETRIEVERS
from relpins_resources.query.retrieval.spaces import TableEmbedding
from relpins_resources.query.stages import stage_names

CATALOG = catalog()


def by_clip(item: Any, **more: Any) -> Any:
    encoder = stage("precomputed_item", input_item_id=item)
    return stage("similarity", embedding_ref="clip_embedding", encoder=encoder, **more)


def keys(text: str) -> tuple[OrderKey, ...]:
    """`price DESC NULLS FIRST, item_id` as order keys."""
    found = []
    for part in text.split(","):
        name, *words = part.split()
        nulls = {"FIRST": True, "LAST": False}.get(words[-1]) if "NULLS" in words else None
        found.append(OrderKey(Name((name,), at=11), "DESC" in words, nulls, at=11))
    return tuple(found)


def test_every_declared_retriever_is_there() -> None:
    assert set(RETRIEVERS) == set(stage_names("retriever"))


# ---- similarity


def test_similarity_is_by_angle_and_gives_the_item_itself_first() -> None:
    found = hits(CATALOG, by_clip("p05"), limit=4)
    assert positions(found) == [5, 4, 6, 3]
    assert found.scores[0] == pytest.approx(np.cos(np.radians([0, 10, 10, 20])), abs=1e-6)
    assert found.floors.tolist() == [[round(np.cos(np.radians(20)) * MICRO)]]
    assert (found.anchors[0, 0] == angles([50])[0]).all()


def test_a_repin_is_searched_from_and_never_found() -> None:
    assert positions(hits(CATALOG, by_clip(IDS[REPIN]), limit=3)) == [0, 1, 2]
    assert REPIN not in positions(hits(CATALOG, by_clip("p00"), limit=N))


def test_an_unknown_item_gives_nothing_and_nothing_can_enter() -> None:
    found = hits(CATALOG, by_clip("$item"), Bound(3, {"item": ["p01", "nowhere", None]}), limit=2)
    assert [positions(found, row) for row in range(3)] == [[1, 0], [], []]
    assert found.floors[1:].tolist() == [[CLOSED], [CLOSED]]


def test_a_list_that_is_not_full_has_no_floor() -> None:
    found = hits(CATALOG, by_clip("p01"), limit=N + 5)
    assert len(positions(found)) == N - 1
    assert found.floors.tolist() == [[NO_FLOOR]]


def test_a_pre_filter_leaves_the_limit_to_what_it_allows() -> None:
    kitchens = np.array([one == "Kitchen" for one in CATEGORIES])
    assert positions(hits(CATALOG, by_clip("p00"), limit=3, allowed=kitchens)) == [0, 1, 3]
    each = np.stack([kitchens, ~kitchens])
    found = hits(CATALOG, by_clip("$item"), Bound(2, {"item": ["p00", "p00"]}), 3, each)
    assert [positions(found, 0), positions(found, 1)] == [[0, 1, 3], [2, 4, 5]]


def test_what_nothing_has_built_gives_no_rows_and_what_is_not_declared_is_an_error() -> None:
    wanted = stage("precomputed_item", input_item_id="p00")
    unbuilt = hits(CATALOG, stage("similarity", embedding_ref="twotower_embedding", encoder=wanted))
    assert positions(unbuilt) == []
    with pytest.raises(QueryError, match="no embedding 'clip_embeding'; did you mean clip_embedding") as raised:
        hits(CATALOG, stage("similarity", embedding_ref="clip_embeding", encoder=wanted))
    assert raised.value.position == 7


def test_round_robin_deals_one_list_a_cluster_in_turn() -> None:
    encoder = stage("interaction_round_robin", input_user_id="cid", num_clusters=2)
    wanted = stage("similarity", embedding_ref="clip_embedding", encoder=encoder)
    found = hits(CATALOG, wanted, limit=6)
    # cid saved 9 and 10 (90, 100 degrees), 0 and 1 (0, 10 degrees): clusters at 95 and 5 degrees, the newest first
    assert positions(found) == [9, 0, 10, 1, 8, 2]
    assert found.scores[0] == pytest.approx(np.cos(np.radians([5, 5, 5, 5, 15, 15])), abs=1e-6)
    assert found.anchors.shape == (1, 2, 2)
    assert found.floors.shape == (1, 2)


def test_round_robin_goes_deeper_where_its_lists_overlap() -> None:
    """Nine clusters within a degree name the same items; each is named once, and the limit is reached all the same."""
    near = angles([0.1 * i for i in range(9)])
    many = TableEmbedding("clip_embedding", np.concatenate([near, angles(list(range(10, 90)))]))
    n = len(near) + 80
    base = catalog()
    people = replace(base.people, indptr=np.array([0, 9, 9, 9, 9]), saved=np.arange(9))
    large = catalog(
        item_ids=np.array([f"q{i:03d}" for i in range(n)], dtype=object),
        is_candidate=np.ones(n, bool),
        embeddings={"clip_embedding": many},
        people=people,
    )
    encoder = stage("interaction_round_robin", input_user_id="$user", num_clusters=9)
    wanted = stage("similarity", embedding_ref="clip_embedding", encoder=encoder)
    found = hits(large, wanted, Bound(2, {"user": ["ann", "bob"]}), limit=60)
    assert len(set(positions(found, 0))) == 60
    assert max(positions(found, 0)) == 59, "the nearest sixty"
    assert positions(found, 1) == []


# ---- text


class Words:
    """A lexical index that remembers what it was asked."""

    def search(self, texts: Any, limit: int, fuzziness: int = 0, allowed: Any = None) -> Hits:
        self.asked = (list(texts), limit, fuzziness, allowed)
        return Hits(np.zeros((len(texts), 1), np.int64), np.ones((len(texts), 1)))


def test_text_search_by_vector_is_nearest_to_the_encoded_text() -> None:
    wanted = stage("text_search", query="$text", mode="vector")
    found = hits(CATALOG, wanted, Bound(3, {"text": ["14", None, " "]}), limit=2)
    # 7 ((5 i) mod 12) is 14 for item 10 and 21 for item 3, 7 for item 5
    assert [positions(found, row) for row in range(3)] == [[10, 3], [], []]
    wide = hits(CATALOG, wanted, Bound(1, {"text": ["14"]}), limit=N)
    assert 4 not in positions(wide), "an item without a vector"


def test_text_search_by_words_asks_the_index() -> None:
    words = Words()
    allowed = np.ones(N, bool)
    wanted = stage("text_search", query="$text", fuzziness_edit_distance=1)
    hits(catalog(lexical=words), wanted, Bound(2, {"text": ["oak", ""]}), 9, allowed)
    assert words.asked == (["oak", None], 9, 1, allowed)
    assert positions(hits(CATALOG, stage("text_search", query="oak"))) == []


def test_text_of_an_embedding_that_takes_none_is_refused() -> None:
    with pytest.raises(QueryError, match=r"nothing encodes text into clip_embedding; .*: content_embedding"):
        hits(CATALOG, stage("text_search", query="x", mode="vector", text_embedding_ref="clip_embedding"))


# ---- orders, filters, lists


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("price", [8, 9, 10, 4, 0, 3, 6, 7, 2, 1, 5]),
        ("price DESC", [2, 6, 7, 0, 3, 4, 10, 9, 8, 1, 5]),
        ("price NULLS FIRST", [1, 5, 8, 9, 10, 4, 0, 3, 6, 7, 2]),
        ("price DESC NULLS FIRST", [1, 5, 2, 6, 7, 0, 3, 4, 10, 9, 8]),
        ("board_category, price DESC", [2, 8, 5, 7, 0, 3, 1, 6, 9, 4, 10]),
        ("board_category DESC NULLS FIRST, item_id DESC", [10, 4, 9, 6, 7, 3, 1, 0, 8, 5, 2]),
        ("days_since_release", [1, 2, 3, 5, 6, 7, 9, 10, 0, 4, 8]),
    ],
)
def test_column_order(order: str, expected: list[int]) -> None:
    assert positions(hits(CATALOG, stage("column_order", columns=keys(order)))) == expected


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["price", "board_category", "created_at", "popular_rank"]), min_size=1, max_size=3),
       st.lists(st.booleans(), min_size=3, max_size=3), st.lists(st.sampled_from([None, True, False]), min_size=3,
                                                                 max_size=3))  # fmt: skip
def test_column_order_against_sorting_tuples(names: list[str], down: list[bool], nulls: list[bool | None]) -> None:
    order = tuple(OrderKey(Name((name,)), down[i], nulls[i]) for i, name in enumerate(names))
    expected = [int(i) for i in CATALOG.candidates]
    for key in reversed(order):  # a stable sort by each key, the last first
        column = CATALOG.columns[key.key.dotted]  # type: ignore[union-attr]
        null = [i for i in expected if column.is_null[i]]
        rest = sorted([i for i in expected if not column.is_null[i]], key=lambda i: column.data[i], reverse=False)
        if key.descending:
            values = sorted({column.data[i] for i in rest}, reverse=True)
            rest = [i for value in values for i in rest if column.data[i] == value]
        expected = null + rest if key.nulls_first else rest + null
    assert sort_items(CATALOG, order).tolist() == expected


def test_an_order_is_made_once() -> None:
    assert sort_items(CATALOG, keys("price")) is sort_items(CATALOG, keys("price"))


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (OrderKey(Name(("prise",), at=11)), "no column 'prise'; did you mean price"),
        (OrderKey(Name(("merchant_tags",), at=11)), "kind list, which have no order"),
        (OrderKey(Call("abs", (Name(("price",)),), at=11), at=11), "takes columns of the items"),
    ],
)
def test_what_has_no_order_is_refused(key: OrderKey, problem: str) -> None:
    with pytest.raises(QueryError, match=problem) as raised:
        hits(CATALOG, stage("column_order", columns=(key,)))
    assert raised.value.position == 11


def test_filter_gives_what_matches_in_order_of_id() -> None:
    cheap = np.array([price is not None and price < 10 for price in PRICES])
    assert positions(hits(CATALOG, stage("filter"), limit=3)) == [0, 1, 2]
    assert positions(hits(CATALOG, stage("filter"), allowed=cheap)) == [4, 8, 9, 10]
    found = hits(CATALOG, stage("filter"), Bound(2), 2, np.stack([cheap, ~cheap]))
    assert [positions(found, 0), positions(found, 1)] == [[4, 8], [0, 1]]


def test_ids_keep_their_order_and_repins() -> None:
    wanted = stage("ids", item_ids=["p07", "nowhere", IDS[REPIN], "p07", "p01"])
    assert positions(hits(CATALOG, wanted)) == [7, REPIN, 1]
    assert positions(hits(CATALOG, wanted, limit=2)) == [7, REPIN]
    assert positions(hits(CATALOG, wanted, allowed=np.arange(N) < 8)) == [7, 1]


def test_ids_from_parameters() -> None:
    wanted, given = stage("ids", item_ids="$ids"), [["p02", "p01"], '["p03"]', "p04", None, ["p05", 7, None]]
    found = hits(CATALOG, wanted, Bound(5, {"ids": given}), limit=3)
    assert [positions(found, row) for row in range(5)] == [[2, 1], [3], [4], [], [5]]
    for wrong, problem in ({"a": 1}, "give a list of ids"), ("[", "starts like a JSON list"):
        with pytest.raises(QueryError, match=problem):
            hits(CATALOG, wanted, Bound(1, {"ids": [wrong]}))


# ---- boards


def test_cooccurrence_is_by_boards_shared_then_by_id() -> None:
    found = hits(CATALOG, stage("cooccurrence", input_item_id="p00"))
    assert positions(found) == [1, 5, 2]
    assert found.scores[0][:3].tolist() == [3, 3, 1]
    assert positions(hits(CATALOG, stage("cooccurrence", input_item_id="p00", min_boards=2))) == [1, 5]
    assert positions(hits(CATALOG, stage("cooccurrence", input_item_id="p00"), limit=1)) == [1]
    assert positions(hits(CATALOG, stage("cooccurrence", input_item_id=IDS[REPIN]))) == [1, 5, 2]


def test_cooccurrence_fills_the_limit_with_what_is_allowed() -> None:
    wanted, batch = stage("cooccurrence", input_item_id="$item"), Bound(3, {"item": ["p00", "p03", None]})
    found = hits(CATALOG, wanted, batch, limit=2, allowed=np.arange(N) != 1)
    assert [positions(found, row) for row in range(3)] == [[5, 2], [4], []]
    each = np.stack([np.arange(N) < 3, np.arange(N) < 3, np.ones(N, bool)])
    found = hits(CATALOG, wanted, batch, limit=2, allowed=each)
    assert [positions(found, row) for row in range(3)] == [[1, 2], [], []]
    assert positions(hits(catalog(shares=None), stage("cooccurrence", input_item_id="p00"))) == []
    assert positions(hits(catalog(shares=shares({})), stage("cooccurrence", input_item_id="p00"))) == []


@pytest.mark.parametrize("kind", ["random_walk", "memorised"])
def test_unbuilt_retrievers_give_no_rows(kind: str) -> None:
    assert hits(CATALOG, stage(kind, input_item_id="p00"), Bound(3)).items.shape == (3, 0)


# ---- random walks


def walked(**lists: dict[int, float]) -> Walks:
    """Walks of 100 steps from the items named, each on two boards but item 9, which is on four."""
    rows = [lists.get(one, {}) for one in IDS]
    indptr = np.cumsum([0, *map(len, rows)])
    entries = [entry for row in rows for entry in row.items()]
    scored = Scored(indptr, np.array([item for item, _ in entries]), np.array([visits for _, visits in entries]))
    has = np.array([bool(row) for row in rows])
    return Walks(scored, np.where(has, 100, 0), np.where(has, 2, 0) + 2 * (np.arange(N) == 9))


WALKS = walked(p02={4: 16.0, 8: 4.0, 1: 1.0}, p08={4: 4.0, 5: 4.0}, p09={3: 9.0, 0: 1.0})
WALKED = catalog(walks=lambda: WALKS)


def test_a_walk_from_an_item_gives_its_visits() -> None:
    found = hits(WALKED, stage("random_walk", input_item_id="$item"), Bound(3, {"item": ["p02", "p00", None]}), limit=2)
    assert [positions(found, row) for row in range(3)] == [[4, 8], [], []]
    assert found.scores[0].tolist() == [16, 4]
    allowed = np.arange(N) != 4
    assert positions(hits(WALKED, stage("random_walk", input_item_id="p02"), limit=2, allowed=allowed)) == [8, 1]


def test_walks_from_a_persons_saves_are_put_together() -> None:
    # ann saved 2 and then 8, of one degree: the older counts 0.5 ** (1 / 10), and neither stands in the list
    found = hits(WALKED, stage("random_walk", input_user_id="ann"), limit=5)
    assert positions(found) == [4, 5, 1]
    older = 0.5**0.1
    newer_share, older_share = 1 / (1 + older), older / (1 + older)
    by_2, by_8 = 16 * newer_share, 4 * older_share
    assert found.scores[0, 0] == pytest.approx((np.sqrt(by_2) + np.sqrt(by_8)) ** 2, abs=1e-6)
    assert found.scores[0, 1] == pytest.approx(4 * older_share, abs=1e-6)


def test_a_person_with_one_save_gets_the_visits_as_they_are() -> None:
    one = catalog(walks=lambda: walked(p04={3: 9.0, 7: 2.0}))
    found = hits(one, stage("random_walk", input_user_id="dee"), limit=5)
    assert (positions(found), found.scores[0, :2].tolist()) == ([3, 7], [9, 2])


def test_item_and_person_together_and_in_a_batch() -> None:
    wanted = stage("random_walk", input_item_id="$item", input_user_id="$user")
    batch = {"item": ["p09", "p09", None, "p02", None], "user": ["ann", "nobody", "bob", None, None]}
    found = hits(WALKED, wanted, Bound(5, batch), limit=6)
    assert [positions(found, row) for row in range(1, 5)] == [[3, 0], [], [4, 8, 1], []]
    assert positions(found) == [4, 3, 5, 0, 1]  # 4 is what both saves lead to; the item counts as much as both
    steps = {"p09": (1 + 0.5**0.1) * 4, "p02": 2 * (np.log(2) + 1), "p08": 0.5**0.1 * 2 * (np.log(2) + 1)}
    assert found.scores[0, 1] == pytest.approx(9 * steps["p09"] / sum(steps.values()), abs=1e-6)
    for row in range(5):
        alone = hits(WALKED, wanted, Bound(1, {name: [values[row]] for name, values in batch.items()}), limit=6)
        assert (alone.items[0] == found.items[row]).all()
        assert np.array_equal(alone.scores[0], found.scores[row], equal_nan=True)
    few = hits(WALKED, wanted, Bound(5, batch), limit=6, allowed=np.arange(N) == 0)
    assert [positions(few, row) for row in range(3)] == [[0], [0], []]


# ---- popular


def test_popular_goes_round_the_categories() -> None:
    # by rank: Kitchen 1 0 3 7, Bath 2 5 8(unranked), none 4 10, Sofa 6 9
    assert popular_by_category(CATALOG, 100).tolist() == [1, 2, 4, 6, 0, 5, 10, 9, 3, 8, 7]
    assert popular_by_category(CATALOG, 3).tolist() == [1, 2, 4]


# ---- arguments


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("min_boards", 0, r"cooccurrence\(min_boards\) is 0; allowed: 1"),
        ("min_boards", "three", "is 'three'; give a number"),
        ("min_boards", 1.5, "is 1.5; give a whole number"),
        ("min_boards", float("nan"), "give a number"),
    ],
)
def test_a_bound_argument_is_checked_like_a_written_one(name: str, value: Any, problem: str) -> None:
    with pytest.raises(QueryError, match=problem) as raised:
        hits(CATALOG, stage("cooccurrence", input_item_id="p00", **{name: "$v"}), Bound(1, {"v": [value]}))
    assert raised.value.position == 9


# ---- items that are not in the catalog


GIVEN = [
    {"item_id": "new-b", "title": "50", "price": 3, "created_at": "2001-09-09T01:46:40Z"},
    {"item_id": "p03", "price": 99},
    {"id": "new-a", "category": "Bath", "merchant_tags": ["oak"], "title": "14"},
]


def given_items(items: Any = "$items") -> Query:
    return Query((stage("candidate_attributes", item_attributes=items),))


def test_items_from_attributes_stand_after_the_catalog() -> None:
    batch = Bound(2, {"items": [GIVEN, [GIVEN[2]]]})
    query = given_items()
    extended = with_given_items(CATALOG, query, batch)
    found = hits(extended, query.retrievers[0], batch)
    assert [positions(found, 0), positions(found, 1)] == [[N + 1, 3, N], [N]]  # new-a before new-b: ties break by id
    assert extended.item_ids[N:].tolist() == ["new-a", "new-b"]
    price, created = extended.columns["price"], extended.columns["created_at"]
    assert price.data[[3, N + 1]].tolist() == [10.0, 3.0], "an item of the catalog keeps its own columns"
    assert price.is_null[N:].tolist() == [True, False]
    assert created.data[N + 1] == 1e9
    assert extended.columns["board_category"].data[N] == "Bath"
    assert extended.columns["item_id"].data[N] == "new-a"
    content = extended.embeddings["content_embedding"]
    assert content is not None
    assert (
        content.vectors(np.array([N, N + 1, 2])) == np.concatenate([angles([14, 50]), content.vectors(np.array([2]))])
    ).all()
    assert not extended.embeddings["clip_embedding"].has(np.array([N])).any()  # type: ignore[union-attr]


def test_other_retrievers_find_only_the_catalog() -> None:
    batch = Bound(1, {"items": [GIVEN]})
    extended = with_given_items(catalog(), given_items(), batch)
    assert positions(hits(extended, by_clip("p05"), limit=4, allowed=np.ones(N + 2, bool))) == [5, 4, 6, 3]
    assert max(positions(hits(extended, stage("filter")))) == REPIN - 1
    assert positions(hits(extended, stage("cooccurrence", input_item_id="p00"))) == [1, 5, 2]
    found = hits(extended, given_items().retrievers[0], batch, allowed=np.arange(N + 2) != N)
    assert positions(found) == [N + 1, 3]


def test_a_query_without_given_items_runs_over_the_catalog_itself() -> None:
    assert with_given_items(CATALOG, Query((by_clip("p00"),)), Bound()) is CATALOG


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ("no json", "is text and no JSON"),
        ([3], "holds 3; give a list of mappings"),
        ([{"price": "dear"}], "price = 'dear'; column price is a number"),
        ([{"created_at": "soon"}], "created_at = 'soon'; column created_at is a time"),
    ],
)
def test_attributes_that_describe_no_item(items: Any, problem: str) -> None:
    def read() -> None:
        extended = with_given_items(CATALOG, given_items(), Bound(1, {"items": [items]}))
        assert [extended.columns[name] for name in extended.columns]

    with pytest.raises(QueryError, match=problem):
        read()


# ---- batches


@pytest.mark.parametrize(
    "wanted",
    [
        by_clip("$item"),
        stage("similarity", embedding_ref="content_embedding",
              encoder=stage("interaction_round_robin", input_user_id="$user", num_clusters=2)),
        stage("cooccurrence", input_item_id="$item"),
        stage("column_order", columns=keys("price DESC")),
        stage("text_search", query="$text", mode="vector"),
        stage("ids", item_ids="$ids"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("share", [None, 0.5])
def test_a_batch_is_each_query_alone(wanted: Any, share: float | None) -> None:
    values: dict[str, list[Any]] = {
        "item": ["p00", None, IDS[REPIN], "p07", "p03"],
        "user": ["cid", "ann", None, "bob", "dee"],
        "text": ["3", "", "44", None, "70"],
        "ids": [["p03", "p01"], [], ["p00"], None, ["p11"]],
    }
    allowed = None if share is None else np.random.default_rng(0).random((5, N)) < share
    together = hits(CATALOG, wanted, Bound(5, values), 4, allowed)
    for i in range(5):
        one = Bound(1, {name: [given[i]] for name, given in values.items()})
        alone = hits(CATALOG, wanted, one, 4, None if allowed is None else allowed[i : i + 1])
        assert positions(alone) == positions(together, i)
        n = len(positions(alone))
        assert alone.scores[0][:n].tobytes() == together.scores[i][:n].tobytes()


def test_a_whole_query_over_given_items() -> None:
    text = """
        SELECT * FROM retrieve(candidate_attributes($items), ids(['p02', 'p04']))
        WHERE category IS NULL OR category = 'Bath'
        ORDER BY score(expression='similarity(embedding="content_embedding") + price / 1000', input_item_id='p09')
    """
    given = [{"item_id": "new", "title": "63", "price": 3}, {"item_id": "out", "title": "63", "category": "Sofa"}]
    answer = execute(parse_query(text), CATALOG, Batch(1, {"items": given}))
    ids = answer.entities.catalog.item_ids
    # p09 lies at 7 x ((5 x 9) mod 12) = 63 degrees, p02 at 70 with a price of 30, p04 has no vector and a price of 5
    assert [ids[item] for item in answer.items[0]] == ["p02", "new", "p04"]
    assert answer.scores[0] == pytest.approx([np.cos(np.radians(7)) + 0.03, 1.003, 0.005], abs=1e-6)
