"""How an attribute's value is written: one form for all that only looks different."""

from __future__ import annotations

import re
import unicodedata

MAX_WORDS = 3
MAX_CHARS = 40
_SPACES = re.compile(r"\s+")
_EDGES = " \t.,;:!?\"'`()[]{}<>|/\\*_~-"


def normalised_value(text: str) -> str | None:
    """The value in lower case, one space between words; None if it has no letter, over three words or 40 characters."""
    value = _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip(_EDGES)
    if not any(letter.isalpha() for letter in value) or len(value) > MAX_CHARS or len(value.split()) > MAX_WORDS:
        return None
    return value if value.isprintable() else None
