"""Words of a text by hash: what a sentence vector blurs (brands, colours, model names), kept apart for the text head.

Source: feature hashing, Weinberger et al., ICML 2009, without signs (collisions add up).
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.rows import normalised

WORD_SLOTS = 512


def hashed_words(texts: Sequence[str]) -> Vectors:
    """The distinct words of each text as unit rows (n, WORD_SLOTS); a text without words is the first axis."""
    out = np.zeros((len(texts), WORD_SLOTS), np.float32)
    for row, text in enumerate(texts):
        for word in set(re.findall(r"\w+", text.casefold())):
            out[row, _slot(word)] += 1
    return normalised(out)


@lru_cache(maxsize=65536)
def _slot(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:8]) % WORD_SLOTS
