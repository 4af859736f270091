"""Faiss IVF,SQ8: rows in k-means cells, scanned as bytes. An extra: faster queries for a slower build."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from relpins_resources.ann.approximate import ApproximateIndex, ApproximateOptions, Prober
from relpins_resources.ann.scores import FloatArray, IntArray
from relpins_resources.errors import RelpinsError

_FILE = "cells.faiss"
_ROWS_PER_CELL_TO_TRAIN = 64


@dataclasses.dataclass(frozen=True)
class FaissOptions(ApproximateOptions):
    """n_cells: k-means cells; 0 stands for 2 sqrt(n)."""

    n_cells: int = 0


class FaissIndex(ApproximateIndex):
    """Inverted file with 8-bit scalar quantisation over inner product; its effort is how many cells it opens.

    Queries run one by one: in a batch faiss picks cells with another kernel, whose last bits differ.
    """

    backend = "faiss"
    options_type = FaissOptions
    first_effort = 2

    @classmethod
    def _write_structure(cls, folder: Path, vectors: FloatArray, seed: int, options: Any) -> dict[str, Any]:
        faiss = _faiss()
        n_cells = min(options.n_cells or int(2 * len(vectors) ** 0.5), len(vectors) // 2) or 1
        cells = faiss.IndexFlatIP(vectors.shape[1])
        index = faiss.IndexIVFScalarQuantizer(
            cells, vectors.shape[1], n_cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.seed = seed
        index.cp.min_points_per_centroid = 1  # small indexes are legal; faiss would warn
        index.cp.max_points_per_centroid = _ROWS_PER_CELL_TO_TRAIN
        index.train(vectors)
        index.add(vectors)
        faiss.write_index(index, str(folder / _FILE))
        return {"n_cells": n_cells}

    @classmethod
    def _open_prober(cls, folder: Path, manifest: Mapping[str, Any]) -> Prober:
        return _FaissProber(folder / _FILE)

    @classmethod
    def _most_effort(cls, n_vectors: int, facts: Mapping[str, Any]) -> int:
        return max(cls.first_effort, int(facts["n_cells"]) // 4)


class _FaissProber:
    def __init__(self, path: Path) -> None:
        self._faiss = _faiss()
        self._index = self._faiss.read_index(str(path), self._faiss.IO_FLAG_MMAP)
        # every search would start a thread per cell to read ahead, which takes ten times as long as the search
        self._faiss.downcast_InvertedLists(self._index.invlists).prefetch_nthread = 0

    def probe(self, query: FloatArray, n_wanted: int, effort: int) -> IntArray:
        parameters = self._faiss.SearchParametersIVF(nprobe=effort)
        _, positions = self._index.search(query[None], n_wanted, params=parameters)
        return np.asarray(positions[0][positions[0] >= 0], np.int64)


def _faiss() -> Any:
    try:
        return importlib.import_module("faiss")
    except ModuleNotFoundError as error:
        raise RelpinsError(
            "ann backend 'faiss' needs the package faiss-cpu, which is not installed;"
            " install it with: pip install 'relpins[faiss]', or choose annoy or exact"
        ) from error
