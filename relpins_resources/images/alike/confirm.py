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
Cut = tuple[float, float]

SIDE, HELD = 32, 64
"""Pictures are compared at 32 pixels a side, cut out of 64."""
LEAST_CORRELATION = 0.97
MOST_LOCAL, PER_SPREAD = 5.0, 0.05
"""Mean difference of a channel (0 to 255) over any 4 x 4 pixels, and more of it for each unit of the channel's standard
deviation, since edges never fit quite: what differs in one place is another picture."""
MOST_COLOR = 2.2
"""Mean distance between the sorted values of a channel, 0 to 255: the histograms' earth mover's distance."""
MOST_CUT = 0.08
"""Share of a side that may be cut away at either end."""
STEPS = ((0.04, 0.02), (0.04, 0.02), (0.01, 0.005), (0.01, 0.005), (0.005, 0.0025))
"""How far beside the best cut so far another is looked for, and in which steps."""
WORTH_ALIGNING, WORTH_REFINING = 0.4, 0.93
"""Correlation before alignment, and after its first steps, under which no cut of these makes two pictures alike."""
_LUMA = np.array([0.299, 0.587, 0.114])
_CELL = 4
PAIRS_AT_ONCE = 64


@dataclass(frozen=True)
class Measured:
    """How alike p pairs are, at their best alignment."""

    correlation: Floats  # (p,) of luma
    local: Floats  # (p,) largest mean difference of a channel in a cell, over what is allowed of it
    color: Floats  # (p,) largest mean difference of a channel's sorted values

    @property
    def is_same(self) -> Booleans:
        alike = (self.correlation >= LEAST_CORRELATION) & (self.local <= 1)
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
        whole = _compared(_cut(a), _cut(b))
        open_ones = np.flatnonzero(~whole.is_same & (whole.correlation >= WORTH_ALIGNING))
        best = [whole.correlation, whole.local, whole.color]
        for i in open_ones:
            for small, large in ((a[i], b[i]), (b[i], a[i])):
                cut = _compared(_cut(small[None]), _aligned(large, small)[None])
                if cut.correlation[0] > best[0][i]:
                    for kept, given in zip(best, (cut.correlation, cut.local, cut.color), strict=True):
                        kept[i] = given[0]
    return Measured(*best)


def _compared(a: Floats, b: Floats) -> Measured:
    """Of pictures (p, SIDE, SIDE, 3)."""
    lumas = [(picture @ _LUMA).reshape(len(picture), -1) for picture in (a, b)]
    cells = [_cells(picture) for picture in (a, b)]
    sorted_values = [np.sort(picture.reshape(len(picture), -1, 3), axis=1) for picture in (a, b)]
    color = np.abs(sorted_values[0] - sorted_values[1]).mean(axis=1).max(axis=1)
    local = np.abs(cells[0] - cells[1]).max(axis=(1, 2, 3))
    spread = np.minimum(*(picture.reshape(len(picture), -1, 3).std(axis=1).max(axis=1) for picture in (a, b)))
    local /= MOST_LOCAL + PER_SPREAD * spread
    return Measured(_correlation(*lumas), np.round(local, 4), np.round(color, 4))


def _correlation(a: Floats, b: Floats) -> Floats:
    """(p,) of rows (p, n); 0 where either is flat."""
    a, b = (rows - rows.mean(axis=-1, keepdims=True) for rows in (a, b))
    lengths = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    alike: Floats = np.round((a * b).sum(-1) / np.where(lengths > 0, lengths, 1.0), 6)
    return alike


def _cells(pictures: Floats) -> Floats:
    """(p, n, n, 3) mean colours of cells."""
    n = SIDE // _CELL
    means: Floats = pictures.reshape(-1, n, _CELL, n, _CELL, 3).mean(axis=(2, 4))
    return means


def _aligned(large: Floats, small: Floats) -> Floats:
    """(SIDE, SIDE, 3) the part of `large` (HELD, HELD, 3) that is most like the whole of `small`.

    Where it is cut above and below and where left and right is chosen in turn, in ever smaller steps; the search ends
    early where nothing comes near.
    """
    luma = large @ _LUMA
    target = (_cut(small[None])[0] @ _LUMA).reshape(1, -1)
    rows = columns = (MOST_CUT / 2, MOST_CUT / 2)
    for reach, step in STEPS:
        tried, windows = _windows_around(rows, reach, step)
        rows, _ = _most_alike(tried, windows @ (luma @ _window(*columns).T), target)
        tried, windows = _windows_around(columns, reach, step)
        columns, likeness = _most_alike(tried, _window(*rows) @ luma @ windows.transpose(0, 2, 1), target)
        if likeness < WORTH_REFINING:
            break
    return np.stack([_window(*rows) @ large[:, :, c] @ _window(*columns).T for c in range(3)], axis=-1)


@cache
def _windows_around(cut: Cut, reach: float, step: float) -> tuple[list[Cut], Floats]:
    """Cuts before and after within `reach` of a cut, in steps, and their windows (w, SIDE, HELD)."""
    offsets = np.arange(-round(reach / step), round(reach / step) + 1) * step
    before, after = (np.unique(np.clip(np.round(one + offsets, 6), 0.0, MOST_CUT)).tolist() for one in cut)
    cuts = [(one, other) for one in before for other in after]
    return cuts, np.stack([_window(*one) for one in cuts])


def _most_alike(tried: list[Cut], parts: Floats, target: Floats) -> tuple[Cut, float]:
    likeness = _correlation(parts.reshape(len(parts), -1), target)
    best = int(likeness.argmax())
    return tried[best], float(likeness[best])


def _cut(pictures: Floats) -> Floats:
    """(p, SIDE, SIDE, 3) the whole of pictures (p, HELD, HELD, 3)."""
    whole = _window(0.0, 0.0)
    return np.stack([whole @ pictures[..., channel] @ whole.T for channel in range(3)], axis=-1)


@cache
def _window(before: float, after: float) -> Floats:
    """(SIDE, HELD) how much of each held pixel each compared pixel covers, `before` and `after` of them left out."""
    edges = HELD * (before + (1 - before - after) * np.arange(SIDE + 1) / SIDE)
    lower = np.maximum(edges[:-1, None], np.arange(HELD)[None, :])
    upper = np.minimum(edges[1:, None], np.arange(1, HELD + 1)[None, :])
    covered = np.maximum(upper - lower, 0.0)
    window: Floats = covered / covered.sum(axis=1, keepdims=True)
    return window
