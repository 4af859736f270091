"""Where phrases stand: texts cut into known phrases, and per phrase what kinds of phrases stand around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_assets.enrichment.phrases import BOARD, DESCRIPTION, MAX_WORDS, TAG, TITLE, Document

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SOURCES = (TITLE, DESCRIPTION, TAG, BOARD)
UNKNOWN = -1
PRIOR = 2.0
"""So many occurrences of the average surroundings are added to each phrase's own."""


@dataclass(frozen=True)
class Tokens:
    """Every phrase of every document, in the order of reading.

    Attributes:
        phrase: (n,) position of each token in the phrases; -1 where it is none of them.
        document: (n,) the document.
        stretch: (n,) what stands together: a segment, or all tags of a document.
        source: (n,) position in SOURCES.
        is_first, is_last: (n,) whether it opens or ends its segment.
        is_spelt_large: (n,) whether each of its words begins with a capital.
    """

    phrase: Ints
    document: Ints
    stretch: Ints
    source: Ints
    is_first: npt.NDArray[np.bool_]
    is_last: npt.NDArray[np.bool_]
    is_spelt_large: npt.NDArray[np.bool_]


def cut(words: Sequence[str], position: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """(phrase, start, end) of words read from the left, the longest known phrase first; -1 for an unknown word."""
    found, start = [], 0
    while start < len(words):
        for n in range(min(MAX_WORDS, len(words) - start), 0, -1):
            phrase = position.get(" ".join(words[start : start + n]), UNKNOWN)
            if phrase != UNKNOWN or n == 1:
                found.append((phrase, start, start + n))
                start += n
                break
    return found


def read_tokens(documents: Sequence[Document], phrases: Sequence[str]) -> Tokens:
    """All documents cut into phrases."""
    position = {phrase: place for place, phrase in enumerate(phrases)}
    rows: list[tuple[int, int, int, int, bool, bool, bool]] = []
    stretch = 0
    for number, document in enumerate(documents):
        was_tag = False
        for segment in document.segments:
            is_tag = segment.source == TAG
            stretch += not (is_tag and was_tag)
            was_tag = is_tag
            for phrase, start, end in cut(segment.words, position):
                is_large = all(word[:1].isupper() for word in segment.spelt[start:end])
                is_last = end == len(segment.words)
                rows.append((phrase, number, stretch, SOURCES.index(segment.source), start == 0, is_last, is_large))
    table = np.array(rows, np.int64).reshape(-1, 7)
    flags = [table[:, i].astype(bool) for i in (4, 5, 6)]
    return Tokens(table[:, 0], table[:, 1], table[:, 2], table[:, 3], *flags)


def slot_features(tokens: Tokens, facts: Floats, n_phrases: int, kinds: Ints, n_kinds: int) -> Floats:
    """What stands around each phrase: (n_phrases, 4 * (n_kinds + 1) + 8 + f).

    Shares of the kinds (and of the edge of what stands together) to its left and right in running text, and among
    tags; then how often it opens, ends or is a segment, its sources, and capitals beyond what is usual there; then
    the facts of its documents. All as the difference to what is usual.

    Args:
        facts: (documents, f) what is known of each document, 0 to 1 each.
        kinds: (n_phrases,) the kind that each phrase is taken for, -1 for none yet.
    """
    known = np.append(kinds, UNKNOWN)[tokens.phrase]  # -1 takes the last: unknown
    same = tokens.stretch[1:] == tokens.stretch[:-1]
    left, right = np.full(len(known), n_kinds), np.full(len(known), n_kinds)  # the edge
    left[1:][same] = known[:-1][same]
    right[:-1][same] = known[1:][same]
    is_tag = tokens.source == SOURCES.index(TAG)
    blocks = [
        _shares(tokens.phrase, around, mask, n_phrases, n_kinds + 1)
        for mask in (~is_tag, is_tag)
        for around in (left, right)
    ]
    told = np.hstack([_places(tokens), facts[tokens.document]])
    return np.hstack([*blocks, _means(tokens, told, n_phrases)])


def _shares(phrase: Ints, around: Ints, mask: npt.NDArray[np.bool_], n_phrases: int, n_kinds: int) -> Floats:
    counts = np.zeros((n_phrases, n_kinds))
    use = mask & (phrase != UNKNOWN) & (around != UNKNOWN)
    np.add.at(counts, (phrase[use], around[use]), 1.0)
    return _smoothed(counts)


def _smoothed(counts: Floats) -> Floats:
    """Rows as shares, drawn towards the mean row."""
    total = counts.sum(0)
    mean = total / max(total.sum(), 1.0)
    shares: Floats = (counts + PRIOR * mean) / (counts.sum(1, keepdims=True) + PRIOR) - mean
    return shares


def _places(tokens: Tokens) -> Floats:
    """(n, 8) of each token: whether it opens, ends or is its segment, capitals beyond the usual, its source."""
    numbers = range(len(SOURCES))
    usual = np.array([_mean(tokens.is_spelt_large[tokens.source == source]) for source in numbers])
    excess = tokens.is_spelt_large - usual[tokens.source]
    facts = [tokens.is_first, tokens.is_last, tokens.is_first & tokens.is_last, excess]
    return np.stack([np.asarray(fact, float) for fact in (*facts, *(tokens.source == one for one in numbers))], 1)


def _means(tokens: Tokens, values: Floats, n_phrases: int) -> Floats:
    """Each phrase's mean of its tokens' values (n, f), as the difference to all phrases' mean: (n_phrases, f)."""
    use = tokens.phrase != UNKNOWN
    values = values[use]
    sums = np.zeros((n_phrases, values.shape[1]))
    np.add.at(sums, tokens.phrase[use], values)
    n = np.bincount(tokens.phrase[use], minlength=n_phrases)[:, None]
    mean = values.mean(0) if len(values) else np.zeros(values.shape[1])
    means: Floats = (sums + PRIOR * mean) / (n + PRIOR) - mean
    return means


def _mean(values: npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else 0.0
