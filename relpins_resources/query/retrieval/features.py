"""A pin that is not indexed yet, or a part of one that is: its picture and words, into the vectors of an embedding."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from relpins_resources.ann import snap
from relpins_resources.errors import RelpinsError
from relpins_resources.images import ImageRejected, decode_pixels
from relpins_resources.images.crop import crop
from relpins_resources.query.catalog import Booleans, Catalog, Embedding, Floats
from relpins_resources.query.errors import QueryError
from relpins_resources.query.json_text import parsed

IMAGES = ("image", "image_bytes", "image_base64")
PATHS = ("image_path", "image_url")
TEXTS = ("title", "description", "visual_description", "text")
LONGEST_PATH = 4_096
MOST_BYTES = 50_000_000
HIGHEST_NUMBER = 1_000_000  # of an object


@dataclass(frozen=True)
class Pin:
    """What is known of a pin that is not in the catalog: the bytes of an image file, and its words."""

    image: bytes | None = None
    text: str = ""


def parse_pin(value: Any, at: int, below: Path | None = None) -> Pin | None:
    """A pin from a mapping, from JSON text of one, from text alone, or from bytes; None from None.

    A mapping holds the picture as bytes or base64 text in `image`, or as a file's path in `image_path`, and words in
    `title`, `description`, `visual_description` and `text`. Files are read below the folder `below` alone.

    Raises:
        QueryError: it is nothing of the kind, or the picture cannot be read.
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        return Pin(value)
    if isinstance(value, str):
        return _of_text(value, at, below)
    if isinstance(value, Mapping):
        return _of_mapping(value, at, below)
    wanted = f"a mapping such as {{'image_path': ..., 'title': ...}}, or text, received {type(value).__name__}"
    raise QueryError(f"the features of an item are {wanted}", position=at)


def encode_pins(catalog: Catalog, embedding: Embedding, pins: Sequence[Pin | None], at: int) -> tuple[Floats, Booleans]:
    """(b, d) a vector of each pin in an embedding, (b,) whether it has one: from picture and words where the embedding
    is of both, else from its picture where that sees pictures, else from its words.

    Raises:
        QueryError: a picture cannot be decoded, or text is refused.
    """
    vectors, known = np.zeros((len(pins), embedding.dim), np.float32), np.zeros(len(pins), bool)
    of_image, of_text = catalog.encoders.image.get(embedding.name), catalog.encoders.text.get(embedding.name)
    pictured = [i for i, pin in enumerate(pins) if pin is not None and pin.image is not None and of_image is not None]
    told = [i for i, pin in enumerate(pins) if pin is not None and pin.text and i not in pictured and of_text]
    of_both = catalog.encoders.both.get(embedding.name)
    captioned = [i for i in pictured if of_both is not None and pins[i].text]  # type: ignore[union-attr]
    try:
        if pictured and of_image is not None:
            vectors[pictured] = snap(of_image([pins[i].image or b"" for i in pictured]))  # type: ignore[union-attr]
        if told and of_text is not None:
            vectors[told] = snap(of_text([pins[i].text for i in told]))  # type: ignore[union-attr]
        if captioned and of_both is not None:
            given = [pins[i] for i in captioned]
            vectors[captioned] = snap(of_both([one.image or b"" for one in given], [one.text for one in given]))  # type: ignore[union-attr]
    except ImageRejected as error:
        raise QueryError(f"the picture of an item cannot be used: {error}", position=at) from None
    except QueryError:
        raise
    except RelpinsError as error:
        raise QueryError(str(error), position=at) from None
    known[pictured + told] = True
    return vectors, known


Part = int | tuple[float, float, float, float]
"""A part of a picture: an object by its number, or left, upper, right and lower edge as shares of its sides."""


def parse_part(value: Any, at: int) -> Part | None:
    """An object's number from 1 on, or a box given as [x, y, w, h]; each also as text. None from None.

    Raises:
        QueryError: it is neither, or the box reaches beyond the picture.
    """
    if value is None:
        return None
    parts = value
    if isinstance(value, str):
        try:
            parts = parsed(value if value.lstrip().startswith("[") else f"[{value}]")
        except ValueError:
            parts = None
    parts = parts[0] if isinstance(parts, list) and len(parts) == 1 else parts
    is_number = isinstance(parts, (int, float)) and not isinstance(parts, bool)
    if is_number and float(parts).is_integer() and 1 <= parts <= HIGHEST_NUMBER:
        return int(parts)
    is_four = isinstance(parts, (list, tuple)) and len(parts) == 4
    if not is_four or not all(isinstance(one, (int, float)) and 0 <= one <= 1 for one in parts):
        raise QueryError(
            f"object is {value!r}; give the number of an object, from 1 on, or [x, y, w, h] as shares of the picture, "
            "from 0 to 1",
            position=at,
        )
    x, y, w, h = (float(one) for one in parts)
    if w <= 0 or h <= 0 or x + w > 1 + 1e-9 or y + h > 1 + 1e-9:
        raise QueryError(f"object {value!r} reaches beyond the picture; x + w and y + h are at most 1", position=at)
    return x, y, x + w, y + h


def cropped(jpeg: bytes, edges: tuple[float, float, float, float]) -> bytes:
    """The part of a stored picture between its edges, as an image file; at least one pixel."""
    pixels = crop(decode_pixels(jpeg), *edges)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _of_text(text: str, at: int, below: Path | None) -> Pin:
    stripped = text.strip()
    if stripped.startswith("{"):
        try:
            mapping = parsed(stripped)
        except ValueError as error:
            raise QueryError(f"the features of an item start like JSON and are none: {error}", position=at) from None
        return _of_mapping(mapping, at, below)
    if stripped.startswith("data:image/"):
        return Pin(_decoded(stripped, at))
    return Pin(text=stripped)


def _of_mapping(value: Mapping[str, Any], at: int, below: Path | None) -> Pin:
    known = (*IMAGES, *PATHS, *TEXTS)
    if not any(name in value for name in known):
        raise QueryError(
            f"the features of an item have {', '.join(map(str, value)) or 'nothing'}; known: {', '.join(known)}",
            position=at,
        )
    image = next((value[name] for name in IMAGES if value.get(name)), None)
    path = next((value[name] for name in PATHS if value.get(name)), None)
    data = None
    if image is not None:
        data = image if isinstance(image, bytes) else _decoded(str(image), at)
    elif path is not None:
        data = _read(str(path), at, below)
    words = [str(value[name]).strip() for name in TEXTS if value.get(name)]
    return Pin(data, ". ".join(dict.fromkeys(words)))


def _decoded(text: str, at: int) -> bytes:
    try:
        return base64.b64decode(text.rpartition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError):
        raise QueryError(
            "the image of an item is not base64; give its bytes so, or `image_path`", position=at
        ) from None


def _read(path: str, at: int, below: Path | None) -> bytes:
    """The bytes of a picture's file within `below`. One message whatever is wrong: it tells nothing of other files."""
    if path.startswith(("http://", "https://")):
        raise QueryError(f"{path[:200]!r} is not fetched; give the image's bytes as base64", position=at)
    problem = QueryError(
        f"image {path[:200]!r} is no picture's file of the source; give the image's bytes as base64", position=at
    )
    if below is None:
        raise problem
    try:
        file = (below / path.removeprefix("file://")[:LONGEST_PATH]).resolve()
        if not (file.is_relative_to(below.resolve()) and file.is_file() and file.stat().st_size <= MOST_BYTES):
            raise problem
        return file.read_bytes()
    except (OSError, ValueError):
        raise problem from None
