"""A fitted ranker: which features it reads, what each weighs, or trees over them, and what Memboost adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from relpins_assets.ranking.lambdarank import Trees
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.query.catalog import Doubles, Ints
from relpins_resources.query.pairs import Feature

TREES = "trees.txt"
"""In the folder of a ranker whose second model is fitted."""
MEMBOOST = "memboost"


def feature_matrix(features: Mapping[str, Feature], names: tuple[str, ...], items: Ints, queries: Ints) -> Doubles:
    """(b, u, f) the named features of pairs; 0 where one is not known, or is not there at all."""
    found = np.zeros((*items.shape, len(names)))
    for column, name in enumerate(names):
        if name in features:
            found[:, :, column] = np.nan_to_num(features[name](items, queries), nan=0.0)
    return found


@dataclass(frozen=True)
class Ranker:
    """out[i, j] is the score of candidate j of query i; higher is better. Users are not looked at yet.

    Args:
        names: features of weight; `memboost` is none of them.
        weights: (f,) what each adds, as it comes.
        gamma: what a unit of Memboost adds.
        trees: the folder of trees that stand in place of the weights; None for the weights.
    """

    names: tuple[str, ...]
    weights: Doubles
    gamma: float
    trees: Path | None = None

    @classmethod
    def of(cls, artefact: Artefact) -> Ranker | None:
        """The ranker of an artefact; None where there was too little to learn from."""
        said = artefact.manifest
        if not said["trained"]:
            return None
        which = said["models"][said["ranker"]]
        trees = artefact.folder / TREES if said["ranker"] == "lambdarank" else None
        weights = np.array([said["weights"][name] for name in said["features"]])
        return cls(tuple(said["features"]), weights, float(which["gamma"]), trees)

    def scores(self, features: Mapping[str, Feature], items: Ints, queries: Ints) -> Doubles:
        """(b, u) scores of pairs; NaN where there is no pair."""
        found = self.of_rows(feature_matrix(features, self.names, items, queries))
        boost = features[MEMBOOST](items, queries) if self.gamma and MEMBOOST in features else np.zeros(items.shape)
        return np.where((items >= 0) & (queries >= 0)[:, None], found + self.gamma * np.nan_to_num(boost), np.nan)

    def of_rows(self, matrix: Doubles) -> Doubles:
        """(...) scores of features (..., f), Memboost left out."""
        if self.trees is not None:
            flat: Doubles = self._trees(matrix.reshape(-1, matrix.shape[-1])).reshape(matrix.shape[:-1])
            return flat
        total = np.zeros(matrix.shape[:-1])
        for column, weight in enumerate(self.weights):  # one order of summation, whatever the batch
            total += weight * matrix[..., column]
        return total

    @cached_property
    def _trees(self) -> Trees:
        assert self.trees is not None, "asked only where trees were fitted"
        return Trees(self.trees)
