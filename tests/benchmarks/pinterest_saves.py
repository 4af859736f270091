"""Collaborative models on real saves: recall@20 and NDCG@20 of the full ranking, what a user already saved masked.

    python tests/benchmarks/pinterest_saves.py [--train FILE [--test FILE]] [--seed N] [--models NAME,...] [--json]

Without --train the file is that of RELPINS_PINTEREST_SAVES, or ../shared/data/pinterest_saves/train.parquet beside the
repository; without --test a random fifth of its pairs is held out, by the seed. Both files: user_id, pin_id.
EASE is the peer. Weights of the ensemble are chosen on a part of the training pairs only, by the same seed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from scipy import sparse

from relpins_resources.collaborative.als import Als
from relpins_resources.collaborative.base import CollaborativeModel, row_blocks
from relpins_resources.collaborative.ease import Ease
from relpins_resources.collaborative.elsa import Elsa
from relpins_resources.collaborative.ensemble import Ensemble, combined
from relpins_resources.collaborative.holdout import split_saves
from relpins_resources.collaborative.item_knn import ItemKnn
from relpins_resources.collaborative.popularity import Popularity
from relpins_resources.collaborative.ranking import masked, quality_of_lists, top_pins, users_of
from relpins_resources.collaborative.two_tower import TwoTower
from relpins_resources.collaborative.user_knn import UserKnn
from relpins_resources.errors import RelpinsError

K = 20
HELD_OUT_SHARE = 0.2
USERS_AT_A_TIME = 2048
MEMBERS = ("item_knn", "user_knn", "als", "elsa")
"""Of the ensemble: unlike models. EASE is not among them, so that the peer stays apart."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", default=",".join(models_of(0)), help="names, by commas; EASE is the peer")
    parser.add_argument("--json", action="store_true", help="one line of JSON alone")
    given = parser.parse_args()
    try:
        train, test = train_and_test(given.train or default_train(), given.test, given.seed)
        rows = measured(train, test, chosen_models(given.models, given.seed), given.seed)
    except RelpinsError as error:
        parser.error(str(error))
    report = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "seed": given.seed, "models": rows}
    print(json.dumps(report, indent=None if given.json else 2))


def models_of(seed: int) -> dict[str, CollaborativeModel]:
    """Every model by name. Settings were chosen on a part of the training pairs of seed 0; EASE's l2 was given."""
    models: list[CollaborativeModel] = [
        Popularity(),
        ItemKnn(),
        UserKnn(),
        Ease(),
        Als(seed=seed),
        Elsa(seed=seed),
        TwoTower(seed=seed),
    ]
    return {model.name: model for model in models}


def chosen_models(names: str, seed: int) -> dict[str, CollaborativeModel]:
    known = models_of(seed)
    unknown = sorted(set(names.split(",")) - set(known))
    if unknown:
        raise RelpinsError(f"unknown models {', '.join(unknown)}; known: {', '.join(known)}")
    return {name: model for name, model in known.items() if name in names.split(",")}


def default_train() -> Path:
    named = os.environ.get("RELPINS_PINTEREST_SAVES")
    return Path(named) if named else Path(__file__).parents[3] / "shared/data/pinterest_saves/train.parquet"


def train_and_test(train: Path, test: Path | None, seed: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Two (n_users, n_pins) matrices that share no pair; whom train does not know has an empty row in it."""
    saved = pairs_in(train)
    others = pairs_in(test) if test else saved[:0]
    shape = tuple(int(n) for n in np.max(np.concatenate([saved, others]), axis=0, initial=0) + 1)
    known = matrix_of(saved, shape)
    if test is None:
        return split_saves(known, HELD_OUT_SHARE, seed)
    wanted = matrix_of(others, shape)
    unseen = sparse.csr_matrix(wanted - wanted.multiply(known))
    unseen.eliminate_zeros()
    return known, unseen


def pairs_in(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(n, 2): user_id and pin_id of each save in a Parquet file."""
    if not path.is_file():
        raise RelpinsError(f"no file {path}; pass --train FILE, a Parquet of user_id and pin_id")
    table = pq.read_table(path, columns=["user_id", "pin_id"])
    return np.column_stack([table["user_id"].to_numpy(), table["pin_id"].to_numpy()]).astype(np.int64)


def matrix_of(pairs: np.ndarray[Any, np.dtype[np.int64]], shape: tuple[int, ...]) -> sparse.csr_matrix:
    distinct = np.unique(pairs, axis=0)
    ones = np.ones(len(distinct), np.float32)
    return sparse.csr_matrix((ones, (distinct[:, 0], distinct[:, 1])), shape=shape)


def measured(
    train: sparse.csr_matrix, test: sparse.csr_matrix, models: Mapping[str, CollaborativeModel], seed: int
) -> list[dict[str, Any]]:
    """A row per model and one of the ensemble: quality on test, seconds to fit and to score."""
    members = [models[name] for name in MEMBERS if name in models]
    ensemble = Ensemble(members, seed=seed) if members else None
    started = time.perf_counter()
    if ensemble:
        ensemble.choose_weights(train)
        said(f"weights {ensemble.weights}", started)
    to_choose = time.perf_counter() - started
    seconds = {name: fitted_in(model, train) for name, model in models.items()}
    weights = ensemble.weights if ensemble else {}
    users = users_of(test)
    lists = top_lists(train[users], models, weights, seconds)
    if ensemble:
        seconds["ensemble"] = to_choose + sum(seconds[member.name] for member in members)
    rows = [row_of(name, lists[name], test[users], seconds[name]) for name in lists]
    return [row | ({"weights": weights} if row["name"] == "ensemble" else {}) for row in rows]


def fitted_in(model: CollaborativeModel, train: sparse.csr_matrix) -> float:
    started = time.perf_counter()
    model.fit(train)
    said(f"fitted {model.name}", started)
    return time.perf_counter() - started


def top_lists(
    rows: sparse.csr_matrix,
    models: Mapping[str, CollaborativeModel],
    weights: Mapping[str, float],
    seconds: dict[str, float],
) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """The K best pins per user, (n, K), by model; the ensemble's from the same scores, so that none is made twice."""
    names = [*models, "ensemble"] if weights else list(models)
    lists = {name: np.empty((rows.shape[0], K), np.int64) for name in names}
    for block in row_blocks(rows.shape[0], USERS_AT_A_TIME):
        scores = {}
        for name, model in models.items():
            started = time.perf_counter()
            scores[name] = model.score(rows[block])
            seconds[name] += time.perf_counter() - started
        if weights:
            scores["ensemble"] = combined((scores[name], weight) for name, weight in weights.items())
        for name in names:
            lists[name][block] = top_pins(masked(scores[name], rows[block]), K)
    return lists


def row_of(
    name: str, lists: np.ndarray[Any, np.dtype[np.int64]], test: sparse.csr_matrix, seconds: float
) -> dict[str, Any]:
    quality = quality_of_lists(lists, test)
    return {
        "name": name,
        f"recall@{K}": round(quality.recall, 4),
        f"ndcg@{K}": round(quality.ndcg, 4),
        "seconds": round(seconds, 1),
    }


def said(what: str, started: float) -> None:
    print(f"{what}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
