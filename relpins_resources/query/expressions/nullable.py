"""Small tools over values with NULLs. Knows kinds and shapes, not expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.query.catalog import Doubles
from relpins_resources.query.expressions.values import NULL, Booleans, Kind, Value

NEVER: Booleans = np.zeros((1, 1), bool)
"""Nothing is NULL. Compared by identity, so that what has no NULLs costs nothing."""
NEVER.setflags(write=False)

EMPTY: dict[Kind, Any] = {"number": 0.0, "time": 0.0, "bool": False, "text": "", "list": None, "object": None}
DTYPES: dict[Kind, Any] = {"number": np.float64, "time": np.float64, "bool": bool}


def constant(kind: Kind, held: Any) -> Value:
    """One value for all, (1, 1)."""
    data = np.empty((1, 1), DTYPES.get(kind, object))
    data[0, 0] = held
    return Value(kind, data, NEVER)


def nulls(kind: Kind) -> Value:
    """NULL of a kind, (1, 1); for vectors, of one dimension."""
    if kind == "null":
        return NULL
    if kind == "vector":
        return Value(kind, np.zeros((1, 1, 1), np.float32), NULL.is_null)
    return Value(kind, constant(kind, EMPTY[kind]).data, NULL.is_null)


def either(first: Booleans, second: Booleans) -> Booleans:
    """Where one of two is NULL."""
    if first is NEVER or first is second:
        return second
    return first if second is NEVER else first | second


def finite(data: Doubles, is_null: Booleans, kind: Kind = "number") -> Value:
    """Numbers of which those that are not finite are NULL: there is no NaN and no infinity in an expression."""
    good = np.isfinite(data)
    return Value(kind, data, is_null if np.logical_and.reduce(good, axis=None) else either(is_null, ~good))


def cleaned(value: Value) -> Value:
    """What a frame gives, with numbers that are not finite as NULL, and `NEVER` where nothing is NULL."""
    is_null = value.is_null if np.logical_or.reduce(value.is_null, axis=None) else NEVER
    if value.kind in ("number", "time"):
        return finite(np.asarray(value.data, np.float64), is_null, value.kind)
    return Value(value.kind, value.data, is_null)


def filled(value: Value) -> npt.NDArray[Any]:
    """The data with the empty value of the kind where it is NULL."""
    return value.data if value.is_null is NEVER else np.where(value.is_null, EMPTY[value.kind], value.data)


def each(value: Value, function: Callable[[Any], Any], kind: Kind) -> Value:
    """`function` of every value that is not NULL, as a value of `kind`; it gives None for NULL.

    For texts, lists and objects alone: they are Python objects whatever is done with them.
    """
    data = np.broadcast_to(value.data, np.broadcast_shapes(value.data.shape, value.is_null.shape))
    absent = np.broadcast_to(value.is_null, data.shape)
    found = [None if gone else function(one) for one, gone in zip(data.flat, absent.flat, strict=True)]
    return from_objects(found, data.shape, kind)


def from_objects(found: Sequence[Any], shape: tuple[int, ...], kind: Kind) -> Value:
    """Python values in row-major order, None for NULL, as a value of that shape."""
    is_null = np.fromiter((one is None for one in found), bool, len(found)).reshape(shape)
    empty = EMPTY[kind]
    data = np.empty(len(found), DTYPES.get(kind, object))
    for at, one in enumerate(found):  # assigned singly: an object array must not look into lists
        data[at] = empty if one is None else one
    return Value(kind, data.reshape(shape), is_null if is_null.any() else NEVER)


def chosen(mask: Booleans, first: Value, second: Value) -> Value:
    """`first` where `mask`, else `second`; both of one kind."""
    is_null = NEVER
    if first.is_null is not NEVER or second.is_null is not NEVER:
        is_null = np.where(mask, first.is_null, second.is_null)
    if first.kind == "null":
        return Value("null", np.zeros((1, 1)), is_null)
    over = mask[..., None] if first.kind == "vector" else mask
    return Value(first.kind, np.where(over, first.data, second.data), is_null)


def wide(data: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Broadcast to the shape, where it is not of it already."""
    return data if data.shape == shape else np.broadcast_to(data, shape)


def truth(value: Value) -> Booleans:
    """Where a bool is true: neither false nor NULL."""
    held: Booleans = value.data
    return held if value.is_null is NEVER else held & ~value.is_null
