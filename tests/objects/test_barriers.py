"""How far a flood from the border must climb: against the exact reconstruction, and what must hold of any picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from relpins_resources.detectors.barriers import barriers, filled


def exactly_filled(image: np.ndarray) -> np.ndarray:
    """The lowest level at which each pixel runs over to the border, by relaxing until nothing changes."""
    level = np.full(image.shape, 255)
    level[[0, -1]], level[:, [0, -1]] = image[[0, -1]], image[:, [0, -1]]
    while True:
        beside = level.copy()
        beside[1:] = np.minimum(beside[1:], level[:-1])
        beside[:-1] = np.minimum(beside[:-1], level[1:])
        beside[:, 1:] = np.minimum(beside[:, 1:], level[:, :-1])
        beside[:, :-1] = np.minimum(beside[:, :-1], level[:, 1:])
        lower = np.minimum(level, np.maximum(beside, image))
        if np.array_equal(lower, level):
            return level
        level = lower


@given(arrays.arrays(np.uint8, (3, 9, 7)))
@settings(max_examples=40, deadline=None)
def test_never_below_the_exact_level_nor_the_ground(images: np.ndarray) -> None:
    found = filled(images)
    for image, level in zip(images, found, strict=True):
        assert (level >= exactly_filled(image)).all()
        assert (level >= image).all()


@given(arrays.arrays(np.uint8, (3, 9, 7)), st.integers(0, 2))
@settings(max_examples=20, deadline=None)
def test_a_batch_gives_what_one_picture_gives(images: np.ndarray, which: int) -> None:
    assert np.array_equal(filled(images)[which], filled(images[[which]])[0])
    assert np.array_equal(barriers(images)[which], barriers(images[[which]])[0])


@pytest.mark.parametrize("seed", range(5))
def test_exact_where_no_way_winds_more_than_the_rounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = np.full((40, 30), 100, np.uint8)
    for _ in range(4):  # boxes within boxes, dark and light
        y, x, h, w = rng.integers(2, 20, 4)
        image[y : y + h, x : min(x + w, 28)] = rng.integers(0, 256)
    assert np.array_equal(filled(image[None])[0], exactly_filled(image))


def test_a_step_around_a_part_is_its_height_whatever_its_texture() -> None:
    image = np.full((20, 20), 50, np.uint8)
    image[5:15, 5:15] = 90
    image[8:12, 8:12] = 200
    steps = barriers(image[None, None])[0, 0]
    assert steps[0, 0] == 0
    assert steps[6, 6] == 40, "it rises by 40 from the border"
    assert steps[9, 9] == 150
    ring = np.full((20, 20), 50, np.uint8)
    ring[5:15, 5:15] = 90
    ring[6:14, 6:14] = 50
    assert barriers(ring[None, None])[0, 0][9, 9] == 40, "enclosed by a wall of 40, though its colour is the border's"
