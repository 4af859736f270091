"""Attributes that a pin's columns give: its price band, its section of the catalog, and what its pixels say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence

from relpins_assets.enrichment.attribute_values import normalised_value

Pair = tuple[str, str]
"""A key and a value."""

BOUNDS = (50, 100, 200, 500)
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
PATTERNS = ("striped", "checked", "dotted")
MIN_COLOR_SHARE = 0.3
"""Share of the subject that a colour covers to be one of the pin's."""
_SHARE = re.compile(r"([^\d,;%]+?) (\d+)%")


def price_band(price: float | None, currency: str | None) -> str | None:
    """The tightest band, such as "under $50" or "over 500 chf"; None without a price.

    Bands do not mix currencies; a price without one has its number alone.
    """
    if price is None or not math.isfinite(price) or price <= 0:
        return None
    bound = next((bound for bound in BOUNDS if price < bound), None)
    side, amount = ("over", BOUNDS[-1]) if bound is None else ("under", bound)
    code = (currency or "").strip().upper()
    told = f"{SIGNS[code]}{amount}" if code in SIGNS else f"{amount} {code}"
    return normalised_value(f"{side} {told}")


def section(board_category: str | None, departments: Collection[str]) -> Pair | None:
    """The source's own category of a pin: a category, or a department where it holds many categories."""
    value = normalised_value(board_category or "")
    return None if value is None else ("department" if value in departments else "category", value)


def pixel_pairs(statement: str, colors: Sequence[str], shares: Sequence[float]) -> list[Pair]:
    """Colours that cover enough of the subject, and its pattern.

    Args:
        statement: a pixel describer's sentence: the subject's colours with shares first, a clause for a pattern.
        colors, shares: those of the whole picture, for a describer that says it otherwise.
    """
    clauses = [clause.strip(" .") for clause in statement.split(";")]
    told = [(name.strip(" ,").casefold(), int(percent) / 100) for name, percent in _SHARE.findall(clauses[0])]
    of_subject = told or list(zip(colors, shares, strict=False))
    pairs = [("color", name) for name, share in of_subject if share >= MIN_COLOR_SHARE]
    return pairs + [("pattern", clause) for clause in clauses if clause in PATTERNS]


def viewed_pairs(attributes: str | None, keys: Mapping[str, object]) -> tuple[list[Pair], int]:
    """What a view named, as far as its keys are on the list and its values can be written; how many were refused."""
    said = json.loads(attributes) if attributes else []
    pairs, n_refused = [], 0
    for one in said:
        value = normalised_value(str(one.get("value", "")))
        if one.get("key") in keys and value is not None:
            pairs.append((str(one["key"]), value))
        else:
            n_refused += 1
    return pairs, n_refused
