"""The candidate lists of a batch of query pins: nearest by look, nearest by description, most shared boards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_assets.feeds.inputs import FeedInputs, Floats, Ints

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


Search = Callable[[Ints, int], Retrieved]


def exact_search(inputs: FeedInputs, vectors: Floats) -> Search:
    """Search all candidates by dot product; float64 sums of snapped vectors are exact, so batches agree with single queries."""
    rows = vectors[inputs.candidates].astype(np.float64)  # (r, d)

    def search(queries: Ints, limit: int) -> Retrieved:
        micro = np.rint(vectors[queries].astype(np.float64) @ rows.T * MICRO).astype(np.int64)  # (b, r)
        own = inputs.candidate_of_join[inputs.join_of[queries]]
        micro[np.arange(len(queries)), own] = NO_FLOOR
        return _top(micro, limit)

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
    at = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(cooccurrences.indptr[joins], sizes)
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
