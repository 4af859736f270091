"""What a similarity search starts from: every encoder of the language, as unit vectors of the embedding searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from relpins_resources.ann import snap
from relpins_resources.query.catalog import Booleans, Embedding, Floats, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.plan import Stage
from relpins_resources.query.retrieval.features import Part, Pin, cropped, encode_pins, parse_part, parse_pin
from relpins_resources.query.retrieval.pooling import clusters, pooled
from relpins_resources.query.retrieval.requests import Request
from relpins_resources.query.retrieval.user_attributes import user_attribute_vector


@dataclass(frozen=True)
class Anchors:
    """`vectors` (b, m, d) unit rows to search with, `valid` (b, m) which of them there are; m is at least 1."""

    vectors: Floats
    valid: Booleans


def encode_stage(request: Request, stage: Stage, embedding: Embedding) -> Anchors:
    """What an encoder gives for each query of the batch.

    Raises:
        QueryError: the embedding has no encoder for text, or what was given to encode cannot be read.
    """
    return ENCODERS[stage.kind](request.within(stage), embedding)


def precomputed_item(request: Request, embedding: Embedding) -> Anchors:
    """The item's own vector, or that of a part of its picture."""
    return _of_items(request, embedding, request.values("object"), [None] * request.size)


def item_attribute_pooling(request: Request, embedding: Embedding) -> Anchors:
    """The item's own vector, or that of a pin not indexed yet; nothing for an unknown item without features."""
    return _of_items(request, embedding, request.values("object"), request.values("input_item_features"))


def precomputed_user(request: Request, embedding: Embedding) -> Anchors:
    """The user's own vector; in a space of items alone, the mean of the recent saves."""
    if not embedding.has_user_vectors:
        return _of_histories(request, embedding, 10, lambda vectors: _listed(pooled(vectors, "mean")))
    vectors, known = embedding.user_vectors(request.values("input_user_id"))
    return _single(vectors, known)


def user_attribute_pooling(request: Request, embedding: Embedding) -> Anchors:
    """The mean vector of items whose columns have the values of the user's attributes."""
    users, features = request.values("input_user_id"), request.values("input_user_features")
    found = [
        _listed(user_attribute_vector(request.catalog, embedding, user, given, request.stage.at))
        for user, given in zip(users, features, strict=True)
    ]
    return _stacked(found, embedding.dim)


def interaction_pooling(request: Request, embedding: Embedding) -> Anchors:
    """The user's last saves that have a vector, pooled."""
    pooling, last = request.constant("pooling_function"), request.constant("truncate_interactions")
    return _of_histories(request, embedding, last, lambda vectors: _listed(pooled(vectors, pooling)))


def interaction_round_robin(request: Request, embedding: Embedding) -> Anchors:
    """The user's last saves in clusters, one vector each, that of the newest save first."""
    most, last = request.constant("num_clusters"), request.constant("truncate_interactions")
    return _of_histories(request, embedding, last, lambda vectors: clusters(vectors, most))


def text_encoder(request: Request, embedding: Embedding) -> Anchors:
    """Texts encoded into the embedding; none for an empty one."""
    named = request.constant("text_embedding_ref")
    if named is not None and named != embedding.name:
        raise QueryError(
            f"a text encoded for {named} cannot be searched in {embedding.name}; name the same embedding twice",
            position=request.stage.at,
        )
    return _single(*encode_texts(request, embedding, request.values("input_text_query")))


def encode_texts(request: Request, embedding: Embedding, texts: Sequence[Any]) -> tuple[Floats, Booleans]:
    """(b, d) vectors of texts and (b,) which are any.

    Raises:
        QueryError: nothing encodes text into this embedding.
    """
    if embedding.name not in request.catalog.encoders.text:
        able = ", ".join(sorted(request.catalog.encoders.text)) or "none"
        raise QueryError(
            f"nothing encodes text into {embedding.name}; embeddings that take text: {able}", position=request.stage.at
        )
    pins = [Pin(text=str(text).strip()) if text is not None else None for text in texts]
    return encode_pins(request.catalog, embedding, pins, request.stage.at)


ENCODERS: dict[str, Callable[[Request, Embedding], Anchors]] = {
    "precomputed_item": precomputed_item,
    "precomputed_user": precomputed_user,
    "item_attribute_pooling": item_attribute_pooling,
    "user_attribute_pooling": user_attribute_pooling,
    "interaction_pooling": interaction_pooling,
    "interaction_round_robin": interaction_round_robin,
    "text_encoder": text_encoder,
}


