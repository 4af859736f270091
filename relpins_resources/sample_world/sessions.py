"""Sessions: lists of pins shown by position, and what people did with them under a known position bias."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from relpins_resources.sample_world.boards import Board, Save
from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import AS_OF, WorldConfig, stream
from relpins_resources.sample_world.people import Person

HEAD_DAYS = 60.0
"""The requests of the often asked query pins lie within this many days before AS_OF."""


@dataclass(frozen=True)
class Event:
    """One row of interactions, with people and pins by position."""

    user: int
    pin: int
    event: str
    at: datetime
    surface: str = ""
    query_pin: int = -1
    position: int = 0
    request: int = -1
    is_randomised: bool = False


@dataclass(frozen=True)
class Crowd:
    """What every session draws from. `together[p, q]` is the oracle's affinity of two pins."""

    config: WorldConfig
    specs: Sequence[PinSpec]
    people: Sequence[Person]
    together: np.ndarray  # (n_pins, n_pins)
    found_age: np.ndarray  # (n_pins,) days before AS_OF since when it can be found; -1 never


def examination(config: WorldConfig, device: str, position: int) -> float:
    """The chance that somebody on `device` looks at the result in `position` (1-based): position ** -decay."""
    return float(position ** -dict(config.examination_decay)[device])


def play_sessions(
    crowd: Crowd, seed: int, boards: Sequence[Board], saves: Sequence[Save], chances: np.ndarray
) -> list[Event]:
    """Every interaction of the world in order of time; request numbers count from 0."""
    player = _Player(crowd)
    player.head_requests(stream(seed, "head requests"))
    player.other_requests(stream(seed, "other requests"), chances)
    player.saves(stream(seed, "session saves"), boards, saves)
    return sorted(player.events, key=lambda e: (e.at, e.user, e.pin, e.event))


