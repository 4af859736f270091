"""The embedded detector: what stands out from a picture's border. It claims a box and no class, and needs no weights.

A box is drawn around every connected part of the map of steps (`barriers`) above each of a few heights; its score is
how much higher the map is inside than in a thin ring around it, more for larger boxes. Near copies and parts of a
clearer box are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from scipy import ndimage

from relpins_resources.detectors.barriers import barriers
from relpins_resources.detectors.base import Box, Doubles, Image, numbered, suppressed
from relpins_resources.detectors.calibration import Calibration
from relpins_resources.encoders.versions import short_hash

VERSION = 1
SIDE = 96  # pixels of the square that a picture is squeezed into
AT_ONCE = 64  # pictures swept together; as many as fit the processor's cache
CHANNEL_WEIGHTS = (1, 2, 2)  # of lightness and the two differences of colour
HEIGHTS = (8, 16, 28, 44, 64, 90)
LEAST_AREA, MOST_AREA = 0.03, 0.8
RING = 3  # pixels
AREA_POWER, AREA_ENOUGH = 0.35, 0.5
OVERLAP, INSIDE = 0.5, 0.8
MILLION = 1_000_000

Ints = npt.NDArray[np.int64]


class SaliencyDetector:
    """What stands out. `most` objects a picture at most; their score is a difference of steps, 0 to about 1,000.

    Args:
        calibration: what a score is worth on pictures like these; None leaves the confidence out.
        least_score: what is fainter is no object.
    """

    name = "saliency"
    side = 2 * SIDE

    def __init__(self, calibration: Calibration | None = None, *, most: int = 3, least_score: float = 12.0) -> None:
        self._calibration, self._most, self._least_score = calibration, most, least_score
        self.is_calibrated = calibration is not None
        settings = (SIDE, CHANNEL_WEIGHTS, HEIGHTS, LEAST_AREA, MOST_AREA, RING, AREA_POWER, AREA_ENOUGH)
        curve = calibration.version if calibration is not None else None
        self.version = short_hash(self.name, VERSION, *settings, OVERLAP, INSIDE, most, least_score, curve)

    def detect(self, images: Sequence[Image]) -> list[list[Box]]:
        """The objects of each picture, largest first; about 2 ms a picture on one core."""
        found: list[list[Box]] = []
        for start in range(0, len(images), AT_ONCE):
            found += [self._boxes(steps) for steps in step_maps(images[start : start + AT_ONCE])]
        return found

    def _boxes(self, steps: Ints) -> list[Box]:
        places, scores = candidates(steps)
        clear = scores >= self._least_score
        places, scores = places[clear], scores[clear]
        shares = places / float(SIDE)
        kept = suppressed(shares, scores, self._most, OVERLAP, INSIDE)
        edges = np.rint(shares[kept] * MILLION) / MILLION
        boxes = [self._box(at, float(score)) for at, score in zip(edges, scores[kept], strict=True)]
        return numbered(boxes, self._most)

    def _box(self, edges: Doubles, score: float) -> Box:
        x0, y0, x1, y1 = edges.tolist()
        score = round(score, 6)
        return Box(x0, y0, x1, y1, score, self._calibration(score) if self._calibration is not None else None)


def step_maps(images: Sequence[Image]) -> Ints:
    """(n, SIDE, SIDE) how much each pixel of each picture stands out, whole numbers."""
    size = (SIDE, SIDE)
    small = [PilImage.fromarray(image).resize(size, PilImage.Resampling.BOX).convert("YCbCr") for image in images]
    channels = np.stack([np.asarray(one) for one in small]).transpose(0, 3, 1, 2)  # (n, 3, h, w)
    weights = np.array(CHANNEL_WEIGHTS, np.int64)[:, None, None]
    maps: Ints = (barriers(np.ascontiguousarray(channels)) * weights).sum(axis=1)
    return maps


def candidates(steps: Ints) -> tuple[Ints, Doubles]:
    """Boxes (k, 4) as left, upper, right and lower edges in pixels of a map (h, w), and their scores (k,)."""
    found = {box for height in HEIGHTS for box in _parts_above(steps, height)}
    boxes = np.array(sorted(found), np.int64).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / steps.size
    boxes = boxes[(areas >= LEAST_AREA) & (areas <= MOST_AREA)]
    return boxes, _scores(steps, boxes)


def _parts_above(steps: Ints, height: int) -> list[tuple[int, int, int, int]]:
    labels, _ = ndimage.label(steps >= height)
    return [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels)]


def _scores(steps: Ints, boxes: Ints) -> Doubles:
    """(k,) mean step inside each box less that in the ring around it, times a power of its area."""
    sums = np.pad(steps, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    height, width = steps.shape
    wider = boxes + np.array([-RING, -RING, RING, RING])
    wider = np.clip(wider, 0, [width, height, width, height])
    inside, total = _sum_within(sums, boxes), _sum_within(sums, wider)
    size, whole = _size(boxes), _size(wider)
    contrast = inside / size - (total - inside) / np.maximum(whole - size, 1)
    scores: Doubles = contrast * np.minimum(size / steps.size, AREA_ENOUGH) ** AREA_POWER
    return scores


def _sum_within(sums: Ints, boxes: Ints) -> Ints:
    x0, y0, x1, y1 = boxes.T
    found: Ints = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    return found


def _size(boxes: Ints) -> Ints:
    size: Ints = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return size
