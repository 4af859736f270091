"""What pages are called, and where they stand."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.collections.intros import Facts, intro_of, price_text
from relpins_assets.collections.titles import MAX_TITLE, distinct_titles, slug_words, title_of, unique_slugs

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("mid-century walnut sideboard", "Mid-Century Walnut Sideboard"),
        ("women's tops for the office under $50", "Women's Tops for the Office under $50"),
        ("sofa to die for", "Sofa to Die For"),
        ("T-shirt from IKEA", "T-shirt from IKEA"),
        ("<b>red</b> dress\u0007 ✨", "Red Dress"),
        ("красное платье", "Красное Платье"),
        ("✨✨", "Color Red Sofa"),
    ],
)
def test_title_is_the_query_as_a_headline(query, title):
    assert title_of(query, ["color red", "sofa"]) == title


def test_long_title_ends_with_a_whole_word():
    title = title_of("very " * 30 + "long", [])
    assert len(title) <= MAX_TITLE
    assert set(title.split()) == {"Very"}


def test_no_word_no_title():
    assert title_of("✨ 🛋", ["!!"]) == ""


def test_equal_titles_get_what_tells_them_apart():
    titles = {"a": "Gold Lamp", "b": "gold lamp", "c": "Sofa"}
    told = {"a": ["color: gold", "category: lamp"], "b": ["material: gold", "category: lamp"], "c": ["category: sofa"]}
    named = distinct_titles(titles, told)
    assert named == {"a": "Gold Lamp (color: gold)", "b": "gold lamp (material: gold)", "c": "Sofa"}


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Größe & Łódź", "grosse-and-lodz"),
        ("Women's Tops under $50", "womens-tops-under-50"),
        ("../../etc/passwd", "etc-passwd"),
        ("Красное платье", "krasnoe-plat-e"),
        ("a\x00b/c\\d", "a-b-c-d"),
        ("🛋", ""),
    ],
)
def test_slug_has_plain_letters_only(text, slug):
    assert slug_words(text) == slug


def test_all_who_share_words_carry_figures_of_their_own():
    slugs = unique_slugs({"t1": "Gold lamp", "t2": "Göld Lamp!", "t3": "Sofa", "t4": "✨", "t5": "Index"})
    assert slugs["t3"] == "sofa"
    assert len(set(slugs.values())) == 5
    assert all(re.fullmatch(r"gold-lamp-[0-9a-f]{6}", slugs[topic]) for topic in ("t1", "t2"))
    assert slugs["t4"].startswith("collection-")
    assert slugs["t5"].startswith("index-")


def test_an_address_stays_when_other_topics_come():
    before = unique_slugs({"t1": "Gold lamp", "t2": "Gold lamp", "t3": "Sofa"})
    after = unique_slugs({"t0": "Gold lamp", "t1": "Gold lamp", "t2": "Gold lamp", "t3": "Sofa", "t4": "Dress"})
    assert {topic: after[topic] for topic in before} == before


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=120) | st.sampled_from(["a", "A!", "../a", "index"])))
def test_slugs_are_unique_safe_and_the_same_in_any_order(titles):
    slugs = unique_slugs(titles)
    assert len(set(slugs.values())) == len(titles)
    assert all(SLUG.fullmatch(slug) and slug != "index" and len(slug) < 150 for slug in slugs.values())
    assert unique_slugs(dict(reversed(titles.items()))) == slugs


@pytest.mark.parametrize(
    ("facts", "intro"),
    [
        (Facts(12), "12 picks for red sofa."),
        (Facts(1, 1, "USD", 5.0, 5.0), "1 pick for red sofa. Prices at $5."),
        (Facts(3, 2, "EUR", 5.5, 1200.0), "3 picks for red sofa. 2 are priced in EUR, from €5.50 to €1,200."),
        (Facts(3, 1, None, 5.5, 5.5), "3 picks for red sofa. 1 is priced, at 5.50."),
        (
            Facts(9, colors=("teal", "rust"), color_counts=(4, 2), has_color_words=True),
            "9 picks for red sofa. Colours: teal (4), rust (2).",
        ),
        (Facts(9, colors=("teal",), color_counts=(4,)), "9 picks for red sofa. Colours in the pictures: teal (4)."),
    ],
)
def test_intro_says_what_was_counted(facts, intro):
    assert intro_of("red sofa", facts) == intro


def test_prices_read_as_people_write_them():
    assert [price_text(1299, "usd"), price_text(24.9, "EUR"), price_text(350, "CHF"), price_text(3, None)] == [
        "$1,299",
        "€24.90",
        "350 CHF",
        "3",
    ]
