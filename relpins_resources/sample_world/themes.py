"""What people collect: themes, each a recipe of kinds of pins that belong together though they may not look alike.

Every save of the world is drawn from these recipes (`affinities`), and the oracle multiplies the very same
numbers, so it is the ceiling of what any ranking by pin alone can reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import WorldConfig, stream
from relpins_resources.sample_world.styles import STYLES
from relpins_resources.sample_world.vocabulary import (
    FASHION,
    FOOD,
    GUIDES,
    OCCASION_OF_STYLE,
    OCCASIONS,
    PRODUCTS,
    ROOMS,
    TRAVEL,
)

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


def all_themes() -> list[Theme]:
    """Every theme of the world, in a fixed order."""
    return [*_projects(), *_style_boards(), *_room_boards(), *_shopping(), *_wardrobes(), *_kitchen_table(), *_lives()]


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
            appeal[i] = max(appeal[i], float(np.exp(config.appeal_sigma)))
        appeal[i] *= (0.5 + spec.quality) * (spec.discoverable_at is not None)
    pull = appeal[:, None] * noise
    chances = np.zeros_like(pull)
    for t, theme in enumerate(themes):
        chances[:, t] = _theme_chances(theme, specs, pull[:, t])
    return chances


def _theme_chances(theme: Theme, specs: Sequence[PinSpec], pull: np.ndarray) -> np.ndarray:
    total = np.zeros(len(specs))
    for part in theme.ingredients:
        fits = [all(spec.value(key) in allowed for key, allowed in part.wants.items()) for spec in specs]
        mass = np.where(fits, pull, 0.0)
        if mass.sum() > 0:
            # an ingredient with few pins does not pour its whole share on one of them
            total += part.share * mass / mass.sum() * min(1.0, sum(fits) / 3)
    return total / total.sum() if total.sum() > 0 else total


def _is(share: float, **wants: str | tuple[str, ...]) -> Ingredient:
    return Ingredient(share, {key: (value,) if isinstance(value, str) else value for key, value in wants.items()})


LIVED_IN = tuple(room for room in ROOMS if room != "photo studio")


def _projects() -> list[Theme]:
    """A room to be furnished in a style: the room, the shop, the restoration guide."""
    titles = ("{style} {room}", "{room} makeover", "{style} {room} project", "new {room}!!", "{room} ideas {style}")
    made = []
    for name, style in STYLES.items():
        for room in LIVED_IN:
            others = tuple(r for r in LIVED_IN if r not in (room, "bathroom")) if room != "bathroom" else ()
            parts = (
                _is(0.42, kind="room", scene=room, style=name),
                _is(0.18, kind="product", room=room, style=name),
                _is(0.11, scene="furniture shop", style=name),
                _is(0.11, scene="furniture restoration", style=name),
                _is(0.06, kind="guide", room=room, style=name),
                _is(0.09, kind="room", scene=others, style=name),
            )
            weight = 1.1 * style.weight * ROOMS[room] * 6
            words = {"style": name, "room": room}
            made.append(Theme(f"project: {name} {room}", "home", room.title(), weight, parts, name, room, words, titles))
    return made


def _style_boards() -> list[Theme]:
    titles = ("{style} home", "{style} everything", "all things {style}", "{style} interiors", "{style} vibes")
    return [
        Theme(
            f"style: {name}", "home", "Home Decor", 1.5 * style.weight,
            (
                _is(0.40, kind="room", style=name, scene=LIVED_IN),
                _is(0.25, kind="product", style=name),
                _is(0.15, kind="guide", style=name),
                _is(0.12, kind="fashion", style=name),
            ),
            name, "", {"style": name}, titles,
        )
        for name, style in STYLES.items()
    ]  # fmt: skip


def _room_boards() -> list[Theme]:
    titles = ("{room} ideas", "{room} inspo", "dream {room}", "{room}s I love")
    boards = [
        Theme(
            f"room: {room}", "home", room.title(), 5 * share,
            (_is(0.8, kind="room", scene=room), _is(0.2, kind="product", room=room)),
            "", room, {"room": room}, titles,
        )
        for room, share in ROOMS.items()
    ]  # fmt: skip
    white = Theme(
        "bright white kitchens", "home", "Kitchen", 1.2,
        (_is(0.7, kind="room", scene="kitchen", style="minimalist"), _is(0.2, kind="room", scene="kitchen", style="scandinavian"),
         _is(0.1, kind="product", room="kitchen")),
        "minimalist", "kitchen", {"room": "kitchen", "style": "minimalist"}, ("white kitchens", "{style} {room}"),
    )  # fmt: skip
    return [*boards, white]


def _shopping() -> list[Theme]:
    titles = ("{scene} shopping", "{scene}s", "need a new {scene}", "wishlist: {scene}")
    products = [
        Theme(f"shopping: {scene}", "home", "Furniture", 4 * share, (_is(1.0, scene=scene),), "", rooms[0], {"scene": scene}, titles)
        for scene, (share, _, rooms) in PRODUCTS.items()
    ]  # fmt: skip
    craft_titles = ("DIY projects", "weekend {scene}", "{scene}", "make it myself")
    crafts = [
        Theme(f"craft: {scene}", "craft", "DIY & How-To", 3 * share, (_is(0.8, scene=scene), _is(0.2, kind="guide")), "", "", {"scene": scene}, craft_titles)
        for scene, (share, _, _) in GUIDES.items()
    ]  # fmt: skip
    return [*products, *crafts]


def _wardrobes() -> list[Theme]:
    titles = ("{style} outfits", "{style} wardrobe", "my style", "{style} fashion")
    styles = [
        Theme(
            f"wardrobe: {name}", "fashion", "Fashion", 1.1 * style.weight,
            (_is(0.85, kind="fashion", style=name), _is(0.15, kind="fashion", occasion=OCCASION_OF_STYLE[name])),
            name, "", {"style": name}, titles,
        )
        for name, style in STYLES.items()
    ]  # fmt: skip
    garments = [
        Theme(f"garment: {scene}", "fashion", "Fashion", 3 * share, (_is(1.0, scene=scene),), "", "", {"scene": scene}, ("{scene}s", "love this {scene}"))
        for scene, (share, _) in FASHION.items()
    ]  # fmt: skip
    occasions = [
        Theme(f"occasion: {name}", "fashion", "Fashion", 1.0, (_is(1.0, kind="fashion", occasion=name),), "", "", {"occasion": name}, ("{occasion} outfits", "what to wear: {occasion}"))
        for name in OCCASIONS
    ]  # fmt: skip
    return [*styles, *garments, *occasions]


def _kitchen_table() -> list[Theme]:
    cuisines = sorted({cuisine for _, cuisine, _ in FOOD.values()})
    meals = sorted({meal for _, _, meal in FOOD.values()})
    food = [
        Theme(f"cuisine: {name}", "food", "Food & Drink", 1.0, (_is(1.0, kind="food", cuisine=name),), "", "", {"cuisine": name}, ("{cuisine} food", "{cuisine} recipes"))
        for name in cuisines
    ] + [
        Theme(f"meal: {name}", "food", "Food & Drink", 1.3, (_is(1.0, kind="food", meal=name),), "", "", {"meal": name}, ("{meal} ideas", "easy {meal}", "recipes to try"))
        for name in meals
    ]  # fmt: skip
    seasons = sorted({season for _, season in TRAVEL.values()})
    trips = [
        Theme(f"trips: {name}", "travel", "Travel", 1.5, (_is(1.0, kind="travel", season=name),), "", "", {"season": name}, ("{season} trips", "places to go", "bucket list"))
        for name in seasons
    ] + [
        Theme(f"place: {scene}", "travel", "Travel", 6 * share, (_is(1.0, scene=scene),), "", "", {"scene": scene}, ("{scene}", "{scene} trip"))
        for scene, (share, _) in TRAVEL.items()
    ]  # fmt: skip
    return [*food, *trips]


def _lives() -> list[Theme]:
    """Scenarios that cross every kind of picture."""
    def life(name: str, category: str, weight: float, titles: tuple[str, ...], *parts: Ingredient) -> Theme:
        return Theme(f"life: {name}", "life", category, weight, parts, "", "", {}, titles)

    return [
        life("italian summer", "Travel", 2.6, ("italian summer", "italian summer vacation", "la dolce vita", "Amalfi 2026"),
             _is(0.4, scene=("amalfi coast", "santorini")), _is(0.35, kind="fashion", season="summer", occasion="vacation"), _is(0.25, cuisine="italian")),
        life("cabin weekend", "Travel", 1.8, ("cabin weekend", "cozy season", "hygge"),
             _is(0.35, scene=("mountains", "forest lake")), _is(0.25, scene=("sweater", "coat")), _is(0.2, scene=("soup", "pancakes")), _is(0.2, kind="room", style="farmhouse", scene=("living room", "bedroom"))),
        life("wedding season", "Fashion", 1.8, ("wedding season", "wedding guest looks", "J+M wedding"),
             _is(0.6, kind="fashion", occasion="wedding guest"), _is(0.25, scene="layer cake"), _is(0.15, scene=("lavender fields", "santorini"))),
        life("work from home", "Home Office", 1.8, ("work from home", "desk setup", "WFH"),
             _is(0.45, kind="room", scene="home office"), _is(0.3, scene=("desk", "bookshelf", "lamp"), room="home office"), _is(0.15, kind="fashion", occasion="office"), _is(0.1, scene="floating shelf")),
        life("first apartment", "Home Decor", 1.8, ("first apartment", "apartment", "moving in!"),
             _is(0.35, kind="product", style=("scandinavian", "industrial", "bohemian")), _is(0.25, kind="guide", topic="home"), _is(0.25, kind="room", scene=("living room", "bedroom"), style=("scandinavian", "bohemian")), _is(0.15, scene=("pasta", "tacos"))),
        life("plant corner", "Home Decor", 1.5, ("plant corner", "plant mom", "🌿 plants"),
             _is(0.5, scene=("plant care", "macrame hanger")), _is(0.3, kind="room", style="bohemian"), _is(0.2, scene="forest lake")),
        life("cottage life", "Home Decor", 1.5, ("cottage life", "slow living", "country kitchen"),
             _is(0.3, kind="room", style="cottagecore"), _is(0.25, kind="fashion", style="cottagecore"), _is(0.25, scene=("bread baking", "layer cake", "berry bowl")), _is(0.2, scene=("lavender fields", "sewing a tote"))),
        life("gatsby party", "Fashion", 1.2, ("gatsby party", "new years eve", "NYE glam"),
             _is(0.5, kind="fashion", style="art deco"), _is(0.25, kind="room", style="art deco", scene=("dining room", "living room")), _is(0.25, scene=("layer cake", "city skyline"))),
    ]  # fmt: skip
