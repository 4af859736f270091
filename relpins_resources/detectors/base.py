"""What a detector is: something that looks at a picture and gives boxes around objects. No backend lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError

Image = npt.NDArray[np.uint8]  # RGB, (height, width, 3)
Doubles = npt.NDArray[np.float64]


class DetectorUnavailable(RelpinsError):
    """A detector that a profile names cannot be had here: an unknown option, or weights that are not what they say."""


@dataclass(frozen=True)
class Box:
    """One object. Edges are shares of the picture's sides, from 0 to 1, in whole millionths.

    Attributes:
        score: how clearly the detector sees it, in its own units; higher is clearer.
        confidence: how likely there is an object in the box, 0 to 1; None from a detector that is not calibrated.
        label: what it is; None from a detector that claims no class.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    score: float
    confidence: float | None = None
    label: str | None = None

    @property
    def area(self) -> float:
        """Share of the picture that it covers."""
        return round((self.x1 - self.x0) * (self.y1 - self.y0), 6)


class Detector(Protocol):
    """Looks at pictures, one by one: out[i] depends on images[i] alone, whatever else is in the batch.

    Attributes:
        name: its key in `DETECTORS`.
        version: changes when the boxes or confidences of some picture change.
        side: pixels; no picture needs to be given larger.
        is_calibrated: whether its boxes have a confidence.
    """

    name: str
    version: str
    side: int
    is_calibrated: bool

    def detect(self, images: Sequence[Image]) -> list[list[Box]]:
        """The objects of each picture, largest first; none where it sees none."""


def numbered(boxes: Sequence[Box], most: int) -> list[Box]:
    """The `most` clearest boxes, largest first: the order in which objects are numbered."""
    clearest = sorted(boxes, key=lambda box: (-box.score, box.x0, box.y0, box.x1, box.y1))[:most]
    return sorted(clearest, key=lambda box: (-box.area, box.x0, box.y0, box.x1, box.y1))


def overlaps(some: Doubles, others: Doubles) -> tuple[Doubles, Doubles]:
    """Of boxes (n, 4) and (m, 4): intersection over union, and over the smaller of the two, (n, m) each."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    shared: Doubles = np.clip(high - low, 0.0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (some, others)]
    union = areas[0][:, None] + areas[1][None] - shared
    least = np.minimum(areas[0][:, None], areas[1][None])
    return shared / np.maximum(union, 1e-12), shared / np.maximum(least, 1e-12)


def suppressed(boxes: Doubles, scores: Doubles, most: int, overlap: float, inside: float) -> list[int]:
    """Positions of the boxes (n, 4) that stay, clearest first, `most` of them: one stays if it overlaps no clearer one
    by `overlap` of their union, nor by `inside` of the smaller. Ties by the place of the box."""
    order = np.lexsort((*boxes.T[::-1], -scores))
    kept: list[int] = []
    for at in order.tolist():
        if len(kept) == most:
            break
        if kept:
            of_union, of_least = overlaps(boxes[[at]], boxes[kept])
            if of_union.max() >= overlap or of_least.max() >= inside:
                continue
        kept.append(at)
    return kept
