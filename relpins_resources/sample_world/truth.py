"""The answer key, for evaluation only: what each pin truly shows, what people and boards are after, who is a copy."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from relpins_resources.sample_world.boards import Board
from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import WorldConfig
from relpins_resources.sample_world.draw import Box
from relpins_resources.sample_world.people import DEVICES, Person
from relpins_resources.sample_world.sessions import examination
from relpins_resources.sample_world.styles import STYLES
from relpins_resources.sample_world.texts import category_of, price_band
from relpins_resources.sample_world.themes import Theme
from relpins_resources.sample_world.world import World

ATTRIBUTE_KEYS = (
    "category", "color", "material", "fit", "shape", "sleeve", "length", "rise", "style", "season", "occasion", "brand",
    "pattern", "room", "mood", "object", "price_band", "cuisine", "meal", "topic", "quality",
)  # fmt: skip
"""Every key of `pin_attributes`; values are canonical spellings (see `vocabulary.SYNONYMS` for the others)."""

DIRECT_TRAITS = (
    "material", "fit", "shape", "sleeve", "length", "rise", "season", "occasion", "brand", "pattern", "mood",
    "cuisine", "meal", "topic",
)  # fmt: skip


def truth_tables(config: WorldConfig, world: World, boxes: Sequence[Sequence[Box]]) -> dict[str, pa.Table]:
    """Every table of `_truth` by name, rows in the order of the plan; `boxes` are each picture's objects."""
    specs, themes = world.specs, world.themes
    names = [theme.name for theme in themes]
    return {
        "pin_truth": _pins(specs, boxes, world.chances, names),
        "pin_attributes": _attributes(specs, boxes),
        "pin_affinity": pa.table({"pin_id": [s.pin_id for s in specs], "chances": _lists(world.chances)}),
        "theme_coupling": pa.table({"theme": names, "pairs": _lists(world.coupling)}),
        "object_boxes": _boxes(specs, boxes),
        "user_truth": _users(world.people, names),
        "board_truth": _boards(world.boards, world.people, themes),
        "position_bias": _position_bias(config),
        "duplicates": _duplicates(specs),
    }


def attribute_values(spec: PinSpec, objects: Sequence[str]) -> dict[str, list[str]]:
    """The true values of every key of `ATTRIBUTE_KEYS`; keys without a value are left out."""
    values = {key: [spec.traits[key]] for key in DIRECT_TRAITS if spec.traits.get(key)}
    values["category"] = [spec.scene if spec.kind in ("product", "fashion") else category_of(spec).lower()]
    values["color"] = list(dict.fromkeys(spec.colors if spec.kind == "room" else spec.colors[:1]))
    if spec.kind != "travel":
        values["style"] = [spec.style]
    if spec.room:
        values["room"] = [spec.room]
    if spec.price is not None:
        values["price_band"] = [price_band(spec.price)]
    values["object"] = list(dict.fromkeys(objects))
    values["quality"] = ["high" if spec.quality >= 0.85 else "medium" if spec.quality >= 0.6 else "low"]
    return {key: found for key, found in values.items() if found}


def _pins(
    specs: Sequence[PinSpec], boxes: Sequence[Sequence[Box]], chances: np.ndarray, names: Sequence[str]
) -> pa.Table:
    best = chances.argmax(axis=1)
    attributes = [attribute_values(s, [b.name for b in found]) for s, found in zip(specs, boxes, strict=True)]
    pairs = pa.map_(pa.string(), pa.list_(pa.string()))
    return pa.table(
        {
            "pin_id": [s.pin_id for s in specs],
            "hero": [s.hero for s in specs],
            "kind": [s.kind for s in specs],
            "scene": [s.scene for s in specs],
            "style": [s.style for s in specs],
            "room": [s.room for s in specs],
            "colors": [list(s.colors) for s in specs],
            "palette": [list(dict.fromkeys((*STYLES[s.style].walls, *STYLES[s.style].accents))) for s in specs],
            "price": pa.array([s.price for s in specs], pa.float64()),
            "quality_score": [s.quality for s in specs],
            "intent_group": [names[t] if chances[i, t] > 0 else "" for i, t in enumerate(best)],
            "appeal": chances.sum(axis=1),
            "discoverable_at": pa.array([s.discoverable_at for s in specs], pa.timestamp("us", tz="UTC")),
            "copy_of": [s.copy_of for s in specs],
            "broken": [s.broken for s in specs],
            "attributes": pa.array([list(a.items()) for a in attributes], pairs),
        }
    )


def _attributes(specs: Sequence[PinSpec], boxes: Sequence[Sequence[Box]]) -> pa.Table:
    rows = [
        (spec.pin_id, key, value)
        for spec, found in zip(specs, boxes, strict=True)
        for key, values in attribute_values(spec, [box.name for box in found]).items()
        for value in values
    ]
    return _rows(("pin_id", "key", "value"), rows)


def _boxes(specs: Sequence[PinSpec], boxes: Sequence[Sequence[Box]]) -> pa.Table:
    """Corners relative to the picture, clipped to it; what lies outside is left out."""
    rows = []
    for spec, found in zip(specs, boxes, strict=True):
        width, height = spec.size
        for box in found:
            x0, x1 = (float(np.clip(x / width, 0, 1)) for x in (box.x0, box.x1))
            y0, y1 = (float(np.clip(y / height, 0, 1)) for y in (box.y0, box.y1))
            if x1 - x0 > 0.01 and y1 - y0 > 0.01:
                rows.append((spec.pin_id, box.name, x0, y0, x1, y1))
    return _rows(("pin_id", "object", "x0", "y0", "x1", "y1"), rows)


def _users(people: Sequence[Person], names: Sequence[str]) -> pa.Table:
    return pa.table(
        {
            "user_id": [p.user_id for p in people],
            "styles": [list(p.styles) for p in people],
            "rooms": [list(p.rooms) for p in people],
            "topics": [list(p.topics) for p in people],
            "top_themes": [[names[int(t)] for t in np.argsort(-p.interests, kind="stable")[:5]] for p in people],
            "interests": _lists(np.stack([p.interests for p in people])),
        }
    )


def _boards(boards: Sequence[Board], people: Sequence[Person], themes: Sequence[Theme]) -> pa.Table:
    return pa.table(
        {
            "board_id": [b.board_id for b in boards],
            "owner_id": [people[b.owner].user_id for b in boards],
            "intent": [themes[b.theme].name for b in boards],
            "topic": [themes[b.theme].topic for b in boards],
            "style": [themes[b.theme].style for b in boards],
            "room": [themes[b.theme].room for b in boards],
            "mixture": _lists(np.stack([b.mixture for b in boards])),
        }
    )


def _position_bias(config: WorldConfig) -> pa.Table:
    rows = [
        (device, position, examination(config, device, position))
        for device in DEVICES
        for position in range(1, config.results_per_request + 1)
    ]
    return _rows(("device", "position", "examination"), rows)


def _duplicates(specs: Sequence[PinSpec]) -> pa.Table:
    rows = [(s.pin_id, s.copy_of, s.copy_kind) for s in specs if s.copy_of]
    return pa.table(
        {
            name: pa.array([row[i] for row in rows], pa.string())
            for i, name in enumerate(("pin_id", "original_pin_id", "copy_kind"))
        }
    )


def _rows(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})


def _lists(matrix: np.ndarray) -> pa.Array:
    """A matrix as one list per row."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).ravel()), matrix.shape[1])
