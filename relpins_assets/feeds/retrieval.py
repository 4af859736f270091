"""The candidate lists of a batch of query pins: nearest by look, nearest by description, most shared boards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_assets.feeds.inputs import FeedInputs, Floats, Ints
from relpins_resources.ann import LayeredIndex

MICRO = 1_000_000
"""Similarities are compared in whole millionths: what is nearer than that is a tie, and ties break by pin_id."""
NO_FLOOR = -(2 * MICRO)
"""Below every similarity: the list was not full, so any pin would have entered it."""


@dataclass(frozen=True)
class Retrieved:
    """One retriever's lists for b query pins: places in `inputs.candidates`, best first, -1 where a list is short.

    `floors` are the millionths that a further pin must reach to enter the list.
    """

    places: Ints  # (b, limit)
    floors: Ints  # (b,)


OVER_FETCH = 20
"""Pins asked of an index beyond one and a half times the limit, for the repins among its answers."""

Search = Callable[[Ints, int], Retrieved]


def exact_search(inputs: FeedInputs, vectors: Floats) -> Search:
    """Search all candidates by dot product; float64 sums of snapped vectors are exact, whatever the batch."""
    rows = vectors[inputs.candidates].astype(np.float64)  # (r, d)

    def search(queries: Ints, limit: int) -> Retrieved:
        micro = np.rint(vectors[queries].astype(np.float64) @ rows.T * MICRO).astype(np.int64)  # (b, r)
        own = inputs.candidate_of_join[inputs.join_of[queries]]
        micro[np.arange(len(queries)), own] = NO_FLOOR
        return _top(micro, limit)

    return search


def index_search(inputs: FeedInputs, vectors: Floats, index: LayeredIndex) -> Search:
    """Search through an approximate index; a few of the true candidates may be missing, their similarities are exact.

    The index holds every pin, so it is asked for more than `limit`: repins of one picture, and the query's own, are
    dropped.
    """
    place_of = np.full(len(inputs.pin_ids), -1, np.int64)
    place_of[inputs.candidates] = np.arange(len(inputs.candidates))
    at = np.searchsorted(inputs.pin_ids, index.row_ids)
    at = np.minimum(at, len(inputs.pin_ids) - 1)
    row_place = np.where(inputs.pin_ids[at] == index.row_ids, place_of[at], -1)

    def search(queries: Ints, limit: int) -> Retrieved:
        asked = min(limit + limit // 2 + OVER_FETCH, max(len(index), 1))
        rows, _ = index.search_rows(vectors[queries], asked)
        places = np.where(rows >= 0, row_place[rows], -1)
        places[places == inputs.candidate_of_join[inputs.join_of[queries]][:, None]] = -1
        order = np.argsort(places < 0, axis=1, kind="stable")[:, :limit]
        places = np.take_along_axis(places, order, axis=1)
        values = similarities(inputs, vectors, queries, places[:, -1:])[:, 0]
        is_full = places.shape[1] == limit
        return Retrieved(places, np.where(is_full, values, NO_FLOOR))

    return search


def _top(micro: Ints, limit: int) -> Retrieved:
    """The best `limit` columns of each row, ties by column; columns at NO_FLOOR are no candidates."""
    n = micro.shape[1]
    keys = (-micro << 32) | np.arange(n)  # one integer sorts by similarity, then by place
    if limit < n:
        keys = np.partition(keys, limit - 1, axis=1)[:, :limit]
    keys = np.sort(keys, axis=1)
    places, values = keys & 0xFFFFFFFF, -(keys >> 32)
    places = np.where(values > NO_FLOOR, places, -1)
    is_full = (places.shape[1] == limit) & (places[:, -1] >= 0) if n else np.zeros(len(micro), bool)
    return Retrieved(places, np.where(is_full, values[:, -1] if n else NO_FLOOR, NO_FLOOR))


def most_shared(inputs: FeedInputs, queries: Ints, limit: int) -> Ints:
    """Places (b, limit) of the images that share most boards with each query's, padded with -1."""
    joins = inputs.join_of[queries]
    start, end = inputs.cooccurrences.indptr[joins], inputs.cooccurrences.indptr[joins + 1]
    column = np.arange(limit)
    at = start[:, None] + column
    inside = at < end[:, None]
    if len(inputs.cooccurrences.others) == 0:
        return np.full((len(queries), limit), -1, np.int64)
    others = inputs.cooccurrences.others[np.where(inside, at, 0)]
    return np.where(inside, inputs.candidate_of_join[others], -1)


def shared_boards(inputs: FeedInputs, queries: Ints, places: Ints) -> Ints:
    """(b, u) boards shared by each query's image and each of its candidates' (0 for padding)."""
    cooccurrences, joins = inputs.cooccurrences, inputs.join_of[queries]
    sizes = cooccurrences.indptr[joins + 1] - cooccurrences.indptr[joins]
    row = np.repeat(np.arange(len(queries)), sizes)
    at = (
        np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(cooccurrences.indptr[joins], sizes)
    )
    n_joins = len(inputs.candidate_of_join)
    keys = row * n_joins + cooccurrences.others[at]
    order = np.argsort(keys)
    wanted = np.arange(len(queries))[:, None] * n_joins + inputs.join_of_candidate[np.maximum(places, 0)]
    return np.where(places >= 0, _lookup(keys[order], cooccurrences.counts[at][order], wanted), 0)


def _lookup(keys: Ints, values: Ints, wanted: Ints) -> Ints:
    """Values of sorted unique keys, 0 for a key that is not there."""
    if len(keys) == 0:
        return np.zeros_like(wanted)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


def similarities(inputs: FeedInputs, vectors: Floats, queries: Ints, places: Ints) -> Ints:
    """(b, u) millionths of cosine of each query with each of its candidates; NO_FLOOR for padding."""
    rows = vectors[inputs.candidates[np.maximum(places, 0)]].astype(np.float64)  # (b, u, d)
    dots = np.matmul(rows, vectors[queries].astype(np.float64)[:, :, None])[:, :, 0]
    return np.where(places >= 0, np.rint(dots * MICRO).astype(np.int64), NO_FLOOR)


def union(*lists: Ints) -> Ints:
    """(b, u) the places that any list names, once each, ascending, padded with -1 at the end."""
    joined = np.concatenate(lists, axis=1)
    far = np.iinfo(np.int64).max
    joined = np.sort(np.where(joined < 0, far, joined), axis=1)
    joined[:, 1:][joined[:, 1:] == joined[:, :-1]] = far
    joined = np.sort(joined, axis=1)
    width = int((joined < far).sum(axis=1).max(initial=0))
    return np.where(joined < far, joined, -1)[:, :width]


def is_in(places: Ints, named: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.bool_]:
    """(b, u) whether each place stands in the same row of `named`; `n` places exist."""
    row = np.arange(len(places))[:, None] * (n + 1)
    return np.isin(row + places, (row + named)[named >= 0]) & (places >= 0)
