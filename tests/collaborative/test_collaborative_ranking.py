"""Recall and NDCG as arithmetic, and the split they are measured on."""

import numpy as np
import pytest
from collaborative_worlds import random_saves
from scipy import sparse

from relpins_resources.collaborative.holdout import split_saves
from relpins_resources.collaborative.ranking import masked, quality_of_lists, top_pins


def test_recall_and_ndcg_of_a_list():
    lists = np.array([[3, 0, 4], [1, 2, 0]])
    held_out = sparse.csr_matrix(np.array([[0, 1, 0, 1, 1], [0, 0, 0, 1, 0]]))
    quality = quality_of_lists(lists, held_out)
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert quality.recall == pytest.approx((2 / 3 + 0) / 2)
    assert quality.ndcg == pytest.approx(((1 + 1 / np.log2(4)) / ideal + 0) / 2)


def test_more_held_out_saves_than_places_still_make_a_perfect_list_one():
    held_out = sparse.csr_matrix(np.array([[1, 1, 1, 1]]))
    assert quality_of_lists(np.array([[2, 0]]), held_out).ndcg == pytest.approx(1.0)


def test_top_pins_are_best_first_and_equals_in_order_of_pin():
    assert top_pins(np.array([[0.1, 0.9, 0.5, 0.9]], np.float32), 3).tolist() == [[1, 3, 2]]


def test_masking_takes_out_what_a_row_holds():
    rows = sparse.csr_matrix(np.array([[0, 1, 0]]))
    assert top_pins(masked(np.array([[1.0, 9.0, 2.0]], np.float32), rows), 2).tolist() == [[2, 0]]


def test_a_split_keeps_every_save_once_and_follows_its_seed():
    saves = random_saves(200, 50, 0.3)
    kept, held_out = split_saves(saves, 0.2, seed=1)
    assert ((kept + held_out) != saves).nnz == 0
    assert held_out.nnz / saves.nnz == pytest.approx(0.2, abs=0.03)
    assert (kept != split_saves(saves, 0.2, seed=1)[0]).nnz == 0
    assert (kept != split_saves(saves, 0.2, seed=2)[0]).nnz > 0
