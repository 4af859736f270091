"""Bytes of any origin to one bounded JPEG, a thumbnail and two hashes; what they show is not judged here."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image

from relpins_resources.images.limits import ImageLimits, ImageRejected
from relpins_resources.images.perceptual_hash import phash
from relpins_resources.images.pillow_guard import PILLOW_FAILURES, open_bounded, quiet_pillow, undecodable
from relpins_resources.images.srgb import has_foreign_profile, to_rgb

__all__ = ["DecodedImage", "ImageLimits", "ImageRejected", "decode_image", "decode_pixels"]

_THUMBNAIL_SIDE = 192
_QUALITY = 90
_THUMBNAIL_QUALITY = 85
_FULL_CHROMA_SIDE = 256  # smaller pictures keep every colour sample: halving it would show
_BYTES_BESIDE_PIXELS = 65_536  # a kept file may carry this much beside 3 bytes per pixel
_DEFAULT_LIMITS = ImageLimits()

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class DecodedImage:
    """One accepted image as the lake stores it.

    Attributes:
        jpeg: longest side at most `max_side`; the original bytes where they are such a JPEG already.
        thumbnail: JPEG, longest side at most 192.
        width, height: pixels after EXIF rotation, before bounding.
        pixel_hash: SHA-256 hex of width, height (both uint32, little endian) and the RGB bytes after EXIF
            rotation, so that the same pixels hash alike whatever format carried them.
        phash: 16 hex digits, see `perceptual_hash.phash`.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    pixel_hash: str
    phash: str


def decode_image(data: bytes, limits: ImageLimits = _DEFAULT_LIMITS) -> DecodedImage:
    """Decode one image file (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF) into what the lake stores.

    Animations give their first frame; transparency is laid on white; colour profiles, CMYK, palettes and 16
    bits become 8-bit sRGB. The pixel limit is checked on the header, before a pixel is decoded. Never warns.

    Raises:
        ImageRejected: the bytes are empty, too many, no image, a damaged one, or one of too many pixels.
    """
    with quiet_pillow(), open_bounded(data, limits) as image:
        turn = _turn(image)
        try:
            image.load()
            rgb = to_rgb(image)
            if turn is not None:
                rgb = rgb.transpose(turn)
        except (*PILLOW_FAILURES, Image.DecompressionBombError) as error:
            raise undecodable(error) from error
        kept = data if turn is None and _is_storable(image, len(data), limits.max_side) else None
    bounded = _bounded(rgb, limits.max_side)
    jpeg = kept if kept is not None else _jpeg(bounded, _QUALITY)
    small = max(bounded.size) <= _THUMBNAIL_SIDE
    return DecodedImage(
        jpeg=jpeg,
        thumbnail=jpeg if small else _jpeg(_bounded(bounded, _THUMBNAIL_SIDE), _THUMBNAIL_QUALITY),
        width=rgb.width,
        height=rgb.height,
        pixel_hash=_pixel_hash(rgb),
        phash=phash(bounded),
    )


def decode_pixels(jpeg: bytes, max_side: int | None = None) -> np.ndarray:
    """Decode a stored JPEG into an RGB uint8 array (h, w, 3), reduced so that no side exceeds `max_side`.

    A large reduction starts in the JPEG's own transform (libjpeg scales by 1/2, 1/4 or 1/8, to no less than
    twice the wanted size); the result is the same from run to run.

    Raises:
        ImageRejected: the bytes are no whole JPEG.
    """
    with quiet_pillow(), open_bounded(jpeg, _DEFAULT_LIMITS) as image:
        size = _bounded_size(image.size, max_side)
        try:
            image.draft("RGB", (2 * size[0], 2 * size[1]))
            image.load()
            rgb = to_rgb(image)
        except (*PILLOW_FAILURES, Image.DecompressionBombError) as error:
            raise undecodable(error) from error
    return np.asarray(rgb if rgb.size == size else rgb.resize(size, Image.Resampling.LANCZOS))


def _turn(image: Image.Image) -> Image.Transpose | None:
    """The transposition that EXIF asks for; none where EXIF is missing, damaged or out of range."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except PILLOW_FAILURES:
        return None


def _is_storable(image: Image.Image, n_bytes: int, max_side: int) -> bool:
    """Whether the file itself is a bounded baseline RGB JPEG that needs no colour profile to be read."""
    return (
        image.format == "JPEG"
        and image.mode == "RGB"
        and "progressive" not in image.info
        and max(image.size) <= max_side
        and n_bytes <= 3 * image.width * image.height + _BYTES_BESIDE_PIXELS
        and not has_foreign_profile(image)
    )


def _bounded(image: Image.Image, max_side: int) -> Image.Image:
    size = _bounded_size(image.size, max_side)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _bounded_size(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    longest = max(size)
    if max_side is None or longest <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longest)) for side in size)
    return width, height


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    full_chroma = max(image.size) <= _FULL_CHROMA_SIDE
    image.save(file, "JPEG", quality=quality, subsampling=0 if full_chroma else 2)
    return file.getvalue()


def _pixel_hash(rgb: Image.Image) -> str:
    digest = hashlib.sha256(struct.pack("<II", rgb.width, rgb.height))
    digest.update(rgb.tobytes())
    return digest.hexdigest()
