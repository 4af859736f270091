"""Annoy: a forest of random-projection trees, quick to build, memory-mapped. The default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import annoy
import numpy as np

from relpins_resources.ann.approximate import ApproximateIndex, ApproximateOptions, Prober
from relpins_resources.ann.scores import FloatArray, IntArray

_FILE = "trees.ann"


@dataclasses.dataclass(frozen=True)
class AnnoyOptions(ApproximateOptions):
    """n_trees: more are larger on disk and find more for the same effort; 0 stands for 30, from 10^6 rows on 50."""

    n_trees: int = 0


class AnnoyIndex(ApproximateIndex):
    """Annoy trees over angular distance, built on one thread from a fixed seed; its effort is `search_k`."""

    backend = "annoy"
    options_type = AnnoyOptions
    first_effort = 500

    @classmethod
    def _write_structure(cls, folder: Path, vectors: FloatArray, seed: int, options: Any) -> dict[str, Any]:
        n_trees = options.n_trees or (30 if len(vectors) < 1_000_000 else 50)
        trees = annoy.AnnoyIndex(vectors.shape[1], "angular")
        trees.set_seed(seed)
        for position, vector in enumerate(vectors):
            trees.add_item(position, vector.tolist())
        trees.build(n_trees, n_jobs=1)  # more threads would make the trees depend on their race
        trees.save(str(folder / _FILE))
        return {"n_trees": n_trees}

    @classmethod
    def _open_prober(cls, folder: Path, manifest: Mapping[str, Any]) -> Prober:
        return _AnnoyProber(folder / _FILE, manifest["dim"])

    @classmethod
    def _most_effort(cls, n_vectors: int, facts: Mapping[str, Any]) -> int:
        return max(cls.first_effort, n_vectors // 4)


class _AnnoyProber:
    def __init__(self, path: Path, dim: int) -> None:
        self._trees = annoy.AnnoyIndex(dim, "angular")
        self._trees.load(str(path))

    def probe(self, query: FloatArray, n_wanted: int, effort: int) -> IntArray:
        return np.array(self._trees.get_nns_by_vector(query.tolist(), n_wanted, effort), np.int64)
