"""What a search asks for: attributes of the vocabulary, a category, a price, and what could not be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from relpins_assets.vocabulary.price_bounds import ANY_PRICE, PriceBounds, read_price
from relpins_assets.vocabulary.query_words import CLAUSE_ENDS, CONNECTORS, JOINS, NEGATORS
from relpins_assets.vocabulary.search_filters import split_filters
from relpins_assets.vocabulary.spelling import spelling_key
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary

CATEGORY, PRICE_BAND = "category", "price_band"
MAX_WORDS = 5
"""A form of three words can be written with hyphens as more."""
BREAK = ";"
_PATH = re.compile(r"\s*(?:>|›|»)\s*(?!\s*[$€£=]?\s*\d)")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[,;:.!?()|/]")
_MARKS = set(",;:.!?()|/")


@dataclass(frozen=True)
class Reading:
    """What one query asks for.

    Args:
        attribute_ids: in the order in which they are named, each once.
        category: the category it is about, in the vocabulary's form.
        prices: bounds, in whichever currency the searcher meant.
        unread: telling words that mean nothing here, as phrases of neighbours; what is denied comes with its "not".
    """

    attribute_ids: tuple[str, ...] = ()
    category: str | None = None
    prices: PriceBounds = ANY_PRICE
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Match:
    attribute: Attribute
    is_about: bool  # named before the first joining word of its part


class QueryParser:
    """Reads queries by a vocabulary: the longest form first, in whichever spelling or number, none inside another."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @cached_property
    def forms(self) -> dict[str, list[Attribute]]:
        """The attributes that a spelling can mean: a category first, then those on most images."""
        found: dict[str, list[Attribute]] = {}
        ranked = sorted(
            self.vocabulary.attributes, key=lambda one: (one.key != CATEGORY, -one.n_pins, one.attribute_id)
        )
        for one in ranked:
            for spelling in sorted({spelling_key(form) for form in one.members if one.key != PRICE_BAND}):
                if spelling:
                    found.setdefault(spelling, []).append(one)
        return found

    def read(self, query: str) -> Reading:
        """What `query` asks for: typed words, a browse path ("fashion > dress"), and filters in brackets behind."""
        words, filters = split_filters(unicodedata.normalize("NFKC", query).casefold())
        prices, words = read_price(words)
        matches: list[_Match] = []
        unread: list[str] = []
        parts = [part for part in _PATH.split(words) if part.strip()]
        for place, part in enumerate(parts):
            found, missed = self._read_part(part)
            matches += found
            unread += missed if place == len(parts) - 1 else []  # the shelves above are the shop's own
        category = _category(matches)
        for key, value in filters.values:
            attribute = self._typed(key, value)
            matches += [_Match(attribute, is_about=True)] if attribute else []
            unread += [] if attribute else [f"{key}: {value}"]
        category = category or _category(matches)
        ids = dict.fromkeys(self._beside(match.attribute, category) for match in matches)
        lowest, highest = filters.prices.lowest, filters.prices.highest
        asked = PriceBounds(prices.lowest if lowest is None else lowest, prices.highest if highest is None else highest)
        return Reading(tuple(ids), category, asked, tuple(dict.fromkeys(unread)))

    def _beside(self, attribute: Attribute, category: str | None) -> str:
        """Its id; of a second category the one it has as another kind: a "living room lamp" is for a room."""
        if attribute.key != CATEGORY or attribute.value == category:
            return attribute.attribute_id
        others = (one for one in self.forms[spelling_key(attribute.value)] if one.key != CATEGORY)
        return next(others, attribute).attribute_id

    def _typed(self, key: str, value: str) -> Attribute | None:
        return next((one for one in self.forms.get(spelling_key(value), []) if one.key == key), None)

    def _read_part(self, part: str) -> tuple[list[_Match], list[str]]:
        tokens = _TOKEN.findall(part)
        matches: list[_Match] = []
        unread: list[list[str]] = [[]]
        place, is_about, is_denied = 0, True, False
        while place < len(tokens):
            token = tokens[place].replace("'", "").replace("’", "")
            found = None if is_denied or token in _MARKS else self._longest(tokens, place)
            if found:
                attribute, length = self._fitting(found[0], matches), found[1]
                matches.append(_Match(attribute, is_about))
                unread.append([])
                place += length
                continue
            is_negator = token in NEGATORS
            is_denied = is_negator or (is_denied and token not in _MARKS and token not in CLAUSE_ENDS)
            is_about = is_about and not (token in JOINS and matches)
            if is_negator:
                unread.append([token])
            elif token in _MARKS:
                unread.append([])
            elif token not in CONNECTORS:
                unread[-1].append(token)
            elif not is_denied:
                unread.append([])
            place += 1
        phrases = (words for words in unread if words and words[-1] not in NEGATORS)
        return matches, [" ".join(words) for words in phrases if not all(word.isdigit() for word in words)]

    def _longest(self, tokens: Sequence[str], place: int) -> tuple[list[Attribute], int] | None:
        words = []
        for token in tokens[place : place + MAX_WORDS]:
            if token in _MARKS:
                break
            words.append(token)
        for length in range(len(words), 0, -1):
            span = words[:length]
            for spelling in _spellings(span):
                if spelling in self.forms and not (length == 1 and span[0] in CONNECTORS):
                    return self.forms[spelling], length
        return None

    @staticmethod
    def _fitting(meanings: Sequence[Attribute], matches: Sequence[_Match]) -> Attribute:
        """Of several meanings, one of a kind that the query has not named yet, else the most frequent."""
        named = {match.attribute.key for match in matches}
        return next((one for one in meanings if one.key not in named), meanings[0])


def _spellings(words: Sequence[str]) -> list[str]:
    """How a span may stand in the vocabulary: as it is, or its last word without the ending of "long sleeved"."""
    last = words[-1]
    ends = [last, last[:-1], last[:-2]] if last.endswith("ed") and len(last) > 4 else [last]
    return [spelling_key(" ".join([*words[:-1], end])) for end in ends]


def _category(matches: Sequence[_Match]) -> str | None:
    """The last category named before a joining word (the head of the phrase), else the first that is named at all."""
    named = [match for match in matches if match.attribute.key == CATEGORY]
    about = [match for match in named if match.is_about]
    chosen = about[-1:] or named[:1]
    return chosen[0].attribute.value if chosen else None
