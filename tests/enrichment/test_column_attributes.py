"""What columns and pixels say."""

import json
import math

import pytest

from relpins_assets.enrichment.column_attributes import pixel_pairs, price_band, viewed_pairs
from relpins_assets.enrichment.source_trust import ANY, Said, Trust, fit_trust


@pytest.mark.parametrize(
    ("price", "currency", "band"),
    [
        (30.0, "USD", "under $50"),
        (50.0, "USD", "under $100"),
        (499.99, "EUR", "under €500"),
        (500.0, "usd", "over $500"),
        (20.0, "CHF", "under 50 chf"),
        (20.0, None, "under 50"),
        (12_000.0, "JPY", "under 20000 jpy"),
        (0.0, "USD", None),
        (-3.0, "USD", None),
        (math.nan, "USD", None),
        (None, "USD", None),
    ],
)
def test_the_tightest_band_in_its_own_currency(price: float | None, currency: str | None, band: str | None):
    assert price_band(price, currency) == band


def test_the_main_colour_of_a_subject_on_a_plain_ground():
    said = "Navy blue 77%, denim blue 6%; cool; smooth texture; striped; centred subject on a plain white background."

    assert pixel_pairs(said) == [("color", "navy blue"), ("pattern", "striped")]
    assert pixel_pairs(said.replace("77", "30")) == [("pattern", "striped")]
    assert pixel_pairs("Navy blue 77%; full-frame scene.") == []
    assert pixel_pairs("") == []


def test_a_views_keys_and_values_are_held_to_the_list():
    said = [
        {"key": "color", "value": " Sage  Green. "},
        {"key": "spell", "value": "x"},
        {"key": "color", "value": "?!"},
    ]

    assert viewed_pairs(json.dumps(said), {"color": 1}) == ([("color", "sage green")], 2)
    assert viewed_pairs(None, {"color": 1}) == ([], 0)


def pins(n: int, section: str, own: str, boards: str, pixels: str) -> list[Said]:
    one = Said(section, frozenset({("color", own)}), frozenset({("color", boards)}), frozenset({("color", pixels)}))
    return [one] * n


def test_boards_that_say_what_words_say_are_believed_and_others_are_not():
    told = [*pins(20, "a", "red", "red", "x"), *pins(20, "a", "blue", "blue", "x"), *pins(20, "a", "tan", "tan", "x")]
    tied = fit_trust([*told, *pins(20, "a", "sage", "sage", "x")], ["color"], {})
    mixed = fit_trust([*pins(40, "a", "red", "blue", "x"), *pins(40, "a", "blue", "red", "x")], ["color"], {})

    assert tied.believes_boards("a", "color")
    assert tied.believes_boards("never seen", "color")
    assert not mixed.believes_boards("a", "color")


def test_pixels_are_called_what_the_catalog_calls_them():
    trust = fit_trust(
        [
            *pins(30, "", "charcoal", "x", "charcoal grey"),
            *pins(60, "", "white", "x", "off-white"),
            *pins(4, "", "sage", "x", "teal"),
        ],
        ["color"],
        {},
    )

    assert trust.word_for(("color", "charcoal grey")) == ("color", "charcoal")
    assert trust.word_for(("color", "teal")) is None
    assert trust.word_for(("color", "never seen")) is None
    assert trust.word_for(("pattern", "striped")) == ("pattern", "striped")


def test_a_catalog_without_words_is_believed_as_it_is():
    silent = Said(ANY, frozenset(), frozenset(), frozenset({("color", "teal")}))

    trust = fit_trust([silent] * 50, ["color"], {})

    assert trust.word_for(("color", "teal")) == ("color", "teal")
    assert trust.believes_boards("", "color")


def test_a_section_of_many_categories_is_a_department(tmp_path):
    def worded(section: str, category: str) -> Said:
        return Said(section, frozenset({("category", category)}), frozenset(), frozenset())

    many = [worded("furniture", name) for name in ("sofa", "rug", "lamp", "desk")]
    one = [worded("travel", "travel")] * 4

    trust = fit_trust([*many, *one], ["category"], {})
    trust.save(tmp_path)

    assert trust.departments == ["furniture"]
    assert Trust() == Trust(**{})
