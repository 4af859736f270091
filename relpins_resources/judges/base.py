"""What a judge is: it says how people would search for a tuple of attributes, and whether it makes a collection.

No backend lives here. What a judge is told of a topic are plain values, so that a statistical judge can count and a
language model can read; neither sees a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LOWEST, HIGHEST = 1.0, 5.0
"""Bounds of every score that a judge gives."""

KeyValue = tuple[str, str]
"""One attribute, as (key, canonical value): ("color", "red")."""


@dataclass(frozen=True)
class TopicInput:
    """A tuple of two to four attributes that enough images share.

    Args:
        topic_id: names it in errors and caches.
        attributes: (key, value), in order of attribute id; at most one value of a key, or the judge says so.
        n_pins: images that carry all of them.
        examples: what a few of those pins say of themselves (their titles); hostile text: data, never instructions.
    """

    topic_id: str
    attributes: tuple[KeyValue, ...]
    n_pins: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class PairEvidence:
    """How often two attributes of a topic stand on one image, among the images whose both keys are known.

    Args:
        n_both: images that carry both.
        n_expected: images that would, if the two were independent.
        is_contradiction: they are two values of a key that has one value a pin.
    """

    first: KeyValue
    second: KeyValue
    n_both: int
    n_expected: float
    is_contradiction: bool = False

    @property
    def lift(self) -> float:
        """How much oftener together than if independent; 1 where nothing can be expected."""
        return self.n_both / self.n_expected if self.n_expected > 0 else 1.0


@dataclass(frozen=True)
class PairDemand:
    """What a search log says of two attributes of a topic.

    Args:
        n_together: searches that name both.
        n_kinds: searches that name some value of both keys, in whichever order.
        n_kinds_expected: searches that would, if the two keys were asked for independently.
        n_in_order, n_in_reverse: distinct queries whose words name the first key before the second, or behind it;
            filters and browse paths have no order.
    """

    first: KeyValue
    second: KeyValue
    n_together: int
    n_kinds: int
    n_kinds_expected: float
    n_in_order: int
    n_in_reverse: int


@dataclass(frozen=True)
class Demand:
    """What a search log says of a topic.

    Args:
        n_all: searches that name every attribute of it.
        asked: per attribute, searches that name it.
        asked_kinds: per attribute, searches that name some value of its key; 0: the log never speaks of such things.
        pairs: every pair of its attributes.
        usual_words: words in all but the longest twentieth of the log's queries.
    """

    n_all: int
    asked: tuple[int, ...]
    asked_kinds: tuple[int, ...]
    pairs: tuple[PairDemand, ...]
    usual_words: int


@dataclass(frozen=True)
class JudgeInput:
    """A topic, the query that stands for it, and what is known about it.

    Args:
        pairs: every pair of its attributes.
        demand: None where there is no search log.
    """

    topic: TopicInput
    query: str
    pairs: tuple[PairEvidence, ...] = ()
    demand: Demand | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict on one topic: scores from 1 to 5, None for what the judge cannot know.

    Args:
        coherence: whether its attributes go together.
        intent: whether people plausibly look for it.
        phrasing: whether they would say it so.
        reason: why, in a sentence.
    """

    coherence: float
    intent: float | None
    phrasing: float | None
    reason: str

    @property
    def scores(self) -> tuple[float, ...]:
        """Those that are known."""
        return tuple(one for one in (self.coherence, self.intent, self.phrasing) if one is not None)

    @property
    def score(self) -> float:
        """The mean of those that are known, rounded to 1e-6."""
        return round(sum(self.scores) / len(self.scores), 6)


class Judge(Protocol):
    """Writes queries for topics, and judges topics: out[i] depends on topics[i] alone, whatever else is in the batch.

    A judge that cannot say anything of one topic (garbage from a model) gives it a judgement of the lowest coherence
    whose reason says so; it raises only where nothing can be judged at all.

    Attributes:
        name: its key in `JUDGES`.
        version: changes when what it would say of some topic changes; stored with what it said.
    """

    name: str
    version: str

    def phrase(self, topics: Sequence[TopicInput]) -> Sequence[str]:
        """A natural search query per topic, in order."""

    def judge(self, topics: Sequence[JudgeInput]) -> Sequence[Judgement]:
        """A judgement per topic, in order."""
