"""Which boards and edges go: by hand, and against sets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from relpins_resources.walks.pruning import board_topics, entropies, prune


def topics(rows: list[list[float]]) -> sparse.csr_array:
    return sparse.csr_array(np.array(rows))


ABOUT = topics([[1, 0], [1, 0], [0, 1], [0, 1], [0.5, 0.5], [0, 0]])
#        board 0: one topic; 1: half and half; 2: three of four; 3: nobody knows
ITEMS = np.array([0, 1, 0, 2, 0, 1, 3, 5, 5])
BOARDS = np.array([0, 0, 1, 1, 2, 2, 2, 2, 3])


def test_topics_of_a_board_and_how_mixed_they_are() -> None:
    about = board_topics(ITEMS, BOARDS, ABOUT, 4)
    assert about.toarray().round(6).tolist() == [
        [1, 0],
        [0.5, 0.5],
        [pytest.approx(2 / 3), pytest.approx(1 / 3)],
        [0, 0],
    ]
    want = [0, np.log(2), -2 / 3 * np.log(2 / 3) - 1 / 3 * np.log(1 / 3), 0]
    assert entropies(about).tolist() == pytest.approx(want, abs=1e-6)


def test_the_most_mixed_boards_go() -> None:
    found = prune(ITEMS, BOARDS, ABOUT, 4, mixed=0.25, degree_power=1)
    assert (found.n_mixed_boards, found.n_cut) == (1, 0)
    assert found.keep.tolist() == [True, True, False, False, True, True, True, True, True]
    assert prune(ITEMS, BOARDS, ABOUT, 4, mixed=0.99, degree_power=1).n_mixed_boards == 2, "one topic is never mixed"
    assert prune(ITEMS, BOARDS, ABOUT, 4, mixed=0, degree_power=1).keep.all()


def test_an_item_keeps_the_boards_most_like_it() -> None:
    # item 0 is of topic 0 and stands on four boards whose other item is more and more of topic 1
    others = topics([[1, 0], [1, 0], [0.8, 0.2], [0.2, 0.8], [0, 1]])
    items, boards = np.array([0, 1, 0, 2, 0, 3, 0, 4]), np.array([0, 0, 1, 1, 2, 2, 3, 3])
    found = prune(items, boards, others, 4, mixed=0, degree_power=0.5)  # 4 ** 0.5 = 2, of one board one
    assert sorted(boards[found.keep & (items == 0)].tolist()) == [0, 1]
    assert found.keep[items > 0].all()
    assert found.n_cut == 2
    assert prune(items, boards, others, 4, mixed=0, degree_power=1).keep.all()


@pytest.mark.parametrize("power", [0.3, 0.7, 0.91])
def test_as_many_as_the_power_says(power: float) -> None:
    rng = np.random.default_rng(3)
    keys = np.unique(rng.integers(0, 40, 600) * 25 + rng.integers(0, 25, 600))
    items, boards = keys % 25, keys // 25
    about = topics(rng.dirichlet(np.ones(5), 25).tolist())
    found = prune(items, boards, about, 40, mixed=0, degree_power=power)
    degrees = np.bincount(items, minlength=25)
    assert np.bincount(items[found.keep], minlength=25).tolist() == [int(np.ceil(d**power - 1e-6)) for d in degrees]
    shuffled = rng.permutation(len(items))
    again = prune(items[shuffled], boards[shuffled], about, 40, mixed=0, degree_power=power)
    assert (again.keep == found.keep[shuffled]).all(), "the order of the edges says nothing"


def test_without_topics_and_without_edges() -> None:
    nothing = sparse.csr_array((6, 1))
    found = prune(ITEMS, BOARDS, nothing, 4, mixed=0.5, degree_power=0.5)
    assert found.n_mixed_boards == 0
    assert np.bincount(ITEMS[found.keep], minlength=6).tolist() == [2, 2, 1, 1, 0, 2]
    none = np.empty(0, np.int64)
    assert len(prune(none, none, nothing, 0, mixed=0.5, degree_power=0.5).keep) == 0
