"""The inner loop of the walks, compiled: imported where walks are taken, since it brings a compiler along.

All walkers of an item take each part of a step one after the other, so that a core waits for many places in memory at
once: a walk over a large graph is little else than waiting.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

WALKERS = 64
"""Walkers of one item; each takes its share of the steps."""
CHOICE_BITS, RESTART_BITS = 26, 12  # of the 64 of a step: which board, which item on it, whether back to the start
CHOICES = np.uint64((1 << CHOICE_BITS) - 1)
CHOICE_SHIFT, RESTART_SHIFT = np.uint64(CHOICE_BITS), np.uint64(64 - RESTART_BITS)
GOLDEN, FIRST, SECOND = (np.uint64(value) for value in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
MOST_STEPS = (1 << 24) - 1
"""Of one walk: visits have 24 bits of a key, the item the lower 32, the walk's number the rest."""
ROW_SHIFT, ITEM_SHIFT = np.uint64(56), np.uint64(32)
BY_30, BY_27, BY_31 = (np.uint64(value) for value in (30, 27, 31))


def _mixed(key: Any) -> Any:
    """splitmix64: a number of 64 bits for each number, as if drawn."""
    key = key * GOLDEN
    key ^= key >> BY_30
    key *= FIRST
    key ^= key >> BY_27
    key *= SECOND
    return key ^ (key >> BY_31)


def _chosen(row: int, indptr: Array, bits: Any) -> Any:
    """A place in a row of the graph, as the lower bits say."""
    start = indptr[row]
    size = np.uint64(indptr[row + 1] - start)
    return start + np.int64(((bits & CHOICES) * size) >> CHOICE_SHIFT)


def _walked(
    graph: tuple[Array, Array, Array, Array],
    item: int,
    seed: Any,
    steps: int,
    restart: Any,
    enough_items: int,
    enough_visits: int,
    counts: Array,
    visited: Array,
) -> Any:
    """(items come by, steps taken) of one walk; they stand in `visited`, and how often in `counts`, which was zero."""
    item_indptr, item_boards, board_indptr, board_items = graph
    at = np.full(min(WALKERS, steps), item, np.int64)
    bits = np.empty(len(at), np.uint64)
    rounds, stream, n_visited, n_enough = steps // len(at), mixed(seed), 0, 0
    for done in range(rounds):
        for w in range(len(at)):
            bits[w] = mixed(stream + np.uint64(done * len(at) + w))
            begin = item if (bits[w] >> RESTART_SHIFT) < restart else at[w]
            at[w] = chosen(begin, item_indptr, bits[w])
        for w in range(len(at)):
            at[w] = item_boards[at[w]]
        for w in range(len(at)):
            at[w] = chosen(at[w], board_indptr, bits[w] >> CHOICE_SHIFT)
        for w in range(len(at)):
            at[w] = board_items[at[w]]
        for w in range(len(at)):  # without branches, which nobody could predict
            count = counts[at[w]] + 1
            counts[at[w]] = count
            visited[n_visited] = at[w]
            n_visited += int(count == 1)
            n_enough += int((count == enough_visits) & (at[w] != item))
        if n_enough > enough_items:
            return n_visited, (done + 1) * len(at)
    return n_visited, rounds * len(at)


def _walked_all(
    graph: tuple[Array, Array, Array, Array],
    items: Array,
    seeds: Array,
    steps: int,
    restart: Any,
    enough_items: int,
    enough_visits: int,
) -> Any:
    """Per item (q,), of 256 at most, how many items its walk came by and its steps; then a key of each of those.

    Keys in ascending order are walk by walk, most visits first, ties by item.
    """
    counts = np.zeros(len(graph[0]) - 1, np.int32)
    visited = np.empty(steps + 1, np.int32)
    sizes, n_steps = np.zeros(len(items), np.int64), np.zeros(len(items), np.int64)
    found = np.empty(1024, np.uint64)
    n_found = 0
    for i in range(len(items)):
        n_visited, n_steps[i] = walked(
            graph, items[i], seeds[i], steps, restart, enough_items, enough_visits, counts, visited
        )
        if n_found + n_visited > len(found):
            larger = np.empty(2 * (n_found + n_visited), np.uint64)
            larger[:n_found] = found[:n_found]
            found = larger
        for k in range(n_visited):
            other = visited[k]
            if other != items[i]:  # most visits first when sorted, ties by item
                ahead = (np.uint64(i) << ROW_SHIFT) | (np.uint64(MOST_STEPS - counts[other]) << ITEM_SHIFT)
                found[n_found] = ahead | np.uint64(other)
                n_found += 1
                sizes[i] += 1
            counts[other] = 0
    return sizes, n_steps, found[:n_found]


_compiled = numba.njit(cache=True, nogil=True)
mixed = _compiled(_mixed)
chosen = _compiled(_chosen)
walked = _compiled(_walked)
walked_all = _compiled(_walked_all)
