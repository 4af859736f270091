"""The closed list of keys: what kinds of things may be said of a pin."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from relpins_assets.profile import AttributeKey, Profile

SHIPPED = "attribute_keys.yaml"
FROM_COLUMNS = ("price_band", "department")
"""Keys whose values the catalog's columns give: no phrase is typed with them, and no model is asked for them."""


def attribute_keys(profile: Profile) -> dict[str, AttributeKey]:
    """The keys of a profile by name, in their order; the shipped ones where it names none."""
    return dict(profile.attributes.keys) or shipped_keys()


def viewed_keys(profile: Profile) -> dict[str, AttributeKey]:
    """The keys that words and models may speak of."""
    return {name: key for name, key in attribute_keys(profile).items() if name not in FROM_COLUMNS}


def shipped_keys() -> dict[str, AttributeKey]:
    """The shipped keys by name."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, AttributeKey]:
    text = files("relpins_assets.enrichment").joinpath(SHIPPED).read_text(encoding="utf-8")
    return {name: AttributeKey.model_validate(said) for name, said in yaml.safe_load(text).items()}
