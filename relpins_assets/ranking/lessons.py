"""What rankers are fitted and judged on: lists of candidates per query pin with their features, and triplets.

Held out are a fifth of the queries, by the hash of their ids. Memboost is made of the very clicks that are learnt from,
so it is judged, and its weight chosen, with Memboost of one half of the requests and COEC of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.feeds.catalog import Items, load_catalog
from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.engagement import Engagement
from relpins_assets.ranking.expected_rates import Rates
from relpins_assets.ranking.feature_names import LEARNT, MOST_CROSSED
from relpins_assets.ranking.judged_lists import Lists, half_lists, held_out, judged_lists, triplets
from relpins_assets.ranking.loading import Images, engagement_of
from relpins_assets.ranking.pair_features import LEAST_CATEGORY, PairFeatures
from relpins_assets.ranking.ranker import feature_matrix
from relpins_assets.workspace import Workspace
from relpins_resources.query.catalog import Booleans, Doubles, Ints
from relpins_resources.query.pairs import Feature

CATEGORIES = """
WITH held AS (SELECT join_id, unnest(categories) AS category, unnest(category_weights) AS weight FROM pin_joins)
SELECT category FROM held WHERE weight >= ? GROUP BY category ORDER BY count(*) DESC, category LIMIT ?
"""


@dataclass(frozen=True)
class Lesson:
    """All that a ranker is fitted and judged on.

    `lists` are judged by all requests; `half` by one half of them, with `memboost` (q, u) of the other half.
    """

    features: Mapping[str, Feature]
    names: tuple[str, ...]
    crossed: tuple[str, ...]
    lists: Lists
    half: Lists
    memboost: Doubles
    triplets: tuple[Ints, Ints, Ints]
    is_held_out: Booleans  # (t,) of triplets

    def matrix(self, items: Ints, queries: Ints) -> Doubles:
        return feature_matrix(self.features, self.names, items, queries)


def lesson_of(workspace: Workspace, rates: Rates) -> Lesson:
    """What there is to learn from now."""
    lake, profile = workspace.lake, workspace.profile
    catalog, items = load_catalog(lake, profile, as_of=workspace.as_of), Items.of(lake)
    images = (items.join_ids, items.join_of, items.representatives)
    crossed = tuple(lake.query(CATEGORIES, [LEAST_CATEGORY, MOST_CROSSED])["category"].to_pylist())
    features = PairFeatures(catalog, lake, engagement_of(lake, profile, images), images, crossed)
    lists = judged_lists(lake, catalog, profile.ranking.min_impressions, profile.seed)
    half, taught = half_lists(lake, catalog, rates, profile.ranking, profile.seed)
    memboost = _memboost_of(taught, images, profile.ranking, half)
    asked = triplets(lake, catalog)
    names = tuple(name for name in LEARNT if name in features)
    kept = held_out(catalog.item_ids[asked[0]])
    return Lesson(features, names, crossed, lists, half, memboost, asked, kept)


def _memboost_of(rows: pa.Table, images: Images, ranking: Ranking, lists: Lists) -> Doubles:
    boost = Engagement(lambda: rows, images, ranking.prior).memboost(lists.items, lists.queries)
    return np.nan_to_num(boost, nan=0.0)


def content_of(lesson: Lesson) -> str:
    """A hash of all that a fit reads."""
    lists, queries = (lesson.lists, lesson.half), lesson.triplets[0]
    parts: list[npt.NDArray[Any]] = [
        part for one in lists for part in (one.queries, one.items, one.coec, lesson.matrix(one.items, one.queries))
    ]
    parts += [lesson.memboost, lesson.is_held_out]
    parts += [lesson.matrix(one[:, None], queries) for one in lesson.triplets[1:]]
    told = hashlib.sha256(repr((lesson.names, lesson.crossed)).encode())
    for part in parts:
        told.update(np.ascontiguousarray(part).tobytes())
    return told.hexdigest()
