"""Attributes that a pin's columns give: its price band, its section of the catalog, and what its pixels say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from relpins_assets.enrichment.attribute_values import normalised_value

Pair = tuple[str, str]
"""A key and a value."""

BOUNDS = (50, 100, 200, 500)
MAGNITUDES = {
    **dict.fromkeys(("CNY", "HKD", "MXN", "SEK", "NOK", "DKK", "CZK", "THB", "INR", "PHP", "TWD", "TRY", "ZAR"), 10),
    **dict.fromkeys(("JPY", "HUF", "ISK", "RUB"), 100),
    **dict.fromkeys(("KRW", "CLP", "COP", "NGN"), 1_000),
    **dict.fromkeys(("VND", "IDR", "IRR"), 10_000),
}
"""What a dollar is about in other money, in powers of ten: bounds are round numbers of the same order of worth."""
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
PATTERNS = ("striped", "checked", "dotted")
MIN_COLOR_SHARE = 0.4
"""Share of the subject that a colour covers to be the pin's."""
PLAIN_GROUND = "on a plain"
"""How a statement says that the subject stands apart; a whole scene has no colour of its own."""
_SHARE = re.compile(r"([^\d,;%]+?) (\d+)%")


def price_band(price: float | None, currency: str | None) -> str | None:
    """The tightest band, such as "under $50" or "over 500 chf"; None without a price.

    Bands do not mix currencies; a price without one has its number alone.
    """
    if price is None or not math.isfinite(price) or price <= 0:
        return None
    code = (currency or "").strip().upper()
    bounds = [bound * MAGNITUDES.get(code, 1) for bound in BOUNDS]
    bound = next((bound for bound in bounds if price < bound), None)
    side, amount = ("over", bounds[-1]) if bound is None else ("under", bound)
    told = f"{SIGNS[code]}{amount}" if code in SIGNS else f"{amount} {code}"
    return normalised_value(f"{side} {told}")


def pixel_pairs(statement: str) -> list[Pair]:
    """The main colour of a subject that stands on a plain ground, and its pattern, as a pixel describer names them.

    Args:
        statement: the subject's colours with shares, then clauses for pattern and ground, as the pixel describer
            writes them; of any other nothing is read.
    """
    if PLAIN_GROUND not in statement:
        return []
    clauses = [clause.strip(" .") for clause in statement.split(";")]
    colors = [(name.strip(" ,").casefold(), int(percent) / 100) for name, percent in _SHARE.findall(clauses[0])]
    pairs = [("color", name) for name, share in colors[:1] if share >= MIN_COLOR_SHARE]
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
