"""How far boards, columns and pixels are believed: as far as they agree with what pins say in their own words.

Learnt with the lexicon and frozen with it; no label is looked at. A catalog whose pins say too little in words to
judge by is believed as it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from relpins_assets.enrichment.column_attributes import Pair

FILE = "trust.json"
MIN_CATEGORIES = 3.0
"""A board category whose pins are of at least so many categories, by their own words, is a department."""
MIN_USUAL = 0.15
"""Share of a section's worded pins that say anything of a key, for boards to be believed on it there."""
MIN_SAME_KEY = 0.3
"""The same, for a board category to be a value of that key itself: "kitchen" is a room."""
MIN_LIFT = 3.0
"""How much oftener than by chance boards and own words say the same of a key."""
MIN_BORNE_OUT, MIN_BOTH = 0.4, 10
"""Share of what boards say of a key in one section that own words say too, where so many pins have both."""
MIN_JUDGED = 30
"""Pins to judge by; with fewer nothing is held against a source."""
MIN_NAMED, MIN_NAMED_SHARE, MIN_NAMED_LIFT = 5, 0.6, 2.0
"""Pins, share and lift at which a catalog's word stands for what pixels show."""

ANY = ""
"""The section of pins that have none."""


@dataclass(frozen=True)
class Said:
    """What each source says of one pin: its section, its own words, its boards, its pixels."""

    section: str
    own: frozenset[Pair]
    boards: frozenset[Pair]
    pixels: frozenset[Pair]


@dataclass(frozen=True)
class Trust:
    """What is believed.

    Attributes:
        departments: sections that hold many categories.
        section_keys: per section the keys, beside category, that its own name is a value of.
        board_keys: per section the keys that boards are believed on; of a section not listed, those of ANY.
        words: per key and value of pixels the catalog's own word for it, None where there is no clear one; keys that
            are not listed keep the pixels' own names.
    """

    departments: list[str] = field(default_factory=list)
    section_keys: dict[str, list[str]] = field(default_factory=dict)
    board_keys: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def believes_boards(self, section: str, key: str) -> bool:
        return key in self.board_keys.get(section, self.board_keys.get(ANY, []))

    def word_for(self, pair: Pair) -> Pair | None:
        """What the catalog calls what pixels show; None if that is not clear."""
        key, value = pair
        word = self.words[key].get(value) if key in self.words else value
        return None if word is None else (key, word)

    def save(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self), sort_keys=True), encoding="utf-8")


def load_trust(folder: Path) -> Trust:
    """The trust of a lexicon's folder."""
    return Trust(**json.loads((folder / FILE).read_text(encoding="utf-8")))


def fit_trust(pins: Sequence[Said], keys: Sequence[str], key_of: Mapping[str, str]) -> Trust:
    """What is believed of a catalog's sources.

    Args:
        keys: every key that words can have.
        key_of: the lexicon: phrase -> key.
    """
    names = sorted({pin.section for pin in pins} - {ANY})
    of_section = {name: [pin for pin in pins if pin.own and pin.section == name] for name in names}
    usual = {name: _usual(worded, keys) for name, worded in of_section.items()}
    own_key = {name: key_of.get(name) for name in names}
    agreeing = [key for key in keys if _agrees(pins, key)]
    everywhere = _usual([pin for pin in pins if pin.own], keys)
    return Trust(
        departments=[name for name in names if _n_categories(of_section[name]) >= MIN_CATEGORIES],
        section_keys={
            name: [key]
            for name, key in own_key.items()
            if key not in (None, "category") and usual[name].get(str(key), 0.0) >= MIN_SAME_KEY
        },
        board_keys={
            name: [
                key
                for key in agreeing
                if shares.get(key, 1.0) >= MIN_USUAL and _is_borne_out(of_section.get(name, []), key)
            ]
            for name, shares in {**usual, ANY: everywhere}.items()
            if shares or name == ANY
        },
        words={key: words for key in ("color", "pattern") if (words := _words(pins, key)) is not None},
    )


def _usual(worded: Sequence[Said], keys: Sequence[str]) -> dict[str, float]:
    """Share of pins whose own words have a value of each key; nothing of too few pins."""
    if len(worded) < MIN_JUDGED:
        return {}
    counts = Counter(key for pin in worded for key in {key for key, _ in pin.own})
    return {key: counts[key] / len(worded) for key in keys}


def _n_categories(worded: Iterable[Said]) -> float:
    """The perplexity of the categories that own words name."""
    counts = np.array(list(Counter(v for pin in worded for k, v in pin.own if k == "category").values()), float)
    shares = counts / max(counts.sum(), 1.0)
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(counts) else 0.0


def _agrees(pins: Sequence[Said], key: str) -> bool:
    """Whether boards and own words say the same value of a key much oftener than by chance."""
    both = _of_both(pins, key)
    if len(both) < MIN_JUDGED:
        return True
    owned, boarded = Counter(v for own, _ in both for v in own), Counter(v for _, boards in both for v in boards)
    together = sum(len(own & boards) for own, boards in both) / len(both)
    by_chance = sum(n * boarded[value] for value, n in owned.items()) / len(both) ** 2
    return together >= MIN_LIFT * by_chance


def _is_borne_out(pins: Sequence[Said], key: str) -> bool:
    """Whether enough of what boards say of a key in one section, own words say as well."""
    both = _of_both(pins, key)
    said = sum(len(boards) for _, boards in both)
    return len(both) < MIN_BOTH or sum(len(own & boards) for own, boards in both) >= MIN_BORNE_OUT * said


def _of_both(pins: Sequence[Said], key: str) -> list[tuple[set[str], set[str]]]:
    """Own words' and boards' values of a key, of the pins where both have any."""
    both = [(_of(pin.own, key), _of(pin.boards, key)) for pin in pins]
    return [(own, boards) for own, boards in both if own and boards]


def _words(pins: Sequence[Said], key: str) -> dict[str, str | None] | None:
    """Per value that pixels show the word that pins which show it have; None where too few pins say any."""
    worded = [(_of(pin.own, key), _of(pin.pixels, key)) for pin in pins if _of(pin.own, key)]
    if len(worded) < MIN_JUDGED:
        return None
    usual = Counter(word for own, _ in worded for word in own)
    shown: dict[str, Counter[str]] = {}
    for own, values in worded:
        for value in values:
            shown.setdefault(value, Counter()).update(own)
    n = sum(usual.values())
    return {value: _word(counts, usual, n) for value, counts in sorted(shown.items())}


def _word(counts: Counter[str], usual: Counter[str], n: int) -> str | None:
    word = min(counts, key=lambda word: (-counts[word], word))
    share = counts[word] / sum(counts.values())
    is_clear = counts[word] >= MIN_NAMED and share >= MIN_NAMED_SHARE and share >= MIN_NAMED_LIFT * usual[word] / n
    return word if is_clear else None


def _of(pairs: Iterable[Pair], key: str) -> set[str]:
    return {value for one, value in pairs if one == key}
