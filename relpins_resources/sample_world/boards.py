"""Boards and their saves: each board follows a theme of its owner, and draws pins from `themes.affinities`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import AS_OF, WorldConfig, stream
from relpins_resources.sample_world.people import Person
from relpins_resources.sample_world.texts import say
from relpins_resources.sample_world.themes import Theme
from relpins_resources.sample_world.vocabulary import BOARD_FILLERS

NOTES = ("for the new place", "love the color!", "ask mum", "buy this", "so pretty", "try on sunday")


@dataclass(frozen=True)
class Board:
    """One board and its truth: `mixture[t]` is the share of its saves that theme t decides."""

    board_id: str
    owner: int  # position among the people
    theme: int
    title: str
    description: str
    category: str
    mixture: np.ndarray  # (n_themes,)
    ages: tuple[float, ...]  # days before AS_OF of each attempted save, oldest first


@dataclass(frozen=True)
class Save:
    """One pin on one board."""

    board: int
    pin: int
    saved_at: datetime
    note: str


def plan_boards(
    config: WorldConfig,
    seed: int,
    n_pins: int,
    people: Sequence[Person],
    themes: Sequence[Theme],
    reachable: np.ndarray,
) -> list[Board]:
    """Boards of the configured number; `reachable` (n_themes,) bool marks themes that match any pin."""
    rng = stream(seed, "boards")
    count = config.scaled(config.boards, n_pins, 30)
    numbers = rng.choice(np.arange(10_000, 100_000), size=count, replace=False)
    energy = rng.gamma(2.0, 1.0, len(people))
    owners = np.concatenate([np.arange(len(people)), rng.choice(len(people), size=count, p=energy / energy.sum())])
    return [
        _board(config, rng, f"board_{number}", int(owner), people[int(owner)], themes, reachable)
        for number, owner in zip(numbers, owners[:count], strict=True)
    ]


def _board(
    config: WorldConfig, rng: np.random.Generator, board_id: str, owner: int, person: Person,
    themes: Sequence[Theme], reachable: np.ndarray,
) -> Board:  # fmt: skip
    interests = np.where(reachable, person.interests, 0.0)
    interests = interests / interests.sum()
    first, second = (int(t) for t in rng.choice(len(themes), size=2, p=interests))
    mixture = config.board_anything * reachable / reachable.sum()
    mixture[first] += 1 - config.board_anything - config.board_second_theme
    mixture[second] += config.board_second_theme
    theme = themes[first]
    named = rng.random() < 0.86
    title = say(rng, theme.titles[int(rng.integers(len(theme.titles)))], theme.words)
    if not named:
        title = BOARD_FILLERS[int(rng.integers(len(BOARD_FILLERS)))]
    description = f"{say(rng, theme.titles[0], theme.words)}, saved for later." if rng.random() < 0.25 else ""
    spread = config.board_saves_sigma
    size = int(np.clip(rng.lognormal(np.log(config.board_saves_mean) - spread**2 / 2, spread), 4, 70))
    begun = config.save_days * (0.3 + 0.7 * float(rng.random()))
    ages = sorted((begun * rng.random(size) ** config.save_growth).tolist(), reverse=True)
    category = theme.category if rng.random() < 0.8 else ""
    return Board(board_id, owner, first, title, description, category, mixture, tuple(ages))


def draw_saves(seed: int, specs: Sequence[PinSpec], boards: Sequence[Board], chances: np.ndarray) -> list[Save]:
    """Every save of every board: pins that exist and can be found by then, none twice on a board, by chance."""
    rng = stream(seed, "saves")
    found_age = np.array(
        [-1.0 if s.discoverable_at is None else (AS_OF - s.discoverable_at).total_seconds() / 86_400 for s in specs]
    )
    saves = []
    for b, board in enumerate(boards):
        wanted = chances @ board.mixture  # (n_pins,)
        for age in board.ages:
            running = np.cumsum(np.where(found_age > age, wanted, 0.0))
            if running[-1] <= 0:
                continue
            pin = int(np.searchsorted(running, rng.random() * running[-1], side="right"))
            wanted[pin] = 0.0
            note = NOTES[int(rng.integers(len(NOTES)))] if rng.random() < 0.06 else ""
            saves.append(Save(b, pin, AS_OF - timedelta(seconds=max(1, int(age * 86_400))), note))
    return saves


def theme_coupling(boards: Sequence[Board]) -> np.ndarray:
    """m[t, u]: how many ordered pairs of saves on one board are decided by themes t and u.

    The chance that pins p and q are saved on one board grows with chances[p] @ m @ chances[q]; (t, t) float64.
    """
    mixtures = np.stack([board.mixture for board in boards])  # (n_boards, n_themes)
    pairs = np.array([len(board.ages) * (len(board.ages) - 1) for board in boards], dtype=np.float64)
    coupling: np.ndarray = (mixtures * pairs[:, None]).T @ mixtures / pairs.sum()
    return coupling
