"""Items that random walks over boards come by: from one item, or from all that a person saved lately (Pixie)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from relpins_resources.query.catalog import Doubles, Hits, Ints, Walks
from relpins_resources.query.retrieval.retrievers.base import Request
from relpins_resources.query.retrieval.retrievers.memorised import listed_by_score
from relpins_resources.walks.multi_hit import boosted, step_shares

MOST_SAVES = 50
"""Of a person's saves so many, the newest, are walked from."""
HALF_AFTER = 10
"""A save counts half as much as the one that many places newer; an item that is given, as much as all saves."""
DECIMALS = 6


def random_walk(request: Request) -> Hits:
    """The `limit` candidates visited most by walks from each query's item and from its user's newest saves.

    From an item alone scores are the visits of its walk. From several they are put together with the multi-hit boost,
    each walk as long as its item's share of the steps; items that are walked from are left out. None for an item that
    no walk starts from, and while nothing has walked.
    """
    if request.catalog.walks is None:
        return request.empty()
    walks = request.catalog.walks()
    if request.stage.get("input_user_id") is None:
        return listed_by_score(request, walks.lists)
    items = np.full((request.size, request.limit), -1, np.int64)
    scores = np.full(items.shape, np.nan)
    for row, (item, saves) in enumerate(zip(request.item_positions(), _saves(request), strict=True)):
        listed, visits = walked_from(walks, [int(item)] if item >= 0 else [], saves)
        allowed = request.open_to(row)
        keep = np.flatnonzero(np.ones(len(listed), bool) if allowed is None else allowed[listed])[: request.limit]
        items[row, : len(keep)], scores[row, : len(keep)] = listed[keep], visits[keep]
    return Hits(items, scores)


def _saves(request: Request) -> list[Ints]:
    people, users = request.catalog.people, request.values("input_user_id")
    if people is None:
        return [np.empty(0, np.int64) for _ in users]
    return [people.history(int(user), MOST_SAVES) for user in people.positions(users)]


def walked_from(walks: Walks, given: Sequence[int], saves: Ints) -> tuple[Ints, Doubles]:
    """Candidates (c,), best first, ties by position, and their boosted visits (c,), of walks from several items.

    Args:
        given: positions of items that count in full.
        saves: positions of items saved, newest first.
    """
    by_age = 0.5 ** (np.arange(len(saves)) / HALF_AFTER)
    full = float(by_age.sum()) or 1.0
    starts, first = np.unique(np.concatenate([np.asarray(given, np.int64), saves]), return_index=True)
    weights = np.concatenate([np.full(len(given), full), by_age])[first]
    can = walks.n_steps[starts] > 0
    sources, weights = starts[can], weights[can]
    if len(sources) == 0:
        return np.empty(0, np.int64), np.empty(0)
    shares = step_shares(walks.degrees[sources], weights, int(walks.degrees.max()))
    n_steps = walks.n_steps[sources]
    scale = np.maximum(shares * (shares * n_steps).sum(), 1.0) / n_steps
    rows = [slice(walks.lists.indptr[one], walks.lists.indptr[one + 1]) for one in sources]
    others = np.concatenate([walks.lists.others[row] for row in rows])
    candidates, at = np.unique(others, return_inverse=True)
    visits = np.zeros((len(sources), len(candidates)))
    source = np.repeat(np.arange(len(sources)), [row.stop - row.start for row in rows])
    visits[source, at] = np.concatenate([walks.lists.scores[row] for row in rows]) * scale[source]
    score = np.round(boosted(visits), DECIMALS)
    order = np.lexsort((candidates, -score))
    order = order[~np.isin(candidates[order], starts)]
    return candidates[order], score[order]
