"""One hash over everything that a person tunes or words in the world; the tests freeze it."""

import dataclasses
import hashlib
import json

from relpins_resources.sample_world import vocabulary
from relpins_resources.sample_world.config import WorldConfig
from relpins_resources.sample_world.recipes import all_themes
from relpins_resources.sample_world.styles import COLORS, METALS, STYLES, WOODS


def config_hash(config: WorldConfig) -> str:
    """SHA-256 hex of the JSON of the tuning numbers, colours, styles, themes and words."""
    words = {name: value for name, value in vars(vocabulary).items() if name.isupper()}
    definition = {
        "config": dataclasses.asdict(config),
        "colors": [COLORS, WOODS, METALS],
        "styles": [dataclasses.asdict(style) for style in STYLES.values()],
        "themes": [dataclasses.asdict(theme) for theme in all_themes()],
        "words": words,
    }
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
