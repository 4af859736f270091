"""What every model that views pins is told by a profile, and how a picture is handed to it."""

from __future__ import annotations

import io
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator

from relpins_resources.images import decode_pixels

Source = Literal["image", "title", "description", "merchant_tags", "price"]
Output = Literal["description", "attributes", "objects"]
PROMPTS = "relpins_resources.describers"
_QUALITY = 88


class ViewConfig(BaseModel):
    """What a model is shown of a pin, what it is asked for, and of how many pins.

    `prompt` is a shipped prompt's name or a text file. `image_side` bounds the picture, in pixels. `share` below 1
    describes so many of the distinct images, spread over all looks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[Source, ...] = Field(("image", "title", "description", "merchant_tags", "price"), min_length=1)
    outputs: tuple[Output, ...] = Field(("description", "attributes", "objects"), min_length=1)
    prompt: str = "look"
    image_side: int = Field(512, ge=64, le=2048)
    share: float = Field(1.0, gt=0, le=1)

    @field_validator("sources", "outputs")
    @classmethod
    def _once_each(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(named)) < len(named):
            raise ValueError("something is named twice; name each once")
        return named


def bounded_picture(jpeg: bytes, side: int) -> Image.Image:
    """A stored JPEG as RGB, no side longer than `side` pixels.

    Raises:
        ImageRejected: the bytes are no whole JPEG.
    """
    return Image.fromarray(decode_pixels(jpeg, side))


def bounded_jpeg(jpeg: bytes, side: int) -> bytes:
    """The same as a JPEG file."""
    file = io.BytesIO()
    bounded_picture(jpeg, side).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
