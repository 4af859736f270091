"""What a collection holds: the pins that match its topic, in the order they are shown, if they are enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.assignment.model import load_dual, phrase_vectors
from relpins_assets.collections.inventory import Inventory, load_inventory
from relpins_assets.collections.matching import MICRO, Ints, Matches, TopicSet, match
from relpins_assets.collections.near_matches import NearMatcher
from relpins_assets.collections.ordering import Floats, shown_order
from relpins_assets.profile import Collections
from relpins_assets.workspace import Workspace
from relpins_resources.ann import snap
from relpins_resources.lake import Outcome

VERSION = "2"
"""Raised when the same inputs give other collections."""
POOL = 2
"""So many times the pins shown are weighed for a place."""
TOLD, FULL, PARTIAL, NEAR = 0, 1, 2, 3
"""Tiers, in the order they are shown: all attributes, told of the pin itself; all attributes; enough of them; near to
the topic in the dual encoder's space."""
HEAD = 10
"""Where a collection has so many pins that are told to be what it says, these are first."""
LEAST_LIKELY = MICRO // 2
"""What is not told of a pin must be likelier than not, over the whole topic."""
_POOLS_AT_ONCE = 64


class CollectionMaker:
    """Fills collections of one workspace; what the images carry is read when the first topic asks for it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @cached_property
    def _inventory(self) -> Inventory:
        return load_inventory(self._workspace.lake)

    @cached_property
    def _matcher(self) -> NearMatcher | None:
        artefact = self._workspace.lake.artefact("dual_encoder")
        if artefact is None:
            return None
        encoder = load_dual(artefact).encoder
        phrases = phrase_vectors(self._workspace, self._inventory.vocabulary.attributes)
        return NearMatcher(self._inventory, snap(encoder.of_phrases(phrases)))

    def fill(self, topics: pa.Table) -> Outcome:
        """Rows and entries of a batch of `wanted_topics`."""
        return fill(topics, self._inventory, self._workspace.profile.collections, lambda: self._matcher)


@dataclass(frozen=True)
class Pools:
    """The candidates of b topics, padded with -1: image, score in millionths, attributes shared, tier; all (b, n)."""

    images: Ints
    scores: Ints
    n_shared: Ints
    tiers: Ints
    n_matched: Ints  # (b,) strict matches, those beyond the pool too


def fill(
    topics: pa.Table, inventory: Inventory, settings: Collections, near: Callable[[], NearMatcher | None]
) -> Outcome:
    """Rows of shopping_collections for a batch of `wanted_topics`, and their entries in collection_pools.

    Every topic has an entry; one with fewer than `min_pins` pins to show has no rows.

    Args:
        near: asked where strict matching starves a topic; None leaves such topics as they are.
    """
    asked = _topic_set(topics, inventory)
    pools = _pools(asked, inventory, settings, near)
    order = _orders(pools, inventory, settings)
    is_published = (order >= 0).sum(axis=1) >= settings.min_pins
    topic, rank = np.nonzero((order >= 0) & is_published[:, None])
    place = order[topic, rank]
    ids = np.array(topics["topic_id"].to_pylist(), object)
    matched_by = np.where(pools.tiers[topic, place] == NEAR, "vector", "strict")
    rows = pa.table(
        {
            "topic_id": pa.array(ids[topic], pa.string()),
            "rank": pa.array(rank + 1, pa.int32()),
            "pin_id": pa.array(inventory.images[pools.images[topic, place]], pa.string()),
            "score": pa.array(pools.scores[topic, place] / MICRO, pa.float64()),
            "n_shared": pa.array(pools.n_shared[topic, place], pa.int32()),
            "matched_by": pa.array(matched_by.tolist(), pa.string()),
        }
    )
    entries = pa.table({"topic_id": topics["topic_id"], "n_matched": pools.n_matched, "is_published": is_published})
    return Outcome(rows, ledger=entries)


def _topic_set(topics: pa.Table, inventory: Inventory) -> TopicSet:
    position = inventory.vocabulary.position
    listed = topics["attribute_ids"].to_pylist()
    counts = np.array([len(attributes) for attributes in listed], np.int64)
    numbers = np.array([position[one] for attributes in listed for one in attributes], np.int64)
    return TopicSet(np.append(0, np.cumsum(counts)), numbers)


def _pools(
    topics: TopicSet, inventory: Inventory, settings: Collections, near: Callable[[], NearMatcher | None]
) -> Pools:
    limit = POOL * settings.max_pins
    weights, is_required, sizes = inventory.weights, inventory.is_required, np.diff(topics.starts)
    found = match(topics, inventory.postings, weights, is_required, limit=limit)
    told = match(topics, inventory.told, weights, is_required, limit=limit)
    topic = np.concatenate([_rows(found), _rows(told)])
    columns = [
        np.concatenate([found.images, told.images]),
        np.concatenate([found.scores, told.scores]),
        np.concatenate([found.n_shared, told.n_shared]),
        np.concatenate([np.full(len(found.images), FULL), np.full(len(told.images), TOLD)]),
    ]
    columns[3] = np.where(columns[2] == sizes[topic], columns[3], PARTIAL)
    is_likely = (columns[3] == TOLD) | (columns[1] >= LEAST_LIKELY)
    topic, columns = _once(topic[is_likely], [column[is_likely] for column in columns])
    starved = np.flatnonzero((found.n_matched < settings.min_pins) & (2 * told.n_matched >= settings.min_pins))
    matcher = near() if len(starved) else None
    if matcher is not None:
        more = matcher.matches(topics, starved, settings.max_pins)
        topic = np.concatenate([topic, more.topics])
        added = [more.images, more.scores, more.n_shared, np.full(len(more.topics), NEAR)]
        columns = [np.concatenate(pair) for pair in zip(columns, added, strict=True)]
    order = np.lexsort((columns[0], -columns[1], columns[3], topic))
    images, scores, n_shared, tiers = _padded(topic[order], [column[order] for column in columns], len(topics))
    return Pools(images, scores, n_shared, tiers, found.n_matched)


def _rows(found: Matches) -> Ints:
    return np.repeat(np.arange(len(found.starts) - 1), np.diff(found.starts))


def _once(topics: Ints, columns: list[Ints]) -> tuple[Ints, list[Ints]]:
    """Each image once per topic, in its best tier, with its best score."""
    images, scores, _, tiers = columns
    order = np.lexsort((-scores, tiers, images, topics))
    is_first = np.append(True, (np.diff(topics[order]) != 0) | (np.diff(images[order]) != 0))[: len(order)]
    kept = order[is_first]
    return topics[kept], [column[kept] for column in columns]


def _padded(rows: Ints, columns: list[Ints], n_rows: int) -> list[Ints]:
    counts = np.bincount(rows, minlength=n_rows)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    padded = []
    for column in columns:
        whole = np.full((n_rows, int(counts.max(initial=0))), -1, np.int64)
        whole[rows, place] = column
        padded.append(whole)
    return padded


def _orders(pools: Pools, inventory: Inventory, settings: Collections) -> Ints:
    """(b, max_pins) places in the pools in the order shown."""
    orders = np.full((len(pools.images), settings.max_pins), -1, np.int64)
    if pools.images.shape[1] == 0:  # no topic of the batch has a candidate
        return orders
    sizes = (pools.images >= 0).sum(axis=1)
    by_size = np.argsort(sizes, kind="stable")  # pools of a size together: little padding
    for start in range(0, len(orders), _POOLS_AT_ONCE):
        at = by_size[start : start + _POOLS_AT_ONCE]
        width = int(sizes[at].max(initial=0))
        images = pools.images[at, :width]
        orders[at] = shown_order(
            pools.scores[at, :width] / MICRO,
            pools.tiers[at, :width],
            _looks(images, inventory),
            images >= 0,
            diversity=settings.diversity,
            limit=settings.max_pins,
        )
    return _without_doubt(orders, pools, settings.min_pins)


def _without_doubt(orders: Ints, pools: Pools, min_pins: int) -> Ints:
    """The orders cut where what is only inferred would stand too far in front.

    Behind a head of told pins everything may follow. With fewer of them a collection ends with these, or takes what it
    lacks to `min_pins`, but no more than it has.
    """
    is_told = (orders >= 0) & (np.take_along_axis(pools.tiers, np.maximum(orders, 0), axis=1) == TOLD)
    n_told = is_told.sum(axis=1)
    end = np.where(2 * n_told >= min_pins, np.maximum(n_told, min_pins), n_told)
    end = np.where(n_told >= HEAD, orders.shape[1], end)
    return np.where(np.arange(orders.shape[1]) < end[:, None], orders, -1)


def _looks(images: Ints, inventory: Inventory) -> Floats:
    known = images >= 0
    found = inventory.looks(images[known])
    looks: npt.NDArray[np.float32] = np.zeros((*images.shape, found.shape[1] if len(found) else 1), np.float32)
    if len(found):
        looks[known] = found
    return looks
