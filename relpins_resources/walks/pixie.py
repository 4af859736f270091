"""Pixie's random walk with restart, from many items (arXiv 1711.07601).

Each item has walkers and a seed of its own, and a step's chances are a hash of the seed and the step's number: what an
item's walk comes by does not depend on the batch or the thread that it is walked in.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError
from relpins_resources.walks.board_graph import BoardGraph, Ints, SmallInts

Seeds = npt.NDArray[np.uint64]

AT_ONCE = 128
"""Items that a thread walks before it gives back what they came by."""
MOST_STEPS = (1 << 24) - 1


@dataclass(frozen=True)
class WalkLength:
    """How far to walk from each item: `steps` at most, back to the start with chance `restart` at each.

    A walk ends early once more than `enough_items` items were visited `enough_visits` times (n_p and n_v of the paper).
    """

    steps: int = 20_000
    restart: float = 0.5
    enough_items: int = 500
    enough_visits: int = 4

    def __post_init__(self) -> None:
        if min(self.steps, self.enough_items, self.enough_visits) < 1:
            raise RelpinsError(f"{self}: steps, enough_items and enough_visits must be at least 1")
        if self.steps > MOST_STEPS:
            raise RelpinsError(f"steps is {self.steps}; a walk takes at most {MOST_STEPS:,}")
        if not 0 < self.restart < 1:
            raise RelpinsError(f"restart is {self.restart}; give a chance between 0 and 1")


@dataclass(frozen=True)
class Visits:
    """What walks came by: walk i visited items[indptr[i]:indptr[i + 1]], most visits first, ties by item.

    The item that a walk starts from is left out.
    """

    indptr: Ints  # (q + 1,)
    items: SmallInts  # (v,)
    counts: SmallInts  # (v,) visits, at least 1
    n_steps: Ints  # (q,) steps taken


def walk(
    graph: BoardGraph, items: npt.NDArray[np.integer], seeds: Seeds, length: WalkLength, *, threads: int = 1
) -> Visits:
    """Walk from each of q items (q,), with a seed (q,) of its own.

    Of an item on no board there are no steps and no visits. The number of threads changes nothing in the result.
    """
    n_steps, sizes = np.zeros(len(items), np.int64), np.zeros(len(items), np.int64)
    rows = np.flatnonzero(graph.degrees[items] > 0)
    batches = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
    with ThreadPoolExecutor(threads) as pool:
        walked = list(pool.map(lambda some: _walked(graph, items[some], seeds[some], length), batches))
    for some, (of_walk, steps, _) in zip(batches, walked, strict=True):
        sizes[some], n_steps[some] = of_walk, steps
    found = np.concatenate([np.empty(0, np.uint64), *(keys for _, _, keys in walked)])
    counts = MOST_STEPS - ((found >> np.uint64(32)) & np.uint64(MOST_STEPS)).astype(np.int32)
    visited = (found & np.uint64((1 << 32) - 1)).astype(np.int32)
    return Visits(np.concatenate([[0], np.cumsum(sizes)]), visited, counts, n_steps)


def _walked(graph: BoardGraph, items: npt.NDArray[np.integer], seeds: Seeds, length: WalkLength) -> Any:
    from relpins_resources.walks import kernel

    restart = np.uint64(round(length.restart * (1 << kernel.RESTART_BITS)))
    sizes, n_steps, keys = kernel.walked_all(
        (graph.item_indptr, graph.item_boards, graph.board_indptr, graph.board_items),
        items.astype(np.int64),
        seeds.astype(np.uint64),
        length.steps,
        restart,
        length.enough_items,
        length.enough_visits,
    )
    for walked in np.split(keys, np.cumsum(sizes)[:-1]):
        walked.sort()  # in place, each in a core's cache
    return sizes, n_steps, keys
