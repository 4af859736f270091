"""Whether a refitted dual encoder may take the old one's place: both scored on today's held-out pins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from relpins_assets.assignment.model import Dual, load_dual, phrase_vectors
from relpins_assets.assignment.thresholds import Judged
from relpins_assets.assignment.training import judge, lesson_of
from relpins_assets.fitting import Objection
from relpins_assets.workspace import Workspace
from relpins_resources.lake.artefacts import Artefact

Ints = npt.NDArray[np.int64]
LEAST_TRUE = 30
"""With fewer hidden attributes held out the score is mostly chance, and nobody objects."""
TOLERANCE = 0.01


def objection_to_dual(workspace: Workspace) -> Objection:
    """A refit is refused when it ranks hidden attributes of held-out pins clearly worse than the towers before."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        if old is None or not (old.manifest["trained"] and new.manifest["trained"]):
            return None
        now, before = (_score(workspace, load_dual(one)) for one in (new, old))
        if now is None or before is None or now >= before - TOLERANCE:
            return None
        return (
            f"a hidden attribute stands over {now:.4f} of the wrong ones with the new towers, over {before:.4f} before"
        )

    return objection


def _score(workspace: Workspace, dual: Dual) -> float | None:
    """How likely a hidden attribute's cosine is above that of a wrong one of its key; None with too few of them."""
    lesson = lesson_of(workspace)
    vectors = dual.encoder.of_phrases(phrase_vectors(workspace, lesson.vocabulary.attributes))
    judged = judge(
        lesson, dual.encoder.of_products, vectors, np.flatnonzero(lesson.is_held_out), workspace.profile.seed
    )
    return None if judged.is_true.sum() < LEAST_TRUE else above_wrong(judged, lesson.key_of)


def above_wrong(judged: Judged, key_of: Ints) -> float:
    """Area under the ROC curve within each key, weighed by its true ones."""
    total = n_true = 0.0
    for key in np.unique(key_of):
        own = judged.where(key_of[judged.attributes] == key)
        order = np.argsort(own.cosines, kind="stable")
        is_true = own.is_true[order]
        wrong_below = np.cumsum(~is_true)
        if is_true.any() and wrong_below[-1]:
            total += float(wrong_below[is_true].sum() / wrong_below[-1])
            n_true += float(is_true.sum())
    return total / n_true if n_true else 0.0
