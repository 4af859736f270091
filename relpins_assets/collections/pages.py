"""Landing pages: what each is made of, and its row. What stands on them as HTML belongs to `export`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from relpins_assets.collections.gate import kept_out
from relpins_assets.collections.intros import Facts, intro_of
from relpins_assets.collections.looks import Usual, alikeness, usual_alikeness
from relpins_assets.collections.related import canonical_of, related_of
from relpins_assets.collections.titles import distinct_titles, title_of, unique_slugs
from relpins_assets.profile import Collections
from relpins_assets.vocabulary.vocabulary import Vocabulary, load_vocabulary
from relpins_resources.describers.words import usable_text
from relpins_resources.lake import Lake

PAGES_FROM = (
    "shopping_collections",
    "judged_topics",
    "attribute_vocabulary",
    "raw_attributes",
    "raw_pins",
    "clip_embeddings",
)
"""Assets that pages are made from."""
MAX_COLORS = 3
LEAST_COLOR_SHARE = 0.15
"""A colour is named if it is found on so many of the pins, and on two."""

COLLECTIONS = """
SELECT c.topic_id, t.query, t.attribute_ids, t.score AS topic_score,
       list(c.pin_id ORDER BY c.rank) AS pin_ids, round(avg(c.score), 6) AS mean_score
FROM shopping_collections c JOIN judged_topics t USING (topic_id) JOIN collection_pools p USING (topic_id)
WHERE p.is_published GROUP BY ALL ORDER BY c.topic_id
"""
PRICES = """
WITH priced AS (
    SELECT c.topic_id, coalesce(p.currency, '') AS currency, p.price
    FROM shopping_collections c JOIN raw_pins p USING (pin_id) WHERE p.price > 0 AND isfinite(p.price)),
told AS (
    SELECT topic_id, currency, count(*) AS n_priced, min(price) AS lowest, max(price) AS highest
    FROM priced GROUP BY ALL)
SELECT * FROM told QUALIFY row_number() OVER (PARTITION BY topic_id ORDER BY n_priced DESC, currency) = 1
"""
COLORS = """
WITH said AS (
    SELECT r.pin_id, coalesce(v.attribute_id, 'color/' || r.value) AS attribute_id, coalesce(v.value, r.value) AS color,
           r.source <> 'pixels' AS in_words
    FROM raw_attributes r
    LEFT JOIN (SELECT attribute_id, value, unnest(members) AS form FROM attribute_vocabulary WHERE key = 'color') v
    ON v.form = r.value WHERE r.key = 'color' AND r.source <> 'boards')
