"""Lists and JSON: array_has and its kin, json_value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from relpins_resources.query.expressions.casts import list_of, taken_as
from relpins_resources.query.expressions.functions.arguments import Arguments
from relpins_resources.query.expressions.logic import same
from relpins_resources.query.expressions.nullable import each, either, from_objects
from relpins_resources.query.expressions.values import Value

_STEP = re.compile(r"""\.([^\W\d][\w-]*)|\[([0-9]+)\]|\[(?:'([^']*)'|"([^"]*)")\]""")


def array_has(given: Arguments) -> Value:
    """Whether a list has an element; NULL if either is NULL, false for an empty list."""
    return _paired(given, _scalars(given, 1), lambda held, one: _has(held, one))


def array_has_any(given: Arguments) -> Value:
    """Whether a list has at least one element of another; one value alone is a list of one."""
    return _paired(given, _wanted(given), lambda held, wanted: bool(held) and any(_has(held, one) for one in wanted))


def array_has_all(given: Arguments) -> Value:
    """Whether a list has every element of another: of an empty one, always."""
    return _paired(given, _wanted(given), lambda held, wanted: all(_has(held, one) for one in wanted))


def json_value(given: Arguments) -> Value:
    """The number, text or bool at a path such as `$.a.b[0]` of a JSON text or value; NULL for all else.

    The path is a literal: it is the same for every candidate.
    """
    value = given.value(0)
    if value.kind not in ("text", "object", "list", "null"):
        value = taken_as("object", value, given.name, given.expression(0)) if value.kind == "object" else value
        raise given.error(f"{given.name} takes a JSON text or value, received a {value.kind}", given.expression(0))
    path = _steps(given.text_of(given.expression(1), "its path"))
    if path is None:
        raise given.error("a JSON path is written like $.name, $.a.b[0] or $['a b']", given.expression(1))
    if value.kind == "null":
        return value
    return each(value, lambda one: _at(one, path), "object")


def _paired(given: Arguments, other: Value, test: Callable[[list[Any], Any], bool]) -> Value:
    lists = given.taken(0, "list")
    is_null = either(lists.is_null, other.is_null)
    held, wanted, gone = np.broadcast_arrays(lists.data, other.data, is_null)
    found = [
        None if absent else test(one, what) for one, what, absent in zip(held.flat, wanted.flat, gone.flat, strict=True)
    ]
    return from_objects(found, held.shape, "bool")


def _scalars(given: Arguments, at: int) -> Value:
    value = given.value(at)
    if value.kind == "vector":
        raise given.error(f"{given.name} looks for a value, received a vector", given.expression(at))
    return value


def _wanted(given: Arguments) -> Value:
    value = _scalars(given, 1)
    if value.kind == "null":
        return value
    return each(value, lambda one: [one] if (held := list_of(one)) is None else held, "list")


def _has(held: Sequence[Any], one: Any) -> bool:
    if isinstance(one, str) and one in held:
        return True
    return one is not None and any(other is not None and same(one, other) for other in held)


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str | int, ...] | None:
    """The keys and places of a path; None if it is none."""
    written = path.strip()
    if not written.startswith("$"):
        return None
    steps: list[str | int] = []
    at = 1
    while at < len(written):
        found = _STEP.match(written, at)
        if found is None:
            return None
        name, place, single, double = found.groups()
        steps.append(int(place) if place else name or (single if single is not None else double))
        at = found.end()
    return tuple(steps)


def _at(held: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(held, str):
        held = _parsed(held)
    for step in path:
        if isinstance(step, int):
            held = held[step] if isinstance(held, list | tuple) and step < len(held) else None
        else:
            held = held.get(step) if isinstance(held, dict) else None
    if isinstance(held, float) and not math.isfinite(held):
        return None
    return held if isinstance(held, str | int | float) else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, or a thousand brackets
        return None
