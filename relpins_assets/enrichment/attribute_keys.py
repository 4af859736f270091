"""The closed list of keys: what kinds of things may be said of a pin."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from relpins_assets.profile import AttributeKey, Profile

SHIPPED = "attribute_keys.yaml"


def attribute_keys(profile: Profile) -> dict[str, AttributeKey]:
    """The keys of a profile by name, in their order; the shipped ones where it names none."""
    return dict(profile.attributes.keys) or shipped_keys()


def shipped_keys() -> dict[str, AttributeKey]:
    """The shipped keys by name."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, AttributeKey]:
    text = files("relpins_assets.enrichment").joinpath(SHIPPED).read_text(encoding="utf-8")
    return {name: AttributeKey.model_validate(said) for name, said in yaml.safe_load(text).items()}
