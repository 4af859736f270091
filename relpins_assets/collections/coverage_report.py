"""The rows of intent_coverage, and how the share of demand answered compares with collections made from the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from relpins_assets.collections.coverage import Answer, Ask, Coverage, Covered, asks_of, cells_of
from relpins_assets.evaluation.search_log_baseline import search_log_baseline
from relpins_assets.profile import Collections
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.vocabulary import load_vocabulary
from relpins_resources.lake import Lake

FULL = 1.0 - 1e-6
COLLECTIONS, BASELINE = "collections", "search-log baseline"

_ANSWERS = """
    WITH named AS (
        SELECT coalesce(merged_into, topic_id) AS topic_id, unnest(attribute_ids) AS attribute_id
        FROM judged_topics WHERE verdict IN ('accepted', 'merged')),
    attributes AS (SELECT topic_id, list(DISTINCT attribute_id ORDER BY attribute_id) AS attribute_ids
                   FROM named GROUP BY topic_id)
    SELECT c.topic_id, any_value(a.attribute_ids) AS attribute_ids, list(p.price ORDER BY c.rank) AS prices
    FROM shopping_collections c JOIN attributes a USING (topic_id) LEFT JOIN raw_pins p USING (pin_id)
    GROUP BY c.topic_id ORDER BY c.topic_id"""


@dataclass(frozen=True)
class Share:
    """How much of some searches is answered.

    Args:
        system: whose collections.
        searches: which searches.
        n_searches: how many they are.
        answered: mean share of what they ask that is answered, each search counted once.
        in_full: share of them of which all is answered.
    """

    system: str
    searches: str
    n_searches: int
    answered: float
    in_full: float


def coverage_rows(lake: Lake) -> pa.Table:
    """Rows of intent_coverage: every query of the log and every cell, gaps ranked among their kind."""
    vocabulary = load_vocabulary(lake)
    coverage = Coverage(todays_answers(lake), vocabulary)
    asks = asks_of(lake.table("search_intents").read())
    parts = [
        _rows(kind, some, coverage.of(some)) for kind, some in (("query", asks), ("cell", cells_of(asks, vocabulary)))
    ]
    return pa.Table.from_pylist([row for part in parts for row in part], schema=TABLES["intent_coverage"].arrow())


def todays_answers(lake: Lake) -> list[Answer]:
    """The collections there are, in order of topic."""
    return [
        Answer(row["topic_id"], tuple(row["attribute_ids"]), _numbers(row["prices"]))
        for row in lake.query(_ANSWERS).to_pylist()
    ]


def held_out_shares(lake: Lake, settings: Collections) -> list[Share]:
    """Searches whose query was first asked in the later half of the log, answered by today's collections, and by
    collections made from the queries of the earlier half; none where the log has no times.

    Today's collections come from pins; the judge that let them through has counted the whole log.
    """
    intents, vocabulary = lake.table("search_intents").read(), load_vocabulary(lake)
    cut_at = _middle(lake)
    if cut_at is None:
        return []
    first_at = np.array(intents["first_at"].to_pylist(), object)
    is_later = np.array([one is not None and one > cut_at for one in first_at], bool)
    asks = asks_of(intents.filter(pa.array(is_later)))
    earlier = intents.filter(pa.array(~is_later))["query"].to_pylist()
    baseline = Coverage(_baseline_answers(lake, settings, earlier), vocabulary)
    name = "first asked in the later half"
    return [
        share_of(COLLECTIONS, name, asks, Coverage(todays_answers(lake), vocabulary).of(asks)),
        share_of(BASELINE, name, asks, baseline.of(asks)),
    ]


def share_of(system: str, searches: str, asks: Sequence[Ask], covered: Covered) -> Share:
    """The share of these asks that is answered, weighted by how often each was searched."""
    n = np.array([ask.n_searches for ask in asks], np.float64)
    total = max(float(n.sum()), 1.0)
    answered, in_full = float(n @ covered.share) / total, float(n @ (covered.share >= FULL)) / total
    return Share(system, searches, int(n.sum()), round(answered, 6), round(in_full, 6))


def _baseline_answers(lake: Lake, settings: Collections, queries: Sequence[str]) -> list[Answer]:
    topics = search_log_baseline(lake, min_pins=settings.min_pins, limit=settings.max_pins, queries=queries)
    rows = lake.query("SELECT pin_id, price FROM raw_pins WHERE price IS NOT NULL")
    price = dict(zip(rows["pin_id"].to_pylist(), rows["price"].to_pylist(), strict=True))
    return [
        Answer(topic.query, topic.attribute_ids, _numbers([price.get(one) for one in topic.pin_ids]))
        for topic in topics
    ]


def _rows(kind: str, asks: Sequence[Ask], covered: Covered) -> list[dict[str, object]]:
    n = np.array([ask.n_searches for ask in asks], np.float64)
    missing = np.round(n * (1 - covered.share), 6)
    order = sorted(range(len(asks)), key=lambda at: (-missing[at], asks[at].name))
    rank = {at: place for place, at in enumerate((at for at in order if missing[at] > 0), 1)}
    return [
        {
            "kind": kind,
            "name": ask.name,
            "segment": ask.segment,
            "n_searches": ask.n_searches,
            "topic_id": covered.topic_ids[at],
            "covered": float(covered.share[at]),
            "gap_rank": rank.get(at),
        }
        for at, ask in enumerate(asks)
    ]


def _middle(lake: Lake) -> datetime | None:
    rows = lake.query("SELECT quantile_disc(created_at, 0.5) AS cut_at FROM raw_searches")
    found: datetime | None = rows["cut_at"][0].as_py()
    return found


def _numbers(values: Sequence[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in values], np.float64)
