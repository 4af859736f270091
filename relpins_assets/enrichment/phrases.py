"""Words of a catalog as phrases: how texts are split, which n-grams there are, and which of them hold together."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from relpins_resources.describers.compose import usable_text
from relpins_resources.describers.words import telling_words

MAX_WORDS = 3
MIN_DOCUMENTS = 3
MIN_TAGGED = 2
"""A whole tag is a phrase by itself: two documents are enough."""
MIN_COHESION = 0.35
"""Normalised pointwise mutual information of the weakest split of an n-gram."""
MIN_BOUND = 0.3
"""Share of either part's documents in which it stands in the n-gram."""
TITLE, DESCRIPTION, TAG, BOARD = "title", "description", "merchant_tags", "boards"

_WORD = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*|&")
_BREAK = re.compile(r"[^\w\s'’&.-]+|[.\-'’](?=\s|$)|(?<=\s)[.\-'’]")
_POSSESSIVE = re.compile(r"['’]s?$")


@dataclass(frozen=True)
class Segment:
    """Words that stand together: a tag, or what lies between two marks of a text. `spelt` keeps the capitals."""

    source: str
    words: tuple[str, ...]
    spelt: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """What is said of one image, or the title of one board."""

    segments: tuple[Segment, ...]


@dataclass
class Phrases:
    """Documents per phrase, and those in which it is a whole tag."""

    documents: Counter[str] = field(default_factory=Counter)
    tagged: Counter[str] = field(default_factory=Counter)
    n_documents: int = 0

    def cohesion(self, phrase: str) -> float:
        """NPMI of the weakest split into two parts, -1 to 1; 1 for one word."""
        return min((self._npmi(head, tail, phrase) for head, tail in splits(phrase)), default=1.0)

    def bound(self, phrase: str) -> float:
        """How much either part lives in the phrase: the larger share, of the weakest split; 1 for one word."""
        count = self.documents[phrase]
        shares = (
            count / min(self.documents[head], self.documents[tail])
            for head, tail in splits(phrase)
            if self.documents[head] and self.documents[tail]
        )
        return min(shares, default=1.0)

    def _npmi(self, head: str, tail: str, phrase: str) -> float:
        both = self.documents[phrase] / self.n_documents
        apart = self.documents[head] * self.documents[tail] / self.n_documents**2
        return math.log(both / apart) / -math.log(both) if 0 < both < 1 and apart else 1.0


def segments(source: str, text: str | None) -> list[Segment]:
    """The segments of a text; none where its words say nothing."""
    usable = unicodedata.normalize("NFKC", usable_text(text))
    found = (tuple(_WORD.findall(part)) for part in _BREAK.split(usable))
    return [Segment(source, tuple(_folded(word) for word in words), words) for words in found if words]


def tag_segments(tags: Iterable[str | None]) -> list[Segment]:
    """A segment per tag, in their order."""
    spelt = (tuple(_WORD.findall(unicodedata.normalize("NFKC", tag))) for tag in tags if tag)
    return [Segment(TAG, tuple(_folded(word) for word in words), words) for words in spelt if words]


def _folded(word: str) -> str:
    return _POSSESSIVE.sub("", word.casefold()) or word.casefold()


def splits(phrase: str) -> list[tuple[str, str]]:
    """Every way to cut a phrase in two."""
    words = phrase.split(" ")
    return [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]


def count_phrases(documents: Sequence[Document]) -> Phrases:
    """Documents of every n-gram of one to three words."""
    counted = Phrases(n_documents=len(documents))
    for document in documents:
        found = {" ".join(words) for segment in document.segments for words in ngrams(segment.words)}
        counted.documents.update(found)
        counted.tagged.update({" ".join(s.words) for s in document.segments if s.source == TAG})
    return counted


def ngrams(words: Sequence[str]) -> Iterable[Sequence[str]]:
    """Every run of one to three words."""
    return (words[i : i + n] for n in range(1, MAX_WORDS + 1) for i in range(len(words) - n + 1))


def units(counted: Phrases) -> list[str]:
    """Phrases that are said as one, in order of name: frequent, framed by telling words, and held together.

    A whole tag is one; any other n-gram if its parts are found together far more often than by chance, and one of
    them seldom without the other.
    """
    return sorted(phrase for phrase, count in counted.documents.items() if _is_unit(counted, phrase, count))


def _is_unit(counted: Phrases, phrase: str, count: int) -> bool:
    words = phrase.split(" ")
    if not (is_telling(words[0]) and is_telling(words[-1])):
        return False
    if counted.tagged[phrase] >= MIN_TAGGED:
        return True
    if count < MIN_DOCUMENTS:
        return False
    if not all(is_telling(word) for word in words[1:-1]):
        return False
    return len(words) == 1 or (counted.cohesion(phrase) >= MIN_COHESION and counted.bound(phrase) >= MIN_BOUND)


def is_telling(word: str) -> bool:
    """Whether a word may begin or end a phrase: it has a letter, more than one character, and is no filler."""
    return len(word) > 1 and word[0].isalnum() and word not in _GRAMMAR and telling_words(word) > 0


_GRAMMAR_TEXT = (
    # words that only join others: a value neither begins nor ends with one
    "about above after again against as at before behind below beneath beside between beyond by down during except "
    "from inside into near off out outside over per since than through throughout till toward towards under until up "
    "upon via while within without and but if nor or so yet because although though unless when whenever where "
    "wherever whether who whom whose which what why how can could may might must shall should will would do does did "
    "done has had having am be been being was were he she they them their theirs his her hers we us our ours "
    "yourself itself themselves there here then only also too very just not no ever every each any both either "
    "neither few many most other such own same s t don won ll re ve"
)
_GRAMMAR = frozenset(_GRAMMAR_TEXT.split())
