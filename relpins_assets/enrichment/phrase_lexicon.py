"""The lexicon: which phrases of a catalog are values, and of which key. Fitted, frozen, and read by every pin's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.enrichment.phrase_slots import Floats, cut, read_tokens
from relpins_assets.enrichment.phrases import Document, Phrases, count_phrases, is_telling, splits, units
from relpins_assets.enrichment.typed_evidence import NONE
from relpins_assets.enrichment.typing_phrases import Examples, Typed, type_phrases

FILE = "lexicon.parquet"
Encode = Callable[[Sequence[str]], Floats]
"""Sentence vectors (n, d) of n phrases."""


@dataclass(frozen=True)
class Lexicon:
    """Typed phrases, in order of phrase."""

    typed: tuple[Typed, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        return {one.phrase: place for place, one in enumerate(self.typed)}

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
    said = known(found)
    kinds = [*keys, NONE]
    shown = Examples(list(examples), encode(list(examples)), np.array([kinds.index(kind) for kind in examples.values()]))
    frame = [word for word, n in sorted(counted.documents.items()) if " " not in word and n >= 3 and not is_telling(word)]

    def typed(phrases: Sequence[str]) -> list[Typed]:
        phrases = sorted({*phrases, *frame})
        if not phrases:
            return []
        tokens = read_tokens(documents, phrases)
        return type_phrases(phrases, encode(phrases), tokens, facts, said, shown, kinds)

    first = [phrase for phrase in found if _stands_alone(phrase, counted, said)]
    of_first = {one.phrase: one.key for one in typed(first)}
    longer = [phrase for phrase in found if phrase not in set(first) and not _is_composed(phrase, of_first)]
    kept = [one for one in typed([*first, *longer]) if _is_headed(one, of_first)]
    return Lexicon(tuple(one for one in kept if any(letter.isalpha() for letter in one.phrase)))


def _stands_alone(phrase: str, counted: Phrases, said: Mapping[str, str]) -> bool:
    return " " not in phrase or counted.tagged[phrase] > 0 or phrase in said


def _is_composed(phrase: str, key_of: Mapping[str, str]) -> bool:
    """Whether its parts already say all: two values of different keys, side by side."""
    for head, tail in splits(phrase):
        keys = key_of.get(head), key_of.get(tail)
        if None not in keys and keys[0] != keys[1]:
            return True
    return False


def _is_headed(one: Typed, key_of: Mapping[str, str]) -> bool:
    """Whether an n-gram's kind is not just that of its first words: "white walls" is no colour."""
    if one.phrase in key_of:
        return True
    return not any(key_of.get(head) == one.key != key_of.get(tail) for head, tail in splits(one.phrase))
