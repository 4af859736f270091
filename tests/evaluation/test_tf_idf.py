"""TF-IDF rows, and the words they are made of."""

import numpy as np
import pytest
from evaluation_worlds import T, day, saved, table

from relpins_assets.evaluation.protocol import build_queries
from relpins_assets.evaluation.tf_idf import own_words_and_boards, tf_idf_rows


def test_cosines_are_those_of_the_formula():
    rows = tf_idf_rows(["oak oak table", "oak lamp", "the", ""]).toarray()
    idf_oak, idf_once = np.log((1 + 4) / (1 + 2)) + 1, np.log((1 + 4) / (1 + 1)) + 1
    table_row = np.array([(1 + np.log(2)) * idf_oak, idf_once])
    lamp_row = np.array([idf_oak, idf_once])
    expected = table_row[0] * lamp_row[0] / (np.linalg.norm(table_row) * np.linalg.norm(lamp_row))
    assert rows[0] @ rows[1] == pytest.approx(expected)
    assert (rows[2:] == 0).all(), "a stop word says nothing"


@pytest.mark.parametrize("texts", [[], ["", ""], ["the and of"], ["..."]])
def test_without_a_word_all_rows_are_zero(texts: list[str]):
    assert tf_idf_rows(texts).shape[0] == len(texts)
    assert tf_idf_rows(texts).nnz == 0


def test_words_are_a_pins_own_and_those_of_boards_it_was_on_before_the_cut():
    tables = {
        "pins": table(
            "pins",
            {"pin_id": "a", "title": "Oak desk", "created_at": day(-9)},
            {"pin_id": "b", "title": "Later words", "created_at": day(-9), "updated_at": day(1)},
        ),
        "boards": table("boards", {"board_id": "x", "title": "Offices"}, {"board_id": "y", "title": "After"}),
        "board_pins": saved(("x", "a", -1), ("x", "b", -1), ("y", "a", 1)),
    }
    tables["pins"] = tables["pins"].append_column("description", [[None, None]])
    assert own_words_and_boards(tables, build_queries(tables, T)) == ["Oak desk. Offices", "Offices"]
