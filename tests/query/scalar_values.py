"""The values of the scalar oracle: times and JSON beside Python's own, and how each is read and written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Moment:
    """A time, in seconds since 1970."""

    seconds: float


@dataclass(frozen=True)
class Json:
    """A value that came out of JSON."""

    held: Any


def as_number(one: Any) -> float | None:
    if isinstance(one, Json):
        one = one.held
        if isinstance(one, str):
            return read_number(one)
    if isinstance(one, Moment):
        return one.seconds
    return None if one is None or isinstance(one, str | list | dict) else float(one)


def read_number(text: str) -> float | None:
    if any(letter not in "0123456789+-.eE" for letter in text.strip()):
        return None  # Python also reads nan, inf, 1_000
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def as_flag(one: Any) -> bool | None:
    if isinstance(one, Json):
        one = one.held
    if isinstance(one, str):
        return read_flag(one)
    return None if one is None else bool(one)


def read_flag(text: str) -> bool | None:
    known = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
    return known.get(text.strip().lower())


def read_moment(one: Any) -> float | None:
    if isinstance(one, Moment):
        return one.seconds
    if not isinstance(one, str):
        return float(one)
    try:
        read = datetime.fromisoformat(one)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def write(one: Any) -> str | None:
    """As CAST(.. AS string) does."""
    if one is None or isinstance(one, str):
        return one
    if isinstance(one, Json):
        return write(one.held)
    if isinstance(one, bool):
        return "true" if one else "false"
    if isinstance(one, Moment):
        read = datetime.fromtimestamp(one.seconds, UTC)
        return read.strftime("%Y-%m-%dT%H:%M:%S") + (f".{read.microsecond:06d}" if read.microsecond else "") + "Z"
    if one == 0:
        return "0"
    return f"{one:.0f}" if one == math.floor(one) and abs(one) < 1e15 else repr(float(one))
