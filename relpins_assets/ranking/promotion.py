"""Whether a refitted ranker may take the old one's place: both scored on today's held-out queries."""

from __future__ import annotations

from collections.abc import Callable

from relpins_assets.ranking.fit_ranker import list_ndcg
from relpins_assets.ranking.judged_lists import Lists
from relpins_assets.ranking.lessons import Lesson
from relpins_assets.ranking.ranker import Ranker, feature_matrix
from relpins_resources.lake.artefacts import Artefact

LEAST_HELD_OUT = 20
"""With fewer held-out queries the score is mostly chance, and nobody objects."""
TOLERANCE = 0.01


def objection_to_ranker(lesson: Callable[[], Lesson], new: Artefact, old: Artefact | None) -> str | None:
    """A refit is refused when it orders held-out queries clearly worse than the ranker before."""
    rankers = [None if one is None else Ranker.of(one) for one in (new, old)]
    if rankers[1] is None:
        return None
    if rankers[0] is None:
        return "there is no longer enough to learn from"
    half = lesson().half.where(lesson().half.is_held_out)
    if len(half) < LEAST_HELD_OUT:
        return None
    now, before = (_ndcg(one, lesson(), half) for one in rankers if one is not None)
    if now >= before - TOLERANCE:
        return None
    return f"NDCG@10 on held-out queries is {now:.4f} with the new ranker, {before:.4f} with the one before"


def _ndcg(ranker: Ranker, lesson: Lesson, half: Lists) -> float:
    matrix = feature_matrix(lesson.features, ranker.names, half.items, half.queries)
    return float(list_ndcg(ranker.of_rows(matrix), half).mean())
