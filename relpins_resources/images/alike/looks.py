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
LOOKED_AT = 96
"""Pixels of the longest side that hashes of views are taken from."""
_HALVES = 4
WIDTH = 1 + CELLS * CELLS * 3 + _HALVES * len(CUTS)
VERSION = "1"


@dataclass(frozen=True)
class Looks:
    """Of n pictures."""

    spread: Floats  # (n,) standard deviation of the luma, 0 to 255
    layout: Floats  # (n, 48) mean colours of 4 x 4 cells, 0 to 255
    views: Hashes  # (n, len(CUTS)) perceptual hashes of the inner views

    @classmethod
    def from_rows(cls, rows: Floats) -> Looks:
        """From rows (n, WIDTH) as `look_at` gives them and caches keep them."""
        rows = rows.reshape(-1, WIDTH)
        quarters = rows[:, 1 + CELLS * CELLS * 3 :].astype(np.uint64).reshape(len(rows), len(CUTS), _HALVES)
        views = sum(quarters[:, :, i] << np.uint64(16 * i) for i in range(_HALVES))
        return cls(rows[:, 0], rows[:, 1 : 1 + CELLS * CELLS * 3], np.asarray(views, np.uint64))


def look_at(thumbnails: Sequence[bytes]) -> Floats:
    """Rows (n, WIDTH) of pictures given as JPEG files; a hash is kept as four numbers, which float32 holds exactly."""
    lumas, layouts = [], []
    for jpeg in thumbnails:
        image = Image.fromarray(decode_pixels(jpeg, LOOKED_AT))
        cells = image.resize((CELLS, CELLS), Image.Resampling.BOX)
        layouts.append(np.asarray(cells, np.float32).ravel())
        grey = image.convert("L")
        lumas.append([_view(grey, cut) for cut in (0.0, *CUTS)])
    if not lumas:
        return np.zeros((0, WIDTH), np.float32)
    views = np.asarray(lumas)  # (n, 1 + len(CUTS), SIDE, SIDE)
    spread = views[:, 0].std(axis=(1, 2))
    hashes = hashes_of(views[:, 1:].reshape(-1, SIDE, SIDE)).reshape(len(views), -1)
    quarters = [hashes >> np.uint64(16 * i) & np.uint64(0xFFFF) for i in range(_HALVES)]
    numbers = np.stack(quarters, axis=2).reshape(len(views), -1)
    return np.hstack([np.round(spread, 3)[:, None], np.stack(layouts), numbers]).astype(np.float32)


def _view(grey: Image.Image, cut: float) -> npt.NDArray[np.float64]:
    """(SIDE, SIDE) luma of what lies within, `cut` of each side left out."""
    width, height = grey.size
    box = (width * cut / 2, height * cut / 2, width * (1 - cut / 2), height * (1 - cut / 2))
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX, box=box), np.float64)
