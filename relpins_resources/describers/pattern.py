"""Texture and regular patterns, from gradients at several scales and from peaks of the spectrum."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import fft

Texture = Literal["smooth", "fine", "coarse"]
Pattern = Literal["", "striped", "checked", "dotted"]

_SIDE = 128  # the spectrum is taken of a field of this side
_MIN_SIDE = 24
_MIN_CYCLES, _MAX_FREQUENCY = 4.5, 0.42  # cycles across the window; cycles per pixel
_MIN_DEVIATION = 4.0  # lightness units
_MIN_SHARE = 0.3  # of all power, around the strongest frequencies
_SECOND = 0.18  # a lattice's other side may be this much weaker
_EVEN, _MIXED = 0.5, 0.25  # dots: both sides alike, and the lattice's diagonal with them
_LOWER = 0.4  # how strong lower frequencies of the same direction may be
_SMOOTH = 2.0  # lightness units
_FINE = 0.7  # share of the strongest scale that the finest must reach


def texture(light: np.ndarray, subject: np.ndarray) -> Texture:
    """Return how fine the detail of lightness (h, w) is over the subject's pixels (h, w).

    Detail at a scale is the median of what 2 x 2 means take away, so that sparse outlines do not count; only blocks
    that lie within the subject are looked at.
    """
    detail: list[float] = []
    while min(light.shape) >= 2 and len(detail) < 3:
        blocks = _blocks(light)  # (h / 2, 2, w / 2, 2)
        light = np.asarray(blocks.mean(axis=(1, 3)))
        subject = np.asarray(_blocks(subject).all(axis=(1, 3)))
        lost = np.abs(blocks - light[:, None, :, None]).mean(axis=(1, 3))[subject]
        detail.append(float(np.median(lost)) if lost.size else 0.0)
    if not detail or max(detail) < _SMOOTH:
        return "smooth"
    return "fine" if detail[0] >= _FINE * max(detail) else "coarse"


def pattern(light: np.ndarray) -> Pattern:
    """Return the regular pattern of lightness (h, w) that is plain to see in it or in its middle, or ""."""
    height, width = light.shape
    middle = light[height // 4 : height - height // 4, width // 4 : width - width // 4]
    return _pattern_of(middle) or _pattern_of(light)


def _blocks(values: np.ndarray) -> np.ndarray:
    """(h, w) as blocks of 2 x 2: (h // 2, 2, w // 2, 2)."""
    height, width = values.shape[0] // 2, values.shape[1] // 2
    return values[: 2 * height, : 2 * width].reshape(height, 2, width, 2)


def _pattern_of(light: np.ndarray) -> Pattern:
    if min(light.shape) < _MIN_SIDE or light.std() < _MIN_DEVIATION:
        return ""
    power, cycles = _spectrum(light)
    band = np.where((cycles >= _MIN_CYCLES) & _UNDER_LIMIT, power, 0.0)
    total = float((power * _COUNTED)[cycles >= 1.5].sum())
    first, first_share = _peak(band, total)
    if not _stands_out(power, first):
        return ""
    second, second_share = _peak(_without_direction(band, first), total)
    is_lattice = second_share >= _SECOND * first_share and _is_across(first, second)
    if not (is_lattice and _stands_out(power, second)):
        return "striped" if first_share >= _MIN_SHARE else ""
    if first_share + second_share < _MIN_SHARE:
        return ""
    mixed = max(_power_at(power, first + second), _power_at(power, first - second))
    is_dotted = mixed >= _MIXED * _power_at(power, first) and second_share >= _EVEN * first_share
    return "dotted" if is_dotted else "checked"


def _spectrum(light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power (128, 65) of the windowed picture, and each frequency in cycles across its shorter side."""
    window = np.outer(np.hanning(light.shape[0] + 2)[1:-1], np.hanning(light.shape[1] + 2)[1:-1])
    mean = float((light * window).sum() / window.sum())
    power = np.abs(fft.rfft2((light - mean) * window, s=(_SIDE, _SIDE))) ** 2
    return power, _FREQUENCY * min(light.shape)


def _peak(band: np.ndarray, total: float) -> tuple[np.ndarray, float]:
    """Position (row, column) of the strongest frequency, and the share of all power around it."""
    if total <= 0:
        return np.zeros(2, dtype=int), 0.0
    row, column = np.unravel_index(int(np.argmax(band)), band.shape)
    peak = np.array([_signed(int(row)), int(column)])
    return peak, _power_at(band, peak) / total


def _without_direction(band: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """`band` without the frequencies in the direction of `peak` (its harmonics)."""
    return np.where(_is_along(peak), 0.0, band)


def _is_along(peak: np.ndarray) -> np.ndarray:
    """Which frequencies lie within 25 degrees of the direction of `peak`."""
    inner = np.abs(_ROWS * peak[0] + _COLUMNS * peak[1])
    return np.asarray(inner > _COS_25 * np.hypot(*peak) * _RADIUS)


def _stands_out(power: np.ndarray, peak: np.ndarray) -> bool:
    """Whether a frequency is stronger than the lower ones of its direction: outlines fall off, stripes peak."""
    radius = float(np.hypot(*peak))
    lower = _is_along(peak) & (radius * 0.3 <= _RADIUS) & (radius * 0.7 >= _RADIUS)
    top = float(power[int(peak[0]), int(peak[1])])
    return float(power[lower].max(initial=0.0)) <= _LOWER * top


def _is_across(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two frequencies are near right angles and of like length: the sides of one lattice."""
    a, b = float(np.hypot(*first)), float(np.hypot(*second))
    if min(a, b) == 0:
        return False
    return abs(float(first @ second)) <= 0.35 * a * b and max(a, b) <= 1.6 * min(a, b)


def _power_at(power: np.ndarray, peak: np.ndarray) -> float:
    """Power around one frequency (row, column), 0 beyond the limit of the grid."""
    if max(abs(int(peak[0])), abs(int(peak[1]))) >= _SIDE // 2:
        return 0.0
    near = (np.abs(_ROWS - peak[0]) <= 4) & (np.abs(_COLUMNS - peak[1]) <= 4)
    mirrored = (np.abs(_ROWS + peak[0]) <= 4) & (np.abs(_COLUMNS + peak[1]) <= 4)
    return float((power * _COUNTED)[near | mirrored].sum())


def _signed(row: int) -> int:
    return row if row < _SIDE // 2 else row - _SIDE


_ROWS = np.array([_signed(row) for row in range(_SIDE)])[:, None]
_COLUMNS = np.arange(_SIDE // 2 + 1)[None, :]
_COUNTED = np.where((_COLUMNS == 0) | (_COLUMNS == _SIDE // 2), 1.0, 2.0)  # the half that rfft2 leaves out
_RADIUS = np.hypot(_ROWS, _COLUMNS)
_COS_25 = float(np.cos(np.deg2rad(25)))
_FREQUENCY = _RADIUS / _SIDE  # cycles per pixel
_UNDER_LIMIT = _FREQUENCY <= _MAX_FREQUENCY
