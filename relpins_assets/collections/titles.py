"""What a landing page is called, and under which address: from its topic's words, without a look at earlier runs."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from anyascii import anyascii

from relpins_resources.describers.words import usable_text

MAX_TITLE = 70
"""Characters; search engines show about so many."""
MAX_SLUG = 80
RESERVED = frozenset({"index"})
"""Slugs that a web server would take for something else."""
_SMALL_WORDS = "a an and as at but by for from in into of on or the to under over with without"
_SMALL = frozenset(_SMALL_WORDS.split())
_WORDS = re.compile(r"[a-z0-9]+")


def title_of(query: str, values: Sequence[str]) -> str:
    """A topic's query as a headline of 70 characters at most; where it says nothing, its attributes' values.

    Empty where neither has a usable word. Words that carry a capital or a figure stay as they are.
    """
    words = (usable_text(query) or usable_text(" ".join(values))).split()
    last = len(words) - 1
    cased = [_cased(word, is_edge=place in (0, last)) for place, word in enumerate(words)]
    return _cut(" ".join(cased), MAX_TITLE)


def distinct_titles(titles: Mapping[str, str], attributes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Titles by topic of which no two are equal: those that were get in brackets the attributes they do not share.

    Args:
        titles: by topic_id.
        attributes: by topic_id, how each of its attributes reads, such as `color: gold`.
    """
    alike: dict[str, list[str]] = {}
    for topic, title in titles.items():
        alike.setdefault(title.casefold(), []).append(topic)
    named = dict(titles)
    for group in alike.values():
        shared = set.intersection(*(set(attributes[topic]) for topic in group))
        for topic in group if len(group) > 1 else ():
            own = [told for told in attributes[topic] if told not in shared]
            named[topic] = f"{titles[topic]} ({', '.join(own)})" if own and titles[topic] else titles[topic]
    return named


def slug_words(text: str) -> str:
    """A text in the 26 letters and ten figures, words joined by hyphens, 80 characters at most; empty if none is left.

    Letters of other scripts are transliterated; signs, emoji and controls fall away.
    """
    letters = "".join(" " if unicodedata.category(sign)[0] in "SC" else sign for sign in text.replace("&", " and "))
    plain = anyascii(letters.replace("'", "").replace("’", ""))
    return _cut(" ".join(_WORDS.findall(plain.lower())), MAX_SLUG).replace(" ", "-")


def unique_slugs(titles: Mapping[str, str]) -> dict[str, str]:
    """An address for each topic, no two the same.

    A topic whose words others share, or that has none, carries some figures of the hash of its id; all of them do, so
    that an address never comes to mean another topic than it meant.
    """
    base = {topic: slug_words(title) for topic, title in titles.items()}
    slugs = dict(base)
    for n_figures in (6, 12, 64):
        count = Counter(slugs.values())
        for topic, slug in list(slugs.items()):
            if count[slug] > 1 or not slug or slug in RESERVED:
                slugs[topic] = f"{base[topic] or 'collection'}-{hashlib.sha256(topic.encode()).hexdigest()[:n_figures]}"
    return slugs


def _cased(word: str, *, is_edge: bool) -> str:
    if any(letter.isupper() or letter.isdigit() for letter in word) or (word in _SMALL and not is_edge):
        return word
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))


def _cut(text: str, length: int) -> str:
    """At most `length` characters of it, ending with a word where the first is not longer."""
    if len(text) <= length:
        return text
    return text[: length + 1].rpartition(" ")[0].rstrip(" ,;:-") or text[:length]
