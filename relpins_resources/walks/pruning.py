"""Which edges of an item-board graph a walk is better off without (Pixie, section 3.2): boards of mixed topics, and of
items on many boards those that are least about what the item is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.walks.board_graph import Ints

Doubles = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

EDGES_AT_ONCE = 1 << 20
DECIMALS = 6
"""Entropies and similarities are compared to so many: what is nearer than that is a tie."""


@dataclass(frozen=True)
class Pruned:
    """`keep` (e,) says which edges stay; the counts say why the others went."""

    keep: Booleans
    n_mixed_boards: int  # boards left out
    n_cut: int  # edges of items on many boards, left out


def prune(
    items: Ints, boards: Ints, topics: sparse.csr_array, n_boards: int, *, mixed: float, degree_power: float
) -> Pruned:
    """Leave out the `mixed` share of the boards with the highest topic entropy; then keep ceil(degree ** degree_power)
    boards of each item, those whose topics are most like its own.

    Args:
        items, boards: (e,) the edges, each once.
        topics: (n_items, t) how much each item belongs to each topic, rows of weights that sum to 1; a row without any
            has no topic. Boards are about what their items are about, on average.
        mixed: 0 leaves out no board. A board whose items have one topic, or none, is never left out.
        degree_power: 1 cuts nothing.

    Ties go by a hash of item and board, so that no board is preferred for its number.
    """
    about = board_topics(items, boards, topics, n_boards)
    disorder = entropies(about)
    order = np.lexsort((np.arange(n_boards), -disorder))
    dropped = order[: int(mixed * n_boards)]
    is_mixed = np.zeros(n_boards, bool)
    is_mixed[dropped[disorder[dropped] > 0]] = True
    keep = ~is_mixed[boards]
    n_before = int(keep.sum())
    keep[keep] = _most_alike(items[keep], boards[keep], topics, about, degree_power)
    return Pruned(keep, int(is_mixed.sum()), n_before - int(keep.sum()))


def board_topics(items: Ints, boards: Ints, topics: sparse.csr_array, n_boards: int) -> sparse.csr_array:
    """(n_boards, t) mean topics of each board's items; a row of zeros where none has any."""
    ones = np.ones(len(items))
    stands = sparse.coo_array((ones, (boards, items)), shape=(n_boards, topics.shape[0])).tocsr()
    total = (stands @ topics).tocsr()
    sums = np.asarray(total.sum(axis=1)).reshape(-1)
    scale = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return sparse.csr_array(sparse.dia_array((scale[None, :], [0]), shape=(n_boards, n_boards)) @ total)


def entropies(shares: sparse.csr_array) -> Doubles:
    """(m,) entropy of each row of shares, in nats: 0 where all is one topic, or nothing is known."""
    data = shares.data
    logs = np.log(data, out=np.zeros_like(data), where=data > 0)
    row = np.repeat(np.arange(shares.shape[0]), np.diff(shares.indptr))
    summed: Doubles = np.bincount(row, weights=-data * logs, minlength=shares.shape[0]).astype(np.float64)
    return np.maximum(summed, 0.0).round(DECIMALS)


def _most_alike(
    items: Ints, boards: Ints, topics: sparse.csr_array, about: sparse.csr_array, degree_power: float
) -> Booleans:
    """(e,) the edges that stay of each item."""
    degrees = np.bincount(items, minlength=topics.shape[0])
    most = np.ceil(np.round(degrees.astype(np.float64) ** degree_power, DECIMALS)).astype(np.int64)
    if (most >= degrees).all():
        return np.ones(len(items), bool)
    alike = _cosines(items, boards, _unit(topics), _unit(about))
    order = np.lexsort((_hashed(items, boards), -alike, items))
    starts = np.cumsum(degrees) - degrees
    place = np.arange(len(items)) - starts[items[order]]
    keep = np.zeros(len(items), bool)
    keep[order[place < most[items[order]]]] = True
    return keep


def _cosines(items: Ints, boards: Ints, topics: sparse.csr_array, about: sparse.csr_array) -> Doubles:
    parts = [
        np.asarray(topics[items[at : at + EDGES_AT_ONCE]].multiply(about[boards[at : at + EDGES_AT_ONCE]]).sum(axis=1))
        for at in range(0, len(items), EDGES_AT_ONCE)
    ]
    found: Doubles = np.round(np.concatenate([np.empty(0), *(part.reshape(-1) for part in parts)]), DECIMALS)
    return found


def _unit(rows: sparse.csr_array) -> sparse.csr_array:
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).reshape(-1))
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return sparse.csr_array(sparse.dia_array((scale[None, :], [0]), shape=(len(norms), len(norms))) @ rows)


def _hashed(items: Ints, boards: Ints) -> npt.NDArray[np.uint64]:
    keys = (items.astype(np.uint64) << np.uint64(32)) | boards.astype(np.uint64)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
