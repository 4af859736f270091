"""Everything that happens in a world, from its planned pins; nothing here draws or writes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relpins_resources.sample_world.boards import Board, Save, draw_saves, plan_boards, theme_coupling
from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import AS_OF, WorldConfig
from relpins_resources.sample_world.people import Person, plan_people
from relpins_resources.sample_world.recipes import all_themes
from relpins_resources.sample_world.searches import Search, play_searches
from relpins_resources.sample_world.sessions import Crowd, Event, play_sessions
from relpins_resources.sample_world.themes import Theme, affinities


@dataclass(frozen=True)
class World:
    """Plans and happenings; people, pins, boards and themes refer to each other by position."""

    specs: Sequence[PinSpec]
    themes: Sequence[Theme]
    chances: np.ndarray  # (n_pins, n_themes), see `themes.affinities`
    coupling: np.ndarray  # (n_themes, n_themes), see `boards.theme_coupling`
    people: Sequence[Person]
    boards: Sequence[Board]
    saves: Sequence[Save]
    events: Sequence[Event]
    searches: Sequence[Search]


def play_world(config: WorldConfig, seed: int, specs: Sequence[PinSpec]) -> World:
    """People, boards, saves, sessions and searches about the pins of `specs`."""
    themes = all_themes()
    chances = affinities(config, seed, specs, themes)
    people = plan_people(config, seed, len(specs), themes)
    boards = plan_boards(config, seed, len(specs), people, themes, chances.sum(axis=0) > 0)
    saves = draw_saves(seed, specs, boards, chances)
    coupling = theme_coupling(boards)
    found_age = np.array(
        [-1.0 if s.discoverable_at is None else (AS_OF - s.discoverable_at).total_seconds() / 86_400 for s in specs]
    )
    crowd = Crowd(config, specs, people, chances @ coupling @ chances.T, found_age)
    events = play_sessions(crowd, seed, boards, saves, chances)
    searches = play_searches(config, seed, specs, people, chances, found_age)
    return World(specs, themes, chances, coupling, people, boards, saves, events, searches)
