"""How a value is written: which spellings are one and the same, and how alike two different ones are.

General English orthography only: no list here says that two words mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Floats = npt.NDArray[np.float64]

_RESPELT = (
    (r"grey", "gray"),
    (r"([a-z]{2,})our(ed|ful|s|)$", r"\1or\2"),
    (r"([a-z]{2})tre$", r"\1ter"),
    (r"fibre", "fiber"),
    (r"([a-z]{3,})is(e|ed|er)$", r"\1iz\2"),
    (r"jewellery", "jewelry"),
    (r"aluminium", "aluminum"),
    (r"pyjama", "pajama"),
    (r"([a-z]+[aeiou])ll(ed|en|ing)$", r"\1l\2"),
    (r"([^aeiou])ould", r"\1old"),
    (r"licence", "license"),
)
"""British spellings in American ones."""
_UNCHANGED = {"four", "hour", "our", "sour", "pour", "tour", "flour", "velour", "contour", "detour"}
_PLURAL_IN_S = {"dress", "glass", "brass", "canvas", "shorts", "lens", "plus", "less"}
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "shelves": "shelf",
    "scarves": "scarf",
    "knives": "knife",
}
_JOINING = ("and", "with", "the", "a", "of", "in", "n")


@lru_cache(maxsize=65536)
def spelling_key(value: str) -> str:
    """What is left when spaces, hyphens, apostrophes, plurals and British spelling are taken away.

    Two values of one key with equal spelling keys are one value.
    """
    return "".join(_stem(word) for word in words_of(value))


def words_of(value: str) -> list[str]:
    """The words of a value, '&' as 'and', apostrophes dropped; signs of currencies are words."""
    return re.findall(r"[^\W_]+|[$€£¥₹%]", value.replace("&", " and ").replace("'", "").replace("’", ""))


def content_words(value: str) -> tuple[str, ...]:
    """Stemmed words without those that only join."""
    stems = tuple(_stem(word) for word in words_of(value))
    return tuple(word for word in stems if word not in _JOINING) or stems


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    if word not in _UNCHANGED:
        for pattern, american in _RESPELT:
            word = re.sub(pattern, american, word)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or word in _PLURAL_IN_S or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ch|sh|x|ss|zz)es$", word):
        return word[:-2]
    word = word[:-1] if word.endswith("s") else word
    return _IRREGULAR.get(word, word)  # mens, womens


def form_similarities(values: Sequence[str]) -> Floats:
    """(n, n) how alike n values are written, 0 to 1: 1 is one spelling; 0.9 an acronym; 0.8 a clipped word.

    The rest is the Dice coefficient of letter trigrams.
    """
    keys = [spelling_key(value) for value in values]
    out = _trigram_dice(keys) * 0.8
    clipped = _clipped(values)
    out = np.maximum(out, 0.8 * np.maximum(clipped, clipped.T))
    acronyms = _acronyms(values)
    out = np.maximum(out, 0.9 * np.maximum(acronyms, acronyms.T))
    places = np.unique(keys, return_inverse=True)[1] if keys else np.zeros(0, np.int64)
    out[places[:, None] == places[None, :]] = 1.0
    return out


def _trigram_dice(keys: Sequence[str]) -> Floats:
    grams = [sorted({f"^{key}$"[i : i + 3] for i in range(len(key))} or {key}) for key in keys]
    names = {gram: place for place, gram in enumerate(sorted({gram for row in grams for gram in row}))}
    columns = [names[gram] for row in grams for gram in row]
    starts = np.cumsum([0, *(len(row) for row in grams)])
    matrix = sp.csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(keys), max(1, len(names))))
    shared, sizes = (matrix @ matrix.T).toarray(), np.diff(starts)
    return np.asarray(2 * shared / np.maximum(sizes[:, None] + sizes[None, :], 1), np.float64)


def _clipped(values: Sequence[str]) -> Floats:
    """1 where value i is the start of a single word of value j, cut short: scandi of scandinavian, boho of bohemian.

    A clipping of three letters or more keeps the beginning and may end in o: boho, rhino, hippo.
    """
    out = np.zeros((len(values), len(values)))
    short = [(i, spelling_key(value)) for i, value in enumerate(values) if len(words_of(value)) == 1]
    starts: dict[str, list[int]] = {}
    for j, key in short:
        for length in range(3, len(key)):
            starts.setdefault(key[:length], []).append(j)
    for i, key in short:
        stems = {key} if len(key) >= 4 else set()
        stems |= {key[:-1]} if key.endswith("o") and len(key) >= 4 else set()
        for stem in stems:
            for j in starts.get(stem, []):
                long = spelling_key(values[j])
                if j != i and len(long) >= len(key) + 2:
                    out[i, j] = 1.0
    return out


def _acronyms(values: Sequence[str]) -> Floats:
    """1 where value i is the initials of value j: mcm of mid-century modern."""
    out = np.zeros((len(values), len(values)))
    initials: dict[str, list[int]] = {}
    for j, value in enumerate(values):
        words = words_of(value)
        if len(words) >= 3:
            initials.setdefault("".join(word[0] for word in words), []).append(j)
    for i, value in enumerate(values):
        for j in initials.get(value, []):
            out[i, j] = 1.0
    return out
