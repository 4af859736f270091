"""The embedded describer: what pixels say without a model. It names colours and layout, never objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from relpins_resources.describers.base import DescribeInput
from relpins_resources.describers.color_names import to_lab
from relpins_resources.describers.composition import format_word, layout
from relpins_resources.describers.dominant_colors import dominant_colors
from relpins_resources.describers.pattern import Pattern, Texture, pattern, texture
from relpins_resources.describers.tone import Measure, brightness, contrast, saturation, warmth
from relpins_resources.errors import RelpinsError

_MAX_SIDE = 128


@dataclass(frozen=True)
class PixelStatement:
    """What the pixels of one picture say.

    Attributes:
        colors: (name, share of the picture) of up to 6 colours, largest first; a plain background is one of them.
            Shares are cut down to whole percents, so they sum to at most 1.
        subject_colors: the same of the subject alone where it stands on a plain background, else `colors`.
        brightness, contrast: of the whole picture, in CIELAB lightness.
        warmth, saturation, texture: of the subject where it stands on a plain background, else of the picture.
        pattern: "striped", "checked", "dotted", or "" where no regular pattern is plain to see.
        arrangement: see `composition.Layout`.
        background: name of the colour of a plain border, or "".
        is_symmetric: the left half mirrors the right.
        format: "portrait format" and the like.
    """

    colors: tuple[tuple[str, float], ...]
    subject_colors: tuple[tuple[str, float], ...]
    brightness: Measure
    contrast: Measure
    warmth: Measure
    saturation: Measure
    texture: Texture
    pattern: Pattern
    arrangement: str
    background: str
    is_symmetric: bool
    format: str

    @property
    def text(self) -> str:
        """The statement as one factual sentence."""
        tones = (self.warmth, self.saturation, self.brightness, self.contrast)
        parts = [
            ", ".join(f"{name} {share:.0%}" for name, share in self.subject_colors),
            ", ".join(tone.word for tone in tones),
            f"{self.texture} texture",
            self.pattern,
            self.arrangement + self._ground(),
            "symmetrical" if self.is_symmetric else "",
            self.format,
        ]
        sentence = "; ".join(part for part in parts if part)
        return f"{sentence[0].upper()}{sentence[1:]}."

    def _ground(self) -> str:
        if not self.background or self.arrangement == "uniform surface":
            return ""
        return f" on a plain {self.background} background"


class PixelDescriber:
    """Describes pictures from their pixels alone; ignores a pin's own words. Deterministic, row by row."""

    name = "pixels"
    version = "1"

    def describe(self, inputs: Sequence[DescribeInput]) -> list[PixelStatement]:
        """Return one statement per input; any RGB uint8 picture of at least one pixel has one.

        Raises:
            RelpinsError: an image is no uint8 array of shape (h, w, 3).
        """
        return [_describe(item.image) for item in inputs]


def _describe(image: np.ndarray) -> PixelStatement:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        received = f"{image.dtype} {image.shape}"
        raise RelpinsError(f"image to describe is {received}; give RGB uint8 (h, w, 3), not empty")
    small = _reduced(image)
    lab = to_lab(small)  # (h, w, 3)
    pixels = lab.reshape(-1, 3)
    plan = layout(lab)
    subject = lab[plan.subject]
    subject_colors = dominant_colors(small[plan.subject], subject)
    all_colors = _with_background(subject_colors, plan.background, len(pixels) - len(subject))
    return PixelStatement(
        colors=_shares(all_colors, plan.subject.size),
        subject_colors=_shares(subject_colors, len(subject)),
        brightness=brightness(pixels),
        contrast=contrast(pixels),
        warmth=warmth(subject),
        saturation=saturation(subject),
        texture=texture(lab[..., 0], plan.subject),
        pattern=pattern(lab[..., 0]),
        arrangement=plan.arrangement,
        background=plan.background,
        is_symmetric=plan.is_symmetric,
        format=format_word(image.shape[1], image.shape[0]),
    )


def _with_background(
    colors: tuple[tuple[str, int], ...], background: str, n_behind: int
) -> tuple[tuple[str, int], ...]:
    """The subject's colours in pixels, joined by those of the background."""
    totals = dict(colors)
    if n_behind:
        totals[background] = totals.get(background, 0) + n_behind
    return tuple(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def _shares(colors: tuple[tuple[str, int], ...], n_pixels: int) -> tuple[tuple[str, float], ...]:
    """Pixels to whole percents, cut down; what is under one percent of the picture is left out."""
    percents = ((name, 100 * count // n_pixels) for name, count in colors)
    return tuple((name, percent / 100) for name, percent in percents if percent)


def _reduced(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= _MAX_SIDE:
        return image
    size = (max(1, round(width * _MAX_SIDE / longest)), max(1, round(height * _MAX_SIDE / longest)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))
