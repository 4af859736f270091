"""Pixie's random walk with restart, for many items at once: all walkers of all items take a step together.

Each item has walkers of its own, and a step's chances are a hash of the item's seed and the step's number: an item's
visits do not depend on the batch that it is walked in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError
from relpins_resources.walks.board_graph import DEGREE_BITS, BoardGraph, Ints, Packed

Seeds = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int32]

WALKERS = 64
"""Per item; each takes its share of the steps."""
AT_ONCE = 512
"""Items walked together: 32,768 walkers, whose arrays stay in a core's cache."""
CHECK_ROUNDS = 32
"""Rounds between two looks at whether a walk has seen enough: 2,048 steps."""
CHOICE_BITS, RESTART_BITS = 26, 12  # of the 64 of a step: which board, which item on it, whether back to the start
GOLDEN = 0x9E3779B97F4A7C15


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
        if self.steps < 1 or self.enough_items < 1 or self.enough_visits < 1:
            raise RelpinsError(f"{self}: steps, enough_items and enough_visits must be at least 1")
        if not 0 < self.restart < 1:
            raise RelpinsError(f"restart is {self.restart}; give a chance between 0 and 1")


@dataclass(frozen=True)
class Visits:
    """What walks came by: walk i visited items[indptr[i]:indptr[i + 1]], most visits first, ties by item.

    The item that a walk starts from is left out.
    """

    indptr: Ints  # (q + 1,)
    items: Rows  # (v,)
    counts: Rows  # (v,)
    n_steps: Ints  # (q,) steps taken


def walk(graph: BoardGraph, items: npt.NDArray[np.integer], seeds: Seeds, length: WalkLength) -> Visits:
    """Walk from each of q items (q,), with a seed (q,) of its own; an item on no board has no visits and no steps."""
    counts = np.zeros(len(items), np.int64)
    n_steps = np.zeros(len(items), np.int64)
    parts: list[tuple[Ints, Rows, Rows]] = []
    for rows in _batches(np.flatnonzero(graph.degrees[items] > 0)):
        for done, visited, visits, steps in _walked(graph, np.asarray(items)[rows], seeds[rows], length):
            n_steps[rows[done]] = steps
            parts.append((np.repeat(rows[done], (visited >= 0).sum(axis=1)), *_ranked(visited, visits)))
            counts[rows[done]] = (visited >= 0).sum(axis=1)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    if not parts:
        return Visits(indptr, np.empty(0, np.int32), np.empty(0, np.int32), n_steps)
    row, item, visits = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(row, kind="stable")
    return Visits(indptr, item[order], visits[order], n_steps)


def _batches(rows: Ints) -> Iterator[Ints]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _walked(
    graph: BoardGraph, starts: npt.NDArray[np.integer], seeds: Seeds, length: WalkLength
) -> Iterator[tuple[Ints, Rows, Rows, int]]:
    """Walks as they end: which (d,), the items that they came by (d, w), -1 pads, how often (d, w), and their steps."""
    walkers = min(WALKERS, length.steps)
    rounds = length.steps // walkers
    active = np.arange(len(starts))
    home = np.repeat(starts.astype(np.int64)[:, None], walkers, axis=1)  # (b, walkers)
    streams = _mixed(seeds)[:, None] + np.arange(walkers, dtype=np.uint64) * np.uint64(rounds)
    at = home.copy()
    seen = np.empty((len(starts), rounds, walkers), np.int32)
    for done in range(rounds):
        _step(graph, at, home, streams + np.uint64(done), length.restart)
        seen[:, done] = at
        is_last = done + 1 == rounds
        if not is_last and (done + 1) % CHECK_ROUNDS:
            continue
        ordered = seen[:, : done + 1].reshape(len(active), -1)  # a copy, so `seen` keeps its order
        ordered.sort(axis=1)
        ends = np.full(len(active), True) if is_last else _has_enough(ordered, home[:, 0], length)
        if ends.any():
            yield active[ends], *_counted(ordered[ends], home[ends, 0]), (done + 1) * walkers
            active, home, at, streams, seen = (part[~ends] for part in (active, home, at, streams, seen))
        if len(active) == 0:
            return


