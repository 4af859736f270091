"""What training draws and what it learns: never a known positive as a negative, popularity by log Q, cold pins."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from relpins_resources.collaborative.two_tower_network import Pins
from relpins_resources.collaborative.two_tower_sampling import Lessons, Sampler, of_users_alone
from relpins_resources.collaborative.two_tower_training import TwoTowerConfig, train_two_tower

SMALL = TwoTowerConfig(dim=8, hidden=8, epochs=3, batch=64, n_negatives=32, history=4)


def boards_of(lists: list[list[int]], n_pins: int) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    columns = np.concatenate([np.array(one) for one in lists])
    return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(lists), n_pins))


def lessons_of(lists: list[list[int]], n_pins: int, pairs: np.ndarray | None = None) -> Lessons:
    boards = boards_of(lists, n_pins)
    given = {} if pairs is None else {"pairs": pairs, "weights": np.ones(len(pairs))}
    return Lessons(boards, boards, sparse.csr_matrix((len(lists), 0), dtype=np.float32), **given)


@pytest.fixture
def lessons() -> Lessons:
    """Pins 0 to 3 stand together, 4 to 7 too, 8 on a board alone, 9 nowhere; 1 was taken from the feed of 5."""
    return lessons_of([[0, 1, 2], [1, 2, 3], [4, 5, 6, 7], [8]], 10, np.array([[5, 1]]))


def test_pairs_stand_on_one_board_or_were_taken_from_a_feed(lessons):
    sampler, rng = Sampler(lessons, 300, 50, 4, masks_known=True), np.random.default_rng(0)
    step = sampler.step(rng)
    shared = (lessons.boards.T @ lessons.boards).toarray() > 0
    is_taken = (step.queries == 5) & (step.targets == 1)
    assert is_taken.sum() == 100, "a third of the positives"
    assert shared[step.queries[~is_taken], step.targets[~is_taken]].all()
    assert (step.queries != step.targets).all()
    counts = np.bincount(step.queries[~is_taken], minlength=10)
    assert counts[[8, 9]].tolist() == [0, 0]
    assert (counts[:8] > 0).all()


def test_negatives_are_pins_that_somebody_saved(lessons):
    step = Sampler(lessons, 30, 5_000, 4, masks_known=True).step(np.random.default_rng(1))
    assert set(step.negatives) == set(range(9)), "9 stands nowhere: that it was not saved says nothing"


def test_known_positives_are_no_negatives(lessons):
    step = Sampler(lessons, 60, 40, 4, masks_known=True).step(np.random.default_rng(2))
    candidates = np.concatenate([step.targets, step.negatives])
    shared = (lessons.boards.T @ lessons.boards).toarray() > 0
    wanted = shared[step.queries[:, None], candidates] | (candidates == step.targets[:, None])
    np.testing.assert_array_equal(step.pairs_barred, wanted)
    saved = np.concatenate([step.saved, step.negatives])
    np.testing.assert_array_equal(step.users_barred, lessons.users.toarray()[step.users][:, saved] > 0)


def test_without_masking_only_the_target_itself_is_barred(lessons):
    step = Sampler(lessons, 60, 40, 4, masks_known=False).step(np.random.default_rng(2))
    candidates = np.concatenate([step.targets, step.negatives])
    own = (candidates == step.targets[:, None]) | (candidates == step.queries[:, None])
    np.testing.assert_array_equal(step.pairs_barred, own)


def test_the_target_is_no_part_of_the_history(lessons):
    step = Sampler(lessons, 60, 4, 6, masks_known=True).step(np.random.default_rng(3))
    assert (step.histories[step.counts] != np.repeat(step.saved, step.counts.sum(axis=1))).all()
    held = lessons.users.toarray()
    assert held[step.users[:, None], step.histories].all()


def test_log_q_is_how_often_a_pin_is_a_candidate(lessons):
    bare = replace(lessons, pairs=np.zeros((0, 2), np.int64), weights=np.zeros(0))
    sampler, rng = Sampler(bare, 80, 40, 2, masks_known=True), np.random.default_rng(4)
    counts = np.zeros(10)
    for _ in range(200):
        step = sampler.step(rng)
        counts += np.bincount(np.concatenate([step.targets, step.negatives]), minlength=10)
    # targets come from boards of two pins or more; pin 8 is the only one whose saves never make it one
    np.testing.assert_allclose(counts[:8] / 200, np.exp(sampler.log_expected[:8]), rtol=0.2)
    assert sampler.log_expected[9] < sampler.log_expected[0]


def hub_score(seed: int, **settings: object) -> float:
    """How near pin 0, which stands on every board beside four of one group of eight, comes to the others."""
    rng = np.random.default_rng(7)
    lists = [[0, *(1 + 8 * (b % 4) + rng.choice(8, 4, replace=False))] for b in range(60)]
    config = replace(SMALL, id_dropout=0.0, epochs=5, learning_rate=0.05, masks_known=False, **settings)  # type: ignore[arg-type]
    pins = Pins((), np.arange(33, dtype=np.int64))
    vectors = train_two_tower(pins, lessons_of(lists, 33), seed, config).towers.of_pins(pins)
    return float((vectors[1:] @ vectors[0]).mean() - (vectors[1:] @ vectors[1:].T).mean())


def test_without_log_q_what_is_popular_is_pushed_away():
    scores = [[hub_score(seed, corrects_sampling=corrects) for corrects in (True, False)] for seed in range(2)]
    assert np.mean(scores, axis=0)[0] > np.mean(scores, axis=0)[1] + 0.01, scores


def test_cold_pins_are_placed_by_content_that_goes_with_saves():
    rng = np.random.default_rng(5)
    look = np.arange(60) % 3
    content = (np.eye(6)[look] + rng.normal(0, 0.1, (60, 6))).astype(np.float32)
    pins = Pins((content,), np.where(np.arange(60) < 45, np.arange(60), -1))
    lists = [
        rng.choice(np.flatnonzero((look == b % 3) & (pins.ids >= 0)), 5, replace=False).tolist() for b in range(40)
    ]
    config = replace(SMALL, epochs=10, id_dropout=0.5)
    vectors = train_two_tower(pins, lessons_of(lists, 60), 0, config).towers.of_pins(pins)
    cosines = vectors[45:] @ vectors[:45].T
    same = look[45:, None] == look[None, :45]
    assert cosines[same].min() > cosines[~same].max()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(lessons):
    pins = Pins((np.eye(10, dtype=np.float32),), np.arange(10))
    one, two, three = (train_two_tower(pins, lessons, seed, SMALL).towers.of_pins(pins) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, three)


def test_training_stops_once_what_is_held_out_gets_worse(lessons):
    pins = Pins((np.eye(10, dtype=np.float32),), np.arange(10))
    scores = iter([0.0, 0.5, 0.9, 0.3, 0.2, 0.1, 0.0, 0.0])
    trained = train_two_tower(pins, lessons, 0, replace(SMALL, epochs=7, patience=2), lambda towers: next(scores))
    assert trained.epoch == 2
    assert trained.scores == (0.0, 0.5, 0.9, 0.3, 0.2)


@pytest.mark.parametrize("lists", [[[0], [1]], [[0, 1]], [[]]])
def test_little_or_nothing_to_learn_is_no_error(lists):
    pins = Pins((np.eye(3, dtype=np.float32),), np.arange(3))
    assert np.isfinite(train_two_tower(pins, lessons_of(lists, 3), 0, SMALL).towers.of_pins(pins)).all()


def test_saves_alone_are_lessons():
    lessons = of_users_alone(boards_of([[0, 1], [1, 2]], 4) * 3)
    assert lessons.users.data.tolist() == [1, 1, 1, 1]
    assert lessons.n_saves.tolist() == [1, 2, 1, 0]
    assert lessons.boards.nnz == 0
