"""What is said of an image, by its pins and by the boards it stands on, in order of how much it counts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from relpins_resources.describers.words import telling_words, usable_text

MOST = 12
"""Annotations of an image."""
MAX_CHARS = 200
PLACES = {"title": 1.0, "description": 0.8, "board title": 0.6, "board description": 0.4}
"""How much a text counts by where it stands: what is said of the picture itself more than of its boards."""
_MARKS = re.compile(r"[^\w]+")


def weighted_annotations(texts: Sequence[str], places: Sequence[str], voices: Sequence[int]) -> list[tuple[str, float]]:
    """At most MOST texts with their weights, weightiest first, ties by text.

    Texts that say nothing are left out, and those are one that differ in case, marks and spaces alone. Of a text

        weight = log2(1 + sum over places of place's weight x voices) x t / (t + 1)

    with t words that tell something: it counts more the more people write it independently of one another, by less and
    less, and the more it says.

    Args:
        texts: what is written.
        places: where each stands, of PLACES.
        voices: how many people write it there.
    """
    heard: dict[str, float] = {}
    spellings: dict[str, Counter[str]] = {}
    for text, place, n in zip(texts, places, voices, strict=True):
        clean = _cut(usable_text(text))
        key = spelt_alike(clean)
        if key:
            heard[key] = heard.get(key, 0.0) + PLACES[place] * n
            spellings.setdefault(key, Counter())[clean] += n
    said = [(_most_common(spellings[key]), _weight(heard[key], key)) for key in heard]
    return sorted(said, key=lambda one: (-one[1], one[0]))[:MOST]


def spelt_alike(text: str) -> str:
    """The text as texts are compared: small letters, words and numbers alone."""
    return _MARKS.sub(" ", text.casefold()).strip()


def _weight(heard: float, text: str) -> float:
    n_words = telling_words(text)
    return round(math.log2(1 + heard) * n_words / (n_words + 1), 6)


def _most_common(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))


def _cut(text: str) -> str:
    """In at most MAX_CHARS characters, cut between words where it has any."""
    if len(text) <= MAX_CHARS:
        return text
    head = text[:MAX_CHARS]
    return head.rsplit(" ", 1)[0] if " " in head else head
