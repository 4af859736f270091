"""Judges: how people would search for a tuple of attributes, and whether it makes a collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relpins_resources.errors import RelpinsError
from relpins_resources.judges.base import (
    Demand,
    Judge,
    JudgeInput,
    Judgement,
    KeyValue,
    PairDemand,
    PairEvidence,
    TopicInput,
)
from relpins_resources.judges.phrasing import natural_query
from relpins_resources.judges.statistical import StatisticalJudge

__all__ = [
    "JUDGES",
    "Demand",
    "Judge",
    "JudgeInput",
    "Judgement",
    "KeyValue",
    "PairDemand",
    "PairEvidence",
    "StatisticalJudge",
    "TopicInput",
    "get_judge",
    "natural_query",
]

JudgeFactory = Callable[[Mapping[str, object]], Judge]


def _statistical(config: Mapping[str, object]) -> Judge:
    unknown = sorted(str(key) for key in config if key != "backend")
    if unknown:
        raise RelpinsError(f"judge 'statistical' has no option {', '.join(unknown)}; known: backend")
    return StatisticalJudge()


JUDGES: dict[str, JudgeFactory] = {StatisticalJudge.name: _statistical}
"""Per backend, what makes a judge of it from the profile's `judge` section (`backend` included)."""


def get_judge(config: Mapping[str, object]) -> Judge:
    """Return the judge that a profile names, such as `{"backend": "statistical"}` (the default).

    Raises:
        RelpinsError: the backend or an option is unknown; the message names the known ones.
    """
    backend = config.get("backend", StatisticalJudge.name)
    if not isinstance(backend, str) or backend not in JUDGES:
        raise RelpinsError(f"judge backend {backend!r} is unknown; known: {', '.join(sorted(JUDGES))}")
    return JUDGES[backend](config)
