"""Type for the small pictures: one font, text cut to a width, colours that the pictures share."""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import ImageFont

INK = (38, 36, 34)
SOFT_INK = (112, 107, 101)
PAPER = (255, 255, 255)
TILE = (241, 238, 234)
LINE = (222, 217, 211)
ACCENT = (190, 30, 45)
BAR = (70, 110, 140)

_ELLIPSIS = "…"
_UNKNOWN_GLYPH = "\uffff"


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own scalable font at `size` pixels."""
    loaded = ImageFont.load_default(size)
    assert isinstance(loaded, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return loaded


def fitted(text: str, size: int, width: float) -> str:
    """Return `text` in one line, without glyphs the font lacks, cut with an ellipsis to `width` pixels."""
    line = printable(text)
    face = font(size)
    if face.getlength(line) <= width:
        return line
    while line and face.getlength(line + _ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS if line else ""


def printable(text: str) -> str:
    """Return `text` on one line with only what the font can draw: accents fall back to letters, emoji go."""
    kept = []
    for character in unicodedata.normalize("NFC", text[:400]):
        if character.isspace():
            kept.append(" ")
        elif _is_drawn(character):
            kept.append(character)
        else:
            kept.extend(part for part in unicodedata.normalize("NFKD", character) if _is_drawn(part))
    return " ".join("".join(kept).split())


@cache
def _is_drawn(character: str) -> bool:
    if not character.isprintable() or unicodedata.combining(character):
        return False
    return _glyph(character) != _glyph(_UNKNOWN_GLYPH)


def _glyph(character: str) -> tuple[tuple[int, int], bytes]:
    mask = font(20).getmask(character)
    return mask.size, bytes(mask)
