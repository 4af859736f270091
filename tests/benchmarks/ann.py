"""Recall and latency of each ann backend beside the exact scan, on clustered unit vectors.

    python tests/benchmarks/ann.py [--n 100000] [--dim 256] [--backends annoy,exact,faiss]

Queries are rows of the index, themselves left out of recall. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.ann import ANN_BACKENDS, LayeredIndex

LIMITS = (10, 100, 500)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--noise", type=float, default=0.7, help="of each coordinate, beside centres of variance 1")
    parser.add_argument("--backends", default=",".join(ANN_BACKENDS))
    given = parser.parse_args()
    vectors = clustered(given.n, given.dim, given.noise)
    report: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "n": given.n,
        "dim": given.dim,
        "backends": {name: measured(name, vectors) for name in given.backends.split(",")},
    }
    print(json.dumps(report, indent=2))


def clustered(n: int, dim: int, noise: float, seed: int = 0) -> npt.NDArray[np.float32]:
    """(n, dim) unit rows around n / 100 centres."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n // 100, dim), dtype=np.float32)
    rows = centres[rng.integers(len(centres), size=n)] + np.float32(noise) * rng.standard_normal((n, dim), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def measured(backend: str, vectors: npt.NDArray[np.float32]) -> dict[str, Any]:
    ids = [f"pin-{i:07d}" for i in range(len(vectors))]
    with tempfile.TemporaryDirectory() as home:
        start = time.perf_counter()
        index = LayeredIndex.create(Path(home, "index"), ids, vectors, backend)
        report: dict[str, Any] = {
            "build_s": round(time.perf_counter() - start, 1),
            "size_mb": round(sum(p.stat().st_size for p in Path(home).rglob("*") if p.is_file()) / 1e6),
            "structure": index.base.manifest["structure"],
        }
        for limit in LIMITS:
            report[f"recall@{limit}"] = round(index.recall_at(limit), 4)
            report[f"ms_a_query@{limit}, one by one"] = _milliseconds(index, vectors[:50], limit, 1)
            report[f"ms_a_query@{limit}, 1,000 at once"] = _milliseconds(index, vectors[:1000], limit, 1000)
        upserts = (ids[:1000], vectors[-1000:])
        start = time.perf_counter()
        index.updated(Path(home, "next"), upserts)
        report["update_of_1000_rows_s"] = round(time.perf_counter() - start, 2)
    return report


def _milliseconds(index: LayeredIndex, queries: npt.NDArray[np.float32], limit: int, at_once: int) -> float:
    start = time.perf_counter()
    for i in range(0, len(queries), at_once):
        index.search(queries[i : i + at_once], limit)
    return round((time.perf_counter() - start) / len(queries) * 1000, 2)


if __name__ == "__main__":
    main()
