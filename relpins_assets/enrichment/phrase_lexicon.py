"""The lexicon: which phrases of a catalog are values, and of which key; fitted, frozen, read by every pin's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.enrichment.phrase_slots import Floats, cut, read_tokens
from relpins_assets.enrichment.phrases import (
    MIN_DOCUMENTS,
    MIN_TAGGED,
    Document,
    Phrases,
    count_phrases,
    is_telling,
    splits,
    units,
)
from relpins_assets.enrichment.typed_evidence import NONE
from relpins_assets.enrichment.typing_phrases import Examples, Typed, nearness, type_phrases

FILE = "lexicon.parquet"
MIN_BOUND_OF_TWO = 0.6
"""How much two values of one key must live in their n-gram: "navy blue" is one colour, "kids girls" are two values."""
MAX_LOST = 0.12
"""How much farther than its last words an n-gram may be from their key's examples."""
MIN_FREE = 0.25
"""Share of a word's documents in which it is no part of a longer phrase; below it is no value by itself."""
MIN_DOCUMENTS_TOGETHER = 5
"""Documents of an n-gram that no tag spells."""
Encode = Callable[[Sequence[str]], Floats]
"""Sentence vectors (n, d) of n phrases."""


@dataclass(frozen=True)
class Lexicon:
    """Typed phrases, in order of phrase."""

    typed: tuple[Typed, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        return {one.phrase: place for place, one in enumerate(self.typed)}

    @cached_property
    def key_of(self) -> dict[str, str]:
        return {one.phrase: one.key for one in self.typed}

    def values(self, words: Sequence[str]) -> list[Typed]:
        """The typed phrases of a segment's words, the longest first where they overlap."""
        return [self.typed[phrase] for phrase, _, _ in cut(words, self.position) if phrase >= 0]

    def save(self, folder: Path) -> None:
        columns = {name: [getattr(one, name) for one in self.typed] for name in ("phrase", "key", "score")}
        schema = pa.schema([("phrase", pa.string()), ("key", pa.string()), ("score", pa.float64())])
        pq.write_table(pa.table(columns, schema=schema), folder / FILE)


def load_lexicon(folder: Path) -> Lexicon:
    """The lexicon of an artefact's folder."""
    return Lexicon(tuple(Typed(**row) for row in pq.read_table(folder / FILE).to_pylist()))


def fit_lexicon(
    documents: Sequence[Document],
    facts: Floats,
    known: Callable[[Sequence[str]], Mapping[str, str]],
    examples: Mapping[str, str],
    keys: Sequence[str],
    encode: Encode,
) -> Lexicon:
    """The phrases of documents that have a clear key.

    Words and whole tags are typed first; then n-grams that hold together and are more than their parts say.

    Args:
        facts: (documents, f) what else is known of each, 0 to 1.
        known: of phrases, the keys that somebody said.
        examples: phrase -> kind.
    """
    counted = count_phrases(documents)
    found = units(counted)
    if not found:
        return Lexicon(())
    said, kinds = known(found), [*keys, NONE]
    numbers = np.array([kinds.index(kind) for kind in examples.values()], np.int64)
    shown = Examples(list(examples), encode(list(examples)), numbers)
    fit = _Fit(documents, facts, counted, said, shown, kinds, encode)
    bound = _bound_words(documents, found, counted)
    first = [phrase for phrase in found if _stands_alone(phrase, counted, said) and phrase not in bound]
    of_first = {one.phrase: one.key for one in fit.typed(first)}
    alone = set(first)
    longer = [phrase for phrase in found if phrase not in alone and _says_more(phrase, of_first, counted)]
    longer = _still_means(longer, of_first, kinds, fit.near)
    kept = [one for one in fit.typed([*first, *longer]) if one.phrase in alone or _agrees(one, of_first)]
    return Lexicon(tuple(one for one in kept if any(letter.isalpha() for letter in one.phrase)))


@dataclass(frozen=True)
class _Fit:
    """What stays the same while phrases are typed, first the short ones and then all."""

    documents: Sequence[Document]
    facts: Floats
    counted: Phrases
    said: Mapping[str, str]
    shown: Examples
    kinds: Sequence[str]
    encode: Encode

    def near(self, phrases: Sequence[str]) -> Floats:
        return nearness(phrases, self.encode(phrases), self.shown, len(self.kinds))

    def typed(self, phrases: Sequence[str]) -> list[Typed]:
        phrases = sorted({*phrases, *self.frame})
        tokens = read_tokens(self.documents, phrases)
        vectors = self.encode(phrases)
        return type_phrases(phrases, vectors, tokens, self.facts, self.said, self.tagged, self.shown, self.kinds)

    @cached_property
    def frame(self) -> list[str]:
        """Frequent words that are no values, and tell what stands beside them."""
        counts = self.counted.documents.items()
        return [word for word, n in counts if " " not in word and n >= MIN_DOCUMENTS and not is_telling(word)]

    @cached_property
    def tagged(self) -> set[str]:
        return {phrase for phrase, n in self.counted.tagged.items() if n >= MIN_TAGGED}


def _still_means(phrases: Sequence[str], key_of: Mapping[str, str], kinds: Sequence[str], near: Encode) -> list[str]:
    """The n-grams that mean what their last words do: "track pants" is near to categories, "arrow woman" is none."""
    tails = [next((tail for _, tail in splits(phrase) if tail in key_of), "") for phrase in phrases]
    known = [(phrase, tail) for phrase, tail in zip(phrases, tails, strict=True) if tail]
    if not known:
        return list(phrases)
    at = np.array([kinds.index(key_of[tail]) for _, tail in known])
    rows = np.arange(len(known))
    whole, last = near([phrase for phrase, _ in known])[rows, at], near([tail for _, tail in known])[rows, at]
    lost = {phrase for (phrase, _), gap in zip(known, last - whole, strict=True) if gap > MAX_LOST}
    return [phrase for phrase in phrases if phrase not in lost]


def _agrees(one: Typed, key_of: Mapping[str, str]) -> bool:
    """Whether an n-gram is of the kind of its last words, where that is known."""
    return all(key_of.get(tail) in (None, one.key) for _, tail in splits(one.phrase))


def _bound_words(documents: Sequence[Document], found: Sequence[str], counted: Phrases) -> set[str]:
    """Words that are nearly always part of a longer phrase, such as "sitting" of "sitting room": no values."""
    tokens = read_tokens(documents, found)
    alone = np.bincount(tokens.phrase[tokens.phrase >= 0], minlength=len(found))
    return {
        phrase
        for phrase, n in zip(found, alone, strict=True)
        if " " not in phrase and n < MIN_FREE * counted.documents[phrase]
    }


def _stands_alone(phrase: str, counted: Phrases, said: Mapping[str, str]) -> bool:
    return " " not in phrase or counted.tagged[phrase] >= MIN_TAGGED or phrase in said


def _says_more(phrase: str, key_of: Mapping[str, str], counted: Phrases) -> bool:
    """Whether an n-gram may be a value of its own: frequent, and only its last words have a key, if any has.

    "track pants" is one, and "navy blue", whose parts have one key; "men black" is two values, and in "white walls"
    the value is no colour of the walls.
    """
    if counted.documents[phrase] < MIN_DOCUMENTS_TOGETHER:
        return False
    for head, tail in splits(phrase):
        if key_of.get(head) not in (None, key_of.get(tail)):
            return False
        if head in key_of and counted.bound(phrase) < MIN_BOUND_OF_TWO:
            return False
    middle = phrase.split(" ")[1:-1]
    return all(key_of.get(word) is None for word in middle)
