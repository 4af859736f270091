from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from topic_catalog import SmallCatalog, vocabulary_of

from relpins_assets.profile import Topics
from relpins_assets.vocabulary import itemsets
from relpins_assets.vocabulary.itemsets import frequent_tuples, images_of_tuples
from relpins_assets.vocabulary.topic_evidence import Carriers, carriers, said_of_images
from relpins_assets.vocabulary.topic_merging import merged_topics
from relpins_assets.vocabulary.topics import mine_topics, places_of, topic_id_of
from relpins_assets.vocabulary.vocabulary import Vocabulary, load_vocabulary

KINDS = ("category", "color", "style", "season")


def _carriers(images: list[set[tuple[str, str]]], tmp_path: Path) -> Carriers:
    catalog = SmallCatalog()
    for image in images:
        catalog.say(1, *sorted(image))
    lake = catalog.write(tmp_path).lake
    return carriers(said_of_images(lake), load_vocabulary(lake), ["category"])


def _of_sets(images: list[frozenset[int]], vocabulary: Vocabulary) -> Carriers:
    import scipy.sparse as sp

    dense = np.array([[place in image for place in range(len(vocabulary))] for image in images], np.int32)
    matrix = sp.csr_matrix(dense.reshape(len(images), len(vocabulary)))
    return Carriers(vocabulary.attributes, tuple(str(n) for n in range(len(images))), matrix)


@settings(max_examples=40)
@given(st.lists(st.frozensets(st.integers(0, 7), max_size=5), min_size=1, max_size=25), st.integers(1, 4))
def test_frequent_tuples_are_those_a_count_finds(images: list[frozenset[int]], min_pins: int) -> None:
    vocabulary = vocabulary_of(*((kind, f"v{n}") for kind in KINDS for n in range(2)))
    given_ = _of_sets(images, vocabulary)
    keys = [one.key for one in vocabulary.attributes]
    for size, (tuples, counts) in enumerate(frequent_tuples(given_, min_pins, 4), 2):
        naive = {
            places: n
            for places in combinations(range(8), size)
            if len({keys[place] for place in places}) == size
            and (n := sum(set(places) <= image for image in images)) >= min_pins
        }
        assert dict(zip(map(tuple, tuples.tolist()), counts.tolist(), strict=True)) == naive


def test_tuples_in_small_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    images = [frozenset(np.flatnonzero(rng.random(8) < 0.5).tolist()) for _ in range(60)]
    given_ = _of_sets(images, vocabulary_of(*((kind, f"v{n}") for kind in KINDS for n in range(2))))
    at_once = frequent_tuples(given_, 3, 4)
    monkeypatch.setattr(itemsets, "MAX_CELLS", 10)
    for one, other in zip(at_once, frequent_tuples(given_, 3, 4), strict=True):
        assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_best_source_speaks_for_a_single_key_and_pixels_only_where_nothing_else_does(tmp_path: Path) -> None:
    catalog = SmallCatalog(
        pins={
            "a": [("category", "sofa", "title"), ("category", "lamp", "boards"), ("color", "red", "pixels")],
            "b": [("color", "red", "title"), ("color", "beige", "pixels"), ("color", "blue", "boards")],
        }
    )
    lake = catalog.write(tmp_path).lake
    vocabulary = load_vocabulary(lake)
    found = carriers(said_of_images(lake), vocabulary, ["category"])
    named = [{vocabulary.attributes[at].value for at in row.indices} for row in found.matrix]
    assert named == [{"sofa", "red"}, {"red", "blue"}]


def test_price_bands_nest(tmp_path: Path) -> None:
    given_ = _carriers(
        [{("price_band", "under $50")}, {("price_band", "under $100")}, {("price_band", "over $500")}], tmp_path
    )
    at = {one.value: place for place, one in enumerate(given_.attributes)}
    assert {value: int(given_.n_pins[place]) for value, place in at.items()} == {
        "under $50": 1,
        "under $100": 2,
        "over $500": 1,
    }


def test_topics_name_a_thing_or_themes_and_say_nothing_twice(tmp_path: Path) -> None:
    catalog = SmallCatalog()
    catalog.say(4, ("category", "bathroom"), ("room", "bathroom"), ("color", "white"))
    catalog.say(4, ("season", "summer"), ("occasion", "vacation"), ("material", "linen"))
    lake = catalog.write(tmp_path).lake
    rows = mine_topics(carriers(said_of_images(lake), load_vocabulary(lake), ["category"]), Topics(min_pins=3))
    assert sorted(rows["query"].to_pylist()) == ["summer vacation", "white bathroom", "white bathroom"]
    assert rows["topic_id"].to_pylist() == sorted(topic_id_of(ids) for ids in rows["attribute_ids"].to_pylist())


def test_a_catalog_without_things_still_has_topics(tmp_path: Path) -> None:
    catalog = SmallCatalog()
    catalog.say(4, ("color", "blue"), ("pattern", "striped"))
    lake = catalog.write(tmp_path).lake
    rows = mine_topics(carriers(said_of_images(lake), load_vocabulary(lake), []), Topics(min_pins=3))
    assert rows["query"].to_pylist() == ["blue striped"]


def test_the_cap_keeps_the_largest(tmp_path: Path) -> None:
    catalog = SmallCatalog()
    for n, color in enumerate(("red", "blue", "green"), 3):
        catalog.say(n, ("category", "sofa"), ("color", color))
    lake = catalog.write(tmp_path).lake
    rows = mine_topics(carriers(said_of_images(lake), load_vocabulary(lake), []), Topics(min_pins=3, max_topics=2))
    assert set(rows["query"].to_pylist()) == {"green sofa", "blue sofa"}


def test_expected_counts_only_images_that_say_both_kinds_or_all_if_that_is_more(tmp_path: Path) -> None:
    images: list[set[tuple[str, str]]] = [{("category", "sofa"), ("color", "red")}] * 4
    images += [{("category", "lamp"), ("color", "red")}] * 4 + [{("category", "sofa")}] * 8
    given_ = _carriers(images, tmp_path)
    sofa, red = places_of(given_, [["category/sofa"], ["color/red"]])
    known, every = 4 * 8 / 8, 12 * 8 / 16
    assert given_.expected(sofa, red).tolist() == [max(known, every)]


def test_near_duplicates_merge_unless_a_key_would_get_two_values(tmp_path: Path) -> None:
    images: list[set[tuple[str, str]]] = [{("category", "sofa"), ("color", "red"), ("style", "boho")}] * 10
    images += [{("category", "sofa"), ("color", "red")}]
    given_ = _carriers(images, tmp_path)
    tuples = places_of(
        given_, [["category/sofa", "style/boho"], ["category/sofa", "color/red"], ["color/red", "style/boho"]]
    )
    assert merged_topics(given_, tuples) == [None, (0, round(10 / 11, 6)), (0, 1.0)]
    assert images_of_tuples(given_, np.array([tuples[1]])).nnz == 11
    both = _carriers([{("category", "sofa"), ("color", "red"), ("color", "blue")}] * 5, tmp_path / "other")
    apart = places_of(both, [["category/sofa", "color/red"], ["category/sofa", "color/blue"]])
    assert merged_topics(both, apart) == [None, None]
