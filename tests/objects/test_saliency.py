"""The embedded detector on drawn pictures: where the object is known, what no picture may do to it, and its order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.detectors import Box, get_detector
from relpins_resources.detectors.base import numbered, overlaps, suppressed
from relpins_resources.detectors.calibration import Calibration
from relpins_resources.detectors.saliency import SaliencyDetector

PLAIN = get_detector({"backend": "saliency"})


def drawn(*parts: tuple[float, float, float, float], size: tuple[int, int] = (180, 140), seed: int = 0) -> np.ndarray:
    """Dark red parts on a light, slightly noisy ground."""
    rng = np.random.default_rng(seed)
    image = rng.integers(225, 235, (*size, 3)).astype(np.uint8)
    for x0, y0, x1, y1 in parts:
        image[round(y0 * size[0]) : round(y1 * size[0]), round(x0 * size[1]) : round(x1 * size[1])] = (120, 30, 30)
    return image


def edges(boxes: list[Box]) -> np.ndarray:
    return np.array([(one.x0, one.y0, one.x1, one.y1) for one in boxes]).reshape(-1, 4)


@given(
    x=st.floats(0.1, 0.5),
    y=st.floats(0.1, 0.5),
    w=st.floats(0.25, 0.4),
    h=st.floats(0.25, 0.4),
    size=st.sampled_from([(180, 140), (64, 300), (97, 96), (400, 300)]),
)
@settings(max_examples=30, deadline=None)
def test_an_object_away_from_the_border_is_found(x: float, y: float, w: float, h: float, size: tuple[int, int]) -> None:
    truth = (x, y, x + w, y + h)
    [found] = PLAIN.detect([drawn(truth, size=size)])
    assert overlaps(edges(found[:1]), np.array([truth]))[0][0, 0] > 0.8


def test_objects_are_numbered_by_size() -> None:
    parts = [(0.1, 0.1, 0.35, 0.4), (0.45, 0.45, 0.9, 0.9), (0.6, 0.1, 0.9, 0.35)]
    [found] = PLAIN.detect([drawn(*parts)])
    areas = [box.area for box in found]
    assert len(found) == 3
    assert areas == sorted(areas, reverse=True)
    assert overlaps(edges(found[:1]), np.array([parts[1]]))[0][0, 0] > 0.8


@pytest.mark.parametrize(
    "image",
    [
        np.full((50, 60, 3), 128, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.full((1, 500, 3), 7, np.uint8),
        np.repeat(np.linspace(0, 255, 200).astype(np.uint8)[:, None, None], 100, axis=1).repeat(3, axis=2),
    ],
    ids=["flat", "one pixel", "a line", "a slope"],
)
def test_nothing_stands_out(image: np.ndarray) -> None:
    assert PLAIN.detect([image]) == [[]]


@given(st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_a_batch_gives_what_one_picture_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = [rng.integers(0, 256, (int(h), int(w), 3)).astype(np.uint8) for h, w in rng.integers(5, 120, (3, 2))]
    images.append(drawn((0.2, 0.2, 0.6, 0.7), seed=seed))
    assert PLAIN.detect(images) == [PLAIN.detect([image])[0] for image in images]


def test_boxes_lie_in_the_picture_and_few_are_given() -> None:
    rng = np.random.default_rng(3)
    images = [rng.integers(0, 256, (90, 70, 3)).astype(np.uint8) for _ in range(5)]
    for found in SaliencyDetector(most=2, least_score=0.0).detect(images):
        assert len(found) <= 2
        assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in found)


def test_confidence_comes_from_the_calibration_alone() -> None:
    image = drawn((0.2, 0.2, 0.7, 0.7))
    [[plain]] = PLAIN.detect([image])
    curve = Calibration((0.0, 1_000.0), (0.0, 1.0))
    [[told]] = SaliencyDetector(curve).detect([image])
    assert plain.confidence is None
    assert told.confidence == pytest.approx(plain.score / 1_000, abs=1e-4)
    assert (told.x0, told.y0, told.x1, told.y1) == (plain.x0, plain.y0, plain.x1, plain.y1)
    assert SaliencyDetector(curve).version != PLAIN.version
    assert not PLAIN.is_calibrated


def test_parts_and_near_copies_of_a_clearer_box_are_left_out() -> None:
    boxes = np.array([[0.1, 0.1, 0.6, 0.6], [0.12, 0.1, 0.6, 0.62], [0.2, 0.2, 0.3, 0.3], [0.65, 0.65, 0.9, 0.9]])
    scores = np.array([3.0, 5.0, 9.0, 1.0])
    assert suppressed(boxes, scores, 5, 0.5, 1.1) == [2, 1, 3]
    assert suppressed(boxes, scores, 5, 0.5, 0.8) == [2, 3], "the clear small part keeps out what is around it"
    assert suppressed(boxes, scores, 1, 0.5, 1.1) == [2]


def test_the_clearest_are_kept_and_the_largest_comes_first() -> None:
    small, large, faint = (Box(0, 0, side, side, score) for side, score in ((0.2, 9.0), (0.5, 5.0), (0.9, 1.0)))
    assert numbered([faint, small, large], 2) == [large, small]
