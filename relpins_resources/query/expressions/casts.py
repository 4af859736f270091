"""From one kind of value to another. What does not convert is NULL; what never could is an error naming the kinds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.nullable import each, nulls
from relpins_resources.query.expressions.values import Kind, Value
from relpins_resources.query.plan import Node

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_WHOLE = 1e15
"""Whole numbers below it print as such."""
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def number_of(one: Any) -> float | None:
    """A number, a bool as 1 or 0, or a text that reads as a number; None for all else and what is not finite."""
    if isinstance(one, str):
        one = one.strip()
        if not _NUMBER.fullmatch(one):
            return None
    elif not isinstance(one, bool | int | float | np.number | np.bool_):
        return None
    try:
        number = float(one)
    except OverflowError:  # a whole number beyond float64
        return None
    return number if math.isfinite(number) else None


def bool_of(one: Any) -> bool | None:
    """A bool, a number that is not 0, or a text such as true, f, yes, 0."""
    if isinstance(one, str):
        return _BOOLS.get(one.strip().lower())
    number = number_of(one)
    return None if number is None else number != 0


def text_of(one: Any) -> str | None:
    """Whole numbers without a point, bools as true and false, lists and objects as JSON."""
    if isinstance(one, str):
        return one
    if isinstance(one, bool | np.bool_):
        return "true" if one else "false"
    if isinstance(one, list | tuple | Mapping | np.ndarray):
        return json.dumps(plain(one), ensure_ascii=False)
    number = number_of(one)
    if number is None:
        return None
    return str(int(number)) if number.is_integer() and abs(number) < LONGEST_WHOLE else repr(number)


def seconds_of(one: Any) -> float | None:
    """Seconds since 1970 UTC of an ISO 8601 text (UTC where it names no zone) or of a number."""
    if not isinstance(one, str):
        return None if isinstance(one, bool | np.bool_) else number_of(one)
    try:
        moment = datetime.fromisoformat(one.strip())
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH).total_seconds()


def iso_of(seconds: float) -> str | None:
    """`2026-01-31T12:00:00Z`; None for a time outside the calendar."""
    try:
        return (EPOCH + timedelta(seconds=float(seconds))).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None


def list_of(one: Any) -> list[Any] | None:
    return list(one) if isinstance(one, list | tuple | np.ndarray) else None


def plain(one: Any) -> Any:
    """Lists, objects and scalars as the types that JSON has."""
    if isinstance(one, Mapping):
        return {str(key): plain(held) for key, held in one.items()}
    if isinstance(one, list | tuple | np.ndarray):
        return [plain(held) for held in one]
    return one.item() if isinstance(one, np.generic) else one


_READERS: dict[Kind, Callable[[Any], Any]] = {
    "number": number_of,
    "bool": bool_of,
    "text": text_of,
    "time": seconds_of,
    "list": list_of,
    "object": plain,
}
CASTABLE: dict[Kind, tuple[Kind, ...]] = {
    "number": ("number", "bool", "text", "time", "object"),
    "bool": ("bool", "number", "text", "object"),
    "text": ("text", "number", "bool", "time", "list", "object"),
    "time": ("time", "number", "text", "object"),
}
"""What CAST takes to each kind."""
LENDS: dict[Kind, tuple[Kind, ...]] = {
    "number": ("number", "bool", "time", "object"),
    "bool": ("bool", "number", "object"),
    "text": ("text", "object"),
    "time": ("time", "number", "object"),
    "list": ("list", "object"),
    "vector": ("vector",),
}
"""What is taken for each kind without a CAST."""


def cast(value: Value, kind: Kind) -> Value:
    """The value as `kind`, NULL where it does not convert. The pair of kinds is one of `CASTABLE` or `LENDS`."""
    if value.kind == kind:
        return value
    if value.kind == "null":
        return Value(kind, nulls(kind).data, value.is_null)
    if kind in ("number", "time") and value.kind in ("number", "time"):
        return Value(kind, value.data, value.is_null)
    if kind == "number" and value.kind == "bool":
        return Value(kind, value.data.astype(np.float64), value.is_null)
    if kind == "bool" and value.kind == "number":
        return Value(kind, value.data != 0, value.is_null)
    return each(value, iso_of if value.kind == "time" else _READERS[kind], kind)


def taken_as(kind: Kind, value: Value, what: str, node: Node) -> Value:
    """The value as `kind` without a CAST.

    Raises `QueryError` at `node` where `what` cannot take it.
    """
    if value.kind == kind:
        return value
    if value.kind != "null" and value.kind not in LENDS[kind]:
        hint = f"; CAST(.. AS {_CAST_NAMES[kind]}) reads one" if value.kind in CASTABLE.get(kind, ()) else ""
        raise QueryError(f"{what} takes {NOUNS[kind]}, received {NOUNS[value.kind]}{hint}", position=node.at)
    return cast(value, kind)


NOUNS: dict[Kind, str] = {
    "number": "a number",
    "bool": "a condition",
    "text": "a text",
    "time": "a time",
    "list": "a list",
    "object": "a JSON value",
    "vector": "a vector",
    "null": "NULL",
}
_CAST_NAMES: dict[Kind, str] = {"number": "float", "bool": "bool", "text": "string", "time": "timestamp"}


def unified(values: Sequence[Value], what: str, node: Node) -> list[Value]:
    """All as one kind: that which all have, NULL aside; numbers and bools meet as numbers, times and numbers as times.

    Raises `QueryError` at `node` where they do not meet.
    """
    kinds: set[Kind] = {one.kind for one in values if one.kind != "null"}
    if not kinds:
        return list(values)
    if kinds == {"number", "bool"}:
        kinds = {"number"}
    elif kinds == {"number", "time"}:
        kinds = {"time"}
    if len(kinds) > 1:
        received = " and ".join(NOUNS[one] for one in sorted(kinds))
        raise QueryError(f"{what} takes values of one kind, received {received}", position=node.at)
    (kind,) = kinds
    dims = {one.data.shape[-1] for one in values if one.kind == "vector"}
    if len(dims) > 1:
        received = " and ".join(map(str, sorted(dims)))
        raise QueryError(f"{what} takes vectors of one embedding, received {received} dimensions", position=node.at)
    return [cast(one, kind) for one in values]
