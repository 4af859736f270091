"""What people collect: themes, each a recipe of kinds of pins that belong together though they may not look alike.

Every save of the world is drawn from `affinities`, and the oracle multiplies the very same numbers, so it is the
ceiling of what any ranking by pin alone can reach. The themes themselves stand in `recipes.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import WorldConfig, stream

HERO_APPEAL = 3.5
"""Heroes are well known: the median pin has an appeal of 1."""

COPY_APPEAL = 0.5
"""A repin is found half as often as the pin it repeats."""


@dataclass(frozen=True)
class Ingredient:
    """A share of a theme's saves that goes to pins having one of the allowed values under every key."""

    share: float
    wants: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Theme:
    """One reason to keep a board. `words` fill board titles; style, room and topic are what tastes refer to."""

    name: str
    topic: str  # home | fashion | food | travel | craft | life
    category: str
    weight: float
    ingredients: tuple[Ingredient, ...]
    style: str = ""
    room: str = ""
    words: dict[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()


def affinities(config: WorldConfig, seed: int, specs: Sequence[PinSpec], themes: Sequence[Theme]) -> np.ndarray:
    """p[i, t]: the chance that a save of theme t, when every pin is there, falls on pin i.

    Returns (n_pins, n_themes) float64; columns of themes that match no pin are zero, the others sum to 1.
    Pins nobody comes across (`discoverable_at` is None) have zero rows.
    """
    rng = stream(seed, "appeal")
    appeal = np.exp(rng.normal(0.0, config.appeal_sigma, len(specs)))
    noise = np.exp(stream(seed, "theme noise").normal(0.0, config.theme_noise_sigma, (len(specs), len(themes))))
    row_of = {spec.pin_id: i for i, spec in enumerate(specs)}
    for i, spec in enumerate(specs):
        if spec.copy_of:
            noise[i] = noise[row_of[spec.copy_of]]
            appeal[i] *= COPY_APPEAL
        if spec.hero:
            appeal[i] = max(appeal[i], HERO_APPEAL)
        appeal[i] *= (0.5 + spec.quality) * (spec.discoverable_at is not None)
    pull = appeal[:, None] * noise
    keys = {key for theme in themes for part in theme.ingredients for key in part.wants}
    values = {key: np.array([spec.value(key) for spec in specs]) for key in keys}
    return np.stack([_theme_chances(theme, values, pull[:, t]) for t, theme in enumerate(themes)], axis=1)


def _theme_chances(theme: Theme, values: Mapping[str, np.ndarray], pull: np.ndarray) -> np.ndarray:
    total = np.zeros(len(pull))
    for part in theme.ingredients:
        fits = np.ones(len(pull), dtype=bool)
        for key, allowed in part.wants.items():
            fits &= np.isin(values[key], allowed)
        mass = np.where(fits, pull, 0.0)
        if mass.sum() > 0:
            # an ingredient with few pins does not pour its whole share on one of them
            total += part.share * mass / mass.sum() * min(1.0, int(fits.sum()) / 3)
    return total / total.sum() if total.sum() > 0 else total
