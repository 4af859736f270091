"""Textiles and wallpapers: small repeating pictures in a style's colours."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from relpins_resources.sample_world.styles import Color, darker, lighter, mixed

Fill = Callable[[tuple[int, int]], Image.Image]


def pattern(name: str, base: Color, first: Color, second: Color, cell: float) -> Fill:
    """A fill of `name` on `base`; `cell` is the size of a repeat in device pixels."""
    paint = PATTERNS[name]
    side = max(6, round(cell))

    def fill(size: tuple[int, int]) -> Image.Image:
        tile = Image.new("RGB", (side, side), base)
        paint(ImageDraw.Draw(tile), float(side), base, first, second)
        full = Image.new("RGB", size, base)
        for x in range(0, size[0], side):
            for y in range(0, size[1], side):
                full.paste(tile, (x, y))
        return full

    return fill


def _plain(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    """Nothing but the base."""


def _geometric(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    h = n / 2
    pen.polygon([(0, 0), (h, 0), (0, h)], first)
    pen.pieslice([h, 0, n + h, n], 90, 180, second)
    pen.polygon([(h, n), (n, n), (n, h)], first)
    pen.pieslice([-h, h, h, n + h], 270, 360, darker(second, 0.2))


def _kilim(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    h, q = n / 2, n / 4
    pen.polygon([(h, q * 0.4), (n - q * 0.4, h), (h, n - q * 0.4), (q * 0.4, h)], first)
    pen.polygon([(h, q * 1.3), (n - q * 1.3, h), (h, n - q * 1.3), (q * 1.3, h)], second)
    for x, y in ((0, 0), (n, 0), (0, n), (n, n)):
        pen.polygon([(x, y - q), (x + q, y), (x, y + q), (x - q, y)], darker(second, 0.25))


def _stripes(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    pen.rectangle([0, 0, n * 0.45, n], first)


def _gingham(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    half = mixed(base, first, 0.5)
    pen.rectangle([0, 0, n / 2, n], half)
    pen.rectangle([0, 0, n, n / 2], half)
    pen.rectangle([0, 0, n / 2, n / 2], first)


def _floral(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    leaf = mixed((96, 132, 88), base, 0.25)
    for cx, cy, r, petal in ((0.3, 0.3, 0.16, first), (0.76, 0.74, 0.13, second), (0.8, 0.2, 0.07, first)):
        x, y = cx * n, cy * n
        pen.line([(x, y), (x - r * n * 1.4, y + r * n * 1.9)], leaf, max(1, round(n * 0.04)))
        pen.ellipse([x - r * n * 1.9, y + r * n * 0.9, x - r * n * 0.7, y + r * n * 1.6], leaf)
        for turn in range(5):
            angle = turn * 2 * np.pi / 5
            px, py, s = x + np.cos(angle) * r * n * 0.7, y + np.sin(angle) * r * n * 0.7, r * n * 0.62
            pen.ellipse([px - s, py - s, px + s, py + s], petal)
        s = r * n * 0.42
        pen.ellipse([x - s, y - s, x + s, y + s], lighter(second, 0.45))


def _fans(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    width = max(1, round(n * 0.045))
    for x, y in ((0, n * 0.5), (n, n * 0.5), (n * 0.5, n)):
        for share in (0.5, 0.36, 0.22):
            r = n * share
            pen.pieslice([x - r, y - r, x + r, y + r], 180, 360, base, first, width)


def _damask(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    ink = mixed(base, first, 0.4)
    for x, y in ((n / 2, n / 2), (0, 0), (n, 0), (0, n), (n, n)):
        pen.ellipse([x - n * 0.13, y - n * 0.3, x + n * 0.13, y + n * 0.3], ink)
        pen.ellipse([x - n * 0.26, y - n * 0.1, x + n * 0.26, y + n * 0.1], ink)
        pen.ellipse([x - n * 0.06, y - n * 0.14, x + n * 0.06, y + n * 0.14], base)


def _dots(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    for x, y in ((0.25, 0.25), (0.75, 0.75)):
        pen.ellipse([(x - 0.12) * n, (y - 0.12) * n, (x + 0.12) * n, (y + 0.12) * n], first)


def _slats(pen: ImageDraw.ImageDraw, n: float, base: Color, first: Color, second: Color) -> None:
    pen.rectangle([0, 0, n * 0.3, n], darker(base, 0.18))


PATTERNS: dict[str, Callable[[ImageDraw.ImageDraw, float, Color, Color, Color], None]] = {
    "plain": _plain,
    "geometric": _geometric,
    "kilim": _kilim,
    "stripes": _stripes,
    "gingham": _gingham,
    "floral": _floral,
    "fans": _fans,
    "damask": _damask,
    "dots": _dots,
    "slats": _slats,
}
