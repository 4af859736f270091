"""Spelling: which values are one however they are written, and how alike two others are."""

import numpy as np
import pytest

from relpins_assets.vocabulary.spelling import content_words, form_similarities, spelling_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boho chic", "boho-chic"),
        ("t-shirts", "tshirt"),
        ("grey", "gray"),
        ("light grey", "light gray"),
        ("multicolour", "multicolor"),
        ("women's", "woman"),
        ("living room", "livingroom"),
        ("dresses", "dress"),
        ("scarves", "scarf"),
        ("accessories", "accessory"),
        ("kurtas", "kurta"),
        ("black & white", "black and white"),
    ],
)
def test_one_value_in_two_spellings(one: str, other: str) -> None:
    assert spelling_key(one) == spelling_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("short", "shorts"),
        ("glass", "grass"),
        ("under $50", "under €50"),
        ("under $50", "under $500"),
        ("dress", "dressed"),
        ("brass", "bra"),
        ("four", "for"),
        ("light blue", "blue"),
        ("men", "women"),
    ],
)
def test_two_values(one: str, other: str) -> None:
    assert spelling_key(one) != spelling_key(other)


def test_clipped_words_and_initials_are_alike_and_others_by_their_letters() -> None:
    values = ["bohemian", "boho", "scandinavian", "scandi", "mid-century modern", "mcm", "satin", "grey", "gray"]
    found = form_similarities(values)
    at = {value: place for place, value in enumerate(values)}
    assert found[at["boho"], at["bohemian"]] == 0.8
    assert found[at["scandi"], at["scandinavian"]] == 0.8
    assert found[at["mcm"], at["mid-century modern"]] == 0.9
    assert found[at["grey"], at["gray"]] == 1.0
    assert found[at["boho"], at["scandi"]] == 0.0
    assert found[at["mcm"], at["bohemian"]] == 0.0
    assert np.array_equal(found, found.T)
    assert np.array_equal(np.diag(found), np.ones(len(values)))


def test_the_dice_of_trigrams_is_as_counted_by_hand() -> None:
    # ^satin$ : ^sa sat ati tin in$   ^latin$ : ^la lat ati tin in$   shared 3 of 5 and 5
    assert form_similarities(["satin", "latin"])[0, 1] == pytest.approx(0.8 * 2 * 3 / 10)


def test_words_that_only_join_do_not_count() -> None:
    assert content_words("black and white") == ("black", "white")
    assert content_words("the") == ("the",)


def test_nothing_and_one() -> None:
    assert form_similarities([]).shape == (0, 0)
    assert form_similarities(["a"]).tolist() == [[1.0]]
