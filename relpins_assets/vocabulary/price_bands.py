"""Price bands as topics ask for them: a bound holds for every pin under it, in the same currency."""

from __future__ import annotations

import re
from collections.abc import Sequence

from relpins_assets.vocabulary.vocabulary import Attribute

PRICE_BAND = "price_band"
_UNDER = re.compile(r"under (\D*?) ?(\d+(?:\.\d+)?) ?(\D*)")


def bound_of(band: str) -> tuple[str, float] | None:
    """Currency (its sign or code) and bound of a band such as "under $50" or "under 50 eur"; None for any other."""
    found = _UNDER.fullmatch(band)
    if found is None:
        return None
    before, bound, after = found.groups()
    return (before + after).strip(), float(bound)


def carried_by(attributes: Sequence[Attribute]) -> list[tuple[str, str]]:
    """Pairs of attribute ids: what a topic asks, and what an image may carry that gives it.

    An attribute gives itself; a price band gives every wider bound of its currency too, since a pin carries its
    tightest one only.
    """
    bounds = [
        (attribute.attribute_id, *bound)
        for attribute in attributes
        if attribute.key == PRICE_BAND and (bound := bound_of(attribute.value)) is not None
    ]
    nested = [
        (wide, tight)
        for wide, wide_currency, wide_bound in bounds
        for tight, currency, bound in bounds
        if currency == wide_currency and bound < wide_bound
    ]
    return [(attribute.attribute_id, attribute.attribute_id) for attribute in attributes] + nested
