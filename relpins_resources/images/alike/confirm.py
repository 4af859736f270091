"""Whether two pictures are the same picture: the same shapes and colours, with up to a tenth of a side cut away.

A pair is judged by itself, in steps of one shape for each, so a verdict does not depend on what is judged beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from relpins_resources.encoders.rows import one_thread
from relpins_resources.images.decode import decode_pixels

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

SIDE, HELD = 32, 64
"""Pictures are compared at 32 pixels a side, cut out of 64."""
LEAST_CORRELATION = 0.97
MOST_LOCAL = 6.0
"""Mean difference of luma (0 to 255) over any 4 x 4 pixels: what differs in one place only is another picture."""
MOST_COLOR = 2.0
"""Mean distance between the sorted values of a channel, 0 to 255: the histograms' earth mover's distance."""
MOST_CUT, COARSE, FINE = 0.08, 0.02, 0.0025
"""Share of a side that may be cut away at either end, and the steps in which it is looked for."""
WORTH_ALIGNING = 0.4
"""Correlation before alignment under which no cut of these makes two pictures alike."""
_LUMA = np.array([0.299, 0.587, 0.114])
_CELL = 4
PAIRS_AT_ONCE = 64


@dataclass(frozen=True)
class Measured:
    """How alike p pairs are, at their best alignment."""

    correlation: Floats  # (p,) of luma
    local: Floats  # (p,) largest mean difference of luma in a cell
    color: Floats  # (p,) largest mean difference of a channel's sorted values

    @property
    def is_same(self) -> Booleans:
        alike = (self.correlation >= LEAST_CORRELATION) & (self.local <= MOST_LOCAL)
        same: Booleans = alike & (self.color <= MOST_COLOR)
        return same


def small_pictures(jpegs: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    """(n, HELD, HELD, 3) of JPEG files, stretched to a square."""
    pixels = [Image.fromarray(decode_pixels(jpeg)).resize((HELD, HELD), Image.Resampling.BOX) for jpeg in jpegs]
    return np.stack([np.asarray(one) for one in pixels]) if pixels else np.zeros((0, HELD, HELD, 3), np.uint8)


def confirmed(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> Booleans:
    """(p,) whether `one` (p, HELD, HELD, 3) and `other` show the same picture, whole or with an edge cut away."""
    found = np.zeros(len(one), bool)
    for start in range(0, len(one), PAIRS_AT_ONCE):
        at = slice(start, start + PAIRS_AT_ONCE)
        found[at] = measured(one[at], other[at]).is_same
    return found


def measured(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> Measured:
    """How alike pictures (p, HELD, HELD, 3) are at the best of: whole to whole, either cut to fit the other."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    with one_thread():
        whole = _compared(_cut(a, 0, 0, 0, 0), _cut(b, 0, 0, 0, 0))
        open_ones = np.flatnonzero(~whole.is_same & (whole.correlation >= WORTH_ALIGNING))
        best = [whole.correlation, whole.local, whole.color]
        for i in open_ones:
            for small, large in ((a[i], b[i]), (b[i], a[i])):
                cut = _compared(_cut(small[None], 0, 0, 0, 0), _aligned(large, small)[None])
                if cut.correlation[0] > best[0][i]:
                    for kept, given in zip(best, (cut.correlation, cut.local, cut.color), strict=True):
                        kept[i] = given[0]
    return Measured(*best)


def _compared(a: Floats, b: Floats) -> Measured:
    """Of pictures (p, SIDE, SIDE, 3)."""
    lumas = [(picture @ _LUMA).reshape(len(picture), -1) for picture in (a, b)]
    cells = [_cells(luma.reshape(-1, SIDE, SIDE)) for luma in lumas]
    sorted_values = [np.sort(picture.reshape(len(picture), -1, 3), axis=1) for picture in (a, b)]
    color = np.abs(sorted_values[0] - sorted_values[1]).mean(axis=1).max(axis=1)
    local = np.abs(cells[0] - cells[1]).max(axis=(1, 2))
    return Measured(_correlation(*lumas), np.round(local, 4), np.round(color, 4))


def _correlation(a: Floats, b: Floats) -> Floats:
    """(p,) of rows (p, n); 0 where either is flat."""
    a, b = (rows - rows.mean(axis=-1, keepdims=True) for rows in (a, b))
    lengths = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return np.round((a * b).sum(-1) / np.where(lengths > 0, lengths, 1.0), 6)


def _cells(lumas: Floats) -> Floats:
    n = SIDE // _CELL
    return lumas.reshape(-1, n, _CELL, n, _CELL).mean(axis=(2, 4))


def _aligned(large: Floats, small: Floats) -> Floats:
    """(SIDE, SIDE, 3) the part of `large` (HELD, HELD, 3) that is most like the whole of `small`.

    Where it is cut above and below and where left and right is chosen in turn, in ever smaller steps.
    """
    luma = large @ _LUMA
    target = (_cut(small[None], 0, 0, 0, 0)[0] @ _LUMA).reshape(1, -1)
    rows = columns = (MOST_CUT / 2, MOST_CUT / 2)
    step = COARSE
    for reach in (MOST_CUT / 2, MOST_CUT / 2, *_FINER):
        step = step if reach == MOST_CUT / 2 else reach / 2
        tried = _around(rows, reach, step)
        across = luma @ _window(*columns).T  # (HELD, SIDE)
        rows = tried[_most_alike(np.stack([_window(*cut) @ across for cut in tried]), target)]
        tried = _around(columns, reach, step)
        down = _window(*rows) @ luma  # (SIDE, HELD)
        columns = tried[_most_alike(np.stack([down @ _window(*cut).T for cut in tried]), target)]
    return np.stack([_window(*rows) @ large[:, :, c] @ _window(*columns).T for c in range(3)], axis=-1)


_FINER = (0.01, 0.01, 2 * FINE)
"""After two rounds over the whole range: how far beside the best cut the next rounds look."""


def _around(cut: tuple[float, float], reach: float, step: float) -> list[tuple[float, float]]:
    """Cuts before and after within `reach` of a cut."""
    offsets = np.arange(-round(reach / step), round(reach / step) + 1) * step
    before, after = (np.unique(np.clip(np.round(one + offsets, 6), 0.0, MOST_CUT)) for one in cut)
    return [(float(one), float(other)) for one in before for other in after]


def _most_alike(parts: Floats, target: Floats) -> int:
    return int(_correlation(parts.reshape(len(parts), -1), target).argmax())


def _cut(pictures: Floats, top: float, bottom: float, left: float, right: float) -> Floats:
    """(p, SIDE, SIDE, 3) of pictures (p, HELD, HELD, 3)."""
    rows, columns = _window(top, bottom), _window(left, right)
    channels = [rows @ pictures[..., channel] @ columns.T for channel in range(3)]
    return np.stack(channels, axis=-1)


@cache
def _window(before: float, after: float) -> Floats:
    """(SIDE, HELD) how much of each held pixel each compared pixel covers, `before` and `after` of them left out."""
    edges = HELD * (before + (1 - before - after) * np.arange(SIDE + 1) / SIDE)
    lower = np.maximum(edges[:-1, None], np.arange(HELD)[None, :])
    upper = np.minimum(edges[1:, None], np.arange(1, HELD + 1)[None, :])
    covered = np.maximum(upper - lower, 0.0)
    window: Floats = covered / covered.sum(axis=1, keepdims=True)
    return window
