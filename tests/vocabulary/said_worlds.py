"""Small worlds of images of which several sources say things, with known answers, in a real lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa

from relpins_assets.profile import Profile, load_profile
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.assets import attribute_clusters, attribute_vocabulary, frequent_attributes
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vector_array

SAME = {
    "style": (("boho", "bohemian", "boho-chic"), ("coastal", "beachy"), ("minimalist",)),
    "category": (("sofa", "couch"), ("t-shirt", "tee"), ("shirt",)),
    "color": (("grey", "gray"), ("light blue",), ("dark blue",)),
    "sleeve": (("short sleeve",), ("long sleeve",)),
    "rise": (("low rise",), ("high rise",)),
    "season": (("summer",), ("winter",)),
}
"""Per key the concepts, each with the forms in which sources say it."""
SOURCES = ("title", "description", "boards")
Said = Sequence[tuple[str, str, str, str]]  # pin_id, key, value, source


def said_at_random(n_images: int, seed: int) -> tuple[list[tuple[str, str, str, str]], np.ndarray]:
    """What three sources say of images, each choosing its form by itself, and how the images look."""
    rng = np.random.default_rng(seed)
    rows, looks = [], rng.normal(0, 0.25, (n_images, 24))
    axes = {
        place: axis for axis, place in enumerate((key, at) for key, ones in SAME.items() for at in range(len(ones)))
    }
    for image in range(n_images):
        for key, concepts in SAME.items():
            at = int(rng.integers(len(concepts)))
            looks[image, axes[key, at]] += 1.0
            for source in SOURCES:
                if rng.random() < 0.6:
                    forms = concepts[at]
                    rows.append((f"p{image:04}", key, forms[int(rng.integers(len(forms)))], source))
    return rows, looks / np.linalg.norm(looks, axis=1, keepdims=True)


def workspace_with(
    home: Path,
    said: Said,
    joins: Mapping[str, Sequence[str]] | None = None,
    looks: np.ndarray | None = None,
    profile: Profile | None = None,
) -> Workspace:
    """A workspace in whose lake `said` is said; every pin is an image of its own unless `joins` says otherwise."""
    workspace = Workspace(home, profile or load_profile("test"))
    pins = sorted({row[0] for row in said})
    say(workspace.lake, said)
    joined = joins if joins is not None else {f"j{pin}": [pin] for pin in pins}
    rows = [(join, list(of), len(of), min(of), "f") for join, of in joined.items()]
    names = ("join_id", "pin_ids", "n_pins", "representative_pin_id", "fingerprint")
    fill(workspace.lake, "pin_joins", {name: [row[at] for row in rows] for at, name in enumerate(names)})
    if looks is not None:
        found = {"pin_id": pins, "vector": vector_array(looks.astype(np.float32)), "fingerprint": ["f"] * len(pins)}
        workspace.lake.table("clip_embeddings").overwrite(pa.table(found))
    return workspace


def say(lake: Lake, said: Said) -> None:
    """Have raw_attributes hold just these rows."""
    names = ("pin_id", "key", "value", "source")
    fill(lake, "raw_attributes", {name: [row[at] for row in said] for at, name in enumerate(names)})


def fill(lake: Lake, name: str, columns: Mapping[str, Sequence[object]]) -> None:
    """Have a table hold just these rows; lists that are left out are empty."""
    schema, n = TABLES[name].arrow(), len(next(iter(columns.values())))
    empty: dict[str, list[object]] = {field.name: [[]] * n for field in schema if pa.types.is_list(field.type)}
    lake.table(name).overwrite(pa.table({**empty, **columns}, schema=schema))


def curate(workspace: Workspace, run_config: dict[str, object] | None = None) -> dict[str, dict[str, object]]:
    """Materialise all three; gives each one's metadata."""
    assets = [frequent_attributes, attribute_clusters, attribute_vocabulary]
    config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **(run_config or {})}
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(assets, resources={"workspace": workspace}, run_config=config, instance=instance)
    return {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def by_id(lake: Lake) -> dict[str, dict[str, object]]:
    return {str(row["attribute_id"]): row for row in lake.table("attribute_vocabulary").read().to_pylist()}
