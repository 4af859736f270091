"""The people of the world: where they are, what they hold in hand, and what they collect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from relpins_resources.sample_world.config import AS_OF, WorldConfig, stream
from relpins_resources.sample_world.recipes import LIVED_IN
from relpins_resources.sample_world.styles import STYLES
from relpins_resources.sample_world.themes import Theme

DEVICES = ("phone", "tablet", "desktop")
LOCALES = ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "pt-BR", "ja-JP")
TOPICS = ("home", "fashion", "food", "travel", "craft", "life")
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55+")


@dataclass(frozen=True)
class Person:
    """One user; `interests[t]` is the chance that a board of theirs is about theme t."""

    user_id: str
    locale: str
    device: str
    age_band: str
    joined_at: datetime
    styles: tuple[str, ...]
    rooms: tuple[str, ...]
    topics: tuple[str, ...]
    interests: np.ndarray  # (n_themes,)


def plan_people(config: WorldConfig, seed: int, n_pins: int, themes: Sequence[Theme]) -> list[Person]:
    """People with one to three styles, one to three rooms and two or three topics at heart."""
    rng = stream(seed, "people")
    count = config.scaled(config.people, n_pins, 12)
    numbers = rng.choice(np.arange(1000, 10_000), size=count, replace=False)
    return [_person(rng, f"user_{number}", themes) for number in numbers]


def _person(rng: np.random.Generator, user_id: str, themes: Sequence[Theme]) -> Person:
    weights = np.array([style.weight for style in STYLES.values()])
    names = list(STYLES)
    chosen = rng.choice(len(names), size=int(rng.integers(1, 4)), replace=False, p=weights / weights.sum())
    styles = tuple(names[int(i)] for i in chosen)
    rooms = tuple(LIVED_IN[int(i)] for i in rng.choice(len(LIVED_IN), size=int(rng.integers(1, 4)), replace=False))
    topic_chances = np.array([0.42, 0.18, 0.1, 0.1, 0.06, 0.14])
    picked = rng.choice(len(TOPICS), size=int(rng.integers(2, 4)), replace=False, p=topic_chances)
    topics = tuple(TOPICS[int(i)] for i in picked)
    interests = np.array([_interest(theme, styles, rooms, topics) for theme in themes])
    return Person(
        user_id,
        LOCALES[int(rng.choice(len(LOCALES), p=[0.46, 0.16, 0.12, 0.08, 0.08, 0.06, 0.04]))],
        DEVICES[int(rng.choice(len(DEVICES), p=[0.66, 0.1, 0.24]))],
        AGE_BANDS[int(rng.choice(len(AGE_BANDS), p=[0.2, 0.32, 0.22, 0.15, 0.11]))],
        AS_OF - timedelta(days=int(rng.integers(190, 1400)), seconds=int(rng.integers(86_400))),
        styles, rooms, topics, interests / interests.sum(),
    )  # fmt: skip


def _interest(theme: Theme, styles: tuple[str, ...], rooms: tuple[str, ...], topics: tuple[str, ...]) -> float:
    weight = theme.weight * (1.0 if theme.topic in topics else 0.04)
    if theme.style:
        weight *= 1.0 if theme.style in styles else 0.02
    if theme.room:
        weight *= 1.0 if theme.room in rooms else 0.08
    return weight
