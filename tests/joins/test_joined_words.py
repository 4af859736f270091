"""What is said of an image: by whom, how weighty, in which categories; and what boards and descriptions make of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from relpins_assets.curation.annotations import MOST, weighted_annotations
from relpins_assets.curation.boards import board_rows, wanted_boards
from relpins_assets.curation.joins import join_rows, wanted_joins
from relpins_assets.curation.statistics import catalog_statistics, statistics_problem
from relpins_assets.enrichment.descriptions import title_of
from relpins_assets.home import open_home
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake

SAME = pa.table({"pixel_hash": ["bb"], "join_id": ["aa"]})
NOT_SAME = SAME.slice(0, 0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Pins a and b carry one picture in two encodings, c another; two people keep them on three boards."""
    lake = open_home(tmp_path, profile="test").workspace().lake
    fill(lake, "pin_images", [{"pin_id": p, "pixel_hash": p * 2, "phash": "0" * 16} for p in "abc"])
    titles = {"a": "Walnut credenza", "b": "IMG_1234", "c": None}
    fill(lake, "raw_pins", [{"pin_id": p, "title": titles[p], "description": ""} for p in "abc"])
    boards = [("b1", "Warm wood", "u1", "Home"), ("b2", "warm  WOOD!", "u2", "Home"), ("b3", "inspo", "u2", "Travel")]
    names = ("board_id", "title", "owner_id", "category")
    fill(lake, "raw_boards", [dict(zip(names, one, strict=True)) for one in boards])
    saves = [("b1", "a"), ("b1", "b"), ("b2", "b"), ("b3", "a"), ("b3", "c"), ("gone", "c"), ("b1", "no picture")]
    fill(lake, "raw_board_pins", [{"board_id": b, "pin_id": p} for b, p in saves])
    return lake


def fill(lake: Lake, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    schema = TABLES[name].arrow()
    blank = {"jpeg": b"x", "thumbnail": b"x", "jpeg_hash": "x", "fingerprint": "x", "source_file": "x"}
    filled = [{**{key: value for key, value in blank.items() if key in schema.names}, **row} for row in rows]
    lake.table(name).overwrite(pa.Table.from_pylist(filled, schema=schema))


def joined(lake: Lake, same: pa.Table) -> dict[str, dict[str, object]]:
    return {row["join_id"]: row for row in join_rows(wanted_joins(lake, same)).to_pylist()}


def test_copies_are_one_row_with_the_words_of_all(lake: Lake) -> None:
    rows = joined(lake, SAME)
    assert rows.keys() == {"aa", "cc"}
    row = rows["aa"]
    assert (row["pin_ids"], row["n_pins"], row["representative_pin_id"]) == (["a", "b"], 2, "a")
    assert row["annotations"] == ["Warm wood", "Walnut credenza"]
    two_words = 2 / 3
    expected = [math.log2(1 + 0.6 * 2) * two_words, math.log2(1 + 1.0) * two_words]
    assert row["annotation_weights"] == pytest.approx(expected, abs=1e-6)
    assert (row["categories"], row["category_weights"]) == (["Home", "Travel"], [0.666667, 0.333333])


def test_words_that_say_nothing_are_no_annotation(lake: Lake) -> None:
    row = joined(lake, SAME)["cc"]
    assert (row["annotations"], row["annotation_weights"]) == ([], [])
    assert row["categories"] == ["Travel"]


def test_an_image_that_is_nobodys_copy_has_its_own_row(lake: Lake) -> None:
    assert [row["pin_ids"] for row in joined(lake, NOT_SAME).values()] == [["a"], ["b"], ["c"]]


def test_a_board_holds_each_picture_once(lake: Lake) -> None:
    fill(lake, "pin_joins", list(joined(lake, SAME).values()))
    rows = {row["board_id"]: row for row in board_rows(wanted_boards(lake)).to_pylist()}
    assert {name: row["join_ids"] for name, row in rows.items()} == {
        "b1": ["aa"],
        "b2": ["aa"],
        "b3": ["aa", "cc"],
        "gone": ["cc"],
    }
    assert [rows[name]["n_pins"] for name in ("b1", "b3")] == [1, 2]
    assert (rows["b2"]["title"], rows["gone"]["title"]) == ("warm  WOOD!", None)


def test_voices_count_less_and_less_and_agreeing_texts_are_one() -> None:
    said = weighted_annotations(["oak lamp", "Oak  lamp.", "red sofa"], ["title", "board title", "title"], [1, 5, 2])
    assert said == [("Oak lamp.", round(math.log2(1 + 1 + 3) * 2 / 3, 6)), ("red sofa", round(math.log2(3) * 2 / 3, 6))]
    assert weighted_annotations(["untitled", "", "🌸"], ["title"] * 3, [9] * 3) == []


def test_annotations_are_bounded_and_do_not_depend_on_order() -> None:
    texts = [
        f"{wood} lamp"
        for wood in ("oak", "elm", "ash", "yew", "fir", "bay", "fig", "gum", "nut", "tea", "box", "kea", "rye")
    ]
    said = weighted_annotations(texts, ["title"] * len(texts), [1] * len(texts))
    assert len(said) == MOST
    assert said == weighted_annotations(texts[::-1], ["title"] * len(texts), [1] * len(texts))
    long = weighted_annotations(["word " * 100], ["description"], [1])
    assert len(long[0][0]) <= 200


@pytest.mark.parametrize(
    ("title", "description", "read"),
    [("untitled", "", "Oak lamp"), ("", "", "Oak lamp"), ("Elm", "", "Elm"), ("", "made of elm", "")],
)
def test_a_pin_without_words_reads_what_others_wrote_on_the_picture(title: str, description: str, read: str) -> None:
    of_image = {"annotations": ["warm wood", "Oak lamp"], "pin_titles": ["oak LAMP", "untitled"]}
    assert title_of({"title": title, "description": description, **of_image}) == read


def test_large_boards_keep_what_people_save_and_act_on(lake: Lake) -> None:
    events = [("a", "impression")] * 40 + [("b", "impression")] * 40 + [("b", "click")] * 20 + [("b", "save")] * 9
    rows = [{"interaction_id": str(i), "pin_id": pin, "event": event} for i, (pin, event) in enumerate(events)]
    fill(lake, "raw_interactions", rows)
    found = catalog_statistics(lake, date(2026, 6, 1))
    weights = dict(zip(found["pin_id"].to_pylist(), found["sampling_weight"].to_pylist(), strict=True))
    assert statistics_problem(found) is None
    assert weights["b"] > weights["c"] > 0, "acted on, against saved and never shown"
    assert weights["b"] > weights["a"], "shown as often, saved as often, and never acted on"


def test_a_pin_of_which_nothing_is_known_weighs_a_half(lake: Lake) -> None:
    for name in ("raw_board_pins", "raw_interactions"):
        fill(lake, name, [])
    found = catalog_statistics(lake, date(2026, 6, 1))
    assert found["sampling_weight"].to_pylist() == [0.5] * 3
