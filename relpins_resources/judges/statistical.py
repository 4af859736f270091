"""The judge that counts: what images carry together, and what a search log asks for. It reads no meaning.

Coherence is that of the weakest pair: independence is no fault (most real tuples are independent), only clearly rarer
than chance is, or two values of a key that has one. Intent and phrasing come from a search log; without one they are
None. A kind of attribute that the whole log never names is not held against a topic: such a log cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence

from relpins_resources.judges.base import HIGHEST, LOWEST, Demand, JudgeInput, Judgement, PairEvidence, TopicInput
from relpins_resources.judges.phrasing import natural_query

LEAST_LIFT = 0.3
"""A pair at least so often together, against chance, is coherent."""
PRIOR_PINS = 1.0
"""Images that every pair counts as having together, and as expected: few expected images prove nothing."""
PRIOR_KINDS = 3.0
"""Kinds of attributes that were expected together in fewer searches than this, and never were, may yet be."""
ORDER_PRIOR = (3.0, 1.0)
"""Searches in and against the usual order of words that every pair counts as having."""
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
    """5: asked for in full; 4: all asked for, in pairs or kinds; 3: one never; 2: people never join such kinds."""
    known = [place for place, n in enumerate(demand.asked_kinds) if n]
    if not known:
        return None, "the search log never names such kinds"
    if demand.n_all and len(known) == len(demand.asked_kinds):
        return HIGHEST, f"{demand.n_all} searches ask for all of it"
    keys = {given.topic.attributes[place][0] for place in known}
    pairs = [pair for pair in demand.pairs if pair.first[0] in keys and pair.second[0] in keys]
    apart = [pair for pair in pairs if not pair.n_kinds and pair.n_kinds_expected >= PRIOR_KINDS]
    if apart:
        return 2.0, f"searches name {apart[0].first[0]} and {apart[0].second[0]}, never together"
    unasked = [given.topic.attributes[place][1] for place in known if not demand.asked[place]]
    if len(unasked) == len(known):
        return 2.0, f"no search asks for {' or '.join(unasked)}"
    if unasked:
        return 3.0, f"no search asks for {' or '.join(unasked)}"
    together = sum(1 for pair in pairs if pair.n_together)
    share = together / len(pairs) if pairs else 1.0
    return round(4.0 + 0.9 * share, 6), f"all asked for, {together} of {len(pairs)} pairs of it together"


def _phrasing(demand: Demand, given: JudgeInput) -> tuple[float | None, str]:
    known = {key for (key, _), n in zip(given.topic.attributes, demand.asked_kinds, strict=True) if n}
    if not known:
        return None, ""
    places = {attribute: given.query.find(attribute[1]) for attribute in given.topic.attributes}
    shares = [LOWEST + (HIGHEST - LOWEST)] if len(known) < 2 else []
    for pair in demand.pairs:
        if {pair.first[0], pair.second[0]} <= known:
            is_first = places[pair.first] <= places[pair.second]
            n_so = pair.n_in_order if is_first else pair.n_in_reverse
            share = (n_so + ORDER_PRIOR[0]) / (pair.n_in_order + pair.n_in_reverse + sum(ORDER_PRIOR))
            shares.append(LOWEST + (HIGHEST - LOWEST) * share)
    n_over = max(0, len(given.query.split()) - demand.usual_words)
    score = max(LOWEST, min(shares) - TOO_LONG * n_over)
    told = f"{n_over} words longer than most searches" if n_over else "said in the order that searches use"
    return round(score, 6), told if n_over or min(shares) >= 3 else "searches say these kinds in another order"