SELECT c.topic_id, s.color, s.in_words, count(DISTINCT c.pin_id) AS n
FROM shopping_collections c JOIN said s USING (pin_id) JOIN judged_topics t USING (topic_id)
WHERE NOT list_contains(t.attribute_ids, s.attribute_id) GROUP BY ALL ORDER BY c.topic_id, n DESC, s.color
"""


@dataclass(frozen=True)
class Collected:
    """One collection with inventory, and what tells it from others."""

    topic_id: str
    query: str
    attribute_ids: Sequence[str]
    topic_score: float
    pin_ids: Sequence[str]
    mean_score: float


def wanted_pages(lake: Lake, settings: Collections) -> pa.Table:
    """One row per collection with inventory: all that its page says, and why it is kept out where it is.

    Args:
        settings: what a page must have.
    """
    found = [Collected(**row) for row in lake.query(COLLECTIONS).to_pylist()]
    if not found:
        return _table([])
    vocabulary = load_vocabulary(lake)
    titles = _titles(found, vocabulary)
    slugs = unique_slugs(titles)
    members, pins = _matrix([one.pin_ids for one in found])
    looks = alikeness(lake, members, pins)
    reasons = _reasons(found, titles, looks, usual_alikeness(lake), settings)
    canonical, related = _neighbours(found, members, vocabulary, [reason is None for reason in reasons])
    facts = _facts(lake, found)
    return _table(
        [
            {
                "topic_id": one.topic_id,
                "slug": slugs[one.topic_id],
                "title": titles[one.topic_id],
                "query": one.query,
                **facts[one.topic_id],
                "related_topic_ids": [found[other].topic_id for other in related[place]],
                "canonical_topic_id": found[canonical[place]].topic_id,
                "reason": reasons[place],
            }
            for place, one in enumerate(found)
        ]
    )


def page_rows(wanted: pa.Table) -> pa.Table:
    """Rows of landing_pages for a batch of `wanted_pages`, without fingerprint."""
    pages = wanted.to_pylist()
    kept = ["topic_id", "slug", "title", "n_pins", "related_topic_ids", "canonical_topic_id", "reason"]
    said = [usable_text(page["query"]) or page["title"] for page in pages]
    intros = [
        intro_of(query, Facts(**{name: page[name] for name in _FACTS})) for query, page in zip(said, pages, strict=True)
    ]
    rows = wanted.select(kept).append_column("intro", pa.array(intros, pa.string()))
    return rows.append_column("is_published", pa.array([page["reason"] is None for page in pages], pa.bool_()))


def _titles(found: Sequence[Collected], vocabulary: Vocabulary) -> dict[str, str]:
    """Distinct titles by topic."""
    named = {one.topic_id: [vocabulary[name] for name in one.attribute_ids if name in vocabulary] for one in found}
    titles = {one.topic_id: title_of(one.query, [each.value for each in named[one.topic_id]]) for one in found}
    told = {topic: [f"{each.key}: {each.value}" for each in attributes] for topic, attributes in named.items()}
    return distinct_titles(titles, told)


def _reasons(
    found: Sequence[Collected],
    titles: Mapping[str, str],
    looks: Sequence[float | None],
    usual: Usual | None,
    settings: Collections,
) -> list[str | None]:
    """Per collection why it is kept out; None where it is not."""
    least = settings.min_pins, settings.min_score
    return [
        kept_out(titles[one.topic_id], len(one.pin_ids), one.mean_score, alike, usual, *least)
        for one, alike in zip(found, looks, strict=True)
    ]


def _neighbours(
    found: Sequence[Collected], members: sparse.csr_matrix, vocabulary: Vocabulary, is_fit: Sequence[bool]
) -> tuple[list[int], list[list[int]]]:
    """Per collection the place of its canonical page, and of those related to it; none of one that is kept out.

    Of near-duplicates the one with fewest attributes stands for the others: it is what most people ask for.
    """
    fit = [place for place, is_so in enumerate(is_fit) if is_so]
    order = sorted(fit, key=lambda place: _standing(found[place]))
    canonical = canonical_of(members, order)
    is_offered = np.array([is_fit[place] and canonical[place] == place for place in range(len(found))])
    attributes, names = _matrix([one.attribute_ids for one in found])
    idf = np.array([vocabulary[name].idf if name in vocabulary else 0.0 for name in names])
    related = related_of(members, attributes, idf, is_offered)
    return canonical, [near if is_fit[place] else [] for place, near in enumerate(related)]


def _standing(one: Collected) -> tuple[int, int, float, float, str]:
    return len(one.attribute_ids), -len(one.pin_ids), -one.topic_score, -one.mean_score, one.topic_id


def _matrix(groups: Sequence[Sequence[str]]) -> tuple[sparse.csr_matrix, list[str]]:
    """(groups, names) with 1 where a name stands in a group, and the names in order."""
    flat = np.array([name for group in groups for name in group], object)
    names, columns = np.unique(flat, return_inverse=True)
    ends = np.cumsum([0, *(len(group) for group in groups)])
    matrix = sparse.csr_matrix((np.ones(len(flat)), columns, ends), shape=(len(groups), len(names)))
    return matrix, names.tolist()


_FACTS = ("n_pins", "n_priced", "currency", "lowest", "highest", "colors", "color_counts", "has_color_words")


def _facts(lake: Lake, found: Sequence[Collected]) -> dict[str, dict[str, Any]]:
    """By topic the fields of `Facts`."""
    prices = {row.pop("topic_id"): row for row in lake.query(PRICES).to_pylist()}
    said: dict[str, list[Mapping[str, Any]]] = {}
    for row in lake.query(COLORS).to_pylist():
        said.setdefault(row["topic_id"], []).append(row)
    unpriced = {"currency": None, "n_priced": 0, "lowest": None, "highest": None}
    return {
        one.topic_id: {
            "n_pins": len(one.pin_ids),
            **prices.get(one.topic_id, unpriced),
            **_colors(said.get(one.topic_id, []), len(one.pin_ids)),
        }
        for one in found
    }


def _colors(said: Sequence[Mapping[str, Any]], n_pins: int) -> dict[str, Any]:
    """The colours found on most pins: those named in words; where none is, those of the pictures."""
    least = max(2.0, LEAST_COLOR_SHARE * n_pins)
    for in_words in (True, False):
        found = [(row["color"], row["n"]) for row in said if row["in_words"] == in_words and row["n"] >= least]
        if found:
            colors, counts = zip(*found[:MAX_COLORS], strict=True)
            return {"colors": colors, "color_counts": counts, "has_color_words": in_words}
    return {"colors": (), "color_counts": (), "has_color_words": False}


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Wanted rows in fixed types, so that a page's fingerprint does not hang on what other pages hold."""
    texts = pa.list_(pa.string())
    types = {
        **dict.fromkeys(
            ("topic_id", "slug", "title", "query", "currency", "canonical_topic_id", "reason"), pa.string()
        ),
        **dict.fromkeys(("n_pins", "n_priced"), pa.int64()),
        **dict.fromkeys(("lowest", "highest"), pa.float64()),
        **dict.fromkeys(("colors", "related_topic_ids"), texts),
        "color_counts": pa.list_(pa.int64()),
        "has_color_words": pa.bool_(),
    }
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()})
