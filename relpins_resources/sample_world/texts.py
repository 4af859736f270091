"""Words of people and shops: titles, descriptions, tags; half of them say nothing, as on real boards."""

import string
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import WorldConfig, stream
from relpins_resources.sample_world.vocabulary import CATEGORIES, DESCRIPTIONS, SYNONYMS, TITLES, WORDLESS

SILENT_HEROES = ("mid_century_living_room", "mid_century_kitchen")
SAID_BY_HEROES = {"plant_shelf": "🌿", "scandinavian_kitchen": "inspo", "white_kitchen": ""}
PRICE_BANDS = ((50.0, "under $50"), (100.0, "under $100"), (200.0, "under $200"), (500.0, "under $500"))


@dataclass(frozen=True)
class PinText:
    """What stands beside a pin's picture."""

    title: str
    description: str
    merchant_tags: tuple[str, ...]
    link: str
    category: str


def price_band(price: float | None) -> str:
    """The band of a price in words, '' without a price."""
    if price is None:
        return ""
    return next((band for bound, band in PRICE_BANDS if price < bound), "over $500")


def say(rng: np.random.Generator, template: str, words: Mapping[str, str]) -> str:
    """`template` filled with `words`, each in one of its spellings; '' when a word it needs is missing."""
    needed = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    if any(not words.get(name) for name in needed):
        return ""
    chosen = {name: _spelling(rng, words[name]) for name in needed}
    return template.format(**chosen)


def write_text(config: WorldConfig, seed: int, spec: PinSpec) -> PinText:
    """The words of one pin, from a stream of its own: a repin is described by another person."""
    rng = stream(seed, "text", spec.pin_id)
    kind = "shop" if spec.scene == "furniture shop" else spec.kind
    words = _words(spec)
    title = _one_of(rng, TITLES[kind], words)
    description = _one_of(rng, DESCRIPTIONS[kind], words) if rng.random() < config.description_share else ""
    sold = spec.kind in ("product", "fashion")
    wordless = rng.random() < config.wordless_share * (0.75 if sold else 1.17)
    if (wordless and not spec.hero) or spec.hero in (*SILENT_HEROES, *SAID_BY_HEROES):
        title = SAID_BY_HEROES.get(spec.hero, "" if spec.hero else WORDLESS[int(rng.integers(len(WORDLESS)))])
        description = ""
    tags = _tags(rng, spec) if sold and spec.scene != "furniture shop" and rng.random() < 0.8 else ()
    return PinText(title, description, tags, _link(rng, spec), category_of(spec))


def category_of(spec: PinSpec) -> str:
    """The pin's board category: rooms down to the room."""
    return spec.scene.title() if spec.kind == "room" else CATEGORIES[spec.kind]


def _words(spec: PinSpec) -> dict[str, str]:
    named = {"style": spec.style, "scene": spec.scene, "room": spec.room, "price_band": price_band(spec.price)}
    colors = {"color": spec.colors[0], "accent": spec.colors[1]}
    return {**spec.traits, **named, **colors}


def _one_of(rng: np.random.Generator, templates: tuple[str, ...], words: Mapping[str, str]) -> str:
    """The first of the shuffled templates whose words are all there, now and then in capitals."""
    for i in rng.permutation(len(templates)):
        said = say(rng, templates[int(i)], words)
        if said:
            return said[0].upper() + said[1:] if rng.random() < 0.6 else said
    return ""


def _spelling(rng: np.random.Generator, word: str) -> str:
    spellings = SYNONYMS.get(word, (word,))
    return spellings[int(rng.integers(len(spellings)))]


def _tags(rng: np.random.Generator, spec: PinSpec) -> tuple[str, ...]:
    """A shop's tags in the shop's spelling: what it is, its style, colour, material, and what else it knows."""
    known = [
        spec.scene,
        spec.style,
        spec.colors[0],
        *(spec.traits.get(key, "") for key in ("material", "fit", "sleeve")),
    ]
    more = [spec.traits.get(key, "") for key in ("season", "occasion", "length", "rise", "pattern", "brand", "shape")]
    extra = [word for word in more if word and word != "plain" and rng.random() < 0.5]
    return tuple(_spelling(rng, word) for word in (*known, *extra) if word and rng.random() < 0.9)


def _link(rng: np.random.Generator, spec: PinSpec) -> str:
    if spec.kind in ("product", "fashion") and spec.traits.get("brand"):
        shop = "".join(letter for letter in spec.traits["brand"].lower() if letter.isalpha())
        return f"https://{shop}.example/p/{int(rng.integers(10_000, 99_999))}"
    if spec.kind in ("guide", "food", "travel") and rng.random() < 0.6:
        return f"https://{spec.scene.replace(' ', '-')}.example/{int(rng.integers(100, 999))}"
    return ""
