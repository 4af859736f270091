"""Whether a judge can tell what people ask for: real queries against real tuples with one value swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.vocabulary.demand import search_demand
from relpins_assets.vocabulary.judging import Known
from relpins_assets.vocabulary.topic_evidence import Ints
from relpins_assets.vocabulary.topics import topic_id_of
from relpins_resources.judges import Judge, TopicInput

LEAST_TUPLES = 20
"""With fewer tuples of each sort nothing is said."""
MAX_TUPLES = 2_000


@dataclass(frozen=True)
class JudgeCheck:
    """How often a real tuple scores above a swapped one (ties count half): area under the ROC curve.

    Args:
        score: by the mean of the scores. coherence: by coherence alone.
        n: real tuples; as many are swapped. is_held_out: whether demand was counted on earlier searches only.
    """

    score: float
    coherence: float
    n: int
    is_held_out: bool


def check_judge(judge: Judge, known: Known, intents: pa.Table, seed: int) -> JudgeCheck | None:
    """The check on tuples that queries first asked for in the later half of the log name, None where there are too few.

    Demand comes from the queries first asked in the earlier half; a tuple named there, or by any query, is never a
    swapped one. Without times the log cannot be halved, and None is returned: a judge is not checked on what it saw.
    """
    earlier, later = _halves(intents)
    demands = [search_demand(part, known.carriers.attributes) for part in (earlier, later)]
    if demands[0] is None or demands[1] is None:
        return None
    named = [{tuple(sorted(set(one))) for one in demand.asked} for demand in demands if demand is not None]
    real = sorted(one for one in named[1] - named[0] if _is_tuple(known, one))[:MAX_TUPLES]
    swapped = _swapped(known, real, named[0] | named[1], seed)
    if min(len(real), len(swapped)) < LEAST_TUPLES:
        return None
    fitted = replace(known, demand=demands[0])
    scores = [_scores(judge, fitted, [np.array(one, np.int64) for one in some]) for some in (real, swapped)]
    areas = [area_under_roc(scores[0][:, column], scores[1][:, column]) for column in (0, 1)]
    return JudgeCheck(areas[0], areas[1], len(real), is_held_out=True)


def area_under_roc(real: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """How likely one of `real` is higher than one of `other`; ties count half (Mann-Whitney), rounded to 1e-6."""
    at = np.sort(other)
    below, upto = np.searchsorted(at, real, "left"), np.searchsorted(at, real, "right")
    return round(float((below + upto).sum() / 2 / (len(real) * len(at))), 6)


def _halves(intents: pa.Table) -> tuple[pa.Table, pa.Table]:
    known = intents.filter(intents["first_at"].is_valid()).sort_by([("first_at", "ascending"), ("query", "ascending")])
    return known.slice(0, known.num_rows // 2), known.slice(known.num_rows // 2)


def _is_tuple(known: Known, places: Sequence[int]) -> bool:
    keys = {known.carriers.attributes[place].key for place in places}
    return 2 <= len(places) <= 4 and len(keys) == len(places)


def _swapped(
    known: Known, real: Sequence[tuple[int, ...]], named: set[tuple[int, ...]], seed: int
) -> list[tuple[int, ...]]:
    """Each real tuple with one value in place of another of its kind, drawn by how many images carry it."""
    rng, n_pins = np.random.default_rng(seed), np.array([one.n_pins for one in known.carriers.attributes], float)
    out = []
    for places in real:
        changed = int(rng.integers(len(places)))
        is_other = known.carriers.key_of == known.carriers.key_of[places[changed]]
        is_other[places[changed]] = False
        weights = n_pins * is_other
        if weights.sum() > 0:
            drawn = int(rng.choice(len(weights), p=weights / weights.sum()))
            tried = tuple(sorted((*places[:changed], drawn, *places[changed + 1 :])))
            out += [] if tried in named else [tried]
    return out


def _scores(judge: Judge, known: Known, tuples: Sequence[Ints]) -> npt.NDArray[np.float64]:
    """(n, 2) the mean score and the coherence of each tuple."""
    attributes = known.carriers.attributes
    named = [[attributes[place] for place in places.tolist()] for places in tuples]
    topics = [
        TopicInput(topic_id_of([one.attribute_id for one in row]), tuple((one.key, one.value) for one in row), 0)
        for row in named
    ]
    said = judge.judge(known.inputs(topics, tuples, list(judge.phrase(topics))))
    return np.array([(one.score, one.coherence) for one in said], np.float64)
