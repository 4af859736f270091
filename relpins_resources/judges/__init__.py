"""Judges: how people would search for a tuple of attributes, and whether it makes a collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from relpins_resources.chat import explained
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
from relpins_resources.judges.openai_compatible import AGAIN, ChatJudge, ChatJudgeConfig
from relpins_resources.judges.phrasing import natural_query
from relpins_resources.judges.statistical import StatisticalJudge
from relpins_resources.lake.answers import Answers

__all__ = [
    "AGAIN",
    "JUDGES",
    "ChatJudge",
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

JudgeFactory = Callable[[Mapping[str, object], Answers | None], Judge]


def _statistical(config: Mapping[str, object], answers: Answers | None) -> Judge:
    unknown = sorted(str(key) for key in config if key != "backend")
    if unknown:
        raise RelpinsError(f"judge 'statistical' has no option {', '.join(unknown)}; known: backend")
    return StatisticalJudge()


def _openai_compatible(config: Mapping[str, object], answers: Answers | None) -> Judge:
    options = {str(name): value for name, value in config.items() if name != "backend"}
    try:
        return ChatJudge(ChatJudgeConfig.model_validate(options), answers)
    except ValidationError as error:
        raise explained(error, f"judge {ChatJudge.name!r}", dict(ChatJudgeConfig.model_fields)) from None


JUDGES: dict[str, JudgeFactory] = {StatisticalJudge.name: _statistical, ChatJudge.name: _openai_compatible}
"""Per backend, what makes a judge of it from the profile's `judge` section (`backend` included)."""


def get_judge(config: Mapping[str, object], answers: Answers | None = None) -> Judge:
    """Return the judge that a profile names, such as `{"backend": "statistical"}` (the default).

    Args:
        answers: where a model's answers are kept, so that nothing is paid for twice; None to keep none.

    Raises:
        RelpinsError: the backend or an option is unknown; the message names the known ones.
    """
    backend = config.get("backend", StatisticalJudge.name)
    if not isinstance(backend, str) or backend not in JUDGES:
        raise RelpinsError(f"judge backend {backend!r} is unknown; known: {', '.join(sorted(JUDGES))}")
    return JUDGES[backend](config, answers)
