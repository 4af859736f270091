"""A supersampled canvas: shapes, soft shadows, light and patterns in final pixels; no notion of what is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from relpins_resources.sample_world.styles import Color, mixed

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """Where an object stands in the picture, in final pixels."""

    name: str
    x0: float
    y0: float
    x1: float
    y1: float


def _radial() -> Image.Image:
    axis = np.linspace(-1, 1, 96)
    distance = np.sqrt(axis[None, :] ** 2 + axis[:, None] ** 2)
    soft = np.clip(1 - distance, 0, 1) ** 1.6
    return Image.fromarray((soft * 255).astype(np.uint8))


RADIAL = _radial()
RAMP = Image.fromarray(np.linspace(0, 255, 256).astype(np.uint8)[:, None])  # 0 at the top, 255 at the bottom


class Canvas:
    """Coordinates are final pixels; everything is drawn `scale` times larger and reduced in `finished`."""

    def __init__(self, width: float, height: float, scale: int, background: Color = (255, 255, 255)) -> None:
        self.width, self.height, self.scale = float(width), float(height), scale
        self.image = Image.new("RGB", (round(width * scale), round(height * scale)), background)
        self.pen = ImageDraw.Draw(self.image)

    def finished(self) -> Image.Image:
        """The picture in its final size."""
        size = (round(self.width), round(self.height))
        return self.image.resize(size, Image.Resampling.LANCZOS)

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: Color, radius: float = 0.0) -> None:
        """A filled rectangle, with round corners if asked."""
        if x1 <= x0 or y1 <= y0:
            return
        box = self._box(x0, y0, x1, y1)
        if radius > 0:
            limit = min(box[2] - box[0], box[3] - box[1]) / 2
            self.pen.rounded_rectangle(box, min(radius * self.scale, limit), fill)
        else:
            self.pen.rectangle(box, fill)

    def poly(self, points: Sequence[Point], fill: Color) -> None:
        """A filled polygon."""
        self.pen.polygon(self._points(points), fill)

    def ellipse(self, x0: float, y0: float, x1: float, y1: float, fill: Color) -> None:
        """A filled ellipse in the box."""
        if x1 > x0 and y1 > y0:
            self.pen.ellipse(self._box(x0, y0, x1, y1), fill)

    def disc(self, x: float, y: float, radius: float, fill: Color) -> None:
        """A filled circle about a point."""
        self.ellipse(x - radius, y - radius, x + radius, y + radius, fill)

    def ring(self, x: float, y: float, radius: float, fill: Color, width: float) -> None:
        """The outline of a circle."""
        box = self._box(x - radius, y - radius, x + radius, y + radius)
        self.pen.ellipse(box, outline=fill, width=max(1, round(width * self.scale)))

    def arc(
        self, x0: float, y0: float, x1: float, y1: float, start: float, end: float, fill: Color, width: float
    ) -> None:
        """A part of an ellipse's outline, angles in degrees clockwise from three o'clock."""
        self.pen.arc(self._box(x0, y0, x1, y1), start, end, fill, max(1, round(width * self.scale)))

    def pie(self, x0: float, y0: float, x1: float, y1: float, start: float, end: float, fill: Color) -> None:
        """A filled sector of an ellipse."""
        self.pen.pieslice(self._box(x0, y0, x1, y1), start, end, fill)

    def line(self, points: Sequence[Point], fill: Color, width: float) -> None:
        """A line through points with round joints."""
        thick = max(1, round(width * self.scale))
        self.pen.line(self._points(points), fill, thick, joint="curve")

    def gradient(self, x0: float, y0: float, x1: float, y1: float, top: Color, bottom: Color) -> None:
        """A rectangle that goes from one colour to another, downwards."""
        box = self._clip(x0, y0, x1, y1)
        if box is None:
            return
        size = (box[2] - box[0], box[3] - box[1])
        fill = Image.new("RGB", size, top)
        fill.paste(Image.new("RGB", size, bottom), (0, 0), RAMP.resize(size))
        self.image.paste(fill, box[:2])

    def shadow(
        self, x0: float, y0: float, x1: float, y1: float, strength: float = 0.3, color: Color = (40, 30, 25)
    ) -> None:
        """A soft dark (or coloured) ellipse: what stands above touches the ground here."""
        left, top, right, bottom = self._box(x0, y0, x1, y1)
        if right - left < 2 or bottom - top < 2:
            return
        mask = RADIAL.resize((right - left, bottom - top)).point(lambda v: round(v * min(1.0, strength)))
        self.image.paste(color, (left, top), mask)

    def glow(self, x: float, y: float, radius: float, color: Color = (255, 236, 190), strength: float = 0.5) -> None:
        """Light about a lamp or in a sky."""
        self.shadow(x - radius, y - radius, x + radius, y + radius, strength, color)

    def veil(self, points: Sequence[Point], color: Color, strength: float) -> None:
        """A see-through polygon: light that falls in, a shade, a glass."""
        self._masked(points, lambda size: Image.new("RGB", size, color), strength)

    def filled(self, points: Sequence[Point], make: Callable[[tuple[int, int]], Image.Image]) -> None:
        """A polygon filled by the picture that `make(size)` draws for its bounding box."""
        self._masked(points, make, 1.0)

    def shade(self, x0: float, y0: float, x1: float, y1: float, strength: float, color: Color = (30, 22, 18)) -> None:
        """Darkness that grows downwards over a rectangle, for volume."""
        box = self._clip(x0, y0, x1, y1)
        if box is not None:
            mask = RAMP.resize((box[2] - box[0], box[3] - box[1])).point(lambda v: round(v * strength))
            self.image.paste(color, box[:2], mask)

    def text(self, x: float, y: float, words: str, size: float, fill: Color) -> None:
        """Words centred on a point, in Pillow's own font."""
        font = ImageFont.load_default(size * self.scale)
        self.pen.text((x * self.scale, y * self.scale), words, fill, font, anchor="mm")

    def _masked(self, points: Sequence[Point], make: Callable[[tuple[int, int]], Image.Image], strength: float) -> None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        box = self._clip(min(xs), min(ys), max(xs), max(ys))
        if box is None:
            return
        size = (box[2] - box[0], box[3] - box[1])
        mask = Image.new("L", size, 0)
        moved = [(x * self.scale - box[0], y * self.scale - box[1]) for x, y in points]
        ImageDraw.Draw(mask).polygon(moved, round(255 * min(1.0, strength)))
        self.image.paste(make(size), box[:2], mask)

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[int, int, int, int]:
        s = self.scale
        return round(x0 * s), round(y0 * s), round(x1 * s), round(y1 * s)

    def _clip(self, x0: float, y0: float, x1: float, y1: float) -> tuple[int, int, int, int] | None:
        left, top, right, bottom = self._box(x0, y0, x1, y1)
        left, top = max(0, left), max(0, top)
        right, bottom = min(self.image.width, right), min(self.image.height, bottom)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _points(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.scale, y * self.scale) for x, y in points]


def bezier(p0: Point, p1: Point, p2: Point, p3: Point, steps: int = 16) -> list[Point]:
    """Points along a cubic curve, both ends included."""
    made = []
    for i in range(steps + 1):
        t = i / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        made.append((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0], a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]))
    return made


def jittered(rng: np.random.Generator, color: Color, spread: float = 7.0) -> Color:
    """`color` a little off, as paint and light are."""
    r, g, b = (
        int(np.clip(round(c + d), 0, 255))
        for c, d in zip(color, rng.normal(0, spread, 3) * 0.5 + rng.normal(0, spread * 0.7), strict=True)
    )
    return (r, g, b)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number in [low, high)."""
    return low + (high - low) * float(rng.random())


def tinted(color: Color, light: Color, share: float) -> Color:
    """`color` seen in `light`."""
    return mixed(color, light, share)
