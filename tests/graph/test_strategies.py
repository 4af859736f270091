"""Saved queries on a built home: readers get what was published, and to change a feed is to edit a file."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path

import pytest
from places import Place, everything, ids, published
from worlds import SmallWorld, picture

from relpins_assets.feeds.saved import OWN_FOLDER, strategies
from relpins_assets.querying import Reader
from relpins_assets.rollback import roll_back
from relpins_assets.schemas import TABLES
from relpins_resources.errors import RelpinsError

CATEGORIES = ("kitchen", "garden", "studio")
CURRENCIES = ("EUR", "GBP")
SHIPPED = {
    "related_pins",
    "related_pins_article",
    "cold_start",
    "adaptive_by_age",
    "trending_visual",
    "same_category",
    "home_feed",
    "visual_home_feed",
    "semantic_search",
    "hybrid_search",
    "learned",
    "object_pins",
}
GIVEN = {"user_id": "u1", "query": "blue sofa", "candidates": 20, "limit": 5}
BY_WORDS = """---
description: by description alone
parameters:
  item_id: {type: string, required: true}
  candidates: {type: integer, default: 100}
  limit: {type: integer, default: 20}
---
SELECT *
FROM similarity(embedding_ref='content_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates)
WHERE join_id != query_item.join_id
ORDER BY score(expression='1.0 / (1.0 + rank(embedding="content_embedding"))')
LIMIT $limit
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A home of pins with categories and prices and people with attributes. Tests read it and change copies."""
    folder = tmp_path_factory.mktemp("strategies")
    found = Place(folder / "home", folder / "source", SmallWorld.of())
    for number, pin in enumerate(found.world.pins.values()):
        category, currency = CATEGORIES[number % 3], CURRENCIES[number // 3 % 2]
        pin |= {"board_category": category, "price": float(number + 1), "currency": currency}
    found.build("related_pins")
    return found


@pytest.fixture(scope="module")
def reader(place: Place) -> Reader:
    return Reader(place.home)


@pytest.fixture(scope="module")
def grown(place: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, str]:
    """The home a pin later, with feeds of two strategies; and that pin."""
    later = place.copied(tmp_path_factory.mktemp("grown"))
    new = later.world.add_pin()
    later.build("related_pins", "related_pins_article")
    return later, new


def test_the_shipped_strategies_are_those_of_the_documentation(reader: Reader) -> None:
    assert set(strategies(reader.home, reader.profile)) == SHIPPED


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_strategy_answers(name: str, reader: Reader, place: Place) -> None:
    pin = sorted(place.world.pins)[3]
    category = place.world.pins[pin]["board_category"]
    declared = {spec.name: spec for spec in reader.find(name)[1]}
    given = {**GIVEN, "item_id": pin, "source_category": category}
    found = reader.query(name, {key: value for key, value in given.items() if key in declared}, explain=True)
    assert found["results"]
    assert len(found["results"]) <= (5 if "limit" in declared else 20)
    assert len(set(ids(found))) == len(ids(found))
    if "item_id" in declared:
        assert pin not in ids(found)
    for entry in found["results"]:
        said = place.world.pins[entry["item_id"]]
        assert entry["id"] == entry["item_id"]
        assert {"title", "image_url", "board_category", "score", "metadata", "explanation"} <= set(entry)
        assert (entry["title"] or "", entry["board_category"]) == (said["title"], said["board_category"])
        assert math.isfinite(entry["score"])
        assert entry["metadata"]["retrieved_by"] or entry["metadata"]["woven_in"]
    assert found["explanation"]["plan"].startswith("SELECT")
    assert [stage["stage"] for stage in found["explanation"]["stages"]][-1] == "slice"
    json.dumps(found)
    if name == "related_pins_article":  # the fields of the published example
        assert all(
            {"clip_rank", "twotower_rank", "content_rank"} <= set(entry["metadata"]) for entry in found["results"]
        )
    if name == "same_category":
        assert {entry["board_category"] for entry in found["results"]} == {category}


def test_published_related_feeds_are_what_the_query_gives(place: Place, reader: Reader) -> None:
    feeds = published(place, "related_pins_feeds")
    has_image = set(place.lake.table("pin_images").read(["pin_id"])["pin_id"].to_pylist())
    assert {pin for _, pin in feeds} == has_image
    assert len(feeds) == 59
    parameters = dict(reader.profile.feeds.parameters)
    for (strategy, pin), rows in feeds.items():
        live = reader.query(strategy, {**parameters, "item_id": pin})["results"]
        assert [(row["candidate_pin_id"], row["score"]) for row in rows] == [
            (entry["item_id"], entry["score"]) for entry in live
        ]
        for row, entry in zip(rows, live, strict=True):
            told = entry["metadata"]
            assert row["retrieved_by"] == told["retrieved_by"]
            for name in ("clip_rank", "content_rank", "cooccurrence_rank"):
                assert row[name] == told[name], (pin, row["rank"], name)


def test_published_home_feeds_are_what_the_query_gives(place: Place, reader: Reader) -> None:
    feeds = published(place, "home_feeds")
    assert {who for _, who in feeds} == {"u0", "u1", "u2", "u9"}, "owners of boards and those in the table of users"
    for (strategy, who), rows in feeds.items():
        live = reader.query(strategy, {**reader.profile.feeds.parameters, "user_id": who})["results"]
        assert [(row["candidate_pin_id"], row["score"], row["retrieved_by"]) for row in rows] == [
            (entry["item_id"], entry["score"], entry["metadata"]["retrieved_by"]) for entry in live
        ]


def test_home_feeds_leave_out_what_was_saved(place: Place) -> None:
    saved: dict[str, set[str]] = {}
    for board, pin in place.world.saves:
        saved.setdefault(f"u{sum(map(ord, board)) % 3}", set()).add(pin)
    assert all(saved[who] for who in ("u0", "u1", "u2"))
    for (_, who), rows in published(place, "home_feeds").items():
        assert rows, who
        assert not {row["candidate_pin_id"] for row in rows} & saved.get(who, set()), who


def test_a_person_without_saves_gets_what_is_popular(place: Place, reader: Reader) -> None:
    given = {"candidates": 20, "limit": 6}
    nobody = [reader.query("home_feed", {**given, "user_id": who}) for who in ("u9", "u-unheard-of", None)]
    assert nobody[0]["results"] == nobody[1]["results"] == nobody[2]["results"] != []
    assert nobody[0]["results"] != reader.query("home_feed", {**given, "user_id": "u1"})["results"]
    ranks = place.lake.table("catalog_statistics").read(["pin_id", "popular_rank"]).to_pydict()
    rank_of = dict(zip(ranks["pin_id"], ranks["popular_rank"], strict=True))
    best = {
        category: min(rank_of[pin] for pin, said in place.world.pins.items() if said["board_category"] == category)
        for category in CATEGORIES
    }
    first = nobody[0]["results"][0]
    assert rank_of[first["item_id"]] == min(best.values())
    assert {entry["board_category"] for entry in nobody[0]["results"]} == set(CATEGORIES)
    rows = published(place, "home_feeds")["home_feed", "u9"]
    assert [row["retrieved_by"] for row in rows] == [["popular"]] * len(rows)
    assert all(row["retrieved_by"] != ["popular"] for row in published(place, "home_feeds")["home_feed", "u1"])


def test_an_edited_strategy_changes_the_next_query_and_nothing_else(place: Place, tmp_path: Path) -> None:
    mine = place.copied(tmp_path)
    reader, pin = Reader(mine.home), sorted(place.world.pins)[7]
    given = {"item_id": pin, "candidates": 60, "limit": 59}
    before, files = reader.query("related_pins", given), everything(mine.home)
    versions = {name: mine.lake.table(name).version() for name in TABLES}
    (mine.home / OWN_FOLDER).mkdir()
    edited = mine.home / OWN_FOLDER / "related_pins.sql"
    edited.write_text(BY_WORDS)
    after = reader.query("related_pins", given)
    assert set(ids(after)) == set(ids(before))
    assert ids(after) != ids(before)
    assert [entry["metadata"]["content_rank"] for entry in after["results"]] == list(range(1, len(ids(after)) + 1))
    assert {name: mine.lake.table(name).version() for name in TABLES} == versions
    now = everything(mine.home)
    assert now.pop(f"{OWN_FOLDER}/related_pins.sql") == BY_WORDS.encode()
    assert now == files
    edited.unlink()
    assert reader.query("related_pins", given) == before


def test_two_strategies_stand_side_by_side_until_one_is_taken_away(grown: tuple[Place, str], tmp_path: Path) -> None:
    place, _ = grown
    feeds = published(place, "related_pins_feeds")
    pins = {pin for _, pin in feeds}
    assert {name for name, _ in feeds} == {"related_pins", "related_pins_article"}
    assert all((name, pin) in feeds for name in ("related_pins", "related_pins_article") for pin in pins)
    assert len(pins) == 60
    reader = Reader(place.home)
    for pin in sorted(pins)[::9]:
        live = reader.query("related_pins_article", {"item_id": pin, "limit": 6})
        assert ids(live) == [row["candidate_pin_id"] for row in feeds["related_pins_article", pin]]
    mine = place.copied(tmp_path)
    others = [name for name in TABLES if not name.startswith(("related_pins_feeds", "related_pins_pools"))]
    versions = {name: mine.lake.table(name).version() for name in others}
    mine.build("related_pins", only=("feeds", "publish"))
    assert published(mine, "related_pins_feeds") == {
        key: rows for key, rows in feeds.items() if key[0] == "related_pins"
    }
    assert set(mine.lake.table("related_pins_pools").read(["strategy"])["strategy"].to_pylist()) == {"related_pins"}
    assert {name: mine.lake.table(name).version() for name in others} == versions


def test_readers_query_the_snapshot_that_they_were_taken_back_to(
    place: Place, grown: tuple[Place, str], tmp_path: Path
) -> None:
    later, new = grown
    mine = later.copied(tmp_path)
    look_alikes = (
        "SELECT item_id FROM similarity(embedding_ref='clip_embedding', encoder=precomputed_item($pin)) LIMIT 100"
    )
    assert new in ids(Reader(mine.home).query(look_alikes, {"pin": sorted(place.world.pins)[0]}))
    assert Reader(mine.home).query("related_pins", {"item_id": new})["results"]
    assert roll_back(mine.home)["number"] == place.number
    back, then = Reader(mine.home), Reader(place.home)
    with pytest.raises(RelpinsError, match=f"there is no pin '{new}'"):
        back.query("related_pins", {"item_id": new})
    for name in ("related_pins", "cold_start", "trending_visual"):
        for pin in sorted(place.world.pins)[1::25]:
            assert back.query(name, {"item_id": pin}) == then.query(name, {"item_id": pin})


def test_a_context_of_several_parameters_filters_and_scores(reader: Reader, place: Place) -> None:
    text = """
        SELECT item_id, title, currency FROM retrieve(
            similarity(embedding_ref='clip_embedding', encoder=precomputed_item($item_id), limit=60, name='look'),
            text_search($search, limit=60, name='search')
        )
        WHERE item_id != $item_id AND CASE WHEN $locale ILIKE 'it%' THEN currency = 'EUR' ELSE currency = 'GBP' END
        ORDER BY score(expression='
            0.5 / (1.0 + retrieval.look_rank)
            + 50.0 / (1.0 + retrieval.search_rank)
            + CASE WHEN user.currency = item.currency AND $locale = user.locale THEN 1000.0 ELSE 0.0 END
        ', input_user_id=$user_id)
        LIMIT 60
    """
    pin = sorted(place.world.pins)[2]
    given = {"item_id": pin, "search": "velvet", "locale": "it-IT", "user_id": "u1"}
    italian = reader.query(text, given, explain=True)
    british = reader.query(text, {**given, "locale": "en-GB"}, explain=True)
    elsewhere = reader.query(text, {**given, "search": "harbour"})
    assert italian["explanation"]["plan"] == british["explanation"]["plan"], "values do not change a plan"
    assert {entry["currency"] for entry in italian["results"]} == {"EUR"}
    assert {entry["currency"] for entry in british["results"]} == {"GBP"}
    assert all(entry["score"] > 1000 for entry in italian["results"]), "the user's own locale and currency"
    assert all(entry["score"] < 1000 for entry in british["results"])
    for found, word in ((italian, "velvet"), (british, "velvet"), (elsewhere, "harbour")):
        named = [entry["item_id"] for entry in found["results"] if entry["metadata"]["search_rank"] is not None]
        assert named
        assert named == ids(found)[: len(named)], "what the search found stands first"
        assert all(word in place.said_of(pin_id) for pin_id in named)
        assert not any(word in place.said_of(pin_id) for pin_id in ids(found)[len(named) :])
    assert set(ids(elsewhere)) == set(ids(italian))
    assert ids(elsewhere) != ids(italian)
    for entry in italian["results"]:
        look, search = entry["metadata"]["look_rank"], entry["metadata"]["search_rank"]
        by_search = 50.0 / (1.0 + search) if search is not None else 0.0
        assert entry["score"] == pytest.approx(1000.0 + 0.5 / (1.0 + look) + by_search, abs=1e-9)


@pytest.mark.parametrize(
    ("predicate", "kept"),
    [
        ("user.country = 'IT'", {"u1": ("EUR", "GBP"), "u2": (), "u0": (), "u9": ("EUR", "GBP")}),
        ("item.currency = user.currency", {"u1": ("EUR",), "u2": ("GBP",), "u0": (), "u9": ("EUR",)}),
        ("user.country IS NULL", {"u1": (), "u2": (), "u0": ("EUR", "GBP"), "u9": ()}),
    ],
)
def test_a_column_of_the_users_in_where(predicate: str, kept: dict[str, tuple[str, ...]], reader: Reader) -> None:
    text = f"""
        SELECT item_id, currency FROM filter(limit=100) WHERE {predicate}
        ORDER BY score(expression='1.0 / price', input_user_id=$user_id) LIMIT 100
    """
    shown = {who: reader.query(text, {"user_id": who})["results"] for who in kept}
    assert {who: {entry["currency"] for entry in rows} for who, rows in shown.items()} == {
        who: set(currencies) for who, currencies in kept.items()
    }


def test_a_pin_that_is_not_indexed_gets_a_feed_from_its_picture(reader: Reader, place: Place) -> None:
    text = """
        SELECT item_id FROM similarity(
            embedding_ref='clip_embedding', limit=100,
            encoder=item_attribute_pooling(input_item_id=$item_id, input_item_features=$features)
        )
        ORDER BY score(expression='similarity(embedding="clip_embedding")') LIMIT 12
    """
    known = sorted(place.world.pins)[5]
    number = place.world.pins[known]["picture"]
    assert isinstance(number, int)
    own = {"image": base64.b64encode(picture(number)).decode(), "title": "not here yet"}
    as_known = reader.query(text, {"item_id": known, "features": None})
    as_new = reader.query(text, {"item_id": "pin-not-indexed", "features": own})
    assert [(entry["item_id"], entry["score"]) for entry in as_new["results"]] == [
        (entry["item_id"], entry["score"]) for entry in as_known["results"]
    ]
    assert as_new["results"][0]["item_id"] == known
    assert reader.query(text, {"item_id": "pin-not-indexed", "features": json.dumps(own)}) == as_new
    other = {"image": base64.b64encode(picture(90_000)).decode()}
    assert ids(reader.query(text, {"item_id": "pin-not-indexed", "features": other})) != ids(as_new)
    with pytest.raises(RelpinsError, match="there is no pin 'pin-not-indexed'"):
        reader.query("cold_start", {"item_id": "pin-not-indexed"})
