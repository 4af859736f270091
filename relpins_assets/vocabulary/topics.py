"""Topic candidates: which tuples of attributes could be collections, and how each would be searched for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.profile import Topics
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.itemsets import frequent_tuples, weakest_lift
from relpins_assets.vocabulary.spelling import content_words, spelling_key
from relpins_assets.vocabulary.topic_evidence import Carriers, Ints
from relpins_assets.vocabulary.vocabulary import THINGS
from relpins_resources.judges import natural_query

HEADS = THINGS
"""Kinds that name what a collection is of."""
THEMES = ("style", "occasion", "season", "cuisine", "meal", "mood")
"""Kinds that make a collection without naming a thing, if there is nothing else: "italian dinner"."""
SECTION = "department"
"""A shop's own section says nothing beside the thing itself: "furniture sofa"."""


def topic_id_of(attribute_ids: Sequence[str]) -> str:
    """The name of a tuple of attributes, in whichever order."""
    return "topic_" + hashlib.sha256("\n".join(sorted(attribute_ids)).encode()).hexdigest()[:12]


def mine_topics(given: Carriers, settings: Topics) -> pa.Table:
    """Rows of topic_candidates.

    A topic names a thing, or themes alone; where the vocabulary has no things at all, any tuple may be one. Of more
    than `max_topics` those are kept that name a thing, then those on most images, then by id.
    """
    tables = [
        _topics(given, tuples, counts)
        for tuples, counts in frequent_tuples(given, settings.min_pins, settings.max_attributes)
        if len(tuples)
    ]
    empty = TABLES["topic_candidates"].arrow().empty_table()
    found = pa.concat_tables([empty.append_column("has_head", pa.array([], pa.bool_())), *tables])
    order = [("has_head", "descending"), ("n_pins", "descending"), ("topic_id", "ascending")]
    return found.sort_by(order).slice(0, settings.max_topics).drop_columns(["has_head"]).sort_by("topic_id")


def places_of(given: Carriers, attribute_ids: Sequence[Sequence[str]]) -> list[Ints]:
    """Each tuple as places among the attributes, in rising order."""
    places = {one.attribute_id: place for place, one in enumerate(given.attributes)}
    return [np.array(sorted(places[one] for one in ids), np.int64) for ids in attribute_ids]


def _topics(given: Carriers, tuples: Ints, counts: Ints) -> pa.Table:
    has_head = _names_any(given, tuples, HEADS)
    has_thing = _names_any(given, tuples, HEADS[:-1])
    is_redundant = has_thing & _names_any(given, tuples, (SECTION,))
    is_theme = ~_names_any(given, tuples, [key for key in given.keys if key not in THEMES])
    is_topic = (has_head | is_theme | (not set(HEADS) & set(given.keys))) & ~is_redundant & ~_repeats(given, tuples)
    tuples, counts, has_head = tuples[is_topic], counts[is_topic], has_head[is_topic]
    named = [[given.attributes[place] for place in row] for row in tuples.tolist()]
    ids = [sorted(one.attribute_id for one in row) for row in named]
    return pa.table(
        {
            "topic_id": pa.array([topic_id_of(row) for row in ids], pa.string()),
            "attribute_ids": pa.array(ids, pa.list_(pa.string())),
            "query": pa.array([natural_query([(one.key, one.value) for one in row]) for row in named], pa.string()),
            "n_pins": pa.array(counts, pa.int64()),
            "lift": pa.array(weakest_lift(given, tuples), pa.float64()),
            "has_head": pa.array(has_head, pa.bool_()),
        },
        schema=TABLES["topic_candidates"].arrow().append(pa.field("has_head", pa.bool_())),
    )


def _repeats(given: Carriers, tuples: Ints) -> npt.NDArray[np.bool_]:
    """(n,) whether one value of a tuple says what another says already: "room" beside "dining room"."""
    words = [frozenset(content_words(one.value)) for one in given.attributes]
    spellings = [spelling_key(one.value) for one in given.attributes]
    distinct = sorted({pair for row in tuples.tolist() for pair in permutations(row, 2)})
    repeated = {
        (one, other) for one, other in distinct if words[one] <= words[other] or spellings[one] == spellings[other]
    }
    return np.array([any(pair in repeated for pair in permutations(row, 2)) for row in tuples.tolist()], bool)


def _names_any(given: Carriers, tuples: Ints, keys: Sequence[str]) -> npt.NDArray[np.bool_]:
    """(n,) whether a tuple has an attribute of one of these keys."""
    wanted = [place for place, key in enumerate(given.keys) if key in keys]
    return np.asarray(np.isin(given.key_of[tuples], wanted).any(axis=1), bool)
