"""Texts: case, length, LIKE and regular expressions.

Patterns run in RE2, whose time is linear in the text whatever the pattern: nothing that a query brings can make it
hang. It has no back references and no look-around.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.casts import taken_as
from relpins_resources.query.expressions.functions.arguments import Arguments
from relpins_resources.query.expressions.nullable import each, either, filled
from relpins_resources.query.expressions.values import Booleans, Value
from relpins_resources.query.plan import Binary, Literal, Node, Param

LONGEST_PATTERN = 1_000
_LIKE_PART = re.compile(r"\\(.)|(%)|(_)|(.)", re.DOTALL)
_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def lower(given: Arguments) -> Value:
    return each(given.taken(0, "text"), str.lower, "text")


def upper(given: Arguments) -> Value:
    return each(given.taken(0, "text"), str.upper, "text")


def length(given: Arguments) -> Value:
    """Characters of a text, or elements of a list or JSON value; NULL for a JSON number or bool."""
    value = given.value(0)
    if value.kind not in ("list", "object"):
        value = taken_as("text", value, given.name, given.expression(0))
    return each(value, lambda one: len(one) if isinstance(one, str | list | tuple | dict) else None, "number")


def regexp_match(given: Arguments) -> Value:
    """Whether the pattern (RE2) is found anywhere in the text; `^` and `$` bind it to the ends."""
    text, pattern = given.taken(0, "text"), given.taken(1, "text")
    return _searched(text, pattern, given.expression(1), as_written=True)


def like(text: Value, pattern: Value, node: Binary, *, ignore_case: bool) -> Value:
    """`text LIKE pattern`: % is any run of characters, _ any one, a backslash takes the next as it is."""
    what = "ILIKE" if ignore_case else "LIKE"
    text = taken_as("text", text, what, node)
    pattern = taken_as("text", pattern, what, node)
    return _searched(text, pattern, node.right, as_written=False, ignore_case=ignore_case)


def _searched(text: Value, pattern: Value, node: Node, *, as_written: bool, ignore_case: bool = False) -> Value:
    data, patterns = filled(text), filled(pattern)
    is_null = either(text.is_null, pattern.is_null)
    shape = np.broadcast_shapes(data.shape, patterns.shape)
    if patterns.size == 1:
        return Value("bool", _found(data, patterns.flat[0], node, as_written, ignore_case), is_null)
    found = np.zeros(shape, bool)
    wide, wanted = np.broadcast_to(data, shape), np.broadcast_to(patterns, shape)
    for one in set(patterns.flat):
        at = wanted == one
        found[at] = _found(wide[at], one, node, as_written, ignore_case)
    return Value("bool", found, is_null)


def _found(texts: npt.NDArray[Any], pattern: str, node: Node, as_written: bool, ignore_case: bool) -> Booleans:
    """Where one pattern is found; one that is no pattern is an error if the query gave it, and matches nothing if a
    column did."""
    try:
        if len(pattern) > LONGEST_PATTERN:
            raise pa.ArrowInvalid(f"it has {len(pattern)} characters, more than {LONGEST_PATTERN}")
        regex = _sound(pattern) if as_written else _like_regex(_sound(pattern))
        found = pc.match_substring_regex(_in_arrow(texts), regex, ignore_case=ignore_case)
    except pa.ArrowInvalid as problem:
        if isinstance(node, Literal | Param):
            raise QueryError(f"{pattern[:60]!r} is no pattern: {problem}", position=node.at) from None
        return np.zeros(texts.shape, bool)
    matched: Booleans = found.to_numpy(zero_copy_only=False)
    return matched.reshape(texts.shape)


def _in_arrow(texts: npt.NDArray[Any]) -> pa.Array:
    try:
        return pa.array(texts.ravel(), pa.string())
    except UnicodeEncodeError:
        return pa.array([_sound(one) for one in texts.flat], pa.string())


@lru_cache(maxsize=256)
def _like_regex(pattern: str) -> str:
    parts = []
    for escaped, run, one, plain in _LIKE_PART.findall(pattern):
        letter = escaped or plain
        parts.append(".*" if run else "." if one else "\\" + letter if letter in _SPECIAL else letter)
    return "(?s)^" + "".join(parts) + "$"


def _sound(text: str) -> str:
    """Half a surrogate pair has no bytes; it becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
