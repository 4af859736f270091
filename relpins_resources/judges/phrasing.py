"""How a tuple of attributes is said in a search box: words in their usual order, by the kind of thing each says."""

from __future__ import annotations

from collections.abc import Sequence

from relpins_resources.judges.base import KeyValue

BEFORE = (
    "gender",
    "brand",
    "mood",
    "length",
    "fit",
    "rise",
    "shape",
    "style",
    "color",
    "pattern",
    "material",
    "sleeve",
    "cuisine",
    "meal",
)
"""Kinds that stand before the thing, in this order: "slim red striped linen long sleeve shirt"."""
HEADS = ("category", "object", "room")
"""What the query is about: the first of these kinds that is there is its head."""
AFTER = {"occasion": "for", "season": "for", "object": "with", "room": "for", "price_band": ""}
"""Kinds that stand after the thing, in this order, and the word that joins them."""
LEADING_WITHOUT_HEAD = ("season", "occasion")
"""Without a thing to name, these are said in front: "summer vacation"."""


def natural_query(attributes: Sequence[KeyValue]) -> str:
    """The attributes as one query: "slim red linen shirt for summer under $50".

    Args:
        attributes: (key, value), in any order; kinds that are not known stand before the thing, in order of key.
    """
    values = sorted(attributes)
    head = next((one for kind in HEADS for one in values if one[0] == kind), None)
    rest = [one for one in values if one != head]
    after = [one for one in rest if one[0] in AFTER and (head or one[0] not in LEADING_WITHOUT_HEAD)]
    before = sorted((one for one in rest if one not in after), key=_place_before)
    after.sort(key=lambda one: list(AFTER).index(one[0]))
    words = _once([value for _, value in before] + ([head[1]] if head else []))
    joined = ""
    for key, value in after:
        is_said = key == "season" and joined == "for"  # "for vacation in summer", not "for vacation for summer"
        joining = "in" if is_said else AFTER[key]
        joined = AFTER[key] or joined
        words += [joining, value] if joining else [value]
    return " ".join(words)


def _place_before(attribute: KeyValue) -> tuple[int, KeyValue]:
    key = attribute[0]
    if key in LEADING_WITHOUT_HEAD:
        return (len(BEFORE) + LEADING_WITHOUT_HEAD.index(key), attribute)
    return (BEFORE.index(key) if key in BEFORE else BEFORE.index("style"), attribute)


def _once(values: Sequence[str]) -> list[str]:
    """The values without words that the next one says again: "black metal", "metal lamp" is "black metal lamp"."""
    said: list[str] = []
    for place, value in enumerate(values):
        following = values[place + 1].split() if place + 1 < len(values) else []
        words = value.split()
        overlap = next((n for n in range(min(len(words), len(following)), 0, -1) if words[-n:] == following[:n]), 0)
        kept = words[: len(words) - overlap]
        if kept:
            said.append(" ".join(kept))
    return said
