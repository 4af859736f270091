"""How a picture is laid out: background, subject, halves, symmetry, format. What the subject is stays unsaid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from relpins_resources.describers.color_names import color_name

_RING = 0.05  # width of the border, as a share of each side
_SAME_COLOR = 12.0  # CIELAB difference under which a pixel belongs to the background, and
_FAINT = 4.0  # the same on a background without any noise
_PLAIN_SHARE = 0.72  # of the border
_QUIET = 6.0  # median difference along a plain border
_SUBJECT_SHARES = (0.02, 0.85)
_CENTRED = 0.12
_SPLIT_EXPLAINED = 0.62
_SPLIT_CONTRAST = 15.0
_SYMMETRY = 0.85


@dataclass(frozen=True)
class Layout:
    """Where a picture's subject is.

    Attributes:
        arrangement: "uniform surface", "centred subject", "off-centre subject", "close-up",
            "upper and lower halves differ", "left and right halves differ" or "full-frame scene".
        background: name of the border's colour when the border is plain, else "".
        is_symmetric: the left half mirrors the right.
        subject: bool (h, w), the pixels unlike a plain background or enclosed by such; all where there are none.
    """

    arrangement: str
    background: str
    is_symmetric: bool
    subject: np.ndarray


def layout(lab: np.ndarray) -> Layout:
    """Return the layout of one picture, CIELAB (h, w, 3)."""
    border = _border(lab)  # (n, 3)
    ground = np.median(border, axis=0)
    unlike = _differences(border, ground)
    is_plain = float((unlike < _SAME_COLOR).mean()) >= _PLAIN_SHARE and float(np.median(unlike)) < _QUIET
    threshold = min(_SAME_COLOR, _FAINT + 2 * float(np.median(unlike)))
    subject = ndimage.binary_fill_holes(_differences(lab, ground) >= threshold)
    share = float(subject.mean())
    return Layout(
        arrangement=_arrangement(lab, subject, share, is_plain),
        background=color_name(ground) if is_plain else "",
        is_symmetric=_is_symmetric(lab[..., 0]),
        subject=subject if is_plain and share >= _SUBJECT_SHARES[0] else np.ones(lab.shape[:2], dtype=bool),
    )


def format_word(width: int, height: int) -> str:
    """Return the word for a picture's shape: tall, portrait, square, landscape or panoramic format."""
    ratio = width / height
    bounds = ((0.5, "tall"), (0.9, "portrait"), (1.12, "square"), (2.0, "landscape"))
    word = next((word for bound, word in bounds if ratio < bound), "panoramic")
    return f"{word} format"


def _border(lab: np.ndarray) -> np.ndarray:
    height, width = lab.shape[:2]
    y, x = max(1, round(height * _RING)), max(1, round(width * _RING))
    edge = np.ones((height, width), dtype=bool)
    edge[y : height - y, x : width - x] = False
    return np.asarray(lab[edge])


def _differences(lab: np.ndarray, color: np.ndarray) -> np.ndarray:
    offsets = lab - color
    return np.asarray(np.sqrt(np.einsum("...k,...k->...", offsets, offsets)))


def _arrangement(lab: np.ndarray, subject: np.ndarray, share: float, is_plain: bool) -> str:
    if is_plain and share < _SUBJECT_SHARES[0]:
        return "uniform surface"
    if not is_plain:
        return _halves(lab) or "full-frame scene"
    if share > _SUBJECT_SHARES[1]:
        return "close-up"
    rows, columns = (np.flatnonzero(subject.any(axis=axis)) for axis in (1, 0))
    y = (rows[0] + rows[-1] + 1) / (2 * lab.shape[0]) - 0.5
    x = (columns[0] + columns[-1] + 1) / (2 * lab.shape[1]) - 0.5
    return "centred subject" if max(abs(x), abs(y)) <= _CENTRED else "off-centre subject"


def _halves(lab: np.ndarray) -> str:
    """Which cut explains the picture's variance: between 30 and 70 % of the height, or of the width."""
    total = float(np.einsum("hwk,hwk->", lab, lab)) / (lab.shape[0] * lab.shape[1])
    total -= float((lab.mean(axis=0).mean(axis=0) ** 2).sum())
    for axis, words in ((0, "upper and lower halves differ"), (1, "left and right halves differ")):
        lines = lab.mean(axis=1 - axis)  # (length, 3)
        explained, gap = _best_cut(lines)
        if gap >= _SPLIT_CONTRAST and explained >= _SPLIT_EXPLAINED * total:
            return words
    return ""


def _best_cut(lines: np.ndarray) -> tuple[float, float]:
    """Variance that the best cut of (length, 3) line means explains, and the colour difference across it."""
    length = len(lines)
    cuts = np.arange(max(1, round(0.3 * length)), min(length - 1, round(0.7 * length)) + 1)
    if not len(cuts):
        return 0.0, 0.0
    sums = np.cumsum(lines, axis=0)
    before = sums[cuts - 1] / cuts[:, None]
    after = (sums[-1] - sums[cuts - 1]) / (length - cuts)[:, None]
    gaps = ((before - after) ** 2).sum(axis=1)
    explained = gaps * cuts * (length - cuts) / length**2
    best = int(np.argmax(explained))
    return float(explained[best]), float(np.sqrt(gaps[best]))


def _is_symmetric(light: np.ndarray) -> bool:
    half = light - light.mean()
    energy = float((half**2).sum())
    if energy / light.size < 4.0 or light.shape[1] < 4:
        return False
    return float((half * half[:, ::-1]).sum()) / energy >= _SYMMETRY
