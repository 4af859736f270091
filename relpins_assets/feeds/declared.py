"""What a query may name, whether anything has built it yet or not: so a query is checked before there is any data."""

from __future__ import annotations

from collections.abc import Mapping

from relpins_assets.feeds.item_columns import ALIASES, COUNTS, DESCRIBED, OF_PINS, RATES
from relpins_assets.feeds.spaces import SPACES
from relpins_assets.profile import Profile
from relpins_assets.ranking.feature_names import PAIR_FEATURES
from relpins_resources.query.checking.names import Declared
from relpins_resources.query.expressions.values import Kind

TEXT_SPACES = ("content_embedding", "clip_embedding", "pinclip_embedding")
FILTERS = ("exclude_saved",)
"""Filters that come with the language; a profile adds its own under `filters`."""
KINDS: Mapping[str, Kind] = {
    "merchant_tags": "list",
    "colors": "list",
    "created_at": "time",
    "updated_at": "time",
    "price": "number",
    "n_boards": "number",
    "boost": "number",
    "is_object_dominant": "bool",
    **dict.fromkeys((*COUNTS, *RATES), "number"),
}
"""Columns that are no text."""


def declared_names(profile: Profile) -> Declared:
    """Everything that a query of this deployment may name."""
    names = ("item_id", "join_id", "n_boards", "boost", "is_object_dominant", *OF_PINS, *COUNTS, *RATES, *DESCRIBED)
    kinds: dict[str, Kind] = {name: KINDS.get(name, "text") for name in names}
    kinds |= {alias: kinds[name] for alias, name in ALIASES.items()}
    return Declared(
        embeddings=tuple(SPACES),
        item_columns=kinds,
        text_embeddings=TEXT_SPACES,
        pair_features=PAIR_FEATURES,
        filters=(*FILTERS, *profile.filters),
    )