def _step(graph: BoardGraph, at: Ints, home: Ints, counters: Packed, restart: float) -> None:
    """Move every walker, in place: perhaps back to its start, then to a board of where it is and an item on that."""
    bits = _mixed(counters)
    back = (bits >> np.uint64(64 - RESTART_BITS)) < np.uint64(round(restart * (1 << RESTART_BITS)))
    np.copyto(at, home, where=back)
    boards = graph.item_boards[_chosen(graph.packed_items[at], bits)]
    at[:] = graph.board_items[_chosen(graph.packed_boards[boards], bits >> np.uint64(CHOICE_BITS))]


def _chosen(packed: Packed, bits: Packed) -> Ints:
    """A place in each row, each of its places as likely as any other to a part in 2^26 of its length."""
    bits = bits & np.uint64((1 << CHOICE_BITS) - 1)
    bits *= packed & np.uint64((1 << DEGREE_BITS) - 1)
    bits >>= np.uint64(CHOICE_BITS)
    bits += packed >> np.uint64(DEGREE_BITS)
    return bits.view(np.int64)


def _mixed(keys: Packed) -> Packed:
    """splitmix64: every number a stream of its own, whatever was drawn before."""
    keys = keys * np.uint64(GOLDEN)
    keys ^= keys >> np.uint64(30)
    keys *= np.uint64(0xBF58476D1CE4E5B9)
    keys ^= keys >> np.uint64(27)
    keys *= np.uint64(0x94D049BB133111EB)
    keys ^= keys >> np.uint64(31)
    return keys


def _has_enough(ordered: Rows, own: Ints, length: WalkLength) -> npt.NDArray[np.bool_]:
    """(b,) whether more than `enough_items` items stand in each sorted row `enough_visits` times, its own left out."""
    nth = length.enough_visits - 1
    if ordered.shape[1] <= nth:
        return np.zeros(len(ordered), bool)
    first = np.ones(ordered.shape, bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=first[:, 1:])
    first &= ordered != own[:, None]
    first = first[:, : ordered.shape[1] - nth]
    first &= ordered[:, nth:] == ordered[:, : ordered.shape[1] - nth]
    enough: npt.NDArray[np.bool_] = first.sum(axis=1) > length.enough_items
    return enough


def _counted(ordered: Rows, own: Ints) -> tuple[Rows, Rows]:
    """(d, w) the distinct items of each sorted row but its own, and how often each stands there; -1 and 0 pad."""
    is_first = np.ones(ordered.shape, bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=is_first[:, 1:])
    row, place = np.nonzero(is_first)
    ends = np.append(place[1:], 0)
    ends[np.append(row[1:] != row[:-1], True)] = ordered.shape[1]
    items, counts = ordered[row, place], ends - place
    other = items != own[row]
    row, items, counts = row[other], items[other], counts[other]
    sizes = np.bincount(row, minlength=len(ordered))
    column = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    found = np.full((len(ordered), int(sizes.max(initial=0))), -1, np.int32)
    visits = np.zeros(found.shape, np.int32)
    found[row, column], visits[row, column] = items, counts
    return found, visits


def _ranked(items: Rows, counts: Rows) -> tuple[Rows, Rows]:
    """The rows' items and counts one after the other, each row by count, most first, then by item."""
    key = (np.int64(1 << 31) - counts) << np.int64(32) | items
    key[items < 0] = np.iinfo(np.int64).max
    key.sort(axis=1)
    flat = key[key != np.iinfo(np.int64).max]
    ranked = (flat & np.int64((1 << 32) - 1)).astype(np.int32)
    return ranked, ((1 << 31) - (flat >> np.int64(32))).astype(np.int32)
