"""The towers as numpy applies them, against the formula written out, and what their rows may not depend on."""

import numpy as np
import pytest

from relpins_resources.collaborative.two_tower_network import Pins, Towers, load_towers, mean_histories

RNG = np.random.default_rng(3)
WIDTHS, HIDDEN, DIM, N_IDS = (4, 0, 3), 5, 2, 6


@pytest.fixture(scope="module")
def towers() -> Towers:
    def some(*shape: int) -> np.ndarray:
        return RNG.normal(size=shape).astype(np.float32)

    width = sum(WIDTHS)
    return Towers(
        widths=np.array(WIDTHS),
        mean=some(width),
        hidden=some(width, HIDDEN),
        hidden_bias=some(HIDDEN),
        out=some(HIDDEN, DIM),
        straight=some(width, DIM),
        bias=some(DIM),
        ids=some(N_IDS, DIM),
        history=some(DIM, DIM),
        columns=some(2, DIM),
    )


@pytest.fixture(scope="module")
def pins() -> Pins:
    groups = tuple(RNG.normal(size=(9, width)).astype(np.float32) for width in WIDTHS)
    groups[0][2], groups[2][2:4] = 0, 0  # pin 2 has no content at all, pin 3 lacks a group
    return Pins(groups, np.array([0, 5, 1, -1, 2, 2, -1, 3, 4]))


def by_hand(towers: Towers, pins: Pins, at: int) -> np.ndarray:
    """One pin's vector in float64, term by term."""
    content, start = [], 0
    for group in pins.groups:
        row = group[at].astype(float)
        content += list(row - towers.mean[start : start + len(row)] if row.any() else 0 * row)
        start += len(row)
    inner = [max(0.0, b + sum(c * h for c, h in zip(content, column, strict=True)))
             for b, column in zip(towers.hidden_bias, towers.hidden.T, strict=True)]  # fmt: skip
    said = np.array(inner) @ towers.out + np.array(content) @ towers.straight + towers.bias
    own = towers.ids[pins.ids[at]] if pins.ids[at] >= 0 else np.zeros(DIM)
    placed = said / np.linalg.norm(said) + own
    return placed / np.linalg.norm(placed)


def test_pins_are_placed_by_the_formula(towers, pins):
    found = towers.of_pins(pins)
    for at in range(len(pins)):
        np.testing.assert_allclose(found[at], by_hand(towers, pins, at), atol=1e-5)


def test_users_are_placed_by_their_history_and_columns(towers):
    means, columns = RNG.normal(size=(3, DIM)).astype(np.float32), np.array([[1, 0], [1, 1], [0, 0]], np.float32)
    wanted = means + means @ towers.history + columns @ towers.columns
    found = towers.of_users(means, columns)
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-5)


def test_a_row_is_the_same_in_any_batch(towers, pins):
    many = Pins(tuple(np.tile(group, (40, 1)) for group in pins.groups), np.tile(pins.ids, 40))
    whole, alone = towers.of_pins(many), towers.of_pins(pins)
    np.testing.assert_array_equal(whole, np.tile(alone, (40, 1)))


def test_without_ids_only_content_counts(towers, pins):
    blank = towers.of_pins(pins.without_ids())
    np.testing.assert_array_equal(blank[3], towers.of_pins(pins)[3])
    assert not np.allclose(blank[0], towers.of_pins(pins)[0])


def test_towers_come_back_from_a_file(towers, pins, tmp_path):
    towers.save(tmp_path / "towers.npz")
    np.testing.assert_array_equal(load_towers(tmp_path / "towers.npz").of_pins(pins), towers.of_pins(pins))


def test_histories_are_means_and_no_history_is_nothing():
    vectors = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    found = mean_histories(vectors, np.array([0, 2, 2, 3]))
    np.testing.assert_array_equal(found, [[0.5, 0.5], [0, 0], [1, 1]])
    assert mean_histories(vectors[:0], np.array([0])).shape == (0, 2)
