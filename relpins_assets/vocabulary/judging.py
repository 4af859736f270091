"""Which topic candidates become topics: what the judge is told of each, and what follows from what it says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa

from relpins_assets.profile import Topics
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.demand import SearchDemand
from relpins_assets.vocabulary.topic_evidence import Carriers, Ints, counts_at, pairs_within
from relpins_assets.vocabulary.topic_merging import merged_topics
from relpins_assets.vocabulary.topics import HEADS, places_of
from relpins_resources.judges import AGAIN, Judge, JudgeInput, Judgement, PairEvidence, TopicInput

ACCEPTED, REJECTED, MERGED = "accepted", "rejected", "merged"
Row = dict[str, Any]
Examples = Callable[[Sequence[Ints]], Sequence[tuple[str, ...]]]
_TABLE = TABLES["judged_topics"].arrow()
_JUDGEMENTS = pa.schema(
    [field for field in _TABLE if field.name not in ("verdict", "merged_into")] + [("made_from", pa.string())]
)


@dataclass(frozen=True)
class Known:
    """What topics are judged by: the images, the log, the keys that have one value a pin."""

    carriers: Carriers
    demand: SearchDemand | None
    single_keys: Collection[str]

    def inputs(self, topics: Sequence[TopicInput], tuples: Sequence[Ints], queries: Sequence[str]) -> list[JudgeInput]:
        """What the judge is told of each topic."""
        demands = self.demand.of_topics(tuples) if self.demand else [None] * len(tuples)
        return [
            JudgeInput(topic, query, pairs, demand)
            for topic, query, pairs, demand in zip(topics, queries, self.pairs(tuples), demands, strict=True)
        ]

    def pairs(self, tuples: Sequence[Ints]) -> list[tuple[PairEvidence, ...]]:
        """How often each pair of attributes of each tuple stands on one image."""
        first, second, ends = pairs_within(tuples)
        both = counts_at(self.carriers.both, first, second).tolist()
        expected = self.carriers.expected(first, second).tolist()
        told = [self._pair(*pair) for pair in zip(first.tolist(), second.tolist(), both, expected, strict=True)]
        return [tuple(told[start:end]) for start, end in pairwise(ends)]

    def _pair(self, first: int, second: int, n_both: int, n_expected: float) -> PairEvidence:
        one, other = self.carriers.attributes[first], self.carriers.attributes[second]
        is_contradiction = one.key == other.key and one.key in self.single_keys
        return PairEvidence((one.key, one.value), (other.key, other.value), n_both, n_expected, is_contradiction)


def judge_all(
    candidates: pa.Table,
    made_from: Sequence[str],
    known: Known,
    judge: Judge,
    standing: pa.Table | None = None,
    examples: Examples = lambda tuples: [()] * len(tuples),
) -> pa.Table:
    """What the judge says of every candidate: topic_id, attribute_ids, query, scores, reason, judge, made_from.

    Args:
        candidates: rows of topic_candidates.
        made_from: per candidate a name of all that it is judged by but the log.
        standing: what was said before; it stands where `made_from` is the same and the judge was able to answer.
        examples: titles of a few images of each tuple, for judges that read.
    """
    said_before = {row["made_from"]: row for row in standing.to_pylist()} if standing is not None else {}
    stands = {name: row for name, row in said_before.items() if not row["reason"].startswith(AGAIN)}
    rows = [{**row, "made_from": name} for row, name in zip(candidates.to_pylist(), made_from, strict=True)]
    fresh = _judged([row for row in rows if row["made_from"] not in stands], known, judge, examples)
    stands.update((row["made_from"], row) for row in fresh)
    found = sorted((stands[name] for name in made_from), key=lambda row: str(row["topic_id"]))
    return pa.Table.from_pylist(found, schema=_JUDGEMENTS)


def verdicts(judgements: pa.Table, candidates: pa.Table, known: Known, settings: Topics) -> pa.Table:
    """Rows of judged_topics: accepted, rejected or merged, each with its reason."""
    told = [_verdict(row, settings) for row in judgements.drop_columns(["made_from"]).to_pylist()]
    n_pins = dict(zip(candidates["topic_id"].to_pylist(), candidates["n_pins"].to_pylist(), strict=True))
    return pa.Table.from_pylist(_merged(told, known, n_pins), schema=_TABLE)


def topic_inputs(
    rows: Sequence[Row], tuples: Sequence[Ints], known: Known, examples: Sequence[tuple[str, ...]]
) -> list[TopicInput]:
    """Candidates as a judge sees them."""
    named = [[known.carriers.attributes[place] for place in places.tolist()] for places in tuples]
    return [
        TopicInput(row["topic_id"], tuple((one.key, one.value) for one in attributes), row["n_pins"], shown)
        for row, attributes, shown in zip(rows, named, examples, strict=True)
    ]


def _judged(rows: Sequence[Row], known: Known, judge: Judge, examples: Examples) -> list[Row]:
    if not rows:
        return []
    tuples = places_of(known.carriers, [row["attribute_ids"] for row in rows])
    topics = topic_inputs(rows, tuples, known, examples(tuples))
    queries = list(judge.phrase(topics))
    verdicts = list(judge.judge(known.inputs(topics, tuples, queries)))
    assert len(queries) == len(verdicts) == len(rows), "a judge answers once for each topic"
    return [_row(row, query, verdict, judge.name) for row, query, verdict in zip(rows, queries, verdicts, strict=True)]


def _row(candidate: Row, query: str, said: Judgement, name: str) -> Row:
    return {
        "topic_id": candidate["topic_id"],
        "attribute_ids": candidate["attribute_ids"],
        "query": query,
        "coherence": said.coherence,
        "intent": said.intent,
        "phrasing": said.phrasing,
        "score": said.score,
        "reason": said.reason,
        "judge": name,
        "made_from": candidate["made_from"],
    }


def _verdict(row: Row, settings: Topics) -> Row:
    """Accepted if the mean of what is known and the least of it are high enough."""
    scores = {name: row[name] for name in ("coherence", "intent", "phrasing") if row[name] is not None}
    least = min(scores, key=lambda name: (scores[name], name))
    if scores[least] < settings.min_each:
        cut = f"{least} {scores[least]:.1f} is under {settings.min_each:g}; "
    elif row["score"] < settings.min_score:
        cut = f"mean score {row['score']:.2f} is under {settings.min_score:g}; "
    else:
        return {**row, "verdict": ACCEPTED, "merged_into": None}
    return {**row, "verdict": REJECTED, "merged_into": None, "reason": cut + row["reason"]}


def _merged(rows: list[Row], known: Known, n_pins: Mapping[str, int]) -> list[Row]:
    """The rows, near-duplicates among the accepted merged.

    The one that most searches ask for stays; then one that names a thing, the shorter one, the one on more images.
    """
    accepted = [place for place, row in enumerate(rows) if row["verdict"] == ACCEPTED]
    tuples = dict(zip(accepted, places_of(known.carriers, [rows[i]["attribute_ids"] for i in accepted]), strict=True))
    asked = known.demand.searches_for_all(list(tuples.values())) if known.demand and tuples else [0] * len(tuples)
    n_asked = dict(zip(accepted, asked, strict=True))

    def preference(place: int) -> tuple[object, ...]:
        row = rows[place]
        has_head = any(known.carriers.attributes[one].key in HEADS for one in tuples[place].tolist())
        return (
            -int(n_asked[place]),
            not has_head,
            len(row["attribute_ids"]),
            -n_pins[row["topic_id"]],
            row["topic_id"],
        )

    order = sorted(accepted, key=preference)
    first: dict[str, int] = {}
    for place in order:
        first.setdefault(rows[place]["query"], place)
    stays = [place for place in order if first[rows[place]["query"]] == place]
    for place, into in zip(stays, merged_topics(known.carriers, [tuples[one] for one in stays]), strict=True):
        if into is not None:
            said = f"{into[1]:.0%} of the images of {rows[stays[into[0]]]['query']!r} and this are the same"
            rows[place] = _merged_into(rows[place], rows[stays[into[0]]]["topic_id"], said)
    for place in order:
        other = rows[first[rows[place]["query"]]]
        if other["topic_id"] != rows[place]["topic_id"]:
            rows[place] = _merged_into(rows[place], other["merged_into"] or other["topic_id"], "said in the same words")
    return rows


def _merged_into(row: Row, topic_id: str, why: str) -> Row:
    return {**row, "verdict": MERGED, "merged_into": topic_id, "reason": f"{why}; {row['reason']}"}
