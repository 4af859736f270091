"""Other items put between the rows of a ranking, at places that are spread evenly."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Ints
from relpins_resources.query.reranking.base import Ranking

_LAST = np.iinfo(np.int64).max


def woven_places(strength: float, window: int, share: float, wanted: int) -> Ints:
    """The places below `wanted` that go to woven items, ascending, from 0.

    Of each `window` places, a window of 1 counting as 2, round(strength * window * share) are woven: at least 1 where
    the strength is above 0, at most half. They stand in the middle of equal parts, so never at the very first place.
    """
    window = max(window, 2)
    n_woven = min(max(1, round(strength * window * share)), window // 2) if strength > 0 else 0
    inside = ((np.arange(n_woven) + 0.5) * window / max(n_woven, 1)).astype(np.int64)
    starts = np.arange(0, max(wanted, 0), window)
    places = (starts[:, None] + inside).ravel()
    return places[places < wanted]


def columns_of(items: Ints, within: Ints) -> Ints:
    """(b, m) the column at which each item (b, m) stands in its row of `within` (b, u); -1 if it does not."""
    n_rows, width = within.shape
    if width == 0 or items.size == 0:
        return np.full(items.shape, -1, np.int64)
    stride = int(max(items.max(), within.max())) + 2
    first = np.arange(n_rows)[:, None] * stride + 1
    order = np.argsort(within, axis=1, kind="stable")
    keys = (np.take_along_axis(within, order, axis=1) + first).ravel()
    wanted = items + first
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[found] == wanted) & (items >= 0), order.ravel()[found], -1)


def weave(ranking: Ranking, others: Ints, sources: Ints, places: Ints) -> Ranking:
    """The rows of the ranking in their order, with the best of `others` at each of the `places`.

    `others` (b, m) are items, best first, each once, -1 for none; `sources` (b, m) their columns in the candidates.
    One that stands in the ranking is pulled up from further down, with its score; if it has been shown, the next one's
    turn comes. One from outside takes the score of the row above it. A place stays as it is when nothing is left for
    it, or when the ranking does not reach it.
    """
    if not places.size or not others.shape[1] or not ranking.items.shape[1]:
        return ranking
    at = columns_of(others, ranking.items)
    chosen = _chosen(ranking, others >= 0, at, places)
    known, which = chosen >= 0, np.maximum(chosen, 0)
    origin = np.where(known, np.take_along_axis(at, which, axis=1), -1)  # (b, k) columns that are pulled up
    order, width = _order(ranking, origin, known, places)
    own = np.take_along_axis(ranking.scores, np.maximum(origin, 0), axis=1)
    items = np.concatenate([ranking.items, np.take_along_axis(others, which, axis=1)], axis=1)
    scores = np.concatenate([ranking.scores, np.where(origin >= 0, own, np.nan)], axis=1)
    source = np.concatenate([ranking.source, np.take_along_axis(sources, which, axis=1)], axis=1)
    woven = Ranking(items, scores, source).taken(order[:, :width])
    return Ranking(woven.items, _with_neighbours(woven.scores), woven.source)


def _chosen(ranking: Ranking, usable: Booleans, at: Ints, places: Ints) -> Ints:
    """(b, k) which of the others (by column) stands at each place; -1 where the place is not woven."""
    rows = np.arange(len(at))
    usable = usable.copy()
    n_left = (ranking.items >= 0).sum(axis=1)  # rows of the ranking that have not been pulled up
    n_pulled_above = np.zeros(at.shape, np.int64)
    chosen = np.full((len(at), len(places)), -1, np.int64)
    for j, place in enumerate(places):
        n_above = place - j  # rows of the ranking that stand above this place
        is_free = usable & ((at < 0) | (at - n_pulled_above >= n_above)) & (n_left >= n_above)[:, None]
        pick = np.argmax(is_free, axis=1)
        found = is_free[rows, pick]
        chosen[:, j] = np.where(found, pick, -1)
        usable[rows, pick] &= ~found
        origin = np.where(found, at[rows, pick], -1)
        n_left -= origin >= 0
        n_pulled_above += (origin >= 0)[:, None] & (origin[:, None] < at)
    return chosen


def _order(ranking: Ranking, origin: Ints, known: Booleans, places: Ints) -> tuple[Ints, int]:
    """(b, p + k) columns of ranking and woven items side by side, in their new order, and how many are filled."""
    n_rows, n = ranking.items.shape
    k = len(places)
    stays = ranking.items >= 0
    row, j = np.nonzero(origin >= 0)
    stays[row, origin[row, j]] = False
    rank = np.cumsum(stays, axis=1) - 1
    keys = np.full((n_rows, n + k), _LAST)
    keys[:, :n] = np.where(stays, rank * (k + 1) + k, _LAST)
    n_above = places - np.arange(k)
    keys[:, n:] = np.where(known, n_above * (k + 1) + np.arange(k), _LAST)
    order = np.argsort(keys, axis=1, kind="stable")
    filled = np.take_along_axis(keys, order, axis=1) != _LAST
    return np.where(filled, order, -1), int(filled.sum(axis=1).max(initial=0))


def _with_neighbours(scores: Doubles) -> Doubles:
    """NaN becomes the score of the nearest row above that has one, else of the nearest below."""
    n = scores.shape[1]
    places = np.broadcast_to(np.arange(n), scores.shape)
    known = ~np.isnan(scores)
    above = np.maximum.accumulate(np.where(known, places, -1), axis=1)
    below = np.minimum.accumulate(np.where(known, places, n - 1)[:, ::-1], axis=1)[:, ::-1]
    return np.take_along_axis(scores, np.where(above >= 0, above, below), axis=1)