def _of_items(request: Request, embedding: Embedding, objects: Sequence[Any], features: Sequence[Any]) -> Anchors:
    items, at = request.item_positions(), request.stage.at
    vectors, known = embedding.vectors(items), embedding.has(items)
    pins: list[Pin | None] = [None] * request.size
    parts = [parse_part(given, at) for given in objects]
    if any(isinstance(part, int) for part in parts):
        parts = _numbered(request, embedding, items, parts, vectors, known)
    for i, part in enumerate(parts):
        if isinstance(part, tuple):
            pins[i] = _part_of(request, int(items[i]), parse_pin(features[i], at, request.catalog.pictures_below), part)
            known[i] = False
    for i, given in enumerate(features):
        if pins[i] is None and not known[i] and objects[i] is None:
            pins[i] = parse_pin(given, at, request.catalog.pictures_below)
    if any(pin is not None for pin in pins):
        encoded, is_encoded = encode_pins(request.catalog, embedding, pins, at)
        vectors, known = np.where(is_encoded[:, None], encoded, vectors), known | is_encoded
    return _single(vectors, known)


def _numbered(
    request: Request,
    embedding: Embedding,
    items: Ints,
    parts: Sequence[Part | None],
    vectors: Floats,
    known: Booleans,
) -> list[Part | None]:
    """Put the vectors of objects that are given by number in the place of their pictures' (`vectors`, `known`).

    An item without such an object gets none. What comes back are the parts still to be encoded: boxes, and those of
    objects that have no vector in this embedding.
    """
    found = request.catalog.objects() if request.catalog.objects is not None else None
    if found is None:
        raise QueryError(
            "an object is named by its number, and no objects were found yet; build dominant_objects, or give the part "
            "of the picture as [x, y, w, h], each from 0 to 1",
            position=request.stage.at,
        )
    asked = [i for i, part in enumerate(parts) if isinstance(part, int)]
    known[asked] = False
    rows = {i: found.place(int(items[i]), number) for i in asked if isinstance(number := parts[i], int)}
    there = [i for i in asked if rows[i] >= 0]
    left = {i: tuple(found.boxes[rows[i]].tolist()) for i in there}
    if embedding.name in found.vectors and there:
        given, has = found.vectors[embedding.name](np.array([rows[i] for i in there], np.int64))
        ready = np.array(there)[has]
        if len(ready):
            vectors[ready], known[ready] = given[has], True
        left = {i: box for i, box in left.items() if not known[i]}
    return [left.get(i) if i in rows else part for i, part in enumerate(parts)]


def _part_of(request: Request, item: int, pin: Pin | None, edges: tuple[float, float, float, float]) -> Pin | None:
    """A part of the picture of an item, or of a pin that is not indexed; None where there is no picture."""
    if item >= 0 and request.catalog.images is not None:
        image = request.catalog.images(item)
    else:
        image = pin.image if pin is not None and pin.image is not None else b""
    return Pin(cropped(image, edges)) if image else None


def _of_histories(
    request: Request, embedding: Embedding, last: int, summed_up: Callable[[Floats], list[Floats]]
) -> Anchors:
    """What `summed_up` makes of the vectors of each user's last saves, newest first."""
    found: list[list[Floats]] = []
    people = request.catalog.people
    user_ids = request.values("input_user_id")
    users: Ints = np.full(request.size, -1) if people is None else people.positions(user_ids)
    for user in users:
        saved = np.empty(0, np.int64) if people is None else people.history(int(user))
        found.append(summed_up(embedding.vectors(saved[embedding.has(saved)][:last])))
    return _stacked(found, embedding.dim)


def _stacked(lists: list[list[Floats]], dim: int) -> Anchors:
    most = max([1, *map(len, lists)])
    vectors, valid = np.zeros((len(lists), most, dim), np.float32), np.zeros((len(lists), most), bool)
    for i, found in enumerate(lists):
        for j, vector in enumerate(found):
            vectors[i, j], valid[i, j] = vector, True
    return Anchors(vectors, valid)


def _listed(vector: Floats | None) -> list[Floats]:
    return [] if vector is None else [vector]


def _single(vectors: Floats, known: Booleans) -> Anchors:
    return Anchors(snap(vectors)[:, None], known[:, None])
