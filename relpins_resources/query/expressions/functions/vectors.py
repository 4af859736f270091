"""Vectors of entities, their cosine and dot."""

from __future__ import annotations

import numpy as np

from relpins_resources.ann.scores import MICRO, snap
from relpins_resources.query.catalog import Booleans, Doubles, Floats
from relpins_resources.query.expressions.frame import Entity
from relpins_resources.query.expressions.functions.arguments import Arguments
from relpins_resources.query.expressions.nullable import cleaned, either, finite, nulls
from relpins_resources.query.expressions.values import Value
from relpins_resources.query.plan import Name

POOLINGS = {"mean": "mean", "avg": "mean", "max": "max", "sum": "sum", "min": "min"}
UNIT_WITHIN = 1e-4
"""A norm as near to 1 as this is 1: vectors are unit float32 rows where they are made."""
_ENTITIES: dict[tuple[str, ...], Entity] = {("item",): "item", ("query_item",): "query_item", ("user",): "user"}


def text_encoding(given: Arguments) -> Value:
    """The vector of the candidate, of the query item or of the user in one embedding."""
    held = given.expression(0)
    entity = _ENTITIES.get(held.path) if isinstance(held, Name) else None
    if entity is None:
        raise given.error(f"{given.name} takes item, query_item or user", held)
    return cleaned(given.frame.vectors(entity, given.option_text("embedding_ref")))


def pooled_text_encoding(given: Arguments) -> Value:
    """The pooled vectors of what the user saved last: pooled_text_encoding(user.recent_interactions, ...)."""
    held = given.expression(0)
    if not isinstance(held, Name) or held.path != ("user", "recent_interactions"):
        raise given.error(f"{given.name} takes user.recent_interactions", held)
    pooling = POOLINGS.get(given.option_text("pool_fn").lower())
    if pooling is None:
        raise given.error(f"pool_fn is one of {', '.join(POOLINGS)}", given.option("pool_fn"))
    return cleaned(given.frame.pooled_history(given.option_text("embedding_ref"), pooling))


def cosine_similarity(given: Arguments) -> Value:
    """The cosine in whole millionths, as similarities are ranked; NULL for a vector of zeros."""
    pair = _pair(given)
    return nulls("number") if pair is None else _products(*pair, as_cosine=True)


def dot(given: Arguments) -> Value:
    """The dot product in whole millionths."""
    pair = _pair(given)
    return nulls("number") if pair is None else _products(*pair, as_cosine=False)


def _pair(given: Arguments) -> tuple[Value, Value] | None:
    one, other = given.taken(0, "vector"), given.taken(1, "vector")
    if one.is_null.all() or other.is_null.all():
        return None
    dims = one.data.shape[-1], other.data.shape[-1]
    if dims[0] != dims[1]:
        raise given.error(f"{given.name} takes vectors of one embedding, received {dims[0]} and {dims[1]} dimensions")
    return one, other


def _products(one: Value, other: Value, *, as_cosine: bool) -> Value:
    """Query by query, so that what is held at once is the vectors of one query's candidates."""
    rows = max(len(one.data), len(other.data))
    width = max(one.data.shape[1], other.data.shape[1])
    data: Doubles = np.empty((rows, width))
    for at in range(rows):
        a, b = _doubles(one.data, at), _doubles(other.data, at)
        dots = (a * b).sum(axis=-1)  # of snapped unit rows exact in any order; of others in the order of one row
        data[at] = np.rint((dots / (_norms(a) * _norms(b)) if as_cosine else dots) * MICRO) / MICRO
    is_null: Booleans = either(one.is_null, other.is_null)
    return finite(data, is_null)


def _doubles(vectors: Floats, at: int) -> Doubles:
    return snap(vectors[at if len(vectors) > 1 else 0]).astype(np.float64)


def _norms(vectors: Doubles) -> Doubles:
    norms: Doubles = np.sqrt((vectors * vectors).sum(axis=-1))
    return np.where(np.abs(norms - 1) < UNIT_WITHIN, 1.0, norms)
