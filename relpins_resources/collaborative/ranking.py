"""Top lists of score matrices, and how many of the held-out saves they hold: recall@k and NDCG@k over all pins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.collaborative.base import CollaborativeModel, Scores, row_blocks

Pins = npt.NDArray[np.int64]
USERS_AT_A_TIME = 2048


class Quality(NamedTuple):
    """Means over the users who have a held-out save; both from 0 to 1."""

    recall: float
    ndcg: float


def quality_of(model: CollaborativeModel, saves: sparse.csr_matrix, held_out: sparse.csr_matrix, k: int) -> Quality:
    """Recall@k and NDCG@k of a fitted model's full ranking, what `saves` holds masked; a block of users at a time.

    `saves` and `held_out` are (n_users, n_pins) and share no pair.
    """
    users = users_of(held_out)
    lists = np.empty((len(users), k), np.int64)
    for block in row_blocks(len(users), USERS_AT_A_TIME):
        rows = saves[users[block]]
        lists[block] = top_pins(masked(model.score(rows), rows), k)
    return quality_of_lists(lists, held_out[users])


def users_of(saves: sparse.csr_matrix) -> Pins:
    """Rows that hold anything, in order."""
    return np.flatnonzero(np.diff(saves.indptr)).astype(np.int64)


def masked(scores: Scores, rows: sparse.csr_matrix) -> Scores:
    """`scores`, (n, n_pins), changed in place: -inf wherever `rows` holds a save."""
    scores[rows_of_pairs(rows), rows.indices] = -np.inf
    return scores


def rows_of_pairs(rows: sparse.csr_matrix) -> Pins:
    """The row of each stored pair, in the order of `rows.indices`."""
    return np.repeat(np.arange(rows.shape[0], dtype=np.int64), np.diff(rows.indptr))


def top_pins(scores: Scores, k: int) -> Pins:
    """The k best columns of each row, best first, (n, k); among equals at the top, the lower column first."""
    best = np.sort(np.argpartition(scores, -k, axis=1)[:, -k:], axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1).astype(np.int64)


def quality_of_lists(lists: Pins, held_out: sparse.csr_matrix) -> Quality:
    """Recall@k = hits over held-out saves; NDCG@k against the best list there could be (Jarvelin, Kekalainen 2002).

    lists[u] are pins, best first, (n, k); held_out[u] is the row of the same user, and holds at least one save.
    """
    return quality_of_hits(hits_of(lists, held_out), np.diff(held_out.indptr))


def hits_of(lists: Pins, held_out: sparse.csr_matrix) -> npt.NDArray[np.bool_]:
    """Whether each listed pin was held out, (n, k)."""
    n_pins = held_out.shape[1]
    listed = lists + np.arange(len(lists))[:, None] * n_pins
    return np.isin(listed, rows_of_pairs(held_out) * n_pins + held_out.indices)


def quality_of_hits(hits: npt.NDArray[np.bool_], n_held_out: npt.NDArray[np.integer]) -> Quality:
    """The two means from hits by rank, (n, k), and the number of held-out saves of each row, (n,), none of them 0."""
    k = hits.shape[1]
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(gains)[np.minimum(n_held_out, k) - 1]
    recall = hits.sum(axis=1) / n_held_out
    return Quality(float(np.mean(recall)), float(np.mean((hits * gains).sum(axis=1) / ideal)))
