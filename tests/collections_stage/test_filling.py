"""Collections of a small home: what goes in, in which order, and what a change reaches."""

from __future__ import annotations

import copy
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from collections_home import SmallShop, refreshed, shown

from relpins_assets.profile import Profile
from relpins_assets.workspace import Workspace
from relpins_resources.lake.table import vector_array

SOFA, LAMP, BOHO, RED = "category/sofa", "category/lamp", "style/boho", "color/red"


def shop() -> SmallShop:
    pins = {
        "p1": {SOFA: 1.0, BOHO: 0.9, RED: 0.9},
        "p2": {SOFA: 1.0, BOHO: 0.8},
        "p3": {SOFA: 0.9, RED: 1.0},
        "p4": {LAMP: 1.0, RED: 1.0},
        "p5": {LAMP: 1.0, BOHO: 1.0, RED: 0.7},
        "p6": {SOFA: 0.7, BOHO: 0.6, RED: 0.6},
    }
    topics = {
        "boho_sofa": (SOFA, BOHO),
        "red_lamp": (LAMP, RED),
        "all_three": (SOFA, BOHO, RED),
        "no_lamp": (LAMP, BOHO),
    }
    return SmallShop(pins, topics)


def content(workspace, name):
    table = workspace.lake.table(name)
    return table.read().sort_by([(key, "ascending") for key in table.schema.key]).to_pylist()


def test_pins_that_carry_all_of_it_best_first(tmp_path: Path):
    workspace = shop().write(tmp_path, {"diversity": 0})
    refreshed(workspace)
    assert shown(workspace, "boho_sofa") == ["p1", "p2", "p6"]
    assert shown(workspace, "red_lamp") == ["p4", "p5"]
    assert shown(workspace, "all_three") == ["p1", "p6"]


def test_a_rejected_topic_is_no_collection_and_a_thin_one_has_an_entry_only(tmp_path: Path):
    workspace = shop().write(tmp_path, {"min_pins": 3})
    refreshed(workspace)
    entries = {
        row["topic_id"]: (row["n_matched"], row["is_published"]) for row in content(workspace, "collection_pools")
    }
    assert entries == {"all_three": (2, False), "boho_sofa": (3, True), "red_lamp": (2, False)}
    assert {row["topic_id"] for row in content(workspace, "shopping_collections")} == {"boho_sofa"}


def test_topics_that_no_pin_carries_any_more_have_empty_entries(tmp_path: Path):
    workspace = SmallShop({"p1": {LAMP: 1.0, SOFA: 0.0}}, {"red_lamp": (LAMP, RED), "boho": (BOHO,)}).write(tmp_path)
    workspace.lake.table("attribute_assignments").delete_where("true")
    refreshed(workspace)
    assert [row["n_matched"] for row in content(workspace, "collection_pools")] == [0, 0]


def test_ranks_are_whole_and_rows_say_how_they_match(tmp_path: Path):
    workspace = shop().write(tmp_path)
    refreshed(workspace)
    rows = [row for row in content(workspace, "shopping_collections") if row["topic_id"] == "all_three"]
    assert [row["rank"] for row in rows] == [1, 2]
    assert {(row["n_shared"], row["matched_by"]) for row in rows} == {(3, "strict")}


def test_a_picture_stands_once_under_its_representative_with_what_any_of_its_pins_says(tmp_path: Path):
    world = shop()
    world.pictures = {"p2": 7, "p4": 7}  # a sofa for one person, a red lamp for another
    workspace = world.write(tmp_path)
    refreshed(workspace)
    assert sorted(shown(workspace, "red_lamp")) == ["p2", "p5"]
    assert sorted(shown(workspace, "all_three")) == ["p1", "p2", "p6"]


