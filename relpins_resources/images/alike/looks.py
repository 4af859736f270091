"""What is kept of a picture to find its copies: the hashes of its inner views, coarse colours, how flat it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from relpins_resources.images.decode import decode_pixels
from relpins_resources.images.perceptual_hash import SIDE, hashes_of

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]

CUTS = (0.06, 0.10)
"""Share of the sides that an inner view leaves out, half at either end. A copy that was cropped about so far looks like
the view, where it no longer looks like the whole."""
CELLS = 4
LOOKED_AT = 192
"""Pixels of the longest side that views are taken from."""
N_VIEWS = 1 + len(CUTS)
_COLORS, _QUARTERS = N_VIEWS * CELLS * CELLS * 3, 4
WIDTH = 1 + _COLORS + _QUARTERS * len(CUTS)
VERSION = "2"


@dataclass(frozen=True)
class Looks:
    """Of n pictures; the first view is the whole."""

    spread: Floats  # (n,) standard deviation of the luma, 0 to 255
    layouts: Floats  # (n, N_VIEWS, 48) mean colours of 4 x 4 cells of each view, 0 to 255
    inner: Hashes  # (n, len(CUTS)) perceptual hashes of the inner views

    @classmethod
    def from_rows(cls, rows: Floats) -> Looks:
        """From rows (n, WIDTH) as `look_at` gives them and caches keep them."""
        rows = rows.reshape(-1, WIDTH)
        quarters = rows[:, 1 + _COLORS :].astype(np.uint64).reshape(len(rows), len(CUTS), _QUARTERS)
        inner = np.zeros((len(rows), len(CUTS)), np.uint64)
        for i in range(_QUARTERS):
            inner |= quarters[:, :, i] << np.uint64(16 * i)
        return cls(rows[:, 0], rows[:, 1 : 1 + _COLORS].reshape(len(rows), N_VIEWS, _COLORS // N_VIEWS), inner)


def look_at(jpegs: Sequence[bytes]) -> Floats:
    """Rows (n, WIDTH) of pictures given as JPEG files; a hash is kept as four numbers, which float32 holds exactly."""
    if not jpegs:
        return np.zeros((0, WIDTH), np.float32)
    views = np.stack([_views(decode_pixels(jpeg, LOOKED_AT)) for jpeg in jpegs])  # (n, N_VIEWS, SIDE, SIDE, 3)
    lumas = views.astype(np.float64) @ _LUMA
    layouts = views.reshape(len(jpegs), N_VIEWS, CELLS, SIDE // CELLS, CELLS, SIDE // CELLS, 3).mean(axis=(3, 5))
    hashes = hashes_of(lumas[:, 1:].reshape(-1, SIDE, SIDE)).reshape(len(jpegs), -1)
    quarters = np.stack([hashes >> np.uint64(16 * i) & np.uint64(0xFFFF) for i in range(_QUARTERS)], axis=2)
    spread = np.round(lumas[:, 0].std(axis=(1, 2)), 3)
    flat = [spread[:, None], np.round(layouts.reshape(len(jpegs), -1), 2), quarters.reshape(len(jpegs), -1)]
    return np.hstack(flat).astype(np.float32)


def _views(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(N_VIEWS, SIDE, SIDE, 3) the whole of a picture (h, w, 3), and what is left with a share of each side cut off."""
    image, (height, width) = Image.fromarray(pixels), pixels.shape[:2]
    boxes = [(width * c / 2, height * c / 2, width * (1 - c / 2), height * (1 - c / 2)) for c in (0.0, *CUTS)]
    return np.stack([np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX, box=box)) for box in boxes])


_LUMA = np.array([0.299, 0.587, 0.114])
