"""Brightness, contrast, warmth and saturation of pixels, as numbers with a word each."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

_BRIGHTNESS = ((22.0, 40.0, 62.0, 82.0), ("very dark", "dark", "medium brightness", "bright", "very bright"))
_CONTRAST = ((12.0, 24.0), ("low contrast", "medium contrast", "high contrast"))
_SATURATION = ((4.0, 13.0, 28.0, 50.0), ("colourless", "muted", "moderately saturated", "saturated", "vivid"))
_WARMTH = ((-4.0, 4.0), ("cool", "neutral", "warm"))
_WARMEST_HUE_DEGREES = 60.0  # orange in CIELAB; its opposite is a greenish blue


@dataclass(frozen=True)
class Measure:
    """A measured number and the word it earns."""

    word: str
    value: float


def brightness(lab: np.ndarray) -> Measure:
    """Mean lightness L of the pixels (n, 3), 0 to 100."""
    return _measure(float(lab[:, 0].mean()), _BRIGHTNESS)


def contrast(lab: np.ndarray) -> Measure:
    """Standard deviation of lightness, 0 to 50."""
    return _measure(float(lab[:, 0].std()), _CONTRAST)


def saturation(lab: np.ndarray) -> Measure:
    """Mean CIELAB chroma."""
    return _measure(float(np.hypot(lab[:, 1], lab[:, 2]).mean()), _SATURATION)


def warmth(lab: np.ndarray) -> Measure:
    """Mean chroma towards orange: positive is warm, negative is cool."""
    angle = np.deg2rad(_WARMEST_HUE_DEGREES)
    return _measure(float((lab[:, 1] * np.cos(angle) + lab[:, 2] * np.sin(angle)).mean()), _WARMTH)


def _measure(value: float, scale: tuple[tuple[float, ...], tuple[str, ...]]) -> Measure:
    rounded = round(value, 1) + 0.0  # no -0.0
    bounds, words = scale
    return Measure(words[bisect_right(bounds, rounded)], rounded)
