"""How good collections are: are their first ten pins what the topic says, and how many topics are there?

Precision is judged by an answer key (`attribute_truth`), per family of attributes as the PinLanding paper does
(arXiv 2503.00619), over every published collection; beside it collections made from the search log alone, with the
same minimum inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from relpins_assets.evaluation.attribute_truth import AttributeTruth
from relpins_assets.evaluation.search_log_baseline import search_log_baseline
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary, load_vocabulary
from relpins_resources.lake import Lake

AT = 10
FAMILIES = ("color", "material", "fit", "shape", "style", "season", "occasion", "brand")
"""The families of the paper; every other key is a family of its own, and no part of the mean."""
ALL, MEAN = "all", "mean"
OURS, BASELINE = "collections", "search log"
PRECISION, WHOLE, TOPICS, PINS = "precision@10", "whole precision@10", "unique topics", "pins in them"


@dataclass(frozen=True)
class Collection:
    """A topic's attributes, and its pins in the order shown."""

    attributes: tuple[Attribute, ...]
    pin_ids: tuple[str, ...]


def collection_rows(lake: Lake, truth: AttributeTruth | None, min_pins: int, max_pins: int) -> pa.Table:
    """Rows of collection_quality; without an answer key, counts alone."""
    vocabulary = load_vocabulary(lake)
    systems = {
        OURS: published_collections(lake, vocabulary),
        BASELINE: [
            Collection(tuple(vocabulary[one] for one in topic.attribute_ids if one in vocabulary), topic.pin_ids)
            for topic in search_log_baseline(lake, min_pins=min_pins, limit=max_pins)
        ],
    }
    rows = []
    for system, collections in systems.items():
        n_pins = len({pin for one in collections for pin in one.pin_ids})
        rows.append((system, TOPICS, ALL, float(len(collections)), len(collections)))
        rows.append((system, PINS, ALL, float(n_pins), len(collections)))
        if truth is not None:
            rows += [(system, *row) for row in precisions(collections, truth)]
    names = TABLES["collection_quality"].names
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return pa.table(columns, schema=TABLES["collection_quality"].arrow())


def published_collections(lake: Lake, vocabulary: Vocabulary) -> list[Collection]:
    """Every collection of shopping_collections, in order of topic."""
    rows = lake.query("""
        SELECT c.topic_id, any_value(t.attribute_ids) AS attribute_ids, list(c.pin_id ORDER BY c.rank) AS pin_ids
        FROM shopping_collections c JOIN judged_topics t USING (topic_id) GROUP BY c.topic_id ORDER BY c.topic_id""")
    return [
        Collection(tuple(vocabulary[one] for one in row["attribute_ids"] if one in vocabulary), tuple(row["pin_ids"]))
        for row in rows.to_pylist()
    ]


def precisions(collections: Sequence[Collection], truth: AttributeTruth) -> Iterable[tuple[str, str, float, int]]:
    """(metric, family, value, n) of some collections.

    precision@10 of a family: over collections whose topic has an attribute of it, the mean share of the first ten pins
    of which that attribute is true. whole precision@10: of which every attribute that the key can judge is true. Pins
    that the key does not name count neither way.
    """
    of_family: dict[str, list[float]] = {}
    whole: dict[str, list[float]] = {ALL: []}
    for one in collections:
        judged = [attribute for attribute in one.attributes if truth.can_judge(attribute)]
        shown = [pin for pin in one.pin_ids[:AT] if pin in truth.of_pin]
        if not judged or not shown:
            continue
        holds = np.array([[truth.holds(pin, attribute) for attribute in judged] for pin in shown])
        share = float(holds.all(axis=1).mean())
        whole[ALL].append(share)
        for place, attribute in enumerate(judged):
            of_family.setdefault(attribute.key, []).append(float(holds[:, place].mean()))
            whole.setdefault(attribute.key, []).append(share)
    for metric, shares in ((PRECISION, of_family), (WHOLE, whole)):
        means = {family: (round(float(np.mean(found)), 6), len(found)) for family, found in shares.items() if found}
        yield from ((metric, family, *means[family]) for family in sorted(means))
        known = [means[family][0] for family in FAMILIES if family in means]
        if known:
            yield metric, MEAN, round(float(np.mean(known)), 6), len(known)
