"""Phrases whose key somebody said: filters and browse paths of the search log, shops' addresses, the keys' examples."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from relpins_assets.enrichment.attribute_keys import FROM_COLUMNS
from relpins_assets.enrichment.phrases import BOARD, segments
from relpins_assets.profile import AttributeKey

NONE = "none"
"""The kind of phrases that say nothing of the pin."""
FILLERS = (
    "ideas", "inspiration", "makeover", "how to", "outfit", "look", "project", "collection", "set", "pack of",
    "done right", "everything", "minutes", "easy", "made", "details", "handmade", "quality", "edition", "series",
    "love", "best", "new", "my home", "style", "perfect", "need", "shopping", "wear", "reasons", "tips",
)  # fmt: skip
"""Examples of what people write around values; what else is such is learnt from where it stands."""
PATH = re.compile(r"\s*(?:>|/|»|›)\s*")
MIN_SHOP_PINS = 2


def phrase_of(text: str) -> str | None:
    """A short text as the phrase it is, None if it is not one to three words in a row."""
    found = segments(BOARD, text)
    return " ".join(found[0].words) if len(found) == 1 and len(found[0].words) <= 3 else None


def example_types(keys: Mapping[str, AttributeKey]) -> dict[str, str]:
    """Example phrase -> key; of NONE are FILLERS, the keys' own names, and what columns say."""
    known = dict.fromkeys((*FILLERS, *keys, *(f"{key}s" for key in keys)), NONE)
    for key, said in keys.items():
        kind = NONE if key in FROM_COLUMNS else key
        known.update({phrase: kind for example in said.examples if (phrase := phrase_of(example))})
    return known


def logged_types(searches: Iterable[tuple[str | None, str | None, int]], keys: Collection[str]) -> dict[str, str]:
    """Phrase -> key of a search log's filters (JSON {key: value}) and browse paths ("room > living room").

    A path says the key of its last step where the first names one. Where they disagree the more frequent key wins,
    ties by name.

    Args:
        searches: (query, filters, how many times).
    """
    votes: dict[str, Counter[str]] = {}
    for query, filters, count in searches:
        path = browsed(query or "")
        for key, value in _filtered(filters) + ([path] if path else []):
            phrase = phrase_of(value)
            if key in keys and phrase:
                votes.setdefault(phrase, Counter())[key] += count
    return {phrase: min(counts, key=lambda key: (-counts[key], key)) for phrase, counts in sorted(votes.items())}


def _filtered(filters: str | None) -> list[tuple[str, str]]:
    try:
        said = json.loads(filters) if filters else None
    except (ValueError, RecursionError):
        return []
    if not isinstance(said, dict):
        return []
    pairs = [
        (str(key).casefold(), v) for key, value in said.items() for v in (value if isinstance(value, list) else [value])
    ]
    return [(key, value) for key, value in pairs if isinstance(value, str)]


def browsed(query: str) -> tuple[str, str] | None:
    """First and last step of a browse path, None if the query is none."""
    steps = [step for step in PATH.split(query.casefold().strip()) if step]
    return (steps[0], steps[-1]) if len(steps) > 1 else None


def shop_names(links: Iterable[str | None]) -> dict[str, int]:
    """The name in the address of each shop that several of `links` lead to, without marks -> how many."""
    counts = Counter(name for link in links if (name := _shop(link)))
    return {name: n for name, n in counts.items() if n >= MIN_SHOP_PINS}


def brand_phrases(phrases: Sequence[str], shops: Collection[str]) -> list[str]:
    """The phrases that spell a shop's address."""
    return [phrase for phrase in phrases if squeezed(phrase) in shops]


def squeezed(text: str) -> str:
    return "".join(letter for letter in text.casefold().replace("&", "") if letter.isalnum())


def _shop(link: str | None) -> str | None:
    try:
        host = urlsplit(link or "").hostname or ""
    except ValueError:
        return None
    labels = [label for label in host.split(".") if label not in ("www", "shop", "store", "m")]
    return squeezed(labels[-2]) or None if len(labels) > 1 else None
