"""A small catalog with a known answer, in a real lake: each image shows its style and category, few words say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from relpins_assets.profile import load_profile
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vector_array

VALUES = {
    "category": ("sofa", "lamp", "rug", "desk"),
    "style": ("bohemian", "industrial", "coastal"),
    "price_band": ("under $50",),
}
MEMBERS = {"bohemian": ["bohemian", "boho"], "sofa": ["couch", "sofa"]}


def small_catalog(home: Path, n_pins: int = 160, seed: int = 1) -> tuple[Workspace, dict[str, dict[str, str]]]:
    """A workspace ready for dual_encoder, and what is true of each pin.

    A third of the pins says nothing; pixels name a wrong style at random.
    """
    rng = np.random.default_rng(seed)
    workspace = Workspace(home, load_profile("test"))
    lake = workspace.lake
    truth = {f"p{at:03}": {key: str(rng.choice(values)) for key, values in VALUES.items()} for at in range(n_pins)}
    looks = rng.normal(0, 0.15, (n_pins, 16))
    axes = {value: axis for axis, value in enumerate(v for values in VALUES.values() for v in values)}
    for at, said in enumerate(truth.values()):
        looks[at, [axes[said["category"]], axes[said["style"]]]] += 1
    ids = list(truth)
    says = {pin_id: rng.random() < 2 / 3 for pin_id in ids}
    titles = [f"{truth[p]['style']} {truth[p]['category']}" if says[p] else "" for p in ids]
    write_pins(lake, ids, titles, looks)
    said = [(p, key, truth[p][key], "title") for p in ids if says[p] for key in ("category", "style")]
    said += [(p, "price_band", "under $50", "price") for p in ids[::2]]
    said += [(p, "style", str(rng.choice(VALUES["style"])), "pixels") for p in ids if says[p]]
    say(lake, said)
    write_vocabulary(lake, {value: key for key, values in VALUES.items() for value in values})
    return workspace, truth


def write_pins(lake: Lake, ids: Sequence[str], titles: Sequence[str], looks: np.ndarray) -> None:
    """Pins with titles and looks, each an image of its own."""
    unit = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    prints = [f"f{row.tobytes().hex()[:24]}" for row in unit]
    fill(lake, "raw_pins", {"pin_id": list(ids), "title": list(titles), "fingerprint": prints})
    described = {
        "pin_id": list(ids),
        "description": list(titles),
        "own_text": list(titles),
        "describer": ["none"] * len(ids),
    }
    fill(lake, "enriched_descriptions", {**described, "fingerprint": prints})
    joins = {"join_id": [f"j{p}" for p in ids], "pin_ids": [[p] for p in ids], "n_pins": [1] * len(ids)}
    fill(lake, "pin_joins", {**joins, "representative_pin_id": list(ids), "fingerprint": prints})
    for name in ("clip_embeddings", "content_embeddings"):
        vectors = unit if name == "clip_embeddings" else np.roll(unit, 3, axis=1)
        lake.table(name).overwrite(
            pa.table({"pin_id": list(ids), "vector": vector_array(vectors), "fingerprint": prints})
        )


def say(lake: Lake, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Have raw_attributes hold just these rows: pin_id, key, value, source."""
    names = ("pin_id", "key", "value", "source")
    fill(lake, "raw_attributes", {name: [row[at] for row in rows] for at, name in enumerate(names)})


def write_vocabulary(lake: Lake, key_of: Mapping[str, str], members: Mapping[str, Sequence[str]] = MEMBERS) -> None:
    """A vocabulary of these values by key; `members` where a value has several forms."""
    values = sorted(key_of)
    counts = {
        row["value"]: row["n"]
        for row in lake.query("SELECT value, count(DISTINCT pin_id) AS n FROM raw_attributes GROUP BY 1").to_pylist()
    }
    columns = {
        "attribute_id": [f"{key_of[value]}/{value.replace(' ', '-')}" for value in values],
        "key": [key_of[value] for value in values],
        "value": values,
        "members": [list(members.get(value, [value])) for value in values],
        "n_pins": [counts.get(value, 5) for value in values],
        "idf": [1.0] * len(values),
    }
    fill(lake, "attribute_vocabulary", columns)


def fill(lake: Lake, name: str, columns: Mapping[str, Sequence[object]]) -> None:
    schema = TABLES[name].arrow()
    length = len(next(iter(columns.values())))
    given = {column.name: columns.get(column.name, [None] * length) for column in schema}
    lake.table(name).overwrite(pa.table(given, schema=schema))
