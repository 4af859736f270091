"""Fitting the ranker: RankSVM on triplets and LambdaRank on lists, each with its weight of Memboost, the better taken.

Both are judged on held-out queries, on clicks that neither they nor Memboost saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.expression import EXPRESSION, linear_expression, query_of
from relpins_assets.ranking.feature_names import CROSSED, GROWN
from relpins_assets.ranking.judged_lists import Lists
from relpins_assets.ranking.lambdarank import Trees, fit_lambdarank, grade_bounds, grades
from relpins_assets.ranking.lessons import Lesson
from relpins_assets.ranking.rank_svm import fit_rank_svm, rounded
from relpins_assets.ranking.ranker import TREES
from relpins_resources.query.catalog import Booleans, Doubles

K = 10
LEAST_QUERIES = 5
"""With fewer queries to learn from there is no ranker."""
LEAST_QUERIES_OF_TREES = 40
AS_NEW = 0.3
"""Share of the pins that a copy of the lesson shows as if they were new."""
COPIES = 3
GAMMAS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Weights of Memboost that are tried, as shares of the spread of the scores."""


def fit_ranker(lesson: Lesson, ranking: Ranking, seed: int, folder: Path, version: str) -> dict[str, Any]:
    """Fit both models into a folder: trees, and the linear one as a query; gives the manifest's entries."""
    told: dict[str, Any] = {
        "features": [],
        "crossed": list(lesson.crossed),
        "queries": len(lesson.lists),
        "triplets": len(lesson.triplets[0]),
    }
    if not enough(lesson):
        return {**told, "trained": False, "why": f"fewer than {LEAST_QUERIES} query pins have two pins to compare"}
    weights = _fit_linear(lesson, ranking, seed)
    scored = {"rank_svm": lesson.matrix(lesson.half.items, lesson.half.queries) @ weights}
    if int((~lesson.lists.is_held_out).sum()) >= LEAST_QUERIES_OF_TREES:
        _fit_trees(lesson, seed, folder / TREES)
        matrix = lesson.matrix(lesson.half.items, lesson.half.queries)
        scored["lambdarank"] = Trees(folder / TREES)(matrix.reshape(-1, matrix.shape[-1])).reshape(matrix.shape[:2])
    models = {name: judged(scores, lesson) for name, scores in scored.items()}
    best = max(models, key=lambda name: (models[name]["ndcg@10"], name))
    expression = linear_expression(lesson.names, weights, models["rank_svm"]["gamma"])
    crossed = list(zip(CROSSED, lesson.crossed, strict=False))
    (folder / EXPRESSION).write_text(query_of(expression, crossed, version))
    return {
        **told,
        "trained": True,
        "features": list(lesson.names),
        "weights": dict(zip(lesson.names, weights.tolist(), strict=True)),
        "ranker": best,
        "models": models,
        "held-out queries": int(lesson.half.is_held_out.sum()),
        "expression": expression,
    }


def enough(lesson: Lesson) -> bool:
    """Whether there is enough to learn from."""
    return len(np.unique(lesson.triplets[0][~lesson.is_held_out])) >= LEAST_QUERIES


def judged(scores: Doubles, lesson: Lesson) -> dict[str, float]:
    """The weight of Memboost that orders the learnt queries best, and how the scores do on the held-out ones."""
    half, kept = lesson.half, lesson.half.is_held_out
    spread = float(scores[half.items >= 0].std()) if len(half) else 0.0
    tried = {gamma: _both(scores + gamma * spread * lesson.memboost, half, ~kept) for gamma in GAMMAS}
    gamma = max(GAMMAS, key=lambda one: (tried[one], -one))
    weight = float(rounded(np.array([gamma * spread]))[0])
    final = scores + weight * lesson.memboost
    return {
        "gamma": weight,
        "ndcg@10": _mean(list_ndcg(final, half)[kept]),
        "ndcg@10 without memboost": _mean(list_ndcg(scores, half)[kept]),
        "ndcg@10 of what was shown": _mean(list_ndcg(final, shown_alone(half))[kept]),
    }


def _both(scores: Doubles, lists: Lists, rows: Booleans) -> float:
    return _mean((list_ndcg(scores, lists) + list_ndcg(scores, shown_alone(lists)))[rows])


def shown_alone(lists: Lists) -> Lists:
    """The lists without their random pins."""
    return Lists(lists.queries, np.where(np.isnan(lists.coec), -1, lists.items), lists.coec, lists.is_held_out)


def _mean(values: Doubles) -> float:
    return round(float(values.mean()), 6) if len(values) else 0.0


def _fit_linear(lesson: Lesson, ranking: Ranking, seed: int) -> Doubles:
    queries, better, worse = (one[~lesson.is_held_out] for one in lesson.triplets)
    rows = lesson.matrix(lesson.lists.items, lesson.lists.queries)[lesson.lists.items >= 0]
    scale = rows.std(axis=0) if len(rows) else np.zeros(len(lesson.names))
    rng = np.random.default_rng(seed)
    above, below = (
        np.concatenate(list(_as_new_pins(lesson.matrix(one[:, None], queries)[:, 0], lesson.names, rng)))
        for one in (better, worse)
    )
    return fit_rank_svm(above, below, np.tile(queries, 1 + COPIES), scale, ranking.c, seed)


def _fit_trees(lesson: Lesson, seed: int, file: Path) -> None:
    lists = lesson.lists.where(~lesson.lists.is_held_out)
    there = lists.items >= 0
    graded = grades(lists.coec, grade_bounds(lists.coec))[there]
    matrix = lesson.matrix(lists.items, lists.queries)[there]
    copies = np.concatenate(list(_as_new_pins(matrix, lesson.names, np.random.default_rng(seed))))
    fit_lambdarank(copies, np.tile(graded, 1 + COPIES), np.tile(there.sum(axis=1), 1 + COPIES), seed, file)


def _as_new_pins(matrix: Doubles, names: tuple[str, ...], rng: np.random.Generator) -> Iterator[Doubles]:
    """Rows (r, f) as they are, then copies in which some lack all that a pin has only once it was saved or shown.

    What a log shows is old. Without such rows a ranker learns that a pin without saves is bad, and shows no new one.
    """
    grown = np.array([name in GROWN or name in CROSSED for name in names], bool)
    yield matrix
    for _ in range(COPIES):
        yield np.where((rng.random(len(matrix)) < AS_NEW)[:, None] & grown, 0.0, matrix)


def list_ndcg(scores: Doubles, lists: Lists, k: int = K) -> Doubles:
    """(q,) NDCG@k of each list ordered by scores (q, u): COEC is what a pin gains, a random pin gains nothing."""
    gain = np.nan_to_num(lists.coec, nan=0.0)
    shown = np.where(lists.items >= 0, scores, -np.inf)
    order = np.lexsort((lists.items, -shown), axis=1)[:, :k]
    discount = 1.0 / np.log2(np.arange(order.shape[1]) + 2)
    found = (np.take_along_axis(gain, order, axis=1) * discount).sum(axis=1)
    best = (-np.sort(-gain, axis=1)[:, :k] * discount).sum(axis=1)
    ndcg: Doubles = np.divide(found, best, out=np.zeros_like(found), where=best > 0)
    return ndcg
