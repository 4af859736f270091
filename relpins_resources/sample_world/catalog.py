"""Plans the catalog: what each pin shows, in which style and colours, how good it is and when it came."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from relpins_resources.sample_world.config import AS_OF, HEROES, WorldConfig, stream
from relpins_resources.sample_world.styles import STYLES
from relpins_resources.sample_world.vocabulary import (
    BRANDS_FASHION,
    BRANDS_HOME,
    COLOR_OF_MATERIAL,
    FASHION,
    FOOD,
    GUIDES,
    MADE_OF,
    OCCASION_OF_STYLE,
    PRODUCTS,
    ROOMS,
    TRAVEL,
)

SIZES = ((1.0, 1.25), (1.0, 1.0), (1.0, 1.5), (1.0, 0.75), (1.0, 1.33))
"""Width and height of pictures, relative to the configured width; tall ones are the commonest."""


@dataclass(frozen=True)
class PinSpec:
    """The truth of one pin. `copy_of` names the pin whose picture this one repeats, `copy_kind` how."""

    pin_id: str
    kind: str  # room | product | fashion | food | travel | guide
    scene: str  # the room, product, garment, dish, place or guide
    style: str
    room: str  # the room it shows or serves; '' where none
    colors: tuple[str, ...]
    traits: dict[str, str] = field(default_factory=dict)
    price: float | None = None
    quality: float = 1.0
    size: tuple[int, int] = (352, 440)
    created_at: datetime = AS_OF
    discoverable_at: datetime | None = AS_OF  # None: nobody ever comes across it
    hero: str = ""
    copy_of: str = ""
    copy_kind: str = ""  # repin | reencoded | cropped
    broken: str = ""  # truncated | text | missing

    def value(self, key: str) -> str:
        """The pin's value of a plan field or trait, '' where it has none."""
        own = {"kind": self.kind, "scene": self.scene, "style": self.style, "room": self.room}
        return own.get(key) or self.traits.get(key, "")


def plan_catalog(config: WorldConfig, seed: int, n_pins: int) -> list[PinSpec]:
    """`n_pins` pins in a fixed order: heroes, other originals, repins, near-duplicates."""
    rng = stream(seed, "catalog")
    n_repins = round(n_pins * config.repin_share)
    n_near = round(n_pins * config.near_duplicate_share)
    n_originals = n_pins - n_repins - n_near
    specs = _heroes(rng)
    kinds = _kind_sequence(config, n_originals - len(specs))
    specs += [_original(rng, kind) for kind in kinds]
    specs, ids = _with_ids(stream(seed, "pin ids"), specs, n_pins)
    specs = _with_pictures(config, stream(seed, "pictures"), specs)
    specs = _with_times(config, stream(seed, "pin times"), specs)
    specs = _with_broken(config, stream(seed, "broken"), specs, n_pins)
    specs += _copies(config, stream(seed, "copies"), specs, ids, n_repins, n_near)
    return specs


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    names = list(weights)
    chances = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=chances / chances.sum()))]


def _kind_sequence(config: WorldConfig, count: int) -> list[str]:
    """`count` kinds in the configured shares, by largest remainder, heroes not counted."""
    shares = [(kind, share * count) for kind, share in config.kind_shares]
    counts = {kind: int(want) for kind, want in shares}
    by_remainder = sorted(shares, key=lambda pair: int(pair[1]) - pair[1])
    for kind, _ in by_remainder[: count - sum(counts.values())]:
        counts[kind] += 1
    return [kind for kind, number in counts.items() for _ in range(number)]


