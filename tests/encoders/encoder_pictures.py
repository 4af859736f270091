"""Drawn pictures with titles."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

COLOURS = {
    "red": (200, 30, 30),
    "green": (40, 150, 60),
    "blue": (40, 70, 190),
    "yellow": (235, 215, 50),
    "black": (20, 20, 20),
    "pink": (240, 150, 180),
}
SHAPES = ("circle", "square", "triangle", "stripes")


@dataclass(frozen=True)
class Catalog:
    images: list[npt.NDArray[np.uint8]]
    titles: list[str]


def draw(shape: str, colour: str, seed: int, size: tuple[int, int] = (64, 80)) -> npt.NDArray[np.uint8]:
    """One shape on a light ground, jittered by `seed`, RGB (height, width, 3)."""
    random = np.random.default_rng(seed)
    ground = tuple(int(v) for v in 235 + random.integers(-12, 12, 3))
    picture = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(picture)
    x, y = (int(v) for v in random.integers(4, 12, 2))
    right, bottom = size[0] - int(random.integers(4, 12)), size[1] - int(random.integers(4, 12))
    fill = COLOURS[colour]
    if shape == "circle":
        pen.ellipse((x, y, right, bottom), fill)
    elif shape == "square":
        pen.rectangle((x, y, right, bottom), fill)
    elif shape == "triangle":
        pen.polygon([(x, bottom), (right, bottom), ((x + right) // 2, y)], fill)
    else:
        for top in range(y, bottom, 12):
            pen.rectangle((x, top, right, top + 5), fill)
    return np.asarray(picture)
