"""How fast queries run over a large synthetic catalog, one at a time and in batch, beside the peer, and in what memory.

    python tests/benchmarks/query_speed.py [--pins 200000] [--backends annoy,faiss] [--folder DIR] [--json]

Measured on one core, warm, unless it says otherwise:

1. live: the strategy `related_pins` for single pins, with the milliseconds of each stage;
2. from lists: the same where the candidate lists were made before (as published feeds have them);
3. the peer: the 100 nearest by look, scored by three weighted similarities, as application code (`traditional_feed.py`)
   and as a query, from the same candidates (blend) and with each one's own search (whole); their orders are compared;
4. batch: feeds of many pins from candidate lists, written as the asset writes them, on two cores; retrieval and the
   whole beside it;
5. memory: a fresh process that opens the catalog and answers queries, beside the bytes of its vectors.

Times are percentiles over pins, each at its best round, with processor time beside them (`query_timing.py`): the cores
may be shared. The world is built in `--folder` by the first run (a million pins take most of an hour) and opened by the
next. Faiss, where it is not installed (`pip install 'relpins[faiss]'`), is left out, and with it the peer's own search.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from query_batches import batch_rates
from query_timing import CPU, TOTAL, Asked, Percentiles, percentiles, rounds
from query_world import built, opened
from threadpoolctl import threadpool_limits
from traditional_feed import TraditionalFeed, agreement

from relpins_assets.feeds.saved import Strategy
from relpins_resources.query.catalog import Catalog, Hits
from relpins_resources.query.checking.saved import load_saved
from relpins_resources.query.execution import Answer, Batch, execute
from relpins_resources.query.language.parser import parse_query

PEER = """
SELECT * FROM similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=100)
ORDER BY score(expression='
    0.5 * similarity(embedding="clip_embedding")
    + 0.3 * similarity(embedding="twotower_embedding")
    + 0.2 * similarity(embedding="content_embedding")
')
LIMIT 20
"""
N_CANDIDATES, N_SHOWN = 100, 20
WARM_UP = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pins", type=int, default=200_000)
    parser.add_argument("--backends", default="annoy,faiss")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "relpins-query-speed"))
    parser.add_argument("--queries", type=int, default=300, help="pins asked for, in every round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-pins", type=int, default=4096)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reader", metavar="BACKEND", help="be the fresh process whose memory is measured")
    given = parser.parse_args()
    if given.reader:
        print(json.dumps(reader_memory(given)))
        return
    backends = [one for one in given.backends.split(",") if one != "faiss" or importlib.util.find_spec("faiss")]
    report: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "pins": given.pins,
    }
    for backend in backends:
        built(given.folder, given.pins, backend)
    for backend in backends:
        report[backend] = measured(given, backend)
    if given.json:
        print(json.dumps(report, indent=2))
    else:
        print_table(report)


def measured(given: argparse.Namespace, backend: str) -> dict[str, Any]:
    """Every figure of one backend."""
    home = built(given.folder, given.pins, backend)
    catalog = opened(home, given.pins, backend)
    pins = np.random.default_rng(7).integers(0, given.pins, given.queries + WARM_UP)
    asked = Asked(catalog.item_ids[pins].tolist(), WARM_UP, given.rounds)
    with threadpool_limits(1):  # faiss's threads too
        report = {**single(catalog, asked), **peer(catalog, asked, home / backend / "clip_embedding", backend)}
    report["batch"] = batch_rates(related_pins(), catalog, given.batch_pins)
    report["memory"] = in_a_fresh_process(given, backend)
    return report


def related_pins() -> Strategy:
    """The saved query as the feeds have it, with its default values."""
    saved = load_saved(Path(str(files("relpins_assets.feeds") / "strategies" / "related_pins.sql")))
    values = {spec.name: spec.default for spec in saved.parameters if spec.name != "item_id"}
    return Strategy(saved.name, saved.query, values, "item_id")


def single(catalog: Catalog, asked: Asked) -> dict[str, Any]:
    """Milliseconds of single queries, live and from candidate lists."""
    strategy = related_pins()

    def ask(pin: str, retrieved: list[Hits] | None = None) -> Answer:
        return execute(strategy.query, catalog, Batch(1, {**strategy.values, "item_id": pin}), retrieved=retrieved)

    live = rounds(asked, lambda pin: ask(pin).milliseconds)
    lists = {pin: list(ask(pin).hits.values()) for pin in asked.all_pins}
    published = rounds(asked, lambda pin: ask(pin, lists[pin]).milliseconds)
    return {"live": percentiles(live), "from lists": percentiles(published)}


def peer(catalog: Catalog, asked: Asked, folder: Path, backend: str) -> dict[str, Any]:
    """Ours and the peer's milliseconds for one blend, and how often their orders agree."""
    query = parse_query(PEER)
    everything = np.arange(len(catalog))
    stores = {name: catalog.embeddings[f"{name}_embedding"] for name in ("clip", "twotower", "content")}
    vectors = {name: space.vectors(everything) for name, space in stores.items() if space is not None}
    theirs = TraditionalFeed(
        visual=vectors["clip"],
        collaborative=vectors["twotower"],
        text=vectors["content"],
        search=faiss_search(folder, backend),
    )
    position = {pin: int(at) for pin, at in zip(asked.all_pins, catalog.positions(asked.all_pins), strict=True)}

    def ask(pin: str, retrieved: list[Hits] | None = None) -> Answer:
        return execute(query, catalog, Batch(1, {"item_id": pin}), retrieved=retrieved)

    lists = {pin: list(ask(pin).hits.values()) for pin in asked.all_pins}
    found = {pin: (hits[0].scores[0].astype(np.float32), hits[0].items[0]) for pin, hits in lists.items()}
    runs: dict[str, Any] = {
        "blend, ours": lambda pin: ask(pin, lists[pin]),
        "blend, as published": lambda pin: theirs.as_published(position[pin], *found[pin], N_SHOWN),
        "blend, careful": lambda pin: theirs.careful(position[pin], *found[pin], N_SHOWN),
        "blend, by arrays": lambda pin: theirs.by_arrays(position[pin], *found[pin], N_SHOWN),
        "whole, ours": ask,
    }
    if backend == "faiss":
        runs["whole, as published"] = lambda pin: theirs.related(position[pin], N_CANDIDATES, N_SHOWN)
        runs["whole, careful"] = lambda pin: theirs.related_carefully(position[pin], N_CANDIDATES, N_SHOWN)
    report = {
        name: percentiles(rounds(asked.fewer(100) if "published" in name else asked, run)) for name, run in runs.items()
    }
    same = [
        agreement(_ranked(ask(pin, lists[pin])), theirs.as_published(position[pin], *found[pin], N_SHOWN))
        for pin in asked.pins[:100]
    ]
    return {"peer": report, "same order": float(np.mean(same))}


def _ranked(answer: Answer) -> list[tuple[int, float]]:
    return list(zip(answer.items[0].tolist(), answer.scores[0].tolist(), strict=True))


def faiss_search(folder: Path, backend: str) -> Any:
    """The search of the peer: the faiss file that our index uses, with as many cells opened, asked directly."""
    if backend != "faiss":
        return None
    import faiss

    manifest = json.loads((folder / "base" / "manifest.json").read_text())
    index = faiss.read_index(str(folder / "base" / "cells.faiss"))
    index.nprobe = manifest["structure"]["efforts"][1]  # tuned for 100 results
    return index.search


def in_a_fresh_process(given: argparse.Namespace, backend: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--pins", str(given.pins), "--folder", str(given.folder), "--reader", backend]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def reader_memory(given: argparse.Namespace) -> dict[str, float]:
    """MB of this process after it opened the catalog and answered queries; of its own, and of mapped files."""
    before = _status()
    catalog = opened(built(given.folder, given.pins, given.reader), given.pins, given.reader)
    strategy = related_pins()
    for pin in catalog.item_ids[np.random.default_rng(8).integers(0, given.pins, given.queries)]:
        execute(strategy.query, catalog, Batch(1, {**strategy.values, "item_id": pin}))
    after = _status()
    dims = sum(space.dim for space in catalog.embeddings.values() if space is not None)
    return {
        "vectors_mb": round(given.pins * dims * 4 / 1e6),
        "rss_mb": after["VmRSS"],
        "own_mb": after["RssAnon"],
        "mapped_mb": after["RssFile"],
        "own_before_mb": before["RssAnon"],
    }


def _status() -> dict[str, int]:
    lines = Path("/proc/self/status").read_text().splitlines()
    wanted = ("VmRSS", "RssAnon", "RssFile")
    held = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(wanted)}
    return {name: round(int(kb) / 1024) for name, kb in held.items()}


def print_table(report: dict[str, Any]) -> None:
    print(f"{report['pins']:,} pins; {report['machine']}")
    for backend, found in report.items():
        if not isinstance(found, dict):
            continue
        print(f"\n{backend:36} {'p50 ms':>8} {'p99 ms':>8} {'p50 cpu':>8} {'p99 cpu':>8}")
        for name in ("live", "from lists"):
            _print_times(name, found[name])
        for name, times in found["peer"].items():
            _print_times(name, times)
        print(f"  {'same order as the peer':34} {found['same order']:8.0%}")
        for name, value in {**found["batch"], **found["memory"]}.items():
            print(f"  {name:34} {value:8,.2f}" if "ms of" in name else f"  {name:34} {value:8,.0f}")


def _print_times(name: str, times: Percentiles) -> None:
    cpu = times[CPU]
    print(f"  {name:34} {times[TOTAL][0]:8.2f} {times[TOTAL][1]:8.2f} {cpu[0]:8.2f} {cpu[1]:8.2f}")
    for stage, (middle, high) in times.items():
        if stage not in (TOTAL, CPU):
            print(f"      {stage:30} {middle:8.2f} {high:8.2f}")


if __name__ == "__main__":
    main()
