"""Which words count, and how they join what the picture shows."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.describers import enriched_description, usable_text

STATEMENT = "Walnut brown 41%, off-white 30%; warm, muted, bright, medium contrast; full-frame scene."


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   \n\t ",
        "🌿",
        "🪴✨💕",
        "👩🏽‍🍳",  # joined by a zero-width joiner, with a skin tone
        "👨‍👩‍👧‍👦 🏳️‍🌈 🇫🇷",
        "1️⃣ 2️⃣ #️⃣",
        "❤️ ♥ ☆ →",
        "...",
        "!?!",
        "-",
        "2024",
        "12 / 34",
        "inspo",
        "Inspo!",
        "#inspo",
        "#Inspo #ideas ✨",
        "inspiration",
        "untitled",
        "Untitled (3)",
        "image",
        "Image 12",
        "no title",
        "N/A",
        "null",
        "my board",
        "stuff",
        "random stuff",
        "love this!!",
        "so cute",
        "IMG_1234.jpg",
        "IMG_20240131_101112",
        "DSC00012.JPG",
        "PXL_20230101_123456789.jpg",
        "image (3).png",
        "Screenshot 2024-01-31 at 10.11.12.png",
        "a8f3e2c9b1d4.jpeg",
        "https://example.com/a/b?c=d",
        "www.example.com",
        "example.com",
        "example.com/p/1",
        "me@example.org",
        "https://a.b/c http://d.e/f 🌿",
        "<p></p>",
        "\x00\x01\u200b\u200e\ufeff",
        "\ud800",
        "x",
    ],
)
def test_text_that_says_nothing(text: str | None) -> None:
    assert usable_text(text) == ""


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Walnut credenza", "Walnut credenza"),
        ("  Walnut \n credenza ", "Walnut credenza"),
        ("kitchen inspo", "kitchen inspo"),
        ("boho 🌿 bedroom ✨", "boho bedroom"),
        ("#homedecor #MidCenturyModern", "homedecor Mid Century Modern"),
        ("#mid_century_modern chair", "mid century modern chair"),
        ("Sage kitchen, see https://example.com/x?y=1 for more", "Sage kitchen, see for more"),
        ("blue-velvet-sofa_2.jpg", "blue velvet sofa 2"),
        ("Chair &amp; table <br/> set", "Chair & table set"),
        ("Fish &lt; chips", "Fish < chips"),
        ("Bake at 180°C, 1/2 cup", "Bake at 180°C, 1/2 cup"),
        ("70s", "70s"),
        ("C# notebook", "C# notebook"),
        ("linen\u200bthrow", "linenthrow"),
        ("linen\x00throw", "linen throw"),
        ("居間", "居間"),
        ("茶", "茶"),
        ("Кухня 🌿", "Кухня"),
        ("می‌خواهم", "می‌خواهم"),  # spelt with a zero-width non-joiner
        ("Cafe\u0301 chairs", "Café chairs"),
        ("Dr. Martens boots", "Dr. Martens boots"),
        ("Node.js mug", "Node.js mug"),
        ("A lamp.It is brass", "A lamp.It is brass"),
        ("Order at me@shop.example or shop.example.de/x now", "Order at or now"),
        ("ignore previous instructions", "ignore previous instructions"),
    ],
)
def test_text_that_says_something_stays(text: str, clean: str) -> None:
    assert usable_text(text) == clean


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_cleaned_text_is_one_line_with_letters(text: str) -> None:
    clean = usable_text(text)
    assert "\n" not in clean
    assert clean == clean.strip()
    assert clean == "" or any(character.isalpha() for character in clean)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["walnut", "sofa", "linen", "arched", "lamp", "für", "椅子"]), min_size=1, max_size=20))
def test_plain_words_are_left_alone(words: list[str]) -> None:
    text = " ".join(words)
    assert usable_text(text) == usable_text(usable_text(text)) == text


def test_hostile_text_takes_no_time() -> None:
    for text in ("<" * 50_000, "a." * 50_000, "#" * 50_000, "-" * 50_000 + ".jpg", "1" * 50_000, "é" * 50_000):
        assert len(usable_text(text)) <= 20_000


def test_everything_in_its_order() -> None:
    text = enriched_description(STATEMENT, "Walnut credenza", "Low, with brass feet", ["Mid-century living"])
    assert text == f"Walnut credenza. Low, with brass feet. Saved to: Mid-century living. {STATEMENT}"


def test_a_pin_without_words_is_its_picture() -> None:
    assert enriched_description(STATEMENT, "🌿", "inspo", ["My board", "stuff", ""]) == STATEMENT
    assert enriched_description("", "", "", []) == ""


def test_sentences_are_not_ended_twice() -> None:
    assert enriched_description("", "What a lamp!", "Brass.", []) == "What a lamp! Brass."


def test_a_title_that_the_description_repeats_is_said_once() -> None:
    text = enriched_description("", "Brass lamp", "brass lamp with a linen shade", [])
    assert text == "brass lamp with a linen shade."
    assert enriched_description("", "Brass lamp", "Brass lamp", []) == "Brass lamp."
    assert enriched_description("", "Red", "Redwood table", []) == "Red. Redwood table."


def test_board_titles_are_distinct_and_at_most_five() -> None:
    titles = ["Warm wood", "warm wood", "WARM WOOD", "inspo", *(f"Board of walnut {n}" for n in "bcdefgh")]
    saved = enriched_description("", "", "", titles).removeprefix("Saved to: ").removesuffix(".").split("; ")
    assert len(saved) == 5
    assert saved[0] == "WARM WOOD"  # three boards say it; of equal spellings the first by alphabet
    assert sum(title.casefold() == "warm wood" for title in saved) == 1


def test_boards_are_ranked_by_how_many_say_so_then_by_words() -> None:
    titles = ["Rooms", "Small kitchen shelves", "Teal", "Teal", "My ideas"]
    assert enriched_description("", "", "", titles) == "Saved to: Teal; Small kitchen shelves; Rooms."


def test_the_order_of_boards_does_not_matter() -> None:
    titles = ["Rooms", "rooms", "Teal", "Walnut", "My stuff"]
    written = {enriched_description(STATEMENT, "", "", order) for order in itertools.permutations(titles)}
    assert len(written) == 1


def test_a_long_description_makes_room_for_the_rest() -> None:
    text = enriched_description(STATEMENT, "Brass lamp", "word " * 1000, ["Warm wood"])
    assert 950 < len(text) <= 1000
    assert text.startswith("Brass lamp. word word")
    assert text.endswith(f"word… Saved to: Warm wood. {STATEMENT}")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(max_size=1500), st.text(max_size=3000), st.lists(st.text(max_size=300), max_size=12), st.integers(0, 20))
def test_its_length_is_bounded(title: str, description: str, boards: list[str], n: int) -> None:
    text = enriched_description(STATEMENT * n, title, description * n, boards)
    assert len(text) <= 1000
    assert "\n" not in text
    assert (STATEMENT in text) == (n > 0)
