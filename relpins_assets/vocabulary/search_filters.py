"""Filters of a search log, as JSON or as "key=value" text, in one readable form behind the query: "[color: red]"."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from relpins_assets.vocabulary.price_bounds import ANY_PRICE, PriceBounds, read_price

_BEHIND = re.compile(r"^(?P<words>[^\[\]]*)\[(?P<filters>[^\[\]]*)\]\s*$", re.DOTALL)
_HIGHEST = {"price_max", "max_price", "price_to", "price_lte", "price_under"}
_LOWEST = {"price_min", "min_price", "price_from", "price_gte", "price_over"}
_PRICE = {"price", "price_range", "price_band"}
MAX_FILTERS = 20


@dataclass(frozen=True)
class Filters:
    """Filters that were set: values by key, and price bounds."""

    values: tuple[tuple[str, str], ...] = ()
    prices: PriceBounds = ANY_PRICE


def written_filters(text: str | None) -> str:
    """Filters as they came (JSON, or "key=value; ...") in the form "[color: red; price_max: 150]"; "" if none."""
    if not text or not text.strip():
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    pairs = list(_pairs(value)) if isinstance(value, dict) else _plain_pairs(text)
    told = [f"{_clean(key)}: {_clean(one)}" for key, one in sorted(pairs) if _clean(key) and _clean(one)]
    return f"[{'; '.join(dict.fromkeys(told[:MAX_FILTERS]))}]" if told else ""


def split_filters(query: str) -> tuple[str, Filters]:
    """A query without what `written_filters` put behind it, and that as values."""
    found = _BEHIND.match(query)
    if found is None:
        return query.replace("[", " ").replace("]", " "), Filters()
    values, lowest, highest = [], None, None
    for part in found["filters"].split(";"):
        key, colon, value = (text.strip() for text in part.partition(":"))
        number = _number(value)
        if key in _HIGHEST and number is not None:
            highest = number
        elif key in _LOWEST and number is not None:
            lowest = number
        elif key in _PRICE:
            bounds = read_price(value)[0]
            lowest = bounds.lowest if lowest is None else lowest
            highest = bounds.highest if highest is None else highest
        elif colon and key and value:
            values.append((key, value))
    return found["words"], Filters(tuple(values), PriceBounds(lowest, highest))


def _pairs(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, entry in value.items():
        entries = entry if isinstance(entry, list) else [entry]
        for one in entries:
            if isinstance(one, (str, int, float)) and not isinstance(one, bool):
                yield str(key), str(one)


def _plain_pairs(text: str) -> list[tuple[str, str]]:
    parts = [re.split(r"[=:]", part, maxsplit=1) for part in re.split(r"[;,&|]", text)]
    return [(part[0], part[1]) for part in parts if len(part) == 2]


def _clean(text: str) -> str:
    text = text[:100].encode("utf-8", "ignore").decode()  # JSON can name half a character, which no table holds
    return " ".join(re.sub(r"[\[\];]", " ", text).casefold().replace(":", " ").split())


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d+)?", text) else None