def _heroes(rng: np.random.Generator) -> list[PinSpec]:
    mcm, white, nordic = "mid-century modern", "minimalist", "scandinavian"
    planned = {
        "mid_century_living_room": _room(rng, mcm, "living room", ("cream", "mustard", "teal")),
        "mid_century_kitchen": _room(rng, mcm, "kitchen", ("cream", "mustard", "teal")),
        "mid_century_shop": _product(rng, mcm, "furniture shop", "living room"),
        "mid_century_restoration": _guide(rng, mcm, "furniture restoration", "living room"),
        "white_kitchen": _room(rng, white, "kitchen", ("white", "light grey", "white")),
        "scandinavian_kitchen": _room(rng, nordic, "kitchen", ("white", "sage", "charcoal")),
        "plant_shelf": _guide(rng, "bohemian", "plant care", "living room"),
    }
    return [replace(planned[name], pin_id=pin_id, hero=name) for name, pin_id in HEROES.items()]


def _original(rng: np.random.Generator, kind: str) -> PinSpec:
    style = _pick(rng, {name: style.weight for name, style in STYLES.items()})
    if kind == "room":
        room = _pick(rng, ROOMS)
        if room == "photo studio" and rng.random() < 0.6:
            style = "minimalist"
        return _room(rng, style, room)
    if kind == "product":
        if rng.random() < 0.1:
            return _product(rng, style, "furniture shop", _pick(rng, ROOMS | {"photo studio": 0.0}))
        scene = _pick(rng, {name: weight for name, (weight, _, _) in PRODUCTS.items()})
        rooms = PRODUCTS[scene][2]
        return _product(rng, style, scene, rooms[int(rng.integers(len(rooms)))])
    if kind == "fashion":
        return _garment(rng, style, _pick(rng, {name: weight for name, (weight, _) in FASHION.items()}))
    if kind == "food":
        return _dish(rng, style, _pick(rng, {name: weight for name, (weight, _, _) in FOOD.items()}))
    if kind == "travel":
        return _place(rng, _pick(rng, {name: weight for name, (weight, _) in TRAVEL.items()}))
    scene = _pick(rng, {name: weight for name, (weight, _, _) in GUIDES.items()})
    rooms = GUIDES[scene][2]
    return _guide(rng, style, scene, rooms[int(rng.integers(len(rooms)))] if rooms else "")


def _some(rng: np.random.Generator, values: tuple[str, ...]) -> str:
    return values[int(rng.integers(len(values)))]


def _accents(rng: np.random.Generator, style: str, count: int) -> tuple[str, ...]:
    accents = STYLES[style].accents
    order = rng.permutation(len(accents))[:count]
    return tuple(accents[int(i)] for i in order)


def _room(rng: np.random.Generator, style: str, room: str, colors: tuple[str, ...] = ()) -> PinSpec:
    look = STYLES[style]
    colors = colors or (_some(rng, look.walls), *_accents(rng, style, 2))
    traits = {"mood": _some(rng, look.mood), "material": _some(rng, look.materials), "pattern": look.pattern}
    return PinSpec("", "room", room, style, room, colors, traits)


def _product(rng: np.random.Generator, style: str, scene: str, room: str) -> PinSpec:
    look = STYLES[style]
    typical = PRODUCTS[scene][1] if scene in PRODUCTS else 0.0
    luxury = {"art deco": 1.6, "traditional": 1.3, "minimalist": 1.2, "farmhouse": 0.8, "bohemian": 0.8}.get(style, 1)
    price = _price(rng, typical * luxury) if typical else None
    colors = _accents(rng, style, 2)
    material = _some(rng, MADE_OF.get(scene, ("velvet", "linen", "wool", "leather")))
    if material in ("wood", "metal"):  # what it is made of decides its colour
        material = look.wood if material == "wood" else look.metal
        colors = colors if scene == "furniture shop" else (COLOR_OF_MATERIAL[material], colors[0])
    traits = {
        "material": material,
        "shape": {"low": "low", "metal": "slim metal"}.get(look.legs, look.legs),
        "pattern": look.pattern if scene == "rug" else "plain",
        "brand": _some(rng, BRANDS_HOME),
        "mood": _some(rng, look.mood),
    }
    return PinSpec("", "product", scene, style, room, colors, traits, price)


