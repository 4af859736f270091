"""What the ranking stage gives to queries: the lists of `memorised`, the pair features, and the ranker."""

from __future__ import annotations

import pyarrow as pa

from relpins_assets.profile import Profile
from relpins_assets.ranking.engagement import COLUMNS, Engagement
from relpins_assets.ranking.pair_features import PairFeatures
from relpins_assets.ranking.ranker import Ranker
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Catalog, Doubles, Ints

RANKER = "ranker"
Images = tuple[pa.Array, Ints, Ints]
"""(j,) join ids, (n,) place of each item's image among them, (j,) position of the item that stands for each."""


def with_ranking(catalog: Catalog, lake: Lake, profile: Profile, images: Images) -> Catalog:
    """The catalog with what the ranking stage has built, as far as it has; read when a query first needs it."""
    engagement = engagement_of(lake, profile, images)
    if engagement is not None:
        catalog.memorised = lambda: engagement.memorised
    artefact = lake.artefact(RANKER)
    crossed = () if artefact is None else tuple(artefact.manifest["crossed"])
    features = PairFeatures(catalog, lake, engagement, images, crossed)
    catalog.pair_features = features
    ranker = None if artefact is None else Ranker.of(artefact)
    if ranker is not None:

        def scores(items: Ints, queries: Ints, users: Ints) -> Doubles:
            return ranker.scores(features, items, queries)

        catalog.models = {**catalog.models, RANKER: scores}
    return catalog


def engagement_of(lake: Lake, profile: Profile, images: Images) -> Engagement | None:
    """What engagement_coec says of the items; None while it has no row."""
    table = lake.table("engagement_coec")
    if table.count() == 0:
        return None
    seen = table.at(table.version())  # what is read later is of the same state as the rest of the catalog
    return Engagement(lambda: seen.read(list(COLUMNS)), images, profile.ranking.prior)
