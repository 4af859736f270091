"""Names that people give to colours, each with its plain family, and the nearest name of a CIELAB colour."""

from __future__ import annotations

from functools import cache

import numpy as np

# name: (plain family, sRGB of one or more typical shades)
COLOR_NAMES: dict[str, tuple[str, str]] = {
    "white": ("white", "ffffff"),
    "off-white": ("white", "f4f0e6"),
    "cream": ("beige", "f3e6c8"),
    "beige": ("beige", "dccbb0"),
    "sand": ("beige", "cbb48c"),
    "light grey": ("grey", "cfcfd0"),
    "grey": ("grey", "909092"),
    "charcoal grey": ("grey", "4a4b4e"),
    "black": ("black", "101012 28282b 2a2423"),
    "taupe": ("brown", "8f8071"),
    "tan": ("brown", "c69c6d"),
    "camel brown": ("brown", "a8763e"),
    "chestnut brown": ("brown", "7d4b2d 8b4513"),
    "walnut brown": ("brown", "5f4534"),
    "chocolate brown": ("brown", "38241b"),
    "red": ("red", "d11f2d"),
    "brick red": ("red", "9b3a30"),
    "burgundy": ("red", "681a2c"),
    "coral": ("orange", "f47b68"),
    "terracotta": ("orange", "c4663f"),
    "rust": ("orange", "a3481d"),
    "orange": ("orange", "f28a22"),
    "peach": ("orange", "f7c9a6"),
    "yellow": ("yellow", "f6da3a"),
    "mustard yellow": ("yellow", "d1a22b"),
    "pale yellow": ("yellow", "f5eba4"),
    "lime green": ("green", "a3cf3c"),
    "olive green": ("green", "74753a"),
    "sage green": ("green", "a3b18c"),
    "green": ("green", "3d9b48"),
    "forest green": ("green", "204c34"),
    "emerald green": ("green", "128a5c"),
    "mint green": ("green", "b7e4c9"),
    "teal": ("teal", "1d7c80"),
    "turquoise": ("teal", "43c5c1"),
    "pale blue": ("blue", "cddff0"),
    "sky blue": ("blue", "85bfe8"),
    "blue": ("blue", "2a62c8 1a2cf0"),
    "denim blue": ("blue", "4d6b94"),
    "slate blue": ("blue", "7789a3"),
    "navy blue": ("blue", "1c2a50 000080"),
    "lavender": ("purple", "c4b3e2"),
    "mauve": ("purple", "a5829a"),
    "purple": ("purple", "6f3b97"),
    "plum": ("purple", "572751"),
    "pale pink": ("pink", "f6dbdf"),
    "blush pink": ("pink", "e8c0b8"),
    "dusty pink": ("pink", "c78f97"),
    "pink": ("pink", "f29ab5"),
    "hot pink": ("pink", "e0358a"),
}

_WHITE_D65 = np.array([0.950489, 1.0, 1.08884])
_XYZ_FROM_SRGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """Return CIELAB (D65) of sRGB uint8 colours: (..., 3) to float64 (..., 3); L in 0..100. Source: CIE 15:2004."""
    xyz = _LINEAR[rgb] @ (_XYZ_FROM_SRGB.T / _WHITE_D65)
    curve = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (841 / 108) + 4 / 29)
    x, y, z = curve[..., 0], curve[..., 1], curve[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def color_name(lab: np.ndarray) -> str:
    """Return the nearest name in `COLOR_NAMES` to one CIELAB colour (3,), by CIE94 difference from each name."""
    names, prototypes = _prototypes()
    return names[int(np.argmin(_cie94(prototypes, lab)))]


def color_family(name: str) -> str:
    """Return the plain family of a name: "mustard yellow" is "yellow"."""
    return COLOR_NAMES[name][0]


@cache
def _prototypes() -> tuple[list[str], np.ndarray]:
    shades = [(name, bytes.fromhex(code)) for name, (_, codes) in COLOR_NAMES.items() for code in codes.split()]
    rgb = np.array([list(code) for _, code in shades], dtype=np.uint8)
    return [name for name, _ in shades], to_lab(rgb)


def _cie94(reference: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Squared CIE94 differences (graphic arts weights) of `lab` (3,) from each reference (n, 3)."""
    light, a, b = (reference - lab).T
    chroma = np.hypot(reference[:, 1], reference[:, 2])
    d_chroma = chroma - np.hypot(lab[1], lab[2])
    d_hue_squared = np.maximum(a**2 + b**2 - d_chroma**2, 0)
    squared = light**2 + (d_chroma / (1 + 0.045 * chroma)) ** 2 + d_hue_squared / (1 + 0.015 * chroma) ** 2
    return np.asarray(squared)