def _garment(rng: np.random.Generator, style: str, scene: str) -> PinSpec:
    look = STYLES[style]
    sleeved = scene in ("dress", "t-shirt", "shirt", "sweater")
    warm = {"coat": "winter", "sweater": "autumn", "jacket": "autumn", "t-shirt": "summer"}
    season = warm.get(scene) or _some(rng, ("summer", "summer", "spring", "autumn"))
    fabric = {"jeans": ("denim",), "coat": ("wool",), "sweater": ("wool", "cotton"), "bag": ("leather", "cotton")}
    fabrics = fabric.get(scene, ("linen", "cotton", "silk", "satin") if season == "summer" else ("cotton", "velvet"))
    sleeve = {"t-shirt": "short sleeve", "sweater": "long sleeve"}.get(scene) or _some(
        rng, ("short sleeve", "long sleeve", "sleeveless")
    )
    printed = look.pattern if look.pattern not in ("plain", "slats") else "plain"
    traits = {
        "material": _some(rng, fabrics),
        "fit": _some(rng, ("relaxed", "slim", "oversized")),
        "sleeve": sleeve if sleeved else "",
        "length": _some(rng, ("mini", "midi", "maxi")) if scene in ("dress", "skirt") else "",
        "rise": _some(rng, ("low rise", "high rise")) if scene in ("jeans", "trousers") else "",
        "pattern": printed if scene in ("dress", "shirt", "skirt", "bag") and rng.random() < 0.6 else "plain",
        "season": season,
        "occasion": _some(rng, OCCASION_OF_STYLE[style]),
        "brand": _some(rng, BRANDS_FASHION),
        "mood": _some(rng, look.mood),
    }
    colors = _accents(rng, style, 2)
    if scene == "jeans":
        colors = (_some(rng, ("dark blue", "dusty blue", "light blue", "black")), colors[0])
    return PinSpec("", "fashion", scene, style, "", colors, traits, _price(rng, FASHION[scene][1]))


def _dish(rng: np.random.Generator, style: str, scene: str) -> PinSpec:
    _, cuisine, meal = FOOD[scene]
    colors = (_some(rng, STYLES[style].neutrals), *_accents(rng, style, 1))
    return PinSpec("", "food", scene, style, "", colors, {"cuisine": cuisine, "meal": meal, "mood": "fresh"})


def _place(rng: np.random.Generator, scene: str) -> PinSpec:
    hour = _some(rng, ("day", "day", "sunset", "dawn"))
    skies = {"day": ("light blue", "white"), "sunset": ("coral", "saffron"), "dawn": ("blush", "lilac")}
    style = "coastal" if scene in ("beach", "santorini", "amalfi coast") else "bohemian"
    traits = {"season": TRAVEL[scene][1], "hour": hour, "mood": "dreamy" if hour != "day" else "sunny"}
    return PinSpec("", "travel", scene, style, "", skies[hour], traits)


def _guide(rng: np.random.Generator, style: str, scene: str, room: str) -> PinSpec:
    look = STYLES[style]
    material = look.wood if scene in ("furniture restoration", "floating shelf") else _some(rng, look.materials)
    traits = {"topic": GUIDES[scene][1], "material": material, "mood": _some(rng, look.mood)}
    return PinSpec("", "guide", scene, style, room, _accents(rng, style, 2), traits)


def _price(rng: np.random.Generator, typical: float) -> float:
    """A shop's kind of price: log-normal about the typical one, ending in 9 or .95."""
    raw = typical * float(np.exp(rng.normal(0.0, 0.4)))
    return float(max(9, round(raw / 10) * 10 - 1)) if raw > 60 else round(raw) + 0.95


