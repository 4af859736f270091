"""A part of a picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def crop(pixels: Pixels, x0: float, y0: float, x1: float, y1: float) -> Pixels:
    """The part of an image (h, w, 3) between edges that are shares of its sides, from 0 to 1; at least one pixel."""
    height, width = pixels.shape[:2]
    left, top = min(int(x0 * width), width - 1), min(int(y0 * height), height - 1)
    right, bottom = max(left + 1, min(width, round(x1 * width))), max(top + 1, min(height, round(y1 * height)))
    return np.ascontiguousarray(pixels[top:bottom, left:right])
