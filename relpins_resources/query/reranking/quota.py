"""quota(column, at_most, window): no more than so many rows of one value in any window of rows."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Ints
from relpins_resources.query.reranking.base import Ranking, RerankRequest
from relpins_resources.query.reranking.values import value_codes


def quota(request: RerankRequest) -> Ranking:
    """Each place goes to the best row that the window allows; the others wait, and keep their order.

    Where no row that is left fits, the best of them waits no longer: nothing is lost, and a feed of one value is a
    feed. NULL is no value: rows without one are never held back.
    """
    at_most, window = request.integer("at_most"), request.integer("window")
    codes = value_codes(request, "column", request.text("column"))
    items = request.ranking.items
    if at_most >= window or request.wanted < 1 or items.size == 0:
        return request.ranking
    picks = _picks(np.where(items >= 0, codes[items], -1), items >= 0, at_most, window, request.wanted)
    return request.ranking.with_first(picks, items.shape[1])


def _picks(codes: Ints, is_open: Booleans, at_most: int, window: int, limit: int) -> Ints:
    """(b, limit) columns in picked order, -1 where a row has no more; `codes` (b, p), -1 for no value."""
    n_rows, n = codes.shape
    rows = np.arange(n_rows)
    is_open = is_open.copy()
    counts = np.zeros(codes.shape, np.int64)  # how many of the last window - 1 picks have each candidate's value
    n_steps = min(limit, n)
    picks = np.full((n_rows, n_steps), -1, np.int64)
    values = np.full((n_rows, n_steps), -1, np.int64)
    for step in range(n_steps):
        if step >= window:
            counts -= codes == values[:, step - window, None]
        fits = is_open & ((counts < at_most) | (codes < 0))
        pick = np.where(fits.any(axis=1), np.argmax(fits, axis=1), np.argmax(is_open, axis=1))
        alive = is_open[rows, pick]
        picks[:, step] = np.where(alive, pick, -1)
        values[:, step] = np.where(alive, codes[rows, pick], -1)
        is_open[rows, pick] = False
        counts += codes == values[:, step, None]
    return picks
