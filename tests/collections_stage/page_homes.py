"""A home with nothing but collections and what their pages are made of, written straight into its tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
from PIL import Image

from relpins_assets.collections.assets import landing_pages
from relpins_assets.profile import parse_profile
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
COLORS = ("red", "blue", "green")
KINDS = ("sofa", "dress")


@dataclass
class Shop:
    """Forty pins in two groups that look different; topics say which pins they show, in order."""

    pins: dict[str, dict[str, Any]] = field(default_factory=dict)
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls) -> Shop:
        shop = cls({f"p{place:02d}": {"title": f"Chair {place}", "price": 10.0 + place} for place in range(40)})
        shop.topic("topic_sofa", "red sofa", ["category/sofa", "color/red"], range(0, 8))
        shop.topic("topic_sofas", "sofa", ["category/sofa"], range(0, 20))
        shop.topic("topic_dress", "dress in blue", ["category/dress", "color/blue"], range(20, 30))
        shop.topic("topic_same", "blue summer dress", ["category/dress", "color/blue", "season/summer"], range(20, 29))
        shop.topic("topic_thin", "green dress", ["category/dress", "color/green"], range(30, 33))
        return shop

    def topic(self, topic_id: str, query: str, attribute_ids: Sequence[str], places: Sequence[int]) -> None:
        pin_ids = [f"p{place:02d}" for place in places]
        self.topics[topic_id] = {"query": query, "attribute_ids": list(attribute_ids), "pin_ids": pin_ids}

    def write(self, home: Path) -> Lake:
        """All tables, in place of what was there."""
        lake = Lake(home, TABLES)
        ids = sorted(self.pins)
        places = {pin_id: place for place, pin_id in enumerate(ids)}
        put(lake, "raw_pins", [{"pin_id": one, "currency": "USD", "fingerprint": one, **self.pins[one]} for one in ids])
        put(lake, "pin_images", [_image(one, places[one]) for one in ids])
        put(lake, "clip_embeddings", [_look(one, places[one]) for one in ids], dim=8)
        put(lake, "enriched_descriptions", [_described(one) for one in ids])
        put(lake, "raw_attributes", [_said(one, places[one]) for one in ids])
        put(lake, "attribute_vocabulary", self._vocabulary())
        topics = sorted(self.topics.items())
        put(lake, "judged_topics", [_judged(name, topic) for name, topic in topics])
        put(lake, "collection_pools", [_pool(name, topic) for name, topic in topics])
        put(lake, "shopping_collections", [row for name, topic in topics for row in _shown(name, topic)])
        return lake

    def _vocabulary(self) -> list[dict[str, Any]]:
        named = sorted({name for topic in self.topics.values() for name in topic["attribute_ids"]})
        split = [(name, *name.split("/", 1)) for name in named]
        return [
            {"attribute_id": name, "key": key, "value": value, "members": [value], "n_pins": 5, "idf": 1.0 + place}
            for place, (name, key, value) in enumerate(split)
        ]


def put(lake: Lake, name: str, rows: Sequence[Mapping[str, Any]], dim: int | None = None) -> None:
    lake.table(name).overwrite(pa.Table.from_pylist([dict(row) for row in rows], schema=TABLES[name].arrow(dim)))


def run_pages(home: Path) -> dict[str, Any]:
    """Materialise landing_pages; its metadata."""
    result = dg.materialize(
        [landing_pages], resources={"workspace": workspace(home)}, run_config=QUIET, raise_on_error=True
    )
    return {
        name: value.value for name, value in result.asset_materializations_for_node("landing_pages")[0].metadata.items()
    }


def workspace(home: Path) -> Workspace:
    return Workspace(home, parse_profile("collections: {min_pins: 6}", "test", "test"))


def publish(home: Path) -> None:
    lake = Lake(home, TABLES)
    lake.snapshots.publish(lake.candidate(date(2026, 6, 1), "test"))


def published_home(home: Path, shop: Shop) -> Path:
    shop.write(home)
    run_pages(home)
    publish(home)
    return home


def page_rows_of(home: Path) -> dict[str, dict[str, Any]]:
    return {row["topic_id"]: row for row in Lake(home, TABLES).table("landing_pages").read().to_pylist()}


def _image(pin_id: str, place: int) -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("RGB", (24, 30), (place * 6, 90, 200 - place * 4)).save(file, "JPEG")
    hashed = f"{place:02d}".ljust(64, "a")
    names = dict.fromkeys(("jpeg_hash", "pixel_hash", "phash", "fingerprint"), hashed)
    return {"pin_id": pin_id, "jpeg": b"", "thumbnail": file.getvalue(), "width": 240, "height": 300, **names}


def _look(pin_id: str, place: int) -> dict[str, Any]:
    vector = np.random.default_rng(place).normal(size=8) * 0.3
    vector[place // 20] += 2.0
    return {"pin_id": pin_id, "vector": (vector / np.linalg.norm(vector)).tolist(), "fingerprint": f"{place:032x}"}


def _described(pin_id: str) -> dict[str, Any]:
    return {
        "pin_id": pin_id,
        "description": "d",
        "statement": "Red 80%; calm.",
        "describer": "pixels",
        "fingerprint": "x",
    }


def _said(pin_id: str, place: int) -> dict[str, Any]:
    return {"pin_id": pin_id, "key": "color", "value": COLORS[place % 3], "source": "title"}


def _judged(name: str, topic: Mapping[str, Any]) -> dict[str, Any]:
    told = {"score": 5.0, "verdict": "accepted", "reason": "goes together", "judge": "test"}
    return {"topic_id": name, "attribute_ids": topic["attribute_ids"], "query": topic["query"], **told}


def _pool(name: str, topic: Mapping[str, Any]) -> dict[str, Any]:
    return {"topic_id": name, "n_matched": len(topic["pin_ids"]), "is_published": True, "fingerprint": "x"}


def _shown(name: str, topic: Mapping[str, Any]) -> list[dict[str, Any]]:
    score = topic.get("score", 0.9)
    told = {"topic_id": name, "score": score, "n_shared": 1, "matched_by": "strict"}
    return [{"rank": rank, "pin_id": pin_id, **told} for rank, pin_id in enumerate(topic["pin_ids"], 1)]
