"""Numbers: elementwise functions, least and greatest, coalesce, distance on a sphere."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from relpins_resources.query.catalog import Doubles
from relpins_resources.query.expressions.casts import unified
from relpins_resources.query.expressions.functions.arguments import Arguments
from relpins_resources.query.expressions.logic import compared
from relpins_resources.query.expressions.nullable import chosen, either, filled, finite, nulls, truth
from relpins_resources.query.expressions.values import Value

EARTH_KM = 6371.0088
"""The mean radius of the earth (IUGG)."""
MOST_DIGITS = 300
_UFUNCS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "sqrt": np.sqrt,
    "log": np.log,
    "exp": np.exp,
    "floor": np.floor,
    "ceil": np.ceil,
}


def elementwise(name: str) -> Callable[[Arguments], Value]:
    """abs, sqrt, log (natural), exp, floor or ceil; NULL where the result is not a finite number."""

    def function(given: Arguments) -> Value:
        number = given.taken(0, "number")
        return finite(_UFUNCS[name](_solid(number.data)), number.is_null)

    return function


def power(base: Doubles, exponent: Doubles) -> Doubles:
    """base ** exponent; the same bits whatever the shapes."""
    bases, exponents = np.broadcast_arrays(base, exponent)
    raised: Doubles = np.power(_solid(bases), _solid(exponents))
    # numpy squares where one exponent of 2 serves all; here a square is one wherever it stands
    return np.where(exponents == 2, bases * bases, raised)


def pow_(given: Arguments) -> Value:
    base, exponent = given.taken(0, "number"), given.taken(1, "number")
    return finite(power(base.data, exponent.data), either(base.is_null, exponent.is_null))


def rounded(given: Arguments) -> Value:
    """Half away from zero, to a number of decimals that may be negative."""
    number = given.taken(0, "number")
    if len(given) == 1:
        return Value("number", _half_away(number.data), number.is_null)
    digits = given.taken(1, "number")
    places = np.clip(np.trunc(digits.data), -MOST_DIGITS, MOST_DIGITS)
    scale = power(np.full((1, 1), 10.0), np.abs(places))
    shifted = np.where(places >= 0, number.data * scale, number.data / scale)
    back = np.where(places >= 0, _half_away(shifted) / scale, _half_away(shifted) * scale)
    data = np.where(np.isfinite(back), back, number.data)  # as many digits as it has, and more
    return finite(data, either(number.is_null, digits.is_null))


def least(given: Arguments) -> Value:
    """The least of the arguments; NULL if one of them is."""
    return _extreme(given, np.minimum)


def greatest(given: Arguments) -> Value:
    """The greatest of the arguments; NULL if one of them is."""
    return _extreme(given, np.maximum)


def coalesce(given: Arguments) -> Value:
    """The first that is not NULL."""
    given.expression(0)
    values = unified([given.value(at) for at in range(len(given))], given.name, given.call)
    return reduce(lambda later, one: chosen(~one.is_null, one, later), reversed(values))


def nullif(given: Arguments) -> Value:
    """The first, NULL where it is equal to the second."""
    first = given.value(0)
    equal = compared("=", first, given.value(1), given.call, given.call.arguments)
    return chosen(truth(equal), nulls(first.kind), first)


def haversine_distance(given: Arguments) -> Value:
    """Kilometres between two places on a sphere, from lat1, lon1, lat2, lon2 in degrees."""
    places = [given.taken(at, "number") for at in range(4)]
    lat1, lon1, lat2, lon2 = (np.radians(one.data) for one in places)
    half = (_sin((lat2 - lat1) / 2) ** 2) + _cos(lat1) * _cos(lat2) * (_sin((lon2 - lon1) / 2) ** 2)
    km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return finite(km, reduce(either, (one.is_null for one in places)))


def _extreme(given: Arguments, pick: Callable[[Any, Any], Any]) -> Value:
    given.expression(0)
    values = unified([given.value(at) for at in range(len(given))], given.name, given.call)
    if values[0].kind not in ("number", "time", "text", "bool", "null"):
        raise given.error(f"{given.name} takes numbers, times or texts, received a {values[0].kind}")
    data = reduce(pick, (filled(one) if one.kind == "text" else one.data for one in values))
    return Value(values[0].kind, data, reduce(either, (one.is_null for one in values)))


def _half_away(number: Any) -> Any:
    whole = np.trunc(number)
    return whole + np.where(np.abs(number - whole) >= 0.5, np.sign(number), 0.0)


def _solid(number: Any) -> Any:
    """In one piece: the strided loops of numpy's exp, log and power need not give the same bits."""
    return np.ascontiguousarray(number)


def _sin(angle: Any) -> Any:
    return np.sin(_solid(angle))


def _cos(angle: Any) -> Any:
    return np.cos(_solid(angle))
