"""Pins for topics that too few match strictly: those that the dual encoder places as near as pins that do match.

An image is looked at if it carries what the topic is of (or, where that is not named, its rarest attribute) and half
of its attributes. What it lacks must be made up for: its weighted similarity to the topic's attributes has to reach
that of an image which is, to each of them, as near as the middle one of those that carry it. So the bound is calibrated
on the carriers of the topic's own attributes, and moves with nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from relpins_assets.collections.inventory import Inventory
from relpins_assets.collections.matching import Ints, TopicSet, least_shared
from relpins_resources.ann.scores import FloatArray, to_micro

QUANTILE = 0.5
"""Which of an attribute's carriers, by similarity, stands for all of them."""
MOST_CARRIERS = 2_000
"""The middle one is found among so many carriers, those with the smallest pin ids."""


@dataclass(frozen=True)
class Near:
    """Matches in no particular order, each (k,): topic, image, score in millionths, attributes shared."""

    topics: Ints
    images: Ints
    scores: Ints
    n_shared: Ints


@dataclass
class NearMatcher:
    """Finds near matches in one inventory.

    Args:
        vectors: (n_attributes, d) attributes in the dual encoder's space, snapped; zeros where it does not know one.
    """

    inventory: Inventory
    vectors: FloatArray
    _middles: dict[int, int] = field(default_factory=dict)

    def matches(self, topics: TopicSet, chosen: Ints, limit: int) -> Near:
        """Up to `limit` near matches for each of the `chosen` topics, the nearest."""
        found = [self._of_topic(topics.of(int(topic)), limit) for topic in chosen]
        none = np.zeros(0, np.int64)
        topic = np.repeat(chosen, [len(one[0]) for one in found])
        columns = [np.concatenate([none, *(one[i] for one in found)]) for i in range(3)]
        return Near(topic.astype(np.int64), *columns)

    def _of_topic(self, attributes: Ints, limit: int) -> tuple[Ints, Ints, Ints]:
        """Images, scores and shared counts."""
        weights = self.inventory.weights[attributes]
        images, confidences = self._half_matches(attributes)
        products = self.inventory.products(images).astype(np.float64)
        known = products.any(axis=1)
        images, confidences, products = images[known], confidences[known], products[known]
        similarity = to_micro(products @ self.vectors[attributes].astype(np.float64).T)  # (k, |t|)
        reached = similarity @ weights
        needed = int(np.array([self._middle(int(a)) for a in attributes]) @ weights)
        best = np.flatnonzero(reached >= needed)
        best = best[np.lexsort((images[best], -reached[best]))][:limit]
        carried = confidences[best]
        scores = np.rint(carried @ weights / int(weights.sum())).astype(np.int64)
        return images[best], scores, (carried > 0).sum(axis=1)

    def _half_matches(self, attributes: Ints) -> tuple[Ints, Ints]:
        """Images (k,) that carry what the topic is of and half of it but not enough, and how surely (k, |t|)."""
        inventory, sizes = self.inventory, self.inventory.postings.sizes[attributes]
        is_required = inventory.is_required[attributes]
        base = attributes[is_required] if is_required.any() else attributes[[int(np.argmin(sizes))]]
        images = inventory.postings.carriers(int(base[0]))[0]
        confidences = np.stack([inventory.postings.confidence(int(a), images) for a in attributes], axis=1)
        has_base = (confidences[:, np.isin(attributes, base)] > 0).all(axis=1)
        n_shared = (confidences > 0).sum(axis=1)
        kept = has_base & (2 * n_shared >= len(attributes)) & (n_shared < least_shared(len(attributes)))
        return images[kept], confidences[kept]

    def _middle(self, attribute: int) -> int:
        """Similarity to an attribute, in millionths, of the middle one of its carriers."""
        if attribute not in self._middles:
            images = self.inventory.postings.carriers(attribute)[0][:MOST_CARRIERS]
            products = self.inventory.products(images).astype(np.float64)
            similarity = to_micro(products[products.any(axis=1)] @ self.vectors[attribute].astype(np.float64))
            ordered = np.sort(similarity)
            self._middles[attribute] = int(ordered[int(QUANTILE * (len(ordered) - 1))]) if len(ordered) else 0
        return self._middles[attribute]
