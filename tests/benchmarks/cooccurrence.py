"""Co-occurrence beside scipy's whole product and a DuckDB self-join: seconds, pairs a second, peak memory.

    python tests/benchmarks/cooccurrence.py [--edges 1350000] [--threads 2] [--only relpins] [--crowded 0] [--json]

`--only relpins --edges 10000000 --items 1000000` is the run that the others have no memory for; `--crowded N` adds a
board of N images, of which `relpins, in order` takes all and `relpins, sampled boards` 2,000, as the graph does.
Each method runs in a process of its own on the same edges; what it counts is checked against the others. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_assets.candidates.cooccurrence import cooccurrence

IntArray = npt.NDArray[np.int32]
SAMPLED = "relpins, sampled boards"
MOST_ON_BOARD = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=1_350_000)
    parser.add_argument("--items", type=int, default=150_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="methods whose names begin so")
    parser.add_argument("--crowded", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    boards, items = synthetic_edges(given.edges, given.items)
    boards = np.append(boards, np.full(given.crowded, boards.max() + 1, np.int32))
    items = np.append(items, np.arange(given.crowded, dtype=np.int32))
    report: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "n_edges": len(boards),
        "n_items": given.items,
        "n_boards": int(boards.max()) + 1,
        "methods": {},
    }
    for name in [name for name in METHODS if name.startswith(given.only)]:
        report["methods"][name] = _apart(name, boards, items, given.items, given.threads)
    counted = {result["n_pairs"] for name, result in report["methods"].items() if name != SAMPLED}
    assert len(counted) <= 1, f"methods disagree: {counted}"
    print(json.dumps(report, indent=None if given.json else 2))


def synthetic_edges(n_edges: int, n_items: int, seed: int = 0) -> tuple[IntArray, IntArray]:
    """Distinct (board, item) edges: board sizes log-normal around 35, item popularity falling as rank^-0.6."""
    rng = np.random.default_rng(seed)
    sizes = np.maximum(2, rng.lognormal(np.log(35), 0.6, n_edges // 40)).astype(np.int64)
    boards = np.repeat(np.arange(len(sizes)), sizes)
    boards = np.resize(boards, int(n_edges * 1.02))
    items = (rng.random(len(boards)) ** 2.5 * n_items).astype(np.int64)
    keys = rng.permutation(np.unique(boards * n_items + items))[:n_edges]
    return (keys // n_items).astype(np.int32), (keys % n_items).astype(np.int32)


def blocked_product(boards: IntArray, items: IntArray, n_items: int, threads: int) -> int:
    """The module's own: the ordered list of every item, a block at a time; uncut, so that the counts compare."""
    return sum(len(block.counts) for block in cooccurrence(boards, items, n_items, limit=n_items))


def sampled_product(boards: IntArray, items: IntArray, n_items: int, threads: int) -> int:
    """The same as the graph runs it: 10,000 others an item, and 2,000 images of a board, at most."""
    place = np.argsort(np.argsort(boards, kind="stable"), kind="stable")
    keep = place - np.searchsorted(np.sort(boards), boards) < MOST_ON_BOARD
    return sum(len(block.counts) for block in cooccurrence(boards[keep], items[keep], n_items, limit=10_000))


def whole_product(boards: IntArray, items: IntArray, n_items: int, threads: int) -> int:
    """A·Aᵀ in one go, unordered."""
    ones = np.ones(len(items), np.int32)
    incidence = sparse.coo_array((ones, (items, boards)), shape=(n_items, int(boards.max()) + 1)).tocsr()
    product = incidence @ incidence.T.tocsr()
    return int(product.nnz - np.count_nonzero(product.diagonal()))


def duckdb_join(boards: IntArray, items: IntArray, n_items: int, threads: int) -> int:
    """A self-join of the edges, grouped by pair, materialised unordered."""
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.register("arrays", {"board": boards, "item": items})
        connection.execute("CREATE TABLE edges AS SELECT * FROM arrays")
        connection.execute("""
            CREATE TABLE pairs AS SELECT a.item, b.item AS other, count(*)::INTEGER AS shared_boards
            FROM edges a JOIN edges b USING (board) WHERE a.item <> b.item GROUP BY ALL""")
        row = connection.execute("SELECT count(*) FROM pairs").fetchone()
    assert row is not None
    return int(row[0])


METHODS: dict[str, Callable[[IntArray, IntArray, int, int], int]] = {
    "relpins, in order": blocked_product,
    SAMPLED: sampled_product,
    "scipy whole product, unordered": whole_product,
    "duckdb self-join, unordered": duckdb_join,
}


def _apart(name: str, boards: IntArray, items: IntArray, n_items: int, threads: int) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (name, boards, items, n_items, threads))


def _measured(name: str, boards: IntArray, items: IntArray, n_items: int, threads: int) -> dict[str, Any]:
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far (Linux)
    before = _resident_kb("VmRSS")
    start = time.perf_counter()
    n_pairs = METHODS[name](boards, items, n_items, threads)
    seconds = time.perf_counter() - start
    peak = _resident_kb("VmHWM") - before
    return {
        "n_pairs": n_pairs,
        "seconds": round(seconds, 2),
        "million_pairs_per_second": round(n_pairs / seconds / 1e6, 1),
        "peak_mb_above_input": round(peak / 1024),
    }


def _resident_kb(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


if __name__ == "__main__":
    main()
