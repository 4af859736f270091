"""A small home with a vocabulary, topics and assignments written by hand, and refreshing collections in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from relpins_assets.collections.assets import wanted_collections
from relpins_assets.collections.filling import CollectionMaker
from relpins_assets.profile import Collections, Profile
from relpins_assets.refreshing import plan_asset
from relpins_assets.workspace import Workspace
from relpins_resources.lake import RefreshReport, refresh
from relpins_resources.lake.table import vector_array

DIM = 16
_TEXTS, _WEIGHTS = pa.list_(pa.string()), pa.list_(pa.float64())
SAID = (
    ("annotations", _TEXTS),
    ("annotation_weights", _WEIGHTS),
    ("categories", _TEXTS),
    ("category_weights", _WEIGHTS),
)
"""What pin_joins say of a picture; collections read none of it."""


@dataclass
class SmallShop:
    """What a home says of its pins, as plain Python; `write` puts it into the tables as it is now.

    `pins` holds per pin its attributes with confidence; `pictures` which picture it has, its own number by default;
    `said_by` the source that says an attribute of a pin: its title by default, None where it is only inferred.
    """

    pins: dict[str, dict[str, float]] = field(default_factory=dict)
    topics: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    said_by: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def write(self, home: Path, settings: Mapping[str, object] | None = None) -> Workspace:
        profile = Profile(collections=Collections.model_validate({"min_pins": 2, "max_pins": 5, **(settings or {})}))
        workspace = Workspace(home, profile)
        lake = workspace.lake
        lake.table("attribute_vocabulary").overwrite(self._vocabulary())
        lake.table("judged_topics").overwrite(_topics(self.topics))
        rows = [(pin, a, c) for pin, carried in sorted(self.pins.items()) for a, c in sorted(carried.items())]
        lake.table("attribute_assignments").overwrite(
            pa.table(
                {
                    "pin_id": pa.array([row[0] for row in rows], pa.string()),
                    "attribute_id": pa.array([row[1] for row in rows], pa.string()),
                    "confidence": pa.array([row[2] for row in rows], pa.float64()),
                    "similarity": pa.nulls(len(rows), pa.float64()),
                    "is_observed": pa.array([True] * len(rows), pa.bool_()),
                }
            )
        )
        lake.table("raw_attributes").overwrite(self._said())
        self._write_pictures(workspace)
        return workspace

    def _said(self) -> pa.Table:
        pairs = [(pin, a, self.said_by.get((pin, a), "title")) for pin, carried in self.pins.items() for a in carried]
        rows = [(pin, *a.split("/"), source) for pin, a, source in sorted(pairs, key=str) if source]
        columns = {
            name: pa.array([row[place] for row in rows], pa.string())
            for place, name in enumerate(("pin_id", "key", "value", "source"))
        }
        return pa.table({**columns, "value": pa.array([row[2].replace("-", " ") for row in rows], pa.string())})

    def picture_of(self, pin: str) -> int:
        return self.pictures.get(pin, 100 * sum((place + 1) * ord(sign) for place, sign in enumerate(pin)))

    def _vocabulary(self) -> pa.Table:
        named = sorted(
            {a for carried in self.pins.values() for a in carried} | {a for t in self.topics.values() for a in t}
        )
        counts = {a: sum(a in carried for carried in self.pins.values()) for a in named}
        values = [a.split("/")[1].replace("-", " ") for a in named]
        return pa.table(
            {
                "attribute_id": named,
                "key": [a.split("/")[0] for a in named],
                "value": values,
                "members": pa.array([[value] for value in values], pa.list_(pa.string())),
                "n_pins": [counts[a] for a in named],
                "idf": [round(math.log(2 + 40 / (1 + len(a))), 6) for a in named],
                "edited": pa.nulls(len(named), pa.string()),
            }
        )

    def _write_pictures(self, workspace: Workspace) -> None:
        of_picture: dict[int, list[str]] = {}
        for pin in sorted(self.pins):
            of_picture.setdefault(self.picture_of(pin), []).append(pin)
        joins = sorted(of_picture.items())
        workspace.lake.table("pin_joins").overwrite(
            pa.table(
                {
                    "join_id": [f"join{number:08d}" for number, _ in joins],
                    "pin_ids": pa.array([pins for _, pins in joins], pa.list_(pa.string())),
                    "n_pins": [len(pins) for _, pins in joins],
                    "representative_pin_id": [pins[0] for _, pins in joins],
                    **{name: pa.array([[]] * len(joins), kind) for name, kind in SAID},
                    "fingerprint": ["x"] * len(joins),
                }
            )
        )
        ids = sorted(self.pins)
        looks = [_look(self.picture_of(pin)) for pin in ids]
        workspace.lake.table("clip_embeddings").overwrite(
            pa.table(
                {
                    "pin_id": ids,
                    "vector": vector_array(np.array(looks, np.float32)),
                    "fingerprint": [str(self.picture_of(pin)) for pin in ids],
                }
            )
        )


def refreshed(workspace: Workspace) -> RefreshReport:
    """Bring shopping_collections up to date as its asset does."""
    lake, wanted = workspace.lake, wanted_collections(workspace)
    table, ledger = lake.table("shopping_collections"), lake.table("collection_pools")
    table.create()
    ledger.create()
    plan = plan_asset(workspace, "shopping_collections", wanted)
    assert plan is not None
    return refresh(table, plan, CollectionMaker(workspace).fill, ledger=ledger, rejected=lake.rejected, batch_units=3)


def shown(workspace: Workspace, topic_id: str) -> list[str]:
    """The pins of a collection in the order shown."""
    rows = workspace.lake.table("shopping_collections").read().sort_by("rank").to_pylist()
    return [row["pin_id"] for row in rows if row["topic_id"] == topic_id]


def _topics(topics: Mapping[str, Sequence[str]]) -> pa.Table:
    ids = sorted(topics)
    nothing, scores = pa.nulls(len(ids), pa.float64()), [5.0] * len(ids)
    return pa.table(
        {
            "topic_id": pa.array(ids, pa.string()),
            "attribute_ids": pa.array([sorted(topics[one]) for one in ids], pa.list_(pa.string())),
            "query": pa.array([" ".join(topics[one]) for one in ids], pa.string()),
            "coherence": pa.array(scores, pa.float64()),
            "intent": nothing,
            "phrasing": nothing,
            "score": pa.array(scores, pa.float64()),
            "verdict": ["rejected" if one.startswith("no") else "accepted" for one in ids],
            "reason": ["by hand"] * len(ids),
            "merged_into": pa.nulls(len(ids), pa.string()),
            "judge": ["hand"] * len(ids),
        }
    )


def _look(picture: int) -> np.ndarray:
    """Pictures alike in the hundreds are nearly the same; others differ."""
    base = np.random.default_rng(picture // 100).standard_normal(DIM)
    look = base / np.linalg.norm(base) + 0.02 * np.random.default_rng(picture).standard_normal(DIM)
    return look / np.linalg.norm(look)
