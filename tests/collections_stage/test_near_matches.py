"""Near matches: pins that lack an attribute and are as near to the topic as the middle pin that carries it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from collections_home import SmallShop

from relpins_assets.collections.inventory import load_inventory
from relpins_assets.collections.matching import MICRO, TopicSet
from relpins_assets.collections.near_matches import NearMatcher
from relpins_resources.ann import snap
from relpins_resources.lake.table import vector_array

SOFA, BOHO, RED = "category/sofa", "style/boho", "color/red"
ANGLES = {"p0": 10, "p1": 20, "p2": 60, "p3": 15, "p4": 80, "p5": 5}
"""Degrees between a pin and boho; p0, p1 and p2 carry it, p5 is no sofa."""


def matcher(home: Path) -> NearMatcher:
    pins = {pin: {SOFA: 1.0, BOHO: 0.9} for pin in ("p0", "p1", "p2")}
    pins |= {"p3": {SOFA: 0.8}, "p4": {SOFA: 1.0}, "p5": {RED: 1.0}}
    workspace = SmallShop(pins, {"t": (SOFA, BOHO)}).write(home)
    # first axis boho, second sofa by a constant, third the rest
    rows = [(np.cos(np.radians(angle)) * 0.9, 0.3, np.sin(np.radians(angle)) * 0.9) for angle in ANGLES.values()]
    vectors = np.array(rows, np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    workspace.lake.table("product_embeddings").overwrite(
        pa.table({"pin_id": list(ANGLES), "vector": vector_array(vectors), "fingerprint": ["x"] * len(ANGLES)})
    )
    inventory = load_inventory(workspace.lake)
    axes = {BOHO: (1.0, 0.0, 0.0), SOFA: (0.0, 1.0, 0.0), RED: (0.0, 0.0, 1.0)}
    named = [axes[one.attribute_id] for one in inventory.vocabulary.attributes]
    return NearMatcher(inventory, snap(np.array(named, np.float32)))


def test_it_takes_what_is_as_near_as_the_middle_carrier_and_lacks_no_category(tmp_path: Path):
    near = matcher(tmp_path)
    position = near.inventory.vocabulary.position
    topic = TopicSet(np.array([0, 2]), np.array([position[SOFA], position[BOHO]]))
    found = near.matches(topic, np.array([0]), 5)
    assert near.inventory.images[found.images].tolist() == ["p3"]  # p4 is too far, p5 is no sofa
    weights = near.inventory.weights[[position[SOFA], position[BOHO]]]
    assert found.scores.tolist() == [round(0.8 * MICRO * weights[0] / weights.sum())]
    assert found.n_shared.tolist() == [1]


def test_nothing_is_asked_of_no_topic(tmp_path: Path):
    found = matcher(tmp_path).matches(TopicSet(np.array([0]), np.array([], np.int64)), np.array([], np.int64), 5)
    assert len(found.images) == 0


@pytest.mark.parametrize("limit", [1, 3])
def test_at_most_so_many(tmp_path: Path, limit: int):
    near = matcher(tmp_path)
    near.vectors[:] = 0  # everything is equally near
    position = near.inventory.vocabulary.position
    topic = TopicSet(np.array([0, 2]), np.array([position[SOFA], position[BOHO]]))
    assert len(near.matches(topic, np.array([0]), limit).images) == min(limit, 2)
