"""The price that a query asks for: "under $200", "between 50 and 80 euros", "$100-$150", "200 dollars or less"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CURRENCY = r"[$€£¥₹]|\b(?:usd|eur|gbp|cad|aud|chf|jpy)\b"
_UNIT = rf"{_CURRENCY}|\b(?:dollars?|euros?|pounds?|bucks|quid)\b"
_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,9}(?:\.\d+)?"


def _money(name: str) -> str:
    return rf"(?P<{name}_sign>{_CURRENCY})?\s*(?P<{name}>{_AMOUNT})(?P<{name}_k>k\b)?\s*(?P<{name}_unit>{_UNIT})?"


_AT_MOST = (
    r"under|below|less than|no more than|not more than|not over|not above|cheaper than|lower than|up to|at most"
    r"|max(?:imum)?(?: of)?|within|<=|<|≤"
)
_AT_LEAST = r"over|above|more than|no less than|not under|at least|from|min(?:imum)?(?: of)?|starting at|>=|>|≥"
_OR_LESS = r"(?:or|and) (?:less|under|below|cheaper)|max(?:imum)?|tops"
_OR_MORE = r"(?:or|and) (?:more|over|above|up)|plus|\+"
_RANGE = re.compile(rf"(?:\b(?:between|from)\s+)?{_money('low')}\s*(?:-|–|\band\b|\bto\b)\s*{_money('high')}")
_BEFORE = re.compile(rf"(?:(?P<most>(?<!\w)(?:{_AT_MOST}))|(?P<least>(?<!\w)(?:{_AT_LEAST})))\s*{_money('bound')}")
_BEHIND = re.compile(rf"{_money('bound')}\s*(?:(?P<most>{_OR_LESS})|(?P<least>{_OR_MORE}))(?!\w)")
_MAY_FOLLOW = re.compile(r"\s*(?:$|[,.;:!?)\]]|(?:with|for|in|and|or|that|which|of|on|to|at|from|by|the|a)\b)")


@dataclass(frozen=True)
class PriceBounds:
    """The lowest and the highest price asked for; None where it is open."""

    lowest: float | None = None
    highest: float | None = None


ANY_PRICE = PriceBounds()


def read_price(text: str) -> tuple[PriceBounds, str]:
    """The price bounds that a lower-case text states, and the text without them (" ; " in their place).

    A number without a currency counts only where nothing is counted by it: "under 50" is a price, "under 30 inches"
    and "for 6 people" are not.
    """
    bounds, rest = PriceBounds(), text
    for pattern in (_RANGE, _BEHIND, _BEFORE):
        found = pattern.search(rest)
        while found is not None:
            if _is_price(found, pattern is _RANGE):
                bounds = _narrowed(bounds, found, pattern is _RANGE)
                rest = f"{rest[: found.start()]} ; {rest[found.end() :]}"
                found = pattern.search(rest)
            else:
                found = pattern.search(rest, found.end())
    return bounds, rest


def _is_price(found: re.Match[str], is_range: bool) -> bool:
    names = ("low", "high") if is_range else ("bound",)
    if any(found[f"{name}_{mark}"] for name in names for mark in ("sign", "unit", "k")):
        return True
    is_bare_range = is_range and not found[0].startswith(("between", "from"))
    return not is_bare_range and _MAY_FOLLOW.match(found.string, found.end()) is not None


def _narrowed(bounds: PriceBounds, found: re.Match[str], is_range: bool) -> PriceBounds:
    if is_range:
        ends = sorted((_value(found, "low"), _value(found, "high")))
        return PriceBounds(ends[0], ends[1])
    value = _value(found, "bound")
    return PriceBounds(bounds.lowest, value) if found["most"] else PriceBounds(value, bounds.highest)


def _value(found: re.Match[str], name: str) -> float:
    value = float(found[name].replace(",", ""))
    return value * 1000 if found[f"{name}_k"] else value
