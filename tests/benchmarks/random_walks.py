"""Random walks over a synthetic graph of boards: queries and steps a second, and what ending early leaves of a list.

    python tests/benchmarks/random_walks.py [--items 1000000] [--edges 20000000] [--queries 2000] [--threads 2] [--json]

Board sizes are log-normal around 35, items on boards fall off as rank^-0.6. Lists are the first 1,000 by visits; the
overlap of a walk that ended early is with the list of the same seeds walked to the end, beside the overlap of two walks
to the end with other seeds: what chance alone leaves. The peer in the same run is the same walk in numpy, all walkers
of 512 items taking a step together, its visits counted by sorting.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from cooccurrence import synthetic_edges

from relpins_resources.walks.board_graph import BoardGraph
from relpins_resources.walks.pixie import Visits, WalkLength, walk

DEPTH = 1_000
NEVER = {"enough_items": 1 << 30, "enough_visits": 4}
EARLY = {
    "to the end": WalkLength(20_000, 0.3, **NEVER),
    "until 500 items were seen 4 times (default)": WalkLength(20_000, 0.3, 500, 4),
    "until 2000 items were seen 4 times": WalkLength(20_000, 0.3, 2_000, 4),
    "until 500 items were seen 6 times": WalkLength(20_000, 0.3, 500, 6),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--edges", type=int, default=20_000_000)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = measure(given.items, given.edges, given.queries, given.threads)
    print(json.dumps(report, indent=None if given.json else 2))


def measure(n_items: int, n_edges: int, n_queries: int, threads: int) -> dict[str, Any]:
    boards, items = synthetic_edges(n_edges, n_items)
    start = time.perf_counter()
    graph = BoardGraph.from_edges(items, boards, n_items, int(boards.max()) + 1)
    built = time.perf_counter() - start
    asked = np.random.default_rng(1).permutation(np.flatnonzero(graph.degrees > 0))[:n_queries]
    seeds = asked.astype(np.uint64)
    walk(graph, asked[:2], seeds[:2], WalkLength(64, 0.5))  # compiled by now
    found = {name: _timed(graph, asked, seeds, length, threads) for name, length in EARLY.items()}
    whole, seconds, _ = found["to the end"]
    rows = {
        name: {
            "queries_per_second": round(len(asked) / spent, 1),
            "queries_per_cpu_second": round(len(asked) / cpu, 1),
            "million_steps_per_second": round(visits.n_steps.sum() / spent / 1e6, 2),
            "mean_steps": round(float(visits.n_steps.mean())),
            f"overlap@{DEPTH}": round(overlap(visits, whole, DEPTH), 4),
            "overlap@100": round(overlap(visits, whole, 100), 4),
        }
        for name, (visits, spent, cpu) in found.items()
    }
    other = walk(graph, asked, seeds + np.uint64(1 << 40), EARLY["to the end"], threads=threads)
    alone = _timed(graph, asked, seeds, EARLY["to the end"], 1)[1]
    few = asked[:512]
    cpu = time.process_time()
    by_numpy = _peer_seconds(graph, few, EARLY["to the end"]) / len(few)
    cpu = time.process_time() - cpu
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "items": graph.n_items,
        "boards": graph.n_boards,
        "edges": graph.n_edges,
        "seconds_to_build": round(built, 1),
        "queries": len(asked),
        "threads": threads,
        "walks": rows,
        "two seeds, overlap@100": round(overlap(other, whole, 100), 4),
        f"two seeds, overlap@{DEPTH}": round(overlap(other, whole, DEPTH), 4),
        "one thread, queries_per_second": round(len(asked) / alone, 1),
        "numpy peer, one thread, queries_per_second": round(1 / by_numpy, 1),
        "numpy peer, queries_per_cpu_second": round(len(few) / cpu, 1),
        "speed of two threads over one": round(alone / seconds, 2),
        "share of popular items in the first ten": round(popular_share(graph, whole), 4),
        "peak_mb": round(_peak_kb() / 1024),
    }


def _timed(graph: BoardGraph, asked: Any, seeds: Any, length: WalkLength, threads: int) -> tuple[Visits, float, float]:
    start, cpu = time.perf_counter(), time.process_time()
    visits = walk(graph, asked, seeds, length, threads=threads)
    return visits, time.perf_counter() - start, time.process_time() - cpu


def overlap(one: Visits, other: Visits, depth: int) -> float:
    """Mean share of the first `depth` of each list that stand in the first `depth` of the other."""
    shares = []
    for row in range(len(one.n_steps)):
        a, b = (set(v.items[v.indptr[row] : v.indptr[row + 1]][:depth].tolist()) for v in (one, other))
        shares.append(len(a & b) / max(min(depth, max(len(a), len(b))), 1))
    return float(np.mean(shares))


def popular_share(graph: BoardGraph, visits: Visits) -> float:
    """Share of the first ten that are among the 5 % of items on most boards."""
    floor = np.quantile(graph.degrees, 0.95)
    firsts = np.concatenate([visits.items[at : min(at + 10, end)] for at, end in pairwise(visits.indptr)])
    return float((graph.degrees[firsts] > floor).mean())


def _peer_seconds(graph: BoardGraph, asked: Any, length: WalkLength) -> float:
    """The same walk, vectorised: 64 walkers of each item, one round after the other."""
    rng, start = np.random.default_rng(0), time.perf_counter()
    home = np.repeat(asked[:, None], 64, axis=1)
    at, seen = home.copy(), np.empty((len(asked), length.steps // 64, 64), np.int32)
    for done in range(length.steps // 64):
        np.copyto(at, home, where=rng.random(at.shape) < length.restart)
        begin = graph.item_indptr[at]
        board = graph.item_boards[begin + (rng.random(at.shape) * (graph.item_indptr[at + 1] - begin)).astype(np.int64)]
        begin = graph.board_indptr[board]
        size = graph.board_indptr[board + 1] - begin
        at = graph.board_items[begin + (rng.random(at.shape) * size).astype(np.int64)].astype(np.int64)
        seen[:, done] = at
    np.sort(seen.reshape(len(asked), -1), axis=1)
    return time.perf_counter() - start


def _peak_kb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