def _with_ids(rng: np.random.Generator, specs: list[PinSpec], n_pins: int) -> tuple[list[PinSpec], list[str]]:
    """Ids that tell nothing of the order in which pins were made; the unused ones are left for copies."""
    numbers = rng.choice(np.arange(10_000, 100_000), size=n_pins, replace=False)
    ids = [f"pin_{number}" for number in numbers]
    named = [spec if spec.pin_id else replace(spec, pin_id=ids[i]) for i, spec in enumerate(specs)]
    return named, ids[len(specs) :]


def _with_pictures(config: WorldConfig, rng: np.random.Generator, specs: list[PinSpec]) -> list[PinSpec]:
    """Sizes and quality: people's own pins vary, shop pins are mostly square and clean."""
    made = []
    for spec in specs:
        shares = [0.4, 0.5, 0.1, 0.0, 0.0] if spec.kind == "product" else [0.34, 0.12, 0.16, 0.18, 0.2]
        _, tall = SIZES[int(rng.choice(len(SIZES), p=shares))]
        quality = float(rng.beta(5, 1.5))
        if spec.hero:
            tall, quality = 1.25, 0.95
        size = (config.image_width, round(config.image_width * tall))
        made.append(replace(spec, size=size, quality=round(quality, 3)))
    return made


def _with_times(config: WorldConfig, rng: np.random.Generator, specs: list[PinSpec]) -> list[PinSpec]:
    """Creation over the configured days; new pins stand unseen until the cut, some for ever."""
    cut = AS_OF - timedelta(days=config.cut_days)
    made = []
    for spec in specs:
        age_days = config.cut_days + 4 + float(rng.random()) * (config.catalog_days - config.cut_days - 4)
        recent = config.cut_days + float(rng.gamma(2.0, 5.0))
        late = 1 + float(rng.random()) * (config.cut_days - 2)
        draw = 1.0 if spec.hero else float(rng.random())
        created = _at(age_days)
        found: datetime | None = created
        if draw < config.never_share:
            created, found = _at(recent), None
        elif draw < config.never_share + config.new_share:
            created, found = _at(recent), cut
        elif draw < config.never_share + config.new_share + config.after_cut_share:
            created = found = _at(late)
        if spec.hero:
            created = found = _at(config.catalog_days - 60.0 * float(rng.random()))
        made.append(replace(spec, created_at=created, discoverable_at=found))
    return made


def _at(age_days: float) -> datetime:
    return AS_OF - timedelta(seconds=round(age_days * 86_400))


def _with_broken(config: WorldConfig, rng: np.random.Generator, specs: list[PinSpec], n_pins: int) -> list[PinSpec]:
    """A few pins whose picture does not decode; nobody saves those."""
    kinds = ("truncated", "text", "missing")
    count = config.scaled(config.broken_files, n_pins, len(kinds))
    plain = [i for i, spec in enumerate(specs) if not spec.hero]
    chosen = rng.choice(plain, size=count, replace=False)
    made = list(specs)
    for turn, i in enumerate(sorted(int(i) for i in chosen)):
        made[i] = replace(made[i], broken=kinds[turn % len(kinds)], discoverable_at=None)
    return made


def _copies(
    config: WorldConfig, rng: np.random.Generator, specs: list[PinSpec], ids: list[str], n_repins: int, n_near: int
) -> list[PinSpec]:
    """Repins (the same bytes) and near-duplicates (re-encoded or cropped) of pins that people came across."""
    known = [spec for spec in specs if spec.discoverable_at == spec.created_at]
    sources = rng.choice(len(known), size=n_repins + n_near, replace=n_repins + n_near > len(known))
    copies = []
    for turn, source in enumerate(known[int(i)] for i in sources):
        kind = "repin" if turn < n_repins else ("reencoded", "cropped")[turn % 2]
        latest = (AS_OF - source.created_at).total_seconds() / 86_400
        created = _at(latest * float(rng.random()))
        copies.append(
            replace(
                source, pin_id=ids[turn], hero="", copy_of=source.pin_id, copy_kind=kind,
                created_at=created, discoverable_at=created,
            )
        )  # fmt: skip
    return copies