class _Player:
    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.events: list[Event] = []
        self.n_requests = 0

    def head_requests(self, rng: np.random.Generator) -> None:
        """Popular query pins, asked again and again: the ground that learning to rank stands on."""
        crowd, config = self.crowd, self.crowd.config
        old = np.flatnonzero(crowd.found_age > HEAD_DAYS)
        popularity = crowd.together[old].sum(axis=1) + 1e-12
        count = min(config.scaled(config.query_pins, len(crowd.specs), 8), len(old) // 2)
        queries = rng.choice(old, size=count, replace=False, p=popularity / popularity.sum())
        for query in (int(q) for q in queries):
            taste = crowd.together[query]
            pool = _best(taste, crowd.found_age > HEAD_DAYS, query, config.result_pool, rng)
            for _ in range(6 + int(rng.poisson(config.requests_per_query_pin - 6))):
                self._request(rng, "related", query, pool, taste, HEAD_DAYS * float(rng.random()))

    def other_requests(self, rng: np.random.Generator, chances: np.ndarray) -> None:
        """Home, search and thin related requests over the whole time."""
        crowd, config = self.crowd, self.crowd.config
        for _ in range(config.scaled(config.other_requests, len(crowd.specs), 30)):
            surface = ("home", "search", "related")[int(rng.choice(3, p=[0.4, 0.25, 0.35]))]
            age = config.save_days * float(rng.random())
            findable = crowd.found_age > age
            if findable.sum() <= config.result_pool:
                continue
            user = int(rng.integers(len(crowd.people)))
            query = int(rng.choice(np.flatnonzero(findable))) if surface == "related" else -1
            taste = crowd.together[query] if query >= 0 else chances @ crowd.people[user].interests
            pool = _best(taste, findable, query, config.result_pool, rng)
            self._request(rng, surface, query, pool, taste, age, user)

    def saves(self, rng: np.random.Generator, boards: Sequence[Board], saves: Sequence[Save]) -> None:
        """The owner's save interaction of nearly every save; some came out of a related-pins list."""
        config = self.crowd.config
        mates: dict[int, list[int]] = {}
        for save in saves:
            owner, earlier = boards[save.board].owner, mates.setdefault(save.board, [])
            draw = float(rng.random())
            if earlier and draw < config.sessioned_saves:
                self._saving_request(rng, owner, earlier[int(rng.integers(len(earlier)))], save)
            elif draw < 0.94:
                self.events.append(Event(owner, save.pin, "save", save.saved_at))
            earlier.append(save.pin)

    def _saving_request(self, rng: np.random.Generator, owner: int, query: int, save: Save) -> None:
        crowd, config = self.crowd, self.crowd.config
        age = (AS_OF - save.saved_at).total_seconds() / 86_400
        taste = crowd.together[query]
        pool = _best(taste, crowd.found_age > age, query, config.result_pool, rng)
        shown = [int(p) for p in pool if p != save.pin][: config.results_per_request - 1]
        looks = np.array([self._looks(owner, k + 1) for k in range(len(shown) + 1)])
        place = int(rng.choice(len(looks), p=looks / looks.sum()))
        shown.insert(place, save.pin)
        self._show(rng, "related", query, shown, taste, age, owner, False, saved=save)

    def _request(
        self, rng: np.random.Generator, surface: str, query: int, pool: np.ndarray, taste: np.ndarray, age: float,
        user: int = -1,
    ) -> None:  # fmt: skip
        config = self.crowd.config
        user = int(rng.integers(len(self.crowd.people))) if user < 0 else user
        is_randomised = bool(rng.random() < config.randomised_share)
        hurry = 50.0 if is_randomised else 0.6
        order = np.argsort(np.arange(len(pool)) * 0.25 + rng.normal(0.0, hurry, len(pool)), kind="stable")
        shown = [int(p) for p in pool[order][: config.results_per_request]]
        self._show(rng, surface, query, shown, taste, age, user, is_randomised)

    def _show(
        self, rng: np.random.Generator, surface: str, query: int, shown: Sequence[int], taste: np.ndarray, age: float,
        user: int, is_randomised: bool, saved: Save | None = None,
    ) -> None:  # fmt: skip
        """One list of results: an impression each, then what examination and relevance bring about."""
        request, self.n_requests = self.n_requests, self.n_requests + 1
        begun = AS_OF - timedelta(seconds=max(90, int(age * 86_400) + 60))
        top = max(float(taste[list(shown)].max()), 1e-12)
        draws = rng.random((len(shown), 4))
        for k, pin in enumerate(shown):
            shown_at = begun + timedelta(milliseconds=300 * k)
            done = ["impression", *self._reactions(user, k + 1, float(taste[pin]) / top, draws[k])]
            for step, event in enumerate(done):
                at = shown_at + timedelta(seconds=4 * step)
                self.events.append(Event(user, pin, event, at, surface, query, k + 1, request, is_randomised))
            if saved is not None and pin == saved.pin:
                self.events.append(
                    Event(user, pin, "save", saved.saved_at, surface, query, k + 1, request, is_randomised)
                )

    def _looks(self, user: int, position: int) -> float:
        return examination(self.crowd.config, self.crowd.people[user].device, position)

    def _reactions(self, user: int, position: int, relevance: float, draws: np.ndarray) -> list[str]:
        """click with chance examination x (base + gain x relevance), and its like."""
        config = self.crowd.config
        looks = self._looks(user, position)
        attraction = config.click_base + config.click_gain * relevance
        events = []
        if draws[0] < looks * (0.04 + 0.4 * attraction):
            events.append("closeup")
        if draws[1] < looks * attraction:
            events.append("click")
            if draws[2] < 0.4:
                events.append("long_click")
        elif draws[3] < looks * 0.015 * (1 - relevance):
            events.append("hide")
        return events


def _best(taste: np.ndarray, findable: np.ndarray, query: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """What a mediocre production ranker would show: the truth under a good deal of noise, best first."""
    score = np.log(taste + taste.max() * 1e-4 + 1e-15) + rng.normal(0.0, 0.8, len(taste))
    score = np.where(findable, score, -np.inf)
    if query >= 0:
        score[query] = -np.inf
    best = np.argpartition(-score, count)[:count] if count < len(score) else np.arange(len(score))
    best = best[np.isfinite(score[best])]
    return best[np.argsort(-score[best], kind="stable")]
