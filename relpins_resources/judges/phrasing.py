"""How a tuple of attributes is said in a search box: words in their usual order, by the kind of thing each says."""

from __future__ import annotations

from collections.abc import Sequence

from relpins_resources.judges.base import KeyValue

_BEFORE = "gender brand season mood length fit rise shape style color pattern material sleeve cuisine meal"
BEFORE = tuple(_BEFORE.split())
"""Kinds that stand before the thing, in this order: "men's summer slim striped linen long sleeve shirt"."""
HEADS = ("category", "object", "room", "department")
"""What the query is about: the first of these kinds that is there is its head."""
AFTER = {"occasion": "for", "object": "with", "room": "for", "price_band": ""}
"""Kinds that stand after the thing, in this order, and the word that joins them."""
OWNERS = {"men": "men's", "women": "women's", "children": "children's"}


def natural_query(attributes: Sequence[KeyValue]) -> str:
    """The attributes as one query: "women's slim red dress for summer vacation under $50".

    Args:
        attributes: (key, value), in any order; kinds that are not known stand with those of style.
    """
    values = sorted(attributes)
    head = next((one for kind in HEADS for one in values if one[0] == kind), None)
    rest = [one for one in values if one != head]
    after = sorted((one for one in rest if _is_after(one[0], head is not None)), key=_place_after)
    keys = {key for key, _ in after}
    with_season = [one for one in rest if one[0] == "season" and "occasion" in keys]  # "for summer vacation"
    before = sorted((one for one in rest if one not in after and one not in with_season), key=_place_before)
    words = _once([_said(one) for one in before] + ([head[1]] if head else []))
    for key, value in after:
        season = [one[1] for one in with_season] if key == "occasion" else []
        words += [word for word in (AFTER[key], *season, value) if word]
    return " ".join(words)


def _is_after(key: str, has_head: bool) -> bool:
    return key in AFTER and (has_head or key != "occasion")


def _place_after(attribute: KeyValue) -> tuple[int, KeyValue]:
    return list(AFTER).index(attribute[0]), attribute


def _place_before(attribute: KeyValue) -> tuple[int, KeyValue]:
    key = attribute[0]
    place = len(BEFORE) if key == "occasion" else BEFORE.index(key if key in BEFORE else "style")
    return place, attribute


def _said(attribute: KeyValue) -> str:
    return OWNERS.get(attribute[1], attribute[1]) if attribute[0] == "gender" else attribute[1]


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
