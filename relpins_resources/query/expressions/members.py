"""`x IN (..)` and the lists of array_has: membership, with `=` as equality and SQL's NULLs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.casts import bool_of, cast, list_of, number_of, seconds_of, taken_as
from relpins_resources.query.expressions.logic import UNKNOWN, compared, disjunction, negation, same
from relpins_resources.query.expressions.nullable import constant, each, either, filled, from_objects, truth
from relpins_resources.query.expressions.values import Booleans, Value
from relpins_resources.query.plan import Expr, In, Items, Literal


def contained(node: In, evaluate: Callable[[Expr], Value]) -> Value:
    """`value [NOT] IN among`: true where one is equal; else NULL where the value or one of the list is NULL.

    Nothing is in an empty list, not even NULL. A parameter or column that is no list is a list of one.
    """
    value = evaluate(node.value)
    if isinstance(node.among, Items):
        found = _among_items(node, value, node.among.values, evaluate)
    else:
        found = _among_lists(value, evaluate(node.among), node)
    return negation(found) if node.negated else found


def _among_items(node: In, value: Value, items: tuple[Expr, ...], evaluate: Callable[[Expr], Value]) -> Value:
    """Many literals of the value's own kind are looked up in one go; all else is `=`, one after the other."""
    native = float if value.kind == "number" else str if value.kind == "text" else None
    simple = [one for one in items if native and _is_literal_of(one, native)]
    found = constant("bool", False)
    if simple:
        held = [one.value for one in simple if isinstance(one, Literal)]
        found = Value("bool", _looked_up(value, held), value.is_null)
    for one in items:
        if not (native and _is_literal_of(one, native)):
            found = disjunction(found, compared("=", value, evaluate(one), node, (node.value, one)))
    return found


def _is_literal_of(item: Expr, native: type) -> bool:
    if not isinstance(item, Literal) or isinstance(item.value, bool):
        return False
    return isinstance(item.value, str if native is str else int | float)


def _looked_up(value: Value, held: list[Any]) -> Booleans:
    """Where a text or number is one of a list of the same kind; what stands where it is NULL is not to be read."""
    if value.kind == "text":
        texts = set(held)
        data = filled(value)
        return np.fromiter((one in texts for one in data.flat), bool, data.size).reshape(data.shape)
    return np.isin(value.data, np.array(held, np.float64))


def _among_lists(value: Value, lists: Value, node: In) -> Value:
    if lists.kind == "null":
        return UNKNOWN
    if lists.kind in ("number", "bool", "text", "time"):
        return compared("=", value, lists, node, (node.value, node.among))
    if value.kind in ("list", "vector"):
        raise QueryError(f"IN looks for one value, received a {value.kind}", position=node.at)
    lists = taken_as("list", lists, "IN", node)
    if lists.data.shape[1] > 1:
        return _one_by_one(value, lists)
    if lists.data.shape == (1, 1):
        return _in_one_list(value, lists.data[0, 0], bool(lists.is_null.all()))
    rows = max(len(value.data), len(lists.data))
    gone = np.broadcast_to(lists.is_null, lists.data.shape)
    return _stacked([_in_one_list(_row(value, at), lists.data[at, 0], bool(gone[at, 0])) for at in range(rows)])


def _stacked(rows: list[Value]) -> Value:
    width = max(max(one.data.shape[1], one.is_null.shape[1]) for one in rows)
    data, is_null = (
        np.concatenate([np.broadcast_to(part, (1, width)) for part in parts])
        for parts in ([one.data for one in rows], [one.is_null for one in rows])
    )
    return Value("bool", data, is_null)


def _row(value: Value, at: int) -> Value:
    data, is_null = (one[min(at, len(one) - 1)][None] for one in (value.data, value.is_null))
    return Value(value.kind, data, is_null)


def _in_one_list(value: Value, held: Iterable[Any] | None, absent: bool) -> Value:
    """One list for every value; an absent one is NULL."""
    if absent or held is None:
        return UNKNOWN
    elements = list(held)
    if not elements:
        return constant("bool", False)
    if value.kind == "null":
        return UNKNOWN
    known = [one for one in elements if one is not None]
    found = _found(value, known)
    unsure = value.is_null if len(known) == len(elements) else either(value.is_null, ~found)
    return Value("bool", found, unsure)


def _found(value: Value, known: list[Any]) -> Booleans:
    """Where a value is equal to one of a list of scalars of any kinds."""
    shape = value.data.shape
    if value.kind == "time":
        return _looked_up(Value("number", value.data, value.is_null), _read(known, seconds_of))
    if value.kind in ("number", "bool"):
        numbers = _read([one for one in known if value.kind == "number" or not isinstance(one, str)], number_of)
        if value.kind == "bool":
            numbers += [float(one) for one in _read([one for one in known if isinstance(one, str)], bool_of)]
        return _looked_up(cast(value, "number"), numbers)
    if value.kind == "text" and all(isinstance(one, str) for one in known):
        return _looked_up(value, known)
    found = each(value, lambda one: any(same(one, other) for other in known), "bool")
    return np.broadcast_to(truth(found), shape)


def _read(known: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    return [one for one in map(read, known) if one is not None]


def _one_by_one(value: Value, lists: Value) -> Value:
    """A list for each candidate."""
    read = seconds_of if value.kind == "time" else None
    one, absent, among, gone = np.broadcast_arrays(value.data, value.is_null, lists.data, lists.is_null)
    found = [
        None if missing else _in_list(None if unknown else held, list_of(held_in) or [], read)
        for held, unknown, held_in, missing in zip(one.flat, absent.flat, among.flat, gone.flat, strict=True)
    ]
    return from_objects(found, one.shape, "bool")


def _in_list(one: Any, elements: list[Any], read: Callable[[Any], Any] | None) -> bool | None:
    if one is None or not elements:
        return None if elements else False
    if any(other is not None and same(one, read(other) if read else other) for other in elements):
        return True
    return None if any(other is None for other in elements) else False
