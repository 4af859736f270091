"""The mixed distance between values of one key: how they are written, what a sentence encoder makes of them, how they
are used. Source: PinLanding's clustering, whose sentence cosine alone cannot tell boho from short sleeve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_assets.vocabulary.cannot_links import cannot_links
from relpins_assets.vocabulary.spelling import content_words, form_similarities
from relpins_assets.vocabulary.use import KeyUse
from relpins_resources.lake.fingerprints import digest

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]

WEIGHTS = {"form": 0.24, "text": 0.24, "looks": 0.12, "company": 0.10, "agreement": 0.30}
"""They add up to 1."""
CUT = 0.63
"""Values farther apart than this are never in one cluster."""
METHOD = digest("4", WEIGHTS, CUT)
"""Names the distance: clusters made with another are made again."""
FORM_FLOOR = 0.5
"""Letters in common up to here say nothing: satin and latin."""
MAX_WORDS = 3
NARROWER = 0.6
"""What is left of a cosine where one value is the other with a word before it: casual shoes are shoes of a kind."""
EXTENDED = 0.8
"""How alike, in form, a value is with itself and its kind after it: navy and navy blue, coastal and coastal style."""
NEVER = 2.0
"""The distance of two values that a rule keeps apart."""


@dataclass(frozen=True)
class Distances:
    """Distances (n, n) of one key's values, symmetric, in whole millionths of one; 0 is the same."""

    mixed: Floats
    form: Floats
    text: Floats
    use: Floats
    never: Bools


def distances(values: Sequence[str], use: KeyUse, encode: Encode, is_single: bool) -> Distances:
    """All distances between n different values of one key.

    Args:
        encode: unit vectors (m, d) of m texts.
        is_single: whether a pin has one value of this key at most.
    """
    words = [content_words(value)[:MAX_WORDS] for value in values]
    narrower, extended = _contained(words)
    form = np.maximum(form_similarities(values), EXTENDED * extended)
    text = text_similarities(values, encode) * np.where(narrower, NARROWER, 1.0)
    never = cannot_links(values, use, is_single)
    np.fill_diagonal(never, False)
    above = np.clip((form - FORM_FLOOR) / (1 - FORM_FLOOR), 0, 1)
    parts = {"form": above, "text": text, "looks": use.looks, "company": use.company, "agreement": use.agreement}
    similarity = sum((WEIGHTS[name] * part for name, part in parts.items()), np.zeros_like(form))
    of_words = (WEIGHTS["form"] * above + WEIGHTS["text"] * text) / (WEIGHTS["form"] + WEIGHTS["text"])
    similarity = np.where(use.is_known, similarity, of_words)
    used = sum((WEIGHTS[name] * parts[name] for name in ("looks", "company", "agreement")), np.zeros_like(form))
    weight_of_use = WEIGHTS["looks"] + WEIGHTS["company"] + WEIGHTS["agreement"]
    mixed = np.where(never, NEVER, 1.0 - similarity)
    np.fill_diagonal(mixed, 0.0)
    return Distances(_even(mixed), _even(1 - form), _even(1 - text), _even(1 - used / weight_of_use), never)


def text_similarities(values: Sequence[str], encode: Encode) -> Floats:
    """(n, n) cosines of the values; of two that share words, no more than that of the words they do not share.

    A sentence encoder finds short sleeve and long sleeve alike for their sleeve.
    """
    words = [content_words(value)[:MAX_WORDS] for value in values]
    first, second, rest, other = _rests(words)
    both = (rest > 0) & (other > 0)
    first, second, rest, other = first[both], second[both], rest[both], other[both]
    apart = {(int(at), int(mask)) for at, mask in zip([*first, *second], [*rest, *other], strict=True)}
    part = {(at, mask): _part(words[at], mask) for at, mask in apart}
    texts = sorted({*values, *part.values()})
    row = {text: place for place, text in enumerate(texts)}
    vectors = np.asarray(encode(texts), np.float64) if texts else np.zeros((0, 1))
    whole = vectors[[row[value] for value in values]] if len(values) else vectors
    cosines = whole @ whole.T
    a = [row[part[at, mask]] for at, mask in zip(first.tolist(), rest.tolist(), strict=True)]
    b = [row[part[at, mask]] for at, mask in zip(second.tolist(), other.tolist(), strict=True)]
    of_parts = np.einsum("ij,ij->i", vectors[a], vectors[b])
    cosines[first, second] = np.minimum(cosines[first, second], of_parts)
    cosines[second, first] = cosines[first, second]
    return np.clip(cosines, 0, 1)


def _part(words: tuple[str, ...], mask: int) -> str:
    """The words of a bit mask."""
    return " ".join(word for at, word in enumerate(words) if mask >> at & 1)


def _rests(words: Sequence[tuple[str, ...]]) -> tuple[Ints, Ints, Ints, Ints]:
    """Pairs i < j that share a word, and the bit masks of the words of i that j lacks, and of j that i lacks."""
    known = {word: place for place, word in enumerate(sorted({word for one in words for word in one}))}
    ids = np.full((len(words), MAX_WORDS), -1, np.int64)
    for at, one in enumerate(words):
        ids[at, : len(one)] = [known[word] for word in one]
    has = np.zeros((len(words), len(known)), np.float32)
    for at in range(MAX_WORDS):
        given = np.flatnonzero(ids[:, at] >= 0)
        has[given, ids[given, at]] = 1
    first, second = np.nonzero(np.triu(has @ has.T > 0, 1))
    return first, second, _lacking(ids[first], ids[second]), _lacking(ids[second], ids[first])


def _contained(words: Sequence[tuple[str, ...]]) -> tuple[Bools, Bools]:
    """(n, n) where one value is the other with words before it, and with words after it; both symmetric."""
    at = {one: place for place, one in reversed(list(enumerate(words)))}
    ends, starts = np.zeros((2, len(words), len(words)), bool)
    for place, one in enumerate(words):
        for cut in range(1, len(one)):
            ends[place, [at[one[cut:]]] if one[cut:] in at else []] = True
            starts[place, [at[one[:cut]]] if one[:cut] in at else []] = True
    return ends | ends.T, starts | starts.T


def _lacking(ids: Ints, others: Ints) -> Ints:
    found = (ids[:, :, None] == others[:, None, :]).any(axis=2)
    bits = (~found & (ids >= 0)) << np.arange(MAX_WORDS)
    return np.asarray(bits.sum(axis=1), np.int64)


def _even(matrix: Floats) -> Floats:
    """Symmetric, in whole millionths: no sum depends on the order in which it was made."""
    return np.asarray(np.rint((matrix + matrix.T) / 2 * 1e6) / 1e6, np.float64)