def test_nearly_the_same_pictures_never_stand_side_by_side(tmp_path: Path):
    pins = {f"p{i}": {SOFA: 1.0, BOHO: 0.9 - i / 100} for i in range(6)}
    world = SmallShop(pins, {"t": (SOFA, BOHO)}, {f"p{i}": 100 * (1 + i // 3) + i for i in range(6)})
    workspace = world.write(tmp_path, {"max_pins": 6})
    refreshed(workspace)
    groups = [world.picture_of(pin) // 100 for pin in shown(workspace, "t")]
    assert sorted(groups) == [1, 1, 1, 2, 2, 2]
    assert all(left != right for left, right in pairwise(groups))


def test_one_of_a_crowd_of_copies_is_left_out_where_nothing_stands_between(tmp_path: Path):
    pins = {f"p{i}": {SOFA: 1.0, BOHO: 0.9} for i in range(4)}
    world = SmallShop(pins, {"t": (SOFA, BOHO)}, {"p0": 100, "p1": 101, "p2": 102, "p3": 900})
    workspace = world.write(tmp_path)
    refreshed(workspace)
    assert [world.picture_of(pin) // 100 for pin in shown(workspace, "t")] == [1, 9, 1]


def test_a_bound_on_the_price_holds_for_cheaper_pins_of_the_same_currency(tmp_path: Path):
    bands = {"p1": "under-$50", "p2": "under-$100", "p3": "under-$200", "p4": "under-50-eur"}
    pins = {pin: {LAMP: 1.0, f"price_band/{band}": 1.0} for pin, band in bands.items()}
    workspace = SmallShop(pins, {"t": (LAMP, "price_band/under-$100")}).write(tmp_path)
    refreshed(workspace)
    assert sorted(shown(workspace, "t")) == ["p1", "p2"]


def test_the_price_is_that_of_the_pin_shown_not_of_another_of_the_same_picture(tmp_path: Path):
    under_100 = "price_band/under-$100"
    pins = {"a": {LAMP: 1.0, "price_band/under-50-eur": 1.0}, **{pin: {LAMP: 1.0, under_100: 1.0} for pin in "bcd"}}
    world = SmallShop(pins, {"t": (LAMP, under_100)}, {"a": 7, "b": 7})
    workspace = world.write(tmp_path)
    refreshed(workspace)
    assert sorted(shown(workspace, "t")) == ["c", "d"]


def many_sofas(n_told: int, n_inferred: int) -> SmallShop:
    """Sofas whose own words say boho, and surer ones of which only a board says it."""
    told = {f"t{i}": {SOFA: 1.0, BOHO: 0.8} for i in range(n_told)}
    inferred = {f"b{i}": {SOFA: 1.0, BOHO: 1.0} for i in range(n_inferred)}
    world = SmallShop({**told, **inferred}, {"t": (SOFA, BOHO)})
    world.said_by = {(pin, BOHO): ("boards", None)[i % 2] for i, pin in enumerate(inferred)}
    return world


@pytest.mark.parametrize(
    ("n_told", "n_inferred", "n_shown"),
    [(12, 5, 17), (10, 1, 11), (9, 5, 9), (4, 5, 4), (3, 5, 4), (2, 5, 4), (1, 5, 0), (0, 9, 0)],
)
def test_what_is_told_of_a_pin_leads_and_what_is_not_only_follows_or_helps_out(tmp_path, n_told, n_inferred, n_shown):
    workspace = many_sofas(n_told, n_inferred).write(tmp_path, {"min_pins": 4, "max_pins": 30})
    refreshed(workspace)
    pins = shown(workspace, "t")
    assert len(pins) == n_shown
    assert [pin[0] for pin in pins] == ["t"] * min(n_told, n_shown) + ["b"] * (n_shown - min(n_told, n_shown))


def test_pixels_are_believed_where_own_words_never_name_such_a_thing(tmp_path: Path):
    world = SmallShop({f"p{i}": {SOFA: 1.0, RED: 0.7} for i in range(4)}, {"t": (SOFA, RED)})
    world.said_by = {(pin, RED): "pixels" for pin in world.pins}
    refreshed(world.write(tmp_path / "pixels alone"))
    assert len(shown(world.write(tmp_path / "pixels alone"), "t")) == 4
    world.said_by["p0", RED] = "title"
    refreshed(world.write(tmp_path / "one told"))
    assert len(shown(world.write(tmp_path / "one told"), "t")) == 2  # itself, and one more to reach two


def test_an_arrival_reaches_only_topics_that_share_its_attributes(tmp_path: Path):
    world = shop()
    refreshed(world.write(tmp_path))
    world.pins["p7"] = {LAMP: 0.9, "season/winter": 1.0}
    report = refreshed(world.write(tmp_path))
    assert (report.n_new, report.n_stale, report.n_fresh) == (0, 1, 2)  # red_lamp
    assert refreshed(world.write(tmp_path)).n_computed == 0


def test_what_a_pin_carries_beside_reaches_no_topic(tmp_path: Path):
    world = shop()
    _embed(world.write(tmp_path), dict.fromkeys(world.pins, "with plain"))
    refreshed(world.write(tmp_path))
    _embed(world.write(tmp_path), dict.fromkeys(world.pins, "plain is banned"))
    assert refreshed(world.write(tmp_path)).n_computed == 0
    _embed(world.write(tmp_path), dict.fromkeys(world.pins, "moved"), moved="p4")
    assert refreshed(world.write(tmp_path)).n_stale == 2  # of lamps or red: red_lamp, all_three


def _embed(workspace: Workspace, fingerprints: dict[str, str], moved: str | None = None) -> None:
    """Where the dual encoder places pins, and from what it is said to have been computed."""
    places = np.eye(4, dtype=np.float32)[[int(pin == moved) for pin in fingerprints]]
    columns = {"pin_id": list(fingerprints), "vector": vector_array(places), "fingerprint": [*fingerprints.values()]}
    workspace.lake.table("product_embeddings").overwrite(pa.table(columns))


@pytest.mark.parametrize("seed", range(2))
def test_incremental_equals_rebuild(tmp_path: Path, seed: int):
    rng, world = random.Random(seed), shop()
    refreshed(world.write(tmp_path / "kept"))
    for _ in range(4):
        _change(rng, world)
        refreshed(world.write(tmp_path / "kept"))
    kept, anew = world.write(tmp_path / "kept"), world.write(tmp_path / "anew")
    refreshed(anew)
    for name in ("shopping_collections", "collection_pools"):
        assert content(kept, name) == content(anew, name)


def _change(rng: random.Random, world: SmallShop) -> None:
    pin, attributes = rng.choice(sorted(world.pins)), [SOFA, LAMP, BOHO, RED]
    change = rng.randrange(5)
    if change == 0:
        world.pins[f"n{len(world.pins)}"] = {a: rng.choice([0.6, 0.9]) for a in rng.sample(attributes, 3)}
    elif change == 1 and len(world.pins) > 2:
        del world.pins[pin]
    elif change == 2:
        world.pins[pin] = {**world.pins[pin], rng.choice(attributes): rng.random()}
    elif change == 3:
        world.pictures[pin] = rng.randrange(500)
    else:
        world.topics["red_sofa"] = (SOFA, RED)
        world.topics.pop("all_three", None)


def test_the_order_of_rows_does_not_matter(tmp_path: Path):
    world, other = shop(), copy.deepcopy(shop())
    other.pins = dict(reversed(other.pins.items()))
    left, right = world.write(tmp_path / "a"), other.write(tmp_path / "b")
    refreshed(left)
    refreshed(right)
    assert content(left, "shopping_collections") == content(right, "shopping_collections")


def test_nothing_to_fill(tmp_path: Path):
    assert refreshed(SmallShop({"p1": {SOFA: 1.0}}, {}).write(tmp_path / "no topics")).n_computed == 0
    alone = SmallShop({"p1": {SOFA: 1.0, RED: 1.0}}, {"t": (SOFA, RED), "u": (LAMP, BOHO)}).write(tmp_path / "one pin")
    refreshed(alone)
    assert content(alone, "shopping_collections") == []
    assert [row["n_matched"] for row in content(alone, "collection_pools")] == [1, 0]


def test_a_home_in_which_nothing_was_ever_said(tmp_path: Path):
    workspace = Workspace(tmp_path, Profile())
    assert refreshed(workspace).n_computed == 0
    assert content(workspace, "collection_pools") == []
