"""The blend: each signal's rank within the pool of candidates, weighted, then spread out by sliding spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_assets.feeds.inputs import FeedInputs, Ints
from relpins_assets.feeds.retrieval import NO_FLOOR, Search, is_in, most_shared, shared_boards, similarities, union
from relpins_assets.profile import Diversity, Feeds, Weights
from relpins_resources.query.sliding_spectrum import blended_gram, cosine_gram, sliding_spectrum_batch

Doubles = npt.NDArray[np.float64]
DIVERSIFIED_AT_ONCE = 32
"""Pools whose Gram matrices are held together; each takes pool² · 16 bytes."""


@dataclass(frozen=True)
class Pools:
    """The scored candidates of b query pins. All arrays are (b, u); padding has place -1.

    Ranks count from 1 within the pool; 0 stands for "not ranked by this signal".
    """

    queries: Ints  # (b,) positions of the query pins
    places: Ints
    score: Doubles
    clip: Ints  # millionths
    content: Ints
    n_shared: Ints
    clip_rank: Ints
    content_rank: Ints
    cooccurrence_rank: Ints
    by_clip: npt.NDArray[np.bool_]  # which retrievers named it
    by_content: npt.NDArray[np.bool_]
    by_cooccurrence: npt.NDArray[np.bool_]
    clip_floor: Ints  # (b,)
    content_floor: Ints  # (b,)


def pool(inputs: FeedInputs, queries: Ints, clip_search: Search, content_search: Search, feeds: Feeds) -> Pools:
    """Retrieve, unite and score: score = sum of weight / (1 + rank) over the signals that rank a candidate."""
    by_clip = clip_search(queries, feeds.candidates)
    by_content = content_search(queries, feeds.candidates)
    by_boards = most_shared(inputs, queries, feeds.candidates)
    places = union(by_clip.places, by_content.places, by_boards)
    clip = similarities(inputs, inputs.clip, queries, places)
    content = similarities(inputs, inputs.content, queries, places)
    n_shared = shared_boards(inputs, queries, places)
    clip_rank, content_rank = ranked(clip, places >= 0), ranked(content, places >= 0)
    cooccurrence_rank = ranked(n_shared, n_shared > 0)
    n = len(inputs.candidates)
    return Pools(
        queries,
        places,
        blended(feeds.weights, clip_rank, content_rank, cooccurrence_rank, places >= 0),
        clip,
        content,
        n_shared,
        clip_rank,
        content_rank,
        cooccurrence_rank,
        is_in(places, by_clip.places, n),
        is_in(places, by_content.places, n),
        is_in(places, by_boards, n),
        by_clip.floors,
        by_content.floors,
    )


def ranked(values: Ints, counts: npt.NDArray[np.bool_]) -> Ints:
    """(b, u) rank of each value in its row, 1 the largest, ties by column; 0 where `counts` is false."""
    order = np.argsort(np.where(counts, -values, np.iinfo(np.int64).max), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, values.shape[1] + 1)[None, :], axis=1)
    return np.where(counts, ranks, 0)


def blended(
    weights: Weights, clip_rank: Ints, content_rank: Ints, cooccurrence_rank: Ints, counts: npt.NDArray[np.bool_]
) -> Doubles:
    """(b, u) score of each candidate; -inf for padding."""

    def term(weight: float, ranks: Ints) -> Doubles:
        return np.where(ranks > 0, weight / (1.0 + ranks), 0.0)

    score = term(weights.clip, clip_rank) + term(weights.cooccurrence, cooccurrence_rank)
    return np.where(counts, np.round(score + term(weights.content, content_rank), 9), -np.inf)


def best(score: Doubles, limit: int) -> Ints:
    """(b, limit) columns by score, best first, ties by column; -1 where a row has fewer candidates."""
    columns = np.argsort(-score, axis=1, kind="stable")[:, :limit]
    return np.where(np.take_along_axis(score, columns, axis=1) > -np.inf, columns, -1)


def diversified(inputs: FeedInputs, pools: Pools, diversity: Diversity, limit: int) -> Ints:
    """(b, limit) columns of each pool in the order of its feed, -1 where it has fewer candidates."""
    columns = best(pools.score, diversity.pool)
    if diversity.strength == 0 or columns.shape[1] == 0:
        return _padded(columns[:, :limit], limit)
    parts = []
    for start in range(0, len(columns), DIVERSIFIED_AT_ONCE):
        at = slice(start, start + DIVERSIFIED_AT_ONCE)
        parts.append(
            _diversified_block(inputs, pools, columns[at], pools.places[at], pools.score[at], diversity, limit)
        )
    return np.concatenate(parts) if parts else np.empty((0, limit), np.int64)


def _diversified_block(
    inputs: FeedInputs,
    pools: Pools,
    columns: Ints,
    places: Ints,
    score: Doubles,
    diversity: Diversity,
    limit: int,
) -> Ints:
    valid = columns >= 0
    rows = inputs.candidates[np.take_along_axis(places, np.maximum(columns, 0), axis=1)]
    rows[~valid] = 0
    weights = [diversity.clip, diversity.content]
    gram = blended_gram([cosine_gram(inputs.clip[rows]), cosine_gram(inputs.content[rows])], weights)
    scores = np.where(valid, np.take_along_axis(score, np.maximum(columns, 0), axis=1), 0.0)
    picks = sliding_spectrum_batch(
        scores, gram, valid, strength=diversity.strength, window=diversity.window, limit=limit
    )
    return np.where(picks >= 0, np.take_along_axis(columns, np.maximum(picks, 0), axis=1), -1)


def _padded(columns: Ints, limit: int) -> Ints:
    missing = limit - columns.shape[1]
    return np.pad(columns, ((0, 0), (0, missing)), constant_values=-1) if missing > 0 else columns


def floor_value(micro: int) -> float | None:
    """A floor as stored: a cosine, or nothing where any pin would have entered."""
    return None if micro == NO_FLOOR else micro / 1_000_000
