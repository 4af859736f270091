"""Which key a phrase gets, and the rows that a pin gets by it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from relpins_assets.enrichment.phrase_lexicon import Lexicon, fit_lexicon, load_lexicon
from relpins_assets.enrichment.phrases import Document, tag_segments
from relpins_assets.enrichment.raw_attributes import board_pairs, extract
from relpins_assets.enrichment.source_trust import Trust
from relpins_assets.enrichment.typing_phrases import Typed
from relpins_assets.profile import AttributeKey

KEYS = {
    "color": AttributeKey(),
    "material": AttributeKey(),
    "category": AttributeKey(is_single=True),
    "price_band": AttributeKey(is_single=True),
    "department": AttributeKey(is_single=True),
}
LEXICON = Lexicon(
    tuple(
        Typed(phrase, key, 1.0)
        for phrase, key in (
            ("blue", "color"),
            ("dark blue", "color"),
            ("linen", "material"),
            ("sofa", "category"),
            ("coat", "category"),
        )
    )
)
NOTHING: dict[str, Any] = {
    "pin_id": "p1",
    "title": "",
    "description": "",
    "merchant_tags": [],
    "price": None,
    "currency": None,
    "board_category": None,
    "statement": "",
    "viewed": None,
    "board_titles": [],
    "board_counts": [],
}
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("pin_id", "title", "description", "currency", "board_category")),
        *((name, pa.string()) for name in ("statement", "viewed")),
        ("price", pa.float64()),
        ("merchant_tags", pa.list_(pa.string())),
        ("board_titles", pa.list_(pa.string())),
        ("board_counts", pa.list_(pa.int64())),
    ]
)


def meaningless(phrases: Sequence[str]) -> np.ndarray:
    """Vectors of a sentence encoder to which all phrases mean the same: only places are left to learn from."""
    return np.zeros((len(phrases), 4))


def rows_of(trust: Trust | None = None, **said: Any) -> set[tuple[str, str, str]]:
    wanted = pa.Table.from_pylist([{**NOTHING, **said}], schema=SCHEMA)
    rows = extract(wanted, LEXICON, trust or Trust(board_keys={"": ["color", "category"]}), KEYS).rows
    assert rows.column_names == ["pin_id", "key", "value", "source"]
    return {(row["key"], row["value"], row["source"]) for row in rows.to_pylist()}


def test_the_longest_phrase_is_the_value():
    assert rows_of(title="Dark Blue sofa") == {("color", "dark blue", "title"), ("category", "sofa", "title")}


def test_each_source_speaks_for_itself():
    found = rows_of(
        description="A linen coat.",
        merchant_tags=["LINEN", "dark blue"],
        price=30.0,
        currency="USD",
        board_category="Furniture",
        viewed='[{"key": "color", "value": "Sage"}, {"key": "mood", "value": "calm"}]',
    )

    assert found == {
        ("material", "linen", "description"),
        ("category", "coat", "description"),
        ("material", "linen", "merchant_tags"),
        ("color", "dark blue", "merchant_tags"),
        ("price_band", "under $50", "price"),
        ("category", "furniture", "category"),
        ("color", "sage", "view"),
    }


def test_a_department_is_no_category():
    assert rows_of(Trust(departments=["furniture"]), board_category="Furniture") == {
        ("department", "furniture", "category")
    }


def test_an_untitled_pin_gets_what_its_boards_and_pixels_say():
    found = rows_of(
        board_titles=["blue everything", "my blue home", "linen"],
        board_counts=[1, 1, 5],
        statement="Teal 80%; smooth texture; centred subject on a plain white background.",
    )

    assert found == {("color", "blue", "boards"), ("color", "teal", "pixels")}


def test_one_board_is_not_enough_and_boards_that_disagree_say_no_single_value():
    assert board_pairs(["blue"], [1], LEXICON, KEYS) == []
    assert board_pairs(["sofa", "coat"], [2, 2], LEXICON, KEYS) == []
    assert board_pairs(["sofa", "coat"], [3, 2], LEXICON, KEYS) == [("category", "sofa")]


def test_a_pin_of_which_nothing_is_said_has_no_row():
    assert rows_of() == set()
    assert extract(pa.Table.from_pylist([], schema=SCHEMA), LEXICON, Trust(), KEYS).rows.num_rows == 0


def test_a_value_is_known_by_its_place():
    colors, materials = ["red", "tan", "teal", "zorb"], ["linen", "oak", "wool", "quix"]
    things = ["sofa", "coat", "lamp", "desk"]
    tags = [(thing, color, stuff) for thing in things for color in colors for stuff in materials]
    documents = [Document(tuple(tag_segments(one))) for one in tags]
    said = {
        **dict.fromkeys(colors[:3], "color"),
        **dict.fromkeys(materials[:3], "material"),
        **dict.fromkeys(things, "category"),
    }

    fitted = fit_lexicon(
        documents,
        np.zeros((len(documents), 1)),
        lambda phrases: said,
        {"red": "color", "oak": "material", "sofa": "category"},
        ["color", "material", "category"],
        meaningless,
    )

    assert fitted.key_of["zorb"] == "color"
    assert fitted.key_of["quix"] == "material"
    assert all(fitted.key_of[phrase] == key for phrase, key in said.items())


def test_a_catalog_without_text_has_an_empty_lexicon(tmp_path):
    fitted = fit_lexicon([], np.zeros((0, 1)), lambda phrases: {}, {"red": "color"}, ["color"], meaningless)
    fitted.save(tmp_path)

    assert fitted.typed == ()
    assert load_lexicon(tmp_path).values(["red"]) == []


def test_a_lexicon_comes_back_as_it_was_saved(tmp_path):
    LEXICON.save(tmp_path)

    assert load_lexicon(tmp_path) == LEXICON
