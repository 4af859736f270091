"""Phrases whose key somebody said: filters, browse paths, shops."""

import pytest

from relpins_assets.enrichment.attribute_keys import FROM_COLUMNS, attribute_keys, shipped_keys, viewed_keys
from relpins_assets.enrichment.typed_evidence import (
    NONE,
    brand_phrases,
    browsed,
    example_types,
    logged_types,
    shop_names,
)
from relpins_assets.profile import AttributeKey, Attributes, Profile, parse_profile
from relpins_resources.errors import RelpinsError

KEYS = ("color", "room", "category")


def test_filters_and_paths_say_the_key():
    searches = [(None, '{"color": "Dusty Blue", "price_max": 90}', 3), ("room > living room", None, 1)]

    assert logged_types(searches, KEYS) == {"dusty blue": "color", "living room": "room"}


def test_the_more_frequent_key_wins():
    searches = [(None, '{"color": "sage"}', 5), (None, '{"room": ["sage", "kitchen"]}', 2)]

    assert logged_types(searches, KEYS) == {"sage": "color", "kitchen": "room"}


def test_what_is_no_filter_is_passed_over():
    assert (
        logged_types([("sofa", "not json", 1), ("sofa", "[1]", 1), (None, None, 1), (None, '{"size": "xl"}', 1)], KEYS)
        == {}
    )
    assert logged_types([(None, "[" * 15_000, 1), (None, '{"color":' * 2_000, 1)], KEYS) == {}


def test_first_and_last_step_of_a_path():
    assert browsed("Fashion > Women > Dress") == ("fashion", "dress")
    assert browsed("dress") is None


def test_a_phrase_that_spells_a_shops_address_is_a_brand():
    links = [
        "https://www.alderpine.example/p/1",
        "https://alderpine.example/p/2",
        "https://once.example/",
        "no link",
        None,
    ]

    shops = shop_names(links)

    assert shops == {"alderpine": 2}
    assert brand_phrases(["alder & pine", "pine", "once"], shops) == ["alder & pine"]


def test_examples_are_few_and_columns_keys_are_no_words():
    keys = shipped_keys()

    assert 18 <= len(keys) <= 24
    assert all(said.description and 2 <= len(said.examples) <= 8 for said in keys.values())
    assert example_types(keys)["furniture"] == NONE
    assert example_types(keys)["color"] == NONE
    assert not set(FROM_COLUMNS) & set(viewed_keys(Profile()))


def test_a_profiles_keys_take_the_place_of_the_shipped_ones():
    keys = {"taste": AttributeKey(description="how it tastes", examples=("sweet",))}

    assert attribute_keys(Profile(attributes=Attributes(keys=keys))) == keys


@pytest.mark.parametrize(
    "name", ["", " ", "Color", "room type", "a/b", "a|b", "x\ny", "none", "2nd", "a" * 41, "größe"]
)
def test_a_key_is_named_as_answers_and_filters_are_read(name: str):
    with pytest.raises(ValueError, match="is no name of a key"):
        Attributes(keys={name: AttributeKey()})
    assert Attributes(keys={"room_type2": AttributeKey()}).keys


@pytest.mark.parametrize("text", ["as_of: 2026-13-45", "seed: !!int x", "[" * 3_000])
def test_a_profile_that_yaml_cannot_read_is_refused_in_one_line(text: str):
    with pytest.raises(RelpinsError, match="is not YAML"):
        parse_profile(text, "mine", "mine.yaml")
