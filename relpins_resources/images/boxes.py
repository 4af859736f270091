"""Boxes drawn on a picture, for people who look at what a detector found."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from relpins_resources.images.decode import decode_pixels
from relpins_resources.images.lettering import ACCENT, PAPER

Edges = tuple[float, float, float, float]
_QUALITY = 88


def with_boxes(jpeg: bytes, boxes: Sequence[Edges], *, strong: Sequence[bool] = (), max_side: int = 192) -> bytes:
    """The picture as a JPEG with a frame around each box, a thick one around those that are `strong`.

    Args:
        boxes: left, upper, right and lower edge as shares of the picture's sides.

    Raises:
        ImageRejected: the bytes are no whole JPEG.
    """
    image = Image.fromarray(decode_pixels(jpeg, max_side))
    pen = ImageDraw.Draw(image)
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        width = 3 if number < len(strong) and strong[number] else 1
        right, bottom = max(0.0, x1 * image.width - 1), max(0.0, y1 * image.height - 1)
        frame = (min(x0 * image.width, right), min(y0 * image.height, bottom), right, bottom)
        pen.rectangle(frame, outline=PAPER, width=width + 1)
        pen.rectangle(frame, outline=ACCENT, width=width)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()
