from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from topic_catalog import vocabulary_of

from relpins_assets.vocabulary.price_bounds import PriceBounds, read_price
from relpins_assets.vocabulary.query_parsing import QueryParser
from relpins_assets.vocabulary.search_filters import split_filters, written_filters

VOCABULARY = vocabulary_of(
    ("category", "dress"),
    ("category", "sofa", ("couch",)),
    ("category", "lamp", ("light",)),
    ("category", "t-shirt", ("tee",)),
    ("category", "kitchen"),
    ("room", "kitchen"),
    ("room", "living room", ("lounge",)),
    ("room", "bathroom"),
    ("color", "red"),
    ("color", "grey", ("gray",)),
    ("color", "light blue"),
    ("color", "blue"),
    ("material", "satin"),
    ("length", "long"),
    ("sleeve", "long sleeve"),
    ("season", "summer"),
    ("occasion", "vacation", ("holiday",)),
    ("style", "bohemian", ("boho", "boho-chic")),
    ("price_band", "under $200"),
)
PARSER = QueryParser(VOCABULARY)


@pytest.mark.parametrize(
    ("query", "ids", "category", "unread"),
    [
        (
            "long red satin dress with lace trim under $200",
            ("length/long", "color/red", "material/satin", "category/dress"),
            "dress",
            ("lace trim",),
        ),
        ("what to wear for Italian summer vacation", ("season/summer", "occasion/vacation"), None, ("italian",)),
        ("long-sleeved dresses", ("sleeve/long-sleeve", "category/dress"), "dress", ()),
        ("light blue tees", ("color/light-blue", "category/t-shirt"), "t-shirt", ()),
        ("Boho Chic couches", ("style/bohemian", "category/sofa"), "sofa", ()),
        ("gray lamp for a living room", ("color/grey", "category/lamp", "room/living-room"), "lamp", ()),
        ("living room lamp", ("room/living-room", "category/lamp"), "lamp", ()),
        ("kitchen", ("category/kitchen",), "kitchen", ()),
        ("kitchen light", ("room/kitchen", "category/lamp"), "lamp", ()),
        ("dress that does not look like a red sofa", ("category/dress",), "dress", ("not red sofa",)),
        ("dress without sleeves, red", ("category/dress", "color/red"), "dress", ("without sleeves",)),
        ("fashion > dress", ("category/dress",), "dress", ()),
        ("room > living room > quirky lamp", ("room/living-room", "category/lamp"), "lamp", ("quirky",)),
        ("lamp [color: gray; price_max: 150; size: xl]", ("category/lamp", "color/grey"), "lamp", ("size: xl",)),
        ("what can I cook for 6 people", (), None, ("cook", "6 people")),
        ("", (), None, ()),
        ("> [[ ; >", (), None, ()),
    ],
)
def test_what_queries_ask_for(query: str, ids: tuple[str, ...], category: str | None, unread: tuple[str, ...]) -> None:
    read = PARSER.read(query)
    assert (read.attribute_ids, read.category, read.unread) == (ids, category, unread)


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("sofa under $200", None, 200),
        ("sofa under 200", None, 200),
        ("sofa less than €1,500", None, 1500),
        ("sofa up to 1.5k", None, 1500),
        ("between $50 and $80 sofa", 50, 80),
        ("sofa between 80 and 50", 50, 80),
        ("$50-$100 tee", 50, 100),
        ("from 20 to 30 euros", 20, 30),
        ("over £20 but under £30", 20, 30),
        ("not over $30", None, 30),
        ("$40 or less", None, 40),
        ("200 dollars and up", 200, None),
        ("sofa 200+", 200, None),
        ("under 80 inches", None, None),
        ("for 6 people", None, None),
        ("2-3 seater", None, None),
        ("dress from 1920", 1920, None),
    ],
)
def test_price_bounds(text: str, lowest: float | None, highest: float | None) -> None:
    assert read_price(text)[0] == PriceBounds(lowest, highest)


def test_what_is_left_without_the_price_still_reads() -> None:
    read = PARSER.read("red dress under $50 with long sleeves")
    assert read.attribute_ids == ("color/red", "category/dress", "sleeve/long-sleeve")
    assert (read.prices, read.unread) == (PriceBounds(None, 50), ())


@pytest.mark.parametrize(
    ("came", "written"),
    [
        ('{"color": "Red", "price_max": 150}', "[color: red; price_max: 150]"),
        ('{"color": ["red", "blue"]}', "[color: blue; color: red]"),
        ('{"a": {"deep": 1}, "b": null, "c": true}', ""),
        ("color=red;size=m", "[color: red; size: m]"),
        ("[1, 2]", ""),
        ('{"x": "] > ; drop"}', "[x: > drop]"),
        ("", ""),
        (None, ""),
        ("{" * 5000, ""),
        ('{"color": "red\\ud800"}', "[color: red]"),
    ],
)
def test_filters_in_one_form(came: str | None, written: str) -> None:
    assert written_filters(came) == written


def test_price_filters_are_bounds() -> None:
    filters = split_filters("lamp [price_min: 20; price: under $90]")[1]
    assert (filters.values, filters.prices) == ((), PriceBounds(20, 90))


@given(st.text(max_size=80))
def test_any_text_is_read_and_names_what_there_is(text: str) -> None:
    read = PARSER.read(text)
    assert set(read.attribute_ids) <= set(VOCABULARY.position)
    assert len(set(read.attribute_ids)) == len(read.attribute_ids)
    assert read.prices == PARSER.read(text).prices


@given(st.lists(st.sampled_from(["red", "dress", "boho", "lamp", "gray"]), min_size=1, max_size=4, unique=True))
def test_forms_in_any_order_are_all_read(words: list[str]) -> None:
    ids = {"red": "color/red", "dress": "category/dress", "boho": "style/bohemian", "lamp": "category/lamp"}
    read = PARSER.read(" ".join(words))
    assert read.attribute_ids == tuple(ids.get(word, "color/grey") for word in words)
    assert read.unread == ()
