"""Any Pillow image to plain sRGB: palettes, transparency, CMYK, 16 bits and colour profiles."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

_WIDE_MODES = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}
_SRGB_NAMES = ("srgb", "c2")  # "c2" is Facebook's small sRGB profile


def to_rgb(image: Image.Image) -> Image.Image:
    """Return `image` as an RGB image in sRGB, with transparency laid on white.

    16-bit and floating-point greys are scaled to 8 bits. A colour profile other than sRGB is applied (RGB and
    CMYK); one that cannot be read is ignored, as browsers do.

    Raises:
        ValueError: Pillow has no conversion from this mode to RGB.
    """
    if image.mode in _WIDE_MODES:
        image = _narrowed(image)
    if image.mode == "CMYK":
        return _profiled(image) or image.convert("RGB")
    if image.has_transparency_data:
        profile = image.info.get("icc_profile")
        image = _on_white(image)
        image.info["icc_profile"] = profile
    if image.mode != "RGB":
        return image.convert("RGB")
    return _profiled(image) or image


def has_foreign_profile(image: Image.Image) -> bool:
    """Whether `image` carries a readable colour profile that is not sRGB."""
    return _foreign_profile(image) is not None


def _narrowed(image: Image.Image) -> Image.Image:
    """16-bit integers over their full range, floats over 0..1 when they fit in it, else over 0..255."""
    values = np.asarray(image).astype(np.float64)  # (h, w)
    values = np.nan_to_num(values, nan=0.0, posinf=1e9, neginf=0.0)
    if image.mode == "F":
        scale = 255.0 if values.max(initial=0.0) <= 1.0 else 1.0
    else:
        scale = 255.0 / 65535.0 if image.mode != "I" or values.max(initial=0.0) > 255 else 1.0
    return Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    paper.alpha_composite(layer)
    return paper.convert("RGB")


def _profiled(image: Image.Image) -> Image.Image | None:
    """`image` taken from its own colour profile to sRGB, or None when it has none that can be applied."""
    profile = _foreign_profile(image)
    if profile is None:
        return None
    try:
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, ValueError, OSError):  # a profile of another colour space, or a damaged one
        return None


def _foreign_profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    raw = image.info.get("icc_profile")
    if not isinstance(raw, bytes) or image.mode not in ("RGB", "CMYK"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(raw))
        name = ImageCms.getProfileDescription(profile).strip().lower()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if name.startswith(_SRGB_NAMES) else profile
