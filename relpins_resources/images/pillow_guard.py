"""Opening bytes from strangers with Pillow: allowed formats, limits read from the header, no warnings.

What a file's pixels become (colour, rotation, sizes) is not decided here.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from relpins_resources.images.limits import ImageLimits, ImageRejected

# Formats that photos come in. Others are left out on purpose: some (EPS) start other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")

# What Pillow's parsers raise on bytes that lie. Pillow has no common base class for them.
PILLOW_FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_lock = threading.Lock()
_n_inside = 0
_filters = warnings.catch_warnings()


def open_bounded(data: bytes, limits: ImageLimits) -> Image.Image:
    """Return the opened image, undecoded, after checking the file's size and the pixels its header claims.

    Call it, and whatever then decodes the pixels, inside `quiet_pillow()`.

    Raises:
        ImageRejected: with any of its four reasons.
    """
    if not data:
        raise ImageRejected("empty image", "the file has 0 bytes")
    if len(data) > limits.max_bytes:
        raise ImageRejected("image too large", f"{len(data):,} bytes; at most {limits.max_bytes:,} are read")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageRejected("decompression bomb", str(error)) from error
    except UnidentifiedImageError as error:
        detail = f"{len(data):,} bytes that are no {', '.join(FORMATS)} file"
        raise ImageRejected("undecodable image", detail) from error
    except PILLOW_FAILURES as error:
        raise undecodable(error) from error
    width, height = image.size
    if width * height > limits.max_pixels:
        detail = f"{width} x {height} pixels; at most {limits.max_pixels:,} are decoded"
        raise ImageRejected("decompression bomb", detail)
    if width <= 0 or height <= 0:
        raise ImageRejected("empty image", f"{width} x {height} pixels")
    return image


def undecodable(error: BaseException) -> ImageRejected:
    """Return the refusal for a failure of one of Pillow's decoders."""
    if isinstance(error, Image.DecompressionBombError):
        return ImageRejected("decompression bomb", str(error))
    return ImageRejected("undecodable image", f"{type(error).__name__}: {error}"[:200])


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Ignore the warnings of Pillow's own modules inside the block; the filters are put back as they were.

    Warning filters are one list for the whole process, so the first thread in sets them and the last one out
    restores them; the filter names Pillow's modules, so no other warning is lost meanwhile.
    """
    global _n_inside, _filters
    with _lock:
        if _n_inside == 0:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _n_inside += 1
    try:
        yield
    finally:
        with _lock:
            _n_inside -= 1
            if _n_inside == 0:
                _filters.__exit__(None, None, None)
