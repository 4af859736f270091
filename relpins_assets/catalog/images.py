"""From a pin's image, inline or in a file of the source, to a decoded row or the reason there is none."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from relpins_resources.images import DecodedImage, ImageLimits, ImageRejected, decode_image
from relpins_resources.lake import Outcome
from relpins_resources.sources import ImageOutside, Source
from relpins_resources.sources.image_location import classify_image_url

N_THREADS = 2
"""Decoding leaves the interpreter for most of its time; more threads than cores gain nothing."""


@dataclass(frozen=True)
class RawImage:
    """What a raw pin says about its image."""

    pin_id: str
    image_bytes: bytes | None
    image_url: str | None


def decode_images(pins: list[RawImage], source: Source | None, limits: ImageLimits) -> Outcome:
    """Rows of pin_images for pins whose image can be used, rejections for the others; none is lost.

    Args:
        pins: the pins of one batch.
        source: where image files lie; without one, an image by reference is rejected.
        limits: bounds on bytes, pixels and the stored side.
    """
    with ThreadPoolExecutor(N_THREADS) as pool:
        results = list(pool.map(lambda pin: _decode(pin, source, limits), pins))
    decoded = [
        (pin.pin_id, result) for pin, result in zip(pins, results, strict=True) if isinstance(result, DecodedImage)
    ]
    rejected = [
        (pin.pin_id, result) for pin, result in zip(pins, results, strict=True) if isinstance(result, ImageRejected)
    ]
    return Outcome(_image_rows(decoded), rejected=_rejections(rejected))


def _decode(pin: RawImage, source: Source | None, limits: ImageLimits) -> DecodedImage | ImageRejected:
    try:
        return decode_image(_image_bytes(pin, source, limits), limits)
    except ImageRejected as rejection:
        return rejection


def _image_bytes(pin: RawImage, source: Source | None, limits: ImageLimits) -> bytes:
    if pin.image_bytes is not None:
        return pin.image_bytes
    url = pin.image_url or ""
    if classify_image_url(url).kind == "remote":
        raise ImageRejected(
            "image not fetched", f"{url}: images behind a URL are not fetched yet; give a file or bytes"
        )
    if source is None:
        raise ImageRejected("no image", f"{url}: there is no source to read it from")
    try:
        path = source.image_path(url)
        if path.exists() and not path.is_file():
            raise ImageRejected("no image", f"{url}: no file")
        if path.stat().st_size > limits.max_bytes:
            raise ImageRejected("image too large", f"{url}: {path.stat().st_size} bytes, at most {limits.max_bytes}")
        return path.read_bytes()
    except ImageOutside as error:
        raise ImageRejected("path outside the source", str(error)) from None
    except OSError as error:
        raise ImageRejected("no image", f"{url}: {error.strerror}") from None


def _image_rows(decoded: list[tuple[str, DecodedImage]]) -> pa.Table:
    images = [image for _, image in decoded]
    return pa.table(
        {
            "pin_id": pa.array([pin_id for pin_id, _ in decoded], pa.string()),
            "jpeg": pa.array([image.jpeg for image in images], pa.large_binary()),
            "thumbnail": pa.array([image.thumbnail for image in images], pa.large_binary()),
            "width": pa.array([image.width for image in images], pa.int64()),
            "height": pa.array([image.height for image in images], pa.int64()),
            "jpeg_hash": pa.array([hashlib.sha256(image.jpeg).hexdigest() for image in images], pa.string()),
            "pixel_hash": pa.array([image.pixel_hash for image in images], pa.string()),
            "phash": pa.array([image.phash for image in images], pa.string()),
        }
    )


def _rejections(rejected: list[tuple[str, ImageRejected]]) -> pa.Table:
    return pa.table(
        {
            "pin_id": pa.array([pin_id for pin_id, _ in rejected], pa.string()),
            "reason": pa.array([rejection.reason for _, rejection in rejected], pa.string()),
            "detail": pa.array([rejection.detail for _, rejection in rejected], pa.string()),
        }
    )
