"""What a landing page says of its pins: counts, prices and colours as they are, nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
"""Currencies whose sign says which one is meant; others are written by their code."""


@dataclass(frozen=True)
class Facts:
    """What is known of the pins that a page shows.

    `n_priced`, `lowest` and `highest` are of the currency that most of them are priced in. `colors` are those found on
    most pins, each on so many as `color_counts` says: by words where `has_color_words`, else in the pictures.
    """

    n_pins: int
    n_priced: int = 0
    currency: str | None = None
    lowest: float | None = None
    highest: float | None = None
    colors: Sequence[str] = ()
    color_counts: Sequence[int] = ()
    has_color_words: bool = False


def intro_of(query: str, facts: Facts) -> str:
    """Two or three short sentences that hold for the pins counted."""
    picks = "1 pick" if facts.n_pins == 1 else f"{facts.n_pins:,} picks"
    sentences = [f"{picks} for {query}." if query else f"{picks}.", _prices(facts), _colors(facts)]
    return " ".join(sentence for sentence in sentences if sentence)


def price_text(price: float, currency: str | None) -> str:
    """A price as people write it: $1,299, €24.90, 350 CHF; without a currency the number alone."""
    number = f"{price:,.2f}".removesuffix(".00")
    code = (currency or "").strip().upper()
    return f"{SIGNS[code]}{number}" if code in SIGNS else f"{number} {code}".strip()


def _prices(facts: Facts) -> str:
    if not facts.n_priced or facts.lowest is None or facts.highest is None:
        return ""
    low, high = (price_text(price, facts.currency) for price in (facts.lowest, facts.highest))
    told = f"at {low}" if low == high else f"from {low} to {high}"
    if facts.n_priced == facts.n_pins:
        return f"Prices {told}."
    verb = "is" if facts.n_priced == 1 else "are"
    return f"{facts.n_priced:,} {verb} priced{f' in {facts.currency}' if facts.currency else ''}, {told}."


def _colors(facts: Facts) -> str:
    told = [f"{color} ({n:,})" for color, n in zip(facts.colors, facts.color_counts, strict=True)]
    if not told:
        return ""
    return f"{'Colours' if facts.has_color_words else 'Colours in the pictures'}: {', '.join(told)}."
