"""Nearest neighbours of what an encoder gives; several anchors of one query are searched each, and dealt in turn."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import MICRO, NO_FLOOR, Booleans, Embedding, Floats, Hits, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.plan import Stage
from relpins_resources.query.retrieval.encoders import Anchors, encode_stage
from relpins_resources.query.retrieval.retrievers.base import CLOSED, Request

DEALT_AT_FIRST = 2
"""Each of m searches gives so many times its share of the limit, and all of it only where they name the same items."""
SLACK = 16


def similarity(request: Request) -> Hits:
    """The `limit` nearest candidates of each query in one embedding; none while nothing has built it."""
    embedding, encoder = request.embedding(), request.stage.get("encoder")
    if not isinstance(encoder, Stage):
        raise QueryError("similarity needs an encoder, such as precomputed_item(...)", position=request.stage.at)
    if embedding is None:
        return request.empty()
    return nearest_to(request, embedding, encode_stage(request, encoder, embedding))


def nearest_to(request: Request, embedding: Embedding, anchors: Anchors) -> Hits:
    """Hits of searching with anchors (b, m, d); a query's lists are dealt in turn, each item once."""
    if anchors.vectors.shape[1] == 1:
        items, micro = _searched(request, embedding, anchors, np.arange(request.size), request.limit)
        return _hits(items[:, 0], micro[:, 0], anchors, micro)
    share = -(-request.limit // anchors.vectors.shape[1]) * DEALT_AT_FIRST + SLACK
    depth = min(request.limit, share)
    items, micro = _searched(request, embedding, anchors, np.arange(request.size), depth)
    dealt, scores = _dealt(items, micro, request.limit)
    floors = _floors(micro, anchors.valid)
    has_more = (anchors.valid & (floors > NO_FLOOR)).any(axis=1)
    short = np.flatnonzero((dealt[:, -1] < 0) & has_more & (depth < request.limit))
    if len(short):
        deeper = Anchors(anchors.vectors[short], anchors.valid[short])
        items, micro = _searched(request, embedding, deeper, short, request.limit)
        dealt[short], scores[short] = _dealt(items, micro, request.limit)
        floors[short] = _floors(micro, deeper.valid)
    return Hits(dealt, _cosines(dealt, scores), floors, anchors.vectors)


def _searched(request: Request, embedding: Embedding, anchors: Anchors, rows: Ints, depth: int) -> tuple[Ints, Ints]:
    """(r, m, depth) items and millionths of the searches of some rows of the batch; none of an anchor not valid."""
    r, m = anchors.valid.shape
    items, micro = np.full((r, m, depth), -1, np.int64), np.full((r, m, depth), NO_FLOOR, np.int64)
    at, column = np.nonzero(anchors.valid)
    if len(at):
        vectors: Floats = anchors.vectors[at, column]
        allowed: Booleans | None = request.allowed
        if allowed is not None and allowed.ndim == 2:
            allowed = allowed[rows[at]]
        items[at, column], micro[at, column] = embedding.search(vectors, depth, allowed)
    return items, micro


def _dealt(items: Ints, micro: Ints, limit: int) -> tuple[Ints, Ints]:
    """(r, limit) the items of m lists (r, m, k), the first of each, then the second of each, every item once."""
    r = len(items)
    in_turn = items.transpose(0, 2, 1).reshape(r, -1)
    scores = micro.transpose(0, 2, 1).reshape(r, -1)
    order = np.argsort(in_turn, axis=1, kind="stable")
    ordered = np.take_along_axis(in_turn, order, axis=1)
    is_first = np.ones(ordered.shape, bool)
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    keep = np.empty(ordered.shape, bool)
    np.put_along_axis(keep, order, is_first & (ordered >= 0), axis=1)
    columns = np.argsort(~keep, axis=1, kind="stable")[:, :limit]
    kept = np.take_along_axis(keep, columns, axis=1)
    dealt = np.where(kept, np.take_along_axis(in_turn, columns, axis=1), -1)
    found = np.where(kept, np.take_along_axis(scores, columns, axis=1), NO_FLOOR)
    padding = ((0, 0), (0, limit - dealt.shape[1]))
    return np.pad(dealt, padding, constant_values=-1), np.pad(found, padding, constant_values=NO_FLOOR)


def _hits(items: Ints, micro: Ints, anchors: Anchors, searches: Ints) -> Hits:
    return Hits(items, _cosines(items, micro), _floors(searches, anchors.valid), anchors.vectors)


def _floors(micro: Ints, valid: Booleans) -> Ints:
    """(r, m) what a further item must reach to enter a search (r, m, k): its last, anything where it is not full."""
    return np.where(valid, micro[:, :, -1], CLOSED)


def _cosines(items: Ints, micro: Ints) -> np.ndarray:
    return np.where(items >= 0, micro / MICRO, np.nan)
