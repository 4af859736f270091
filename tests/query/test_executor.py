"""The executor against a plain one-candidate-at-a-time oracle, and what holds of every query."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from article_queries import QUERIES
from executor_catalog import small_catalog

from relpins_resources.query.catalog import Catalog
from relpins_resources.query.errors import QueryError
from relpins_resources.query.execution import Answer, Batch, execute
from relpins_resources.query.execution.results import rows_of, stages_of
from relpins_resources.query.execution.why_not import why_not
from relpins_resources.query.language.parser import parse_query

BLEND = """
SELECT * FROM similarity(embedding_ref='clip_embedding', encoder='item_attribute_pooling', input_item_id=$item_id,
                         limit=12)
WHERE item_id != $item_id
ORDER BY score(expression='0.5 / (1.0 + rank(embedding="clip_embedding"))
                           + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
                           + 0.2 / (1.0 + rank(embedding="content_embedding"))', input_user_id=$user_id)
LIMIT $limit
"""
HOME = """
SELECT * FROM similarity(embedding_ref='clip_embedding', encoder='interaction_round_robin', input_user_id=$user_id,
                         limit=20)
WHERE prebuilt('exclude_saved', input_user_id=$user_id)
ORDER BY score(expression='0.6 / (1.0 + rank(embedding="clip_embedding")) + 0.4 * user_category_affinity',
               input_user_id=$user_id)
LIMIT 10
"""


def run(text: str, catalog: Catalog, **values: Any) -> Answer:
    return execute(parse_query(text), catalog, Batch(1, values))


def ids(answer: Answer, row: int = 0) -> list[str]:
    return [str(answer.entities.catalog.item_ids[item]) for item in answer.items[row] if item >= 0]


def cosines(catalog: Catalog, name: str, item: int) -> dict[int, int] | None:
    """Millionths of cosine of one item with every candidate that has a vector."""
    space = catalog.embedding(name)
    if space is None or not space.has(np.array([item]))[0]:
        return None
    own = space.vectors(np.array([item]))[0].astype(float)
    return {
        other: round(float(own @ space.vectors(np.array([other]))[0].astype(float)) * 1_000_000)
        for other in range(len(catalog))
        if catalog.is_candidate[other] and space.has(np.array([other]))[0]
    }


def by_rank(values: dict[int, int], among: list[int]) -> dict[int, int]:
    order = sorted((item for item in among if item in values), key=lambda item: (-values[item], item))
    return {item: place for place, item in enumerate(order, start=1)}


def blend_oracle(catalog: Catalog, item: int, limit: int) -> list[tuple[str, float]]:
    looks = cosines(catalog, "clip_embedding", item)
    assert looks is not None
    found = sorted(looks, key=lambda other: (-looks[other], other))[:12]
    found = [other for other in found if other != item]
    scores = dict.fromkeys(found, 0.0)
    for name, weight in (("clip_embedding", 0.5), ("twotower_embedding", 0.3), ("content_embedding", 0.2)):
        values = cosines(catalog, name, item)
        ranks = by_rank(values, found) if values is not None else {}
        for other, rank in ranks.items():
            scores[other] += weight / (1.0 + rank)
    order = sorted(found, key=lambda other: (-round(scores[other], 9), other))[:limit]
    return [(str(catalog.item_ids[other]), scores[other]) for other in order]


@pytest.mark.parametrize("twotower", [False, True])
def test_the_blend_is_what_the_oracle_says(twotower: bool) -> None:
    catalog = small_catalog(twotower=twotower)
    for item in (0, 3, 9, 25, 59):  # 3 has no description, 9 and 59 repeat another's image
        answer = run(BLEND, catalog, item_id=f"p{item:03d}", user_id=None, limit=7)
        expected = blend_oracle(catalog, item, 7)
        assert ids(answer) == [name for name, _ in expected]
        assert answer.scores[0][: len(expected)] == pytest.approx([score for _, score in expected])


def both(text: str, catalog: Catalog, name: str, values: list[Any], **shared: Any) -> None:
    query = parse_query(text)
    together = execute(query, catalog, Batch(len(values), shared, {name: values}))
    for row, value in enumerate(values):
        alone = execute(query, catalog, Batch(1, {**shared, name: value}))
        assert ids(together, row) == ids(alone)
        kept = together.items[row] >= 0
        assert (together.scores[row][kept] == alone.scores[0][alone.items[0] >= 0]).all()  # to the last bit
        assert rows_of(query, together, row, explained=True) == rows_of(query, alone, explained=True)


def test_a_batch_gives_what_one_query_gives() -> None:
    catalog = small_catalog(twotower=True)
    everyone = [*catalog.item_ids.tolist(), "nobody", None]
    both(BLEND.replace("LIMIT", "REORDER BY diversity(0.4) LIMIT"), catalog, "item_id", everyone, user_id="u1", limit=6)
    both(
        HOME.replace("LIMIT", "REORDER BY exploration() LIMIT"), catalog, "user_id", ["u0", "u1", "u2", None, "nobody"]
    )


def test_two_people_with_different_saves_get_different_feeds_for_one_pin() -> None:
    catalog = small_catalog(twotower=True)
    feeds = [ids(run(BLEND, catalog, item_id="p000", user_id=who, limit=7)) for who in ("u0", "u1", None, "nobody")]
    assert feeds[0] != feeds[1]
    assert feeds[2] == feeds[3] != feeds[0]  # nobody known: item to item


@pytest.mark.parametrize("who", ["u2", None, "nobody"])
def test_people_without_history_get_what_is_popular_category_by_category(who: str | None) -> None:
    catalog = small_catalog()
    answer = run(HOME, catalog, user_id=who)
    found = ids(answer)
    rank, category = catalog.columns["popular_rank"], catalog.columns["board_category"]
    at = catalog.positions(found)
    assert len(found) == 10
    assert answer.is_popular[0]
    first = [category.data[one] for one in at[:3]]
    assert len(set(first)) == 3
    of_first = [one for one in at if category.data[one] == first[0]]
    assert [rank.data[one] for one in of_first] == sorted(rank.data[one] for one in of_first)
    assert rows_of(parse_query(HOME), answer)[0]["metadata"]["retrieved_by"] == ["popular"]


def test_saved_pins_are_left_out_and_the_category_counts() -> None:
    catalog = small_catalog()
    answer = run(HOME, catalog, user_id="u0")
    assert set(ids(answer)).isdisjoint({"p005", "p011", "p017", "p021", "p033"})
    # four of u0's five saves are in categories 1, 3 (none), 1, 1, 1: 5 % 4, 11 % 4, 17 % 4, 21 % 4, 33 % 4
    shares = {
        name: float(np.mean([c == name for c in catalog.columns["board_category"].data if c is not None]))
        for name in ("kitchen", "bathroom", "living room")
    }
    expected = (4 + 5 * shares["bathroom"]) / (4 + 5)
    frame = answer.frame
    at = next(n for n, item in enumerate(frame.items[0]) if item >= 0 and item % 4 == 1)
    assert frame.affinity().data[0, at] == pytest.approx(expected)


def test_the_first_retriever_to_name_an_item_wins_its_place() -> None:
    catalog = small_catalog()
    text = """SELECT * FROM retrieve(ids(['p004', 'p001']), ids(['p002', 'p001', 'p000'], name='second'),
                                     cooccurrence('p000', limit=3)) LIMIT 20"""
    answer = run(text, catalog)
    assert ids(answer)[:4] == ["p004", "p001", "p002", "p000"]
    frame = answer.frame
    assert frame.retrieval_rank("second").data[0, 1] == 2  # known, though it came second
    assert rows_of(parse_query(text), answer)[1]["metadata"]["retrieved_by"] == ["ids", "second", "cooccurrence"]


def test_where_inside_a_retriever_still_gives_its_limit_and_outside_does_not() -> None:
    catalog = small_catalog()
    inside = "SELECT * FROM similarity('clip_embedding', encoder=precomputed_item('p000'), limit=10{}) {} LIMIT 50"
    category = 'board_category = "kitchen"'
    pre = ids(run(inside.format(f", where='{category}'", ""), catalog))
    post = ids(run(inside.format("", f"WHERE {category}"), catalog))
    assert len(pre) == 10
    assert len(post) < 10
    assert set(post) <= set(pre)


def test_columns_order_nulls_and_offset() -> None:
    catalog = small_catalog()
    text = "SELECT item_id FROM filter(limit=100) ORDER BY {} LIMIT 60"
    price = {str(name): None if i % 5 == 0 else float(i) for i, name in enumerate(catalog.item_ids) if i % 10 != 9}
    down = ids(run(text.format("price DESC"), catalog))
    assert down == sorted(price, key=lambda one: (price[one] is None, -(price[one] or 0), one))
    first = ids(run(text.format("price ASC NULLS FIRST"), catalog))
    assert first == sorted(price, key=lambda one: (price[one] is not None, price[one] or 0, one))
    assert ids(run(text.format("price DESC").replace("LIMIT 60", "LIMIT 5 OFFSET 7"), catalog)) == down[7:12]


def test_an_answer_has_the_fields_of_the_published_example() -> None:
    query = parse_query(BLEND)
    answer = run(BLEND, small_catalog(twotower=True), item_id="p000", user_id="u0", limit=3)
    row = rows_of(query, answer)[0]
    assert {"item_id", "id", "title", "image_url", "board_category", "score", "metadata"} <= row.keys()
    assert {"clip_rank", "twotower_rank", "content_rank"} <= row["metadata"].keys()
    assert isinstance(row["metadata"]["clip_rank"], int)
    json.dumps(rows_of(query, answer, explained=True))


def test_the_terms_of_a_score_add_up_to_it() -> None:
    query = parse_query("EXPLAIN " + BLEND)
    answer = execute(query, small_catalog(), Batch(1, {"item_id": "p001", "user_id": None, "limit": 5}))
    for row in rows_of(query, answer, explained=True):
        assert sum(term["value"] for term in row["explanation"]["terms"]) == pytest.approx(row["score"])
        assert len(row["explanation"]["terms"]) >= 1
    stages = stages_of(query, answer)
    json.dumps(stages)
    counts = {stage["stage"]: stage.get("out") for stage in stages}
    assert counts["slice"] == 5
    assert counts["unite"] == 12
    assert counts["filter"] == 11


WHY: list[tuple[str, str, str]] = [
    ("p003", "filter", "item_id != $item_id"),
    ("p008", "retrieve", "was needed"),
    ("p009", "retrieve", "p008 stands for it"),
]


@pytest.mark.parametrize(("item_id", "stage", "said"), WHY)
def test_why_not_names_the_stage_that_dropped_it(item_id: str, stage: str, said: str) -> None:
    answer = run(BLEND, small_catalog(), item_id="p003", user_id=None, limit=3)
    told = why_not(parse_query(BLEND), answer, item_id)
    assert told["dropped_by"] == stage
    assert said in told["why"]
    json.dumps(told)


def test_why_not_of_what_was_outranked_gives_the_figures() -> None:
    query = parse_query(BLEND)
    whole = ids(run(BLEND, small_catalog(), item_id="p003", user_id=None, limit=11))
    told = why_not(query, run(BLEND, small_catalog(), item_id="p003", user_id=None, limit=3), whole[4])
    assert told["dropped_by"] == "slice"
    assert told["place_before_reordering"] == 5
    assert told["score"] < told["needed"]
    shown = why_not(query, run(BLEND, small_catalog(), item_id="p003", user_id=None, limit=3), whole[0])
    assert shown["dropped_by"] is None
    with pytest.raises(QueryError, match=r"no item 'p0003'.*p003"):
        why_not(query, run(BLEND, small_catalog(), item_id="p003", user_id=None, limit=3), "p0003")


def test_unbuilt_embeddings_count_nothing() -> None:
    catalog = small_catalog()
    without = BLEND.replace('+ 0.3 / (1.0 + rank(embedding="twotower_embedding"))', "")
    values = {"item_id": "p006", "user_id": "u0", "limit": 8}
    one, other = run(BLEND, catalog, **values), run(without, catalog, **values)
    assert ids(one) == ids(other)
    assert (one.scores == other.scores).all()


def test_a_candidate_without_a_vector_is_ranked_last_not_first() -> None:
    text = """SELECT * FROM ids(['p003', 'p000', 'p001', 'p010']) ORDER BY
              score(expression='1 / (1 + rank(embedding="content_embedding"))', input_item_id='p001') LIMIT 4"""
    answer = run(text, small_catalog())
    found = ids(answer)
    assert set(found[-2:]) == {"p003", "p010"}  # 3 and 10 have none
    assert answer.scores[0][-1] == 0.0


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (BLEND, {"limit": 2000}, "LIMIT 2000"),
    (BLEND, {"limit": 0}, "LIMIT 0"),
    (BLEND, {"limit": "five"}, "LIMIT is 'five'"),
    (BLEND.replace("limit=12", "limit=$k"), {"limit": 5, "k": 10**9}, "limit.* is 1e.09"),
]


@pytest.mark.parametrize(("text", "values", "said"), REFUSED)
def test_bounds_of_bound_values_are_checked(text: str, values: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        run(text, small_catalog(), item_id="p000", user_id=None, **values)


def test_items_shown_before_are_left_out() -> None:
    catalog = small_catalog()
    query = parse_query(BLEND)
    values = {"item_id": "p003", "user_id": None, "limit": 4}
    first = execute(query, catalog, Batch(1, values))
    second = execute(query, catalog, Batch(1, values), leave_out=first.items[0])
    assert set(ids(first)).isdisjoint(ids(second))
    assert ids(first) + ids(second) == ids(run(BLEND, catalog, item_id="p003", user_id=None, limit=8))


@pytest.mark.parametrize("make", [lambda: small_catalog(n=1, people=False), lambda: small_catalog(people=False)])
def test_a_catalog_with_hardly_anything_in_it_answers(make: Callable[[], Catalog]) -> None:
    catalog = make()
    assert ids(run(BLEND, catalog, item_id="p000", user_id="u0", limit=3)) is not None
    assert len(ids(run(HOME, catalog, user_id="u0"))) == min(10, len(catalog))


PRE_FILTERS = [
    "board_category = query_item.board_category",
    "price > query_item.price",
    "prebuilt(''exclude_saved'', input_user_id=$user_id)",
    'similarity(embedding="clip_embedding") > 0.1',
    "user_category_affinity > 0.3",
    "item_id != $item_id AND price > 10",
]


@pytest.mark.parametrize("where", PRE_FILTERS)
@pytest.mark.parametrize("varying", ["item_id", "user_id"])
def test_pre_filters_that_depend_on_the_query_do_so_in_a_batch(where: str, varying: str) -> None:
    catalog = small_catalog(twotower=True)
    text = f"""SELECT * FROM similarity('clip_embedding', encoder=precomputed_item($item_id), limit=6, where='{where}')
               ORDER BY score(expression='similarity(embedding="clip_embedding")', input_user_id=$user_id) LIMIT 6"""
    values = {"item_id": ["p000", "p001", "p009", "p017"], "user_id": ["u0", "u1", "u2", None]}[varying]
    other = {"item_id": ("user_id", "u0"), "user_id": ("item_id", "p001")}[varying]
    both(text, catalog, varying, values, **dict([other]))


@pytest.mark.parametrize("twotower", [False, True])
@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_the_article_runs_letter_for_letter(name: str, twotower: bool) -> None:
    query = parse_query(QUERIES[name])
    values = {"item_id": "p004", "user_id": "u0", "limit": 20, "source_category": "kitchen"}
    answer = execute(query, small_catalog(twotower=twotower), Batch(1, values))
    rows = rows_of(query, answer, explained=True)
    assert len(rows) == {"same_category": 14}.get(name, 20)  # of the 15 kitchens one is asked about
    assert len({row["item_id"] for row in rows}) == len(rows)
    for row in rows:
        assert {"item_id", "title", "image_url", "board_category", "score", "metadata"} <= row.keys()
        assert np.isfinite(row["score"])
        if not row["metadata"].get("woven_in"):
            assert {"clip_rank", "content_rank"} <= row["metadata"].keys()
            assert sum(term["value"] for term in row["explanation"]["terms"]) == pytest.approx(row["score"])
    if name != "visual_home_feed":
        assert "p004" not in ids(answer)
    if name == "same_category":
        assert {row["board_category"] for row in rows} == {"kitchen"}


def test_pages_by_offset_are_the_slices_of_one_order() -> None:
    catalog = small_catalog()
    text = BLEND.replace("limit=12", "limit=50").replace(
        "LIMIT $limit", "REORDER BY diversity(0.5) LIMIT 5 OFFSET $skip"
    )
    pages = [ids(run(text, catalog, item_id="p000", user_id=None, skip=skip)) for skip in (0, 5, 10)]
    whole = ids(run(text.replace("LIMIT 5 OFFSET $skip", "LIMIT 15"), catalog, item_id="p000", user_id=None))
    assert [one for page in pages for one in page] == whole


def test_the_popular_pins_are_for_people_of_whom_nothing_is_known_and_keep_to_the_pre_filter() -> None:
    catalog = small_catalog()
    text = """SELECT * FROM similarity('clip_embedding', encoder=interaction_pooling($user_id),
                                       where='board_category = "kitchen" AND price {}') LIMIT 5"""
    assert ids(run(text.format("> 99999"), catalog, user_id="u0")) == []  # known: nothing matches
    assert ids(run(text.format("> 99999"), catalog, user_id="nobody")) == []
    found = catalog.positions(ids(run(text.format("< 50"), catalog, user_id="nobody")))
    assert len(found) == 5
    assert {catalog.columns["board_category"].data[item] for item in found} == {"kitchen"}
    unbuilt = "SELECT * FROM similarity('twotower_embedding', encoder=precomputed_user($user_id))"
    assert ids(run(unbuilt, catalog, user_id="u0")) == []
    assert ids(run(unbuilt, catalog, user_id="u2")) != []


def test_why_not_tells_the_truth_without_a_score_before_an_offset_and_of_the_right_reranker() -> None:
    catalog = small_catalog()
    plain = "SELECT * FROM similarity('clip_embedding', encoder=precomputed_item('p000'), limit=30) {} LIMIT {}"
    order = ids(run(plain.format("", "30"), catalog))
    query = parse_query(plain.format("", "5"))
    told = why_not(query, execute(query, catalog, Batch()), order[10])
    assert "place 11" in told["why"]
    assert "score" not in told["why"]
    assert "score" not in told
    query = parse_query(plain.format("", "5 OFFSET 8"))
    assert "before OFFSET 8" in why_not(query, execute(query, catalog, Batch()), order[3])["why"]
    quota = "REORDER BY quota('board_category', at_most=1, window=20), diversity(0.0)"
    query = parse_query(plain.format(quota, "4"))
    answer = execute(query, catalog, Batch())
    missing = next(one for one in order[:4] if one not in ids(answer))
    assert why_not(query, answer, missing)["dropped_by"] == "quota"


def test_a_list_may_hold_parameters() -> None:
    assert ids(run("SELECT * FROM ids([$one, 'p002'])", small_catalog(), one="p005")) == ["p005", "p002"]
    both("SELECT * FROM ids([$one, 'p002'])", small_catalog(), "one", ["p005", "p001", None])


ODD: list[tuple[str, dict[str, Any]]] = [
    ("SELECT * FROM ids($x)", {"x": "[" * 100_000}),
    ("SELECT * FROM candidate_attributes($x)", {"x": "[" * 100_000}),
    ("SELECT * FROM similarity('clip_embedding', encoder=item_attribute_pooling(input_item_features=$x))",
     {"x": '{"a":' * 50_000}),
    ("SELECT * WHERE price > $x", {"x": b"bytes"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values"), ODD)
def test_odd_values_are_refused_in_few_words(text: str, values: dict[str, Any]) -> None:
    with pytest.raises(QueryError) as refused:
        run(text, small_catalog(), **values)
    assert len(str(refused.value)) < 2_000


def test_given_items_of_one_id_are_one_item_and_odd_times_stay_numbers() -> None:
    text = "SELECT price, created_at FROM candidate_attributes($x)"
    given = [{"item_id": "n", "created_at": 99999999999999999999}, {"item_id": "n", "price": 3}, {"item_id": "m"}]
    rows = rows_of(parse_query(text), run(text, small_catalog(), x=given))
    assert [row["item_id"] for row in rows] == ["n", "m"]
    assert rows[0]["price"] is None
    json.dumps(rows)
