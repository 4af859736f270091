"""The search log: a short head, a long tail, sentences and scenarios, by typing, completing, filtering, browsing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import AS_OF, WorldConfig, stream
from relpins_resources.sample_world.people import Person
from relpins_resources.sample_world.texts import say

HEAD_TEMPLATES: dict[str, tuple[str, ...]] = {
    "room": ("{style} {scene}", "{scene} ideas", "{color} {scene}"),
    "product": ("{color} {scene}", "{style} {scene}", "{material} {scene}", "{scene}"),
    "fashion": ("{color} {scene}", "{material} {scene}", "{occasion} outfit", "{season} {scene}", "{sleeve} {scene}"),
    "food": ("{scene} recipe", "{cuisine} {meal}", "{scene}"),
    "travel": ("{scene}", "{season} trips"),
    "guide": ("{scene}", "diy {scene}"),
}
TAIL_TEMPLATES: dict[str, tuple[str, ...]] = {
    "room": (
        "how do I make a small {scene} feel {mood}", "{mood} {scene} with {material} and {color} accents",
        "{style} {scene} that is not too expensive", "renting: {scene} ideas without painting",
    ),
    "product": (
        "{color} {material} {scene} under ${bound}", "{scene} for a small {room} under ${bound}",
        "what {scene} goes with a {style} {room}", "where to find a used {material} {scene}",
    ),
    "fashion": (
        "{length} {color} {material} {scene} under ${bound}", "{fit} {material} {scene} for {occasion}",
        "what to wear for {season} {occasion}", "{pattern} {scene} with {sleeve} for {season}",
        "{color} {scene} {rise} under ${bound}",
    ),
    "food": ("what can I cook for six people, {cuisine}", "{meal} ideas that kids eat"),
    "travel": ("best time to visit {scene}", "what to pack for {scene} in {season}"),
    "guide": ("how long does {scene} take", "{scene} mistakes to avoid for {style} furniture"),
}  # fmt: skip
SCENARIOS = (
    "what to wear for Italian summer vacation", "long red satin dress with lace trim under $200",
    "outfit ideas for a beach wedding in september", "cozy reading corner on a budget",
    "turn a walnut credenza from the flea market into something nice", "first apartment essentials under $500",
    "white kitchen that does not look like a bathroom", "desk setup for two people in one small room",
    "quiet luxury living room without buying new furniture", "what to cook in a cabin with one pan",
)  # fmt: skip
BOUNDS = (50, 100, 150, 200, 500)


@dataclass(frozen=True)
class Search:
    """One row of searches; `user` and `clicked` are positions, -1 for nobody and nothing."""

    query: str
    user: int
    at: datetime
    count: int
    clicked: int
    filters: str
    kind: str


def play_searches(
    config: WorldConfig, seed: int, specs: Sequence[PinSpec], people: Sequence[Person], chances: np.ndarray,
    found_age: np.ndarray,
) -> list[Search]:  # fmt: skip
    """Searches by people who have a pin in mind, one their interests would bring them to, in order of time."""
    rng = stream(seed, "searches")
    head = _head_queries(rng, specs, found_age)
    rows = []
    for _ in range(config.scaled(config.searches, len(specs), 40)):
        user = int(rng.integers(len(people)))
        age = config.save_days * float(rng.random())
        rows.append(_search(rng, specs, head, user, chances @ people[user].interests, age, found_age))
    return sorted(rows, key=lambda row: (row.at, row.user, row.query))


def _head_queries(rng: np.random.Generator, specs: Sequence[PinSpec], found_age: np.ndarray) -> list[tuple[str, int]]:
    """Up to 90 short queries, each with a pin that answers it; things to buy and rooms lead."""
    old = [int(p) for p in rng.permutation(np.flatnonzero(found_age > 0))]
    queries: dict[str, int] = {}
    for pin in sorted(old, key=lambda p: specs[p].kind in ("food", "travel", "guide") and p % 4 > 0):
        templates = HEAD_TEMPLATES[specs[pin].kind]
        query = say(rng, templates[int(rng.integers(len(templates)))], _words(rng, specs[pin])).lower()
        if query and query not in queries and len(queries) < 90:
            queries[query] = pin
    return list(queries.items())


def _search(
    rng: np.random.Generator, specs: Sequence[PinSpec], head: Sequence[tuple[str, int]], user: int, wants: np.ndarray,
    age: float, found_age: np.ndarray,
) -> Search:  # fmt: skip
    kind = ("search", "autocomplete", "filter", "browse")[int(rng.choice(4, p=[0.62, 0.16, 0.12, 0.1]))]
    reachable = np.where(found_age > age, wants, 0.0)
    in_mind = int(rng.choice(len(specs), p=reachable / reachable.sum())) if reachable.sum() > 0 else -1
    count, filters = 1, ""
    draw = float(rng.random())
    if in_mind < 0 or draw < 0.45:
        query, answer = head[min(int(rng.zipf(1.35)) - 1, len(head) - 1)]
        in_mind = answer if found_age[answer] > age else -1
        count = 1 + int(rng.poisson(4)) if kind == "autocomplete" else 1
    elif draw < 0.53:
        query = SCENARIOS[int(rng.integers(len(SCENARIOS)))]
        in_mind = -1
    else:
        templates = (TAIL_TEMPLATES if draw < 0.8 else HEAD_TEMPLATES)[specs[in_mind].kind]
        said = say(rng, templates[int(rng.integers(len(templates)))], _words(rng, specs[in_mind]))
        query = (said or specs[in_mind].scene).lower()
    if kind == "filter" and in_mind >= 0:
        query, filters = specs[in_mind].scene, _filters(rng, specs[in_mind])
    if kind == "browse" and in_mind >= 0:
        query = f"{specs[in_mind].kind} > {specs[in_mind].scene}"
    clicked = in_mind if rng.random() < 0.55 else -1
    at = AS_OF - timedelta(seconds=max(1, int(age * 86_400)))
    return Search(query, -1 if kind == "autocomplete" else user, at, count, clicked, filters, kind)


def _words(rng: np.random.Generator, spec: PinSpec) -> dict[str, str]:
    bound = str(BOUNDS[int(rng.integers(len(BOUNDS)))])
    if spec.price is not None:
        bound = str(next((b for b in BOUNDS if b > spec.price), 1000))
    named = {"scene": spec.scene, "style": spec.style, "room": spec.room, "color": spec.colors[0], "bound": bound}
    return {key: value for key, value in {**spec.traits, **named}.items() if value != "plain"}


def _filters(rng: np.random.Generator, spec: PinSpec) -> str:
    """The filter state as JSON: a colour, and a price bound where the thing has a price."""
    chosen: dict[str, str | int] = {"color": spec.colors[0]}
    if spec.price is not None:
        chosen["price_max"] = next((b for b in BOUNDS if b > spec.price), 1000)
    if rng.random() < 0.5:
        chosen["style"] = spec.style
    return json.dumps(chosen, sort_keys=True)
