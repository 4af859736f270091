"""The judge that counts: what images carry together, and what a search log asks for. It reads no meaning.

Coherence is that of the weakest pair: independence is no fault (most real tuples are independent), only clearly rarer
than chance is, or two values of a key that has one. Intent and phrasing come from a search log; without one they are
None. A kind of attribute that the whole log never names is not held against a topic: such a log cannot know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from relpins_resources.judges.base import (
    HIGHEST,
    LOWEST,
    Demand,
    JudgeInput,
    Judgement,
    KeyValue,
    PairEvidence,
    TopicInput,
)
from relpins_resources.judges.phrasing import natural_query

LEAST_LIFT = 0.3
"""A pair at least so often together, against chance, is coherent."""
PRIOR_PINS = 0.1
"""Images that every pair counts as having together, and as expected: the fewer are expected, the less it proves that
there are none. Chosen on a sample world that nothing is reported on: AUC .61 at 1, .65 at .5, .72 at .1, .72 at .03."""
ORDER_PRIOR = (9.0, 3.0)
"""Queries in and against the usual order of words that every pair counts as having."""
_JOINING = re.compile(r"\b(?:for|with|in|under|over|of)\b")
TOO_LONG = 0.5
"""What each word over the usual length costs."""


class StatisticalJudge:
    """Scores by counts."""

    name = "statistical"
    version = "1"

    def phrase(self, topics: Sequence[TopicInput]) -> Sequence[str]:
        """The attributes in the usual order of words."""
        return [natural_query(topic.attributes) for topic in topics]

    def judge(self, topics: Sequence[JudgeInput]) -> Sequence[Judgement]:
        """Each by its own counts; says in the reason which they were."""
        return [_judge(topic) for topic in topics]


def _judge(given: JudgeInput) -> Judgement:
    coherence, reasons = _coherence(given.pairs)
    if given.demand is None:
        return Judgement(coherence, None, None, f"by counts: {reasons}; no search log to judge intent and phrasing by")
    intent, wanted = _intent(given.demand, given)
    phrasing, said = _phrasing(given.demand, given)
    return Judgement(
        coherence, intent, phrasing, f"by counts: {'; '.join(one for one in (reasons, wanted, said) if one)}"
    )


def _coherence(pairs: Sequence[PairEvidence]) -> tuple[float, str]:
    if not pairs:
        return HIGHEST, "nothing to contradict"
    weakest = min(pairs, key=lambda pair: (_pair_coherence(pair), pair.lift, pair.first, pair.second))
    names = f"{weakest.first[1]} and {weakest.second[1]}"
    if weakest.is_contradiction:
        return LOWEST, f"{names} are two values of {weakest.first[0]}"
    told = f"{names} stand together on {weakest.n_both} images, {weakest.n_expected:.1f} expected"
    return _pair_coherence(weakest), told


def _pair_coherence(pair: PairEvidence) -> float:
    if pair.is_contradiction:
        return LOWEST
    smoothed = (pair.n_both + PRIOR_PINS) / (pair.n_expected + PRIOR_PINS)
    return round(LOWEST + (HIGHEST - LOWEST) * min(1.0, smoothed / LEAST_LIFT), 6)


def _intent(demand: Demand, given: JudgeInput) -> tuple[float | None, str]:
    """5: asked for in full; 4: each of it asked for; 3: one never; 2: none, or kinds that nobody joins."""
    attributes = given.topic.attributes
    known = [attribute for attribute, n in zip(attributes, demand.asked_kinds, strict=True) if n]
    if not known:
        return None, "the search log never names such kinds"
    if demand.n_all and len(known) == len(attributes):
        return HIGHEST, f"{demand.n_all} searches ask for all of it"
    pairs = [pair for pair in demand.pairs if pair.first in known and pair.second in known]
    if not _is_connected(known, [(pair.first, pair.second) for pair in pairs if pair.n_kinds]):
        return 2.0, f"no search joins {' and '.join(sorted({key for key, _ in known}))}"
    unasked = [one for one, n in zip(attributes, demand.asked, strict=True) if one in known and not n]
    if unasked:
        score = 2.0 if len(unasked) == len(known) else 3.0
        return score, f"no search asks for {' or '.join(value for _, value in unasked)}"
    together = sum(1 for pair in pairs if pair.n_together)
    share = together / len(pairs) if pairs else 1.0
    return round(4.0 + 0.9 * share, 6), f"all asked for, {together} of {len(pairs)} pairs of it together"


def _is_connected(attributes: Sequence[KeyValue], joined: Sequence[tuple[KeyValue, KeyValue]]) -> bool:
    """Whether joined pairs lead from each attribute to all others: wool coat, winter coat, so winter wool coat."""
    reached, left = {attributes[0]}, list(joined)
    while any((one in reached) != (other in reached) for one, other in left):
        reached |= {one for pair in left if reached & set(pair) for one in pair}
    return len(reached) == len(set(attributes))


def _phrasing(demand: Demand, given: JudgeInput) -> tuple[float | None, str]:
    """How often queries name these kinds in this order; what a joining word parts may stand in any."""
    known = {key for (key, _), n in zip(given.topic.attributes, demand.asked_kinds, strict=True) if n}
    if not known:
        return None, ""
    places = {attribute: _place(given.query, attribute[1]) for attribute in given.topic.attributes}
    shares = [_usual_share(0, 0)] if len(known) > 1 else [1.0]
    for pair in demand.pairs:
        first, second = places[pair.first], places[pair.second]
        if {pair.first[0], pair.second[0]} <= known and first[0] == second[0]:
            counts = (pair.n_in_order, pair.n_in_reverse)
            shares.append(_usual_share(*(counts if first <= second else counts[::-1])))
    least = min(shares[1:] or shares)
    n_over = max(0, len(given.query.split()) - demand.usual_words)
    score = max(LOWEST, LOWEST + (HIGHEST - LOWEST) * least - TOO_LONG * n_over)
    if n_over:
        return round(score, 6), f"{n_over} words longer than most searches"
    return round(score, 6), f"searches say it in {'this' if least > 0.5 else 'another'} order"


def _place(query: str, value: str) -> tuple[int, int]:
    """How many joining words stand before a value, and where it begins."""
    at = query.find(value)
    return len(_JOINING.findall(query, 0, max(at, 0))), at


def _usual_share(n_so: int, n_otherwise: int) -> float:
    return (n_so + ORDER_PRIOR[0]) / (n_so + n_otherwise + sum(ORDER_PRIOR))
