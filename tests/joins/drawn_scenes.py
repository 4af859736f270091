"""Pictures for tests of copies: drawn scenes of many shapes, and what people do to a picture before they pin it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

SIZE = (240, 320)


def scene(seed: int) -> Image.Image:
    """A dozen coloured shapes on a ground."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", SIZE, tuple(rng.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = (int(rng.integers(-40, side)) for side in SIZE)
        w, h = rng.integers(30, 140, 2).tolist()
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), tuple(rng.integers(0, 256, 3).tolist()))
    return image


def logo(letter: str) -> Image.Image:
    """A dark card with one large letter: all of them have one layout."""
    image = Image.new("RGB", SIZE, (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.rectangle((30, 40, 210, 280), (40, 60, 90))
    draw.text((75, 90), letter, (250, 220, 60), font_size=120)
    return image


def whole(image: Image.Image) -> Image.Image:
    return image


def reencoded(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(jpeg(image, 55)))


def resized(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * 0.6), round(image.height * 0.6)), Image.Resampling.LANCZOS)


def cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((round(width * 0.05), round(height * 0.03), round(width * 0.96), round(height * 0.95)))


def mirrored(image: Image.Image) -> Image.Image:
    return ImageOps.mirror(image)


def recoloured(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return Image.merge("RGB", (green, blue, red))


def faded(image: Image.Image) -> Image.Image:
    return ImageEnhance.Color(image).enhance(0.2)


def overlaid(image: Image.Image) -> Image.Image:
    """With a label in a corner, as large as a tenth of the picture."""
    image = image.copy()
    ImageDraw.Draw(image).rectangle((0, 0, 80, 100), (255, 255, 255))
    return image


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()
