"""Which images carry enough of each topic's attributes, best first: topics x images without a table of all pairs.

The score is the 2025 PinLanding feed score (arXiv 2503.00619) as methods.md 1.6 writes it out: the share of a topic's
weight that an image carries, by confidence. What a topic is worth publishing for, and how a collection is ordered for
people, stands in `filling.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError

Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int32]

MICRO = 1_000_000
"""Confidences, weights and scores are whole millionths: sums are exact in any order."""
_IMAGE_BITS = 32
_REQUIRED, _EXCLUDED = 1 << 4, 1 << 8  # what a shared attribute adds to an image's count, beside 1


@dataclass(frozen=True)
class Postings:
    """Which images carry which attributes, by attribute: those of attribute a are at starts[a]:starts[a + 1]."""

    starts: Ints  # (n_attributes + 1,)
    images: Ints  # (m,) ascending within an attribute
    confidences: Ints  # (m,) millionths, above 0
    n_images: int

    @property
    def n_attributes(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def sizes(self) -> Ints:
        """(n_attributes,) images that carry each."""
        return np.diff(self.starts)

    def carriers(self, attribute: int) -> tuple[Ints, Ints]:
        """Images that carry an attribute, ascending, and how surely."""
        at = slice(self.starts[attribute], self.starts[attribute + 1])
        return self.images[at], self.confidences[at]

    def confidence(self, attribute: int, images: Ints) -> Ints:
        """(k,) how surely some images carry an attribute; 0 where they do not."""
        carriers, confidences = self.carriers(attribute)
        if len(carriers) == 0:
            return np.zeros(len(images), np.int64)
        at = np.minimum(np.searchsorted(carriers, images), len(carriers) - 1)
        return np.where(carriers[at] == images, confidences[at], 0)

    @cached_property
    def by_image(self) -> tuple[Ints, Numbers, Ints]:
        """Starts (n_images + 1,) per image, then the attributes (m,) and confidences (m,) it carries."""
        order = np.argsort(self.images, kind="stable")
        attributes = np.repeat(np.arange(self.n_attributes, dtype=np.int32), self.sizes)[order]
        return _starts(self.images[order], self.n_images), attributes, self.confidences[order]


@dataclass(frozen=True)
class TopicSet:
    """n topics: the attributes of topic t, each once, are at starts[t]:starts[t + 1]."""

    starts: Ints  # (n + 1,)
    attributes: Ints  # (k,)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, topic: int) -> Ints:
        found: Ints = self.attributes[self.starts[topic] : self.starts[topic + 1]]
        return found


@dataclass(frozen=True)
class Matches:
    """The images of topic t are at starts[t]:starts[t + 1], best score first, ties by image."""

    starts: Ints  # (n + 1,)
    images: Ints  # (m,)
    scores: Ints  # (m,) millionths
    n_shared: Ints  # (m,) attributes of the topic that the image carries
    n_matched: Ints  # (n,) images that match, those beyond the limit too


def postings_of(attributes: Ints, images: Ints, confidences: Ints, n_attributes: int, n_images: int) -> Postings:
    """Postings from (m,) triples in any order, a pair of attribute and image at most once.

    `confidences` are millionths; those of 0 and less are left out. Raises RelpinsError for numbers out of range.
    """
    for name, values, n in (("attributes", attributes, n_attributes), ("images", images, n_images)):
        if len(values) and not 0 <= values.min() <= values.max() < n:
            raise RelpinsError(f"{name} span {values.min()}..{values.max()}; allowed: 0..{n - 1}")
    kept = np.flatnonzero(confidences > 0)
    order = kept[np.argsort(attributes[kept] * np.int64(max(n_images, 1)) + images[kept])]  # pairs are distinct
    return Postings(_starts(attributes[order], n_attributes), images[order], confidences[order], n_images)


def least_shared(n_attributes: int) -> int:
    """How many of a topic's attributes an image must carry: three quarters, rounded up."""
    return -(-3 * n_attributes // 4)


def match(topics: TopicSet, postings: Postings, weights: Ints, is_required: Booleans, *, limit: int) -> Matches:
    """The images that share at least `least_shared` attributes with each topic, the required ones among them.

    scores of image i for topic t = sum of w_a c_ia over shared a / sum of w_a over all a of t, in millionths.

    Topics are joined by their rarest attribute: its images are taken once with all that they carry, and every topic
    of it is counted on them alone. A topic that may miss m attributes is joined by its m + 1 rarest (an image that
    misses no more has one of them), each taking the images that have none of the rarer ones. So nothing is lost, and
    a topic's result depends on nothing but the topic and the postings of its attributes.

    Args:
        weights: (n_attributes,) millionths, above 0.
        is_required: (n_attributes,) attributes without which no image matches.
        limit: images kept per topic; `n_matched` counts all.
    """
    if limit < 1:
        raise RelpinsError(f"limit is {limit}; keep at least 1 image per topic")
    found: list[list[tuple[Ints, Ints, Ints]]] = [[] for _ in range(len(topics))]
    for seed, tasks in _tasks_by_seed(topics, postings, is_required):
        near = _Neighbourhood(seed, np.unique(np.concatenate([part for task in tasks for part in task[1:]])), postings)
        for topic, others, excluded in tasks:
            hit = near.join(topics.of(topic), others, excluded, weights, is_required)
            if len(hit[0]):
                found[topic].append(hit)
    return _gathered(found, limit)


def _tasks_by_seed(
    topics: TopicSet, postings: Postings, is_required: Booleans
) -> Iterator[tuple[int, list[tuple[int, Ints, Ints]]]]:
    """Per attribute the joins that start from it: the topic, its attributes to count, those the image may not have."""
    tasks: dict[int, list[tuple[int, Ints, Ints]]] = {}
    place = np.lexsort((topics.attributes, postings.sizes[topics.attributes], _rows(topics.starts)))
    ordered = topics.attributes[place]
    for topic in range(len(topics)):
        attributes = ordered[topics.starts[topic] : topics.starts[topic + 1]]  # rarest first
        for place_of_seed in range(len(attributes) - least_shared(len(attributes)) + 1):
            if is_required[attributes[:place_of_seed]].any():
                break
            seed = int(attributes[place_of_seed])
            tasks.setdefault(seed, []).append((topic, attributes[place_of_seed + 1 :], attributes[:place_of_seed]))
    yield from sorted(tasks.items())


class _Neighbourhood:
    """The images of one attribute, numbered from 0, and which of the wanted attributes they carry too, by attribute."""

    def __init__(self, seed: int, wanted: Ints, postings: Postings) -> None:
        at = slice(postings.starts[seed], postings.starts[seed + 1])
        self.seed, self.images, self.confidences = seed, postings.images[at], postings.confidences[at]
        starts, attributes, confidences = postings.by_image
        counts = starts[self.images + 1] - starts[self.images]
        flat = np.arange(counts.sum()) + np.repeat(starts[self.images] - (np.cumsum(counts) - counts), counts)
        self._number = np.full(postings.n_attributes, -1, _small(len(wanted)))
        self._number[wanted] = np.arange(len(wanted))
        numbers = self._number[attributes[flat]]
        kept = np.flatnonzero(numbers >= 0)
        kept = kept[np.argsort(numbers[kept], kind="stable")]
        self._starts = np.append(0, np.cumsum(np.bincount(numbers[kept], minlength=len(wanted)))).tolist()
        self._local = np.repeat(np.arange(len(self.images)), counts)[kept]
        self._confidence = confidences[flat[kept]].astype(np.int64)
        self._sum = np.zeros(len(self.images), np.int64)
        self._count = np.zeros(len(self.images), np.int16)

    def join(
        self, attributes: Ints, others: Ints, excluded: Ints, weights: Ints, is_required: Booleans
    ) -> tuple[Ints, Ints, Ints]:
        """Images, scores and shared counts of a topic's matches that have `seed` and none of `excluded`."""
        n_needed, n_required = least_shared(len(attributes)) - 1, int(is_required[others].sum())
        slices = self._slices(others)
        for at, attribute in zip(slices, others, strict=True):
            self._count[self._local[at]] += 1 + _REQUIRED * bool(is_required[attribute])
            self._sum[self._local[at]] += weights[attribute] * self._confidence[at]
        barred = self._slices(excluded)
        for at in barred:
            self._count[self._local[at]] = _EXCLUDED
        rows = self._candidates(slices, n_needed)
        count = self._count[rows]
        is_match = (count & (_REQUIRED - 1) >= n_needed) & (count >= _REQUIRED * n_required) & (count < _EXCLUDED)
        rows = rows[is_match]
        shared = (count[is_match] & (_REQUIRED - 1)) + np.int64(1)
        total = self._sum[rows] + weights[self.seed] * self.confidences[rows]
        for at in (*slices, *barred):
            self._count[self._local[at]] = 0
            self._sum[self._local[at]] = 0
        scores = np.rint(total / int(weights[attributes].sum())).astype(np.int64)
        return self.images[rows], scores, shared

    def _slices(self, attributes: Ints) -> list[slice]:
        return [slice(self._starts[at], self._starts[at + 1]) for at in self._number[attributes]]

    def _candidates(self, slices: list[slice], n_needed: int) -> Ints:
        """Rows that can have `n_needed` of the counted attributes: one of the rarest few is among them."""
        if n_needed == 0:
            return np.arange(len(self.images))
        ordered = sorted(slices, key=lambda at: (at.stop - at.start, at.start))[: len(slices) - n_needed + 1]
        if len(ordered) == 1:
            return self._local[ordered[0]]
        return np.unique(np.concatenate([self._local[at] for at in ordered]))


def _gathered(found: list[list[tuple[Ints, Ints, Ints]]], limit: int) -> Matches:
    """Each topic's joins put together and cut to its best."""
    none = np.zeros(0, np.int64)
    kept: list[tuple[Ints, Ints, Ints]] = []
    n_matched = np.zeros(len(found), np.int64)
    for topic, hits in enumerate(found):
        if not hits:
            kept.append((none, none, none))
            continue
        images, scores, shared = hits[0] if len(hits) == 1 else tuple(map(np.concatenate, zip(*hits, strict=True)))
        n_matched[topic] = len(images)
        best = _best(images, scores, limit)
        kept.append((images[best], scores[best], shared[best]))
    counts = np.array([len(images) for images, _, _ in kept], np.int64)
    images, scores, shared = (np.concatenate([none, *(one[i] for one in kept)]) for i in range(3))
    return Matches(np.append(0, np.cumsum(counts)), images, scores, shared, n_matched)


def _best(images: Ints, scores: Ints, limit: int) -> Ints:
    """Places of the best `limit`: by score, then by image."""
    keys = ((8 * MICRO - scores) << _IMAGE_BITS) | images
    if len(keys) > limit:
        nearest = np.argpartition(keys, limit - 1)[:limit]
        return nearest[np.argsort(keys[nearest])]
    return np.argsort(keys)


def _rows(starts: Ints) -> Ints:
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _small(n: int) -> npt.DTypeLike:
    """A type that holds -1..n; numpy sorts 16 bits by radix."""
    return np.int16 if n < 1 << 15 else np.int32


def _starts(ascending: Ints, n: int) -> Ints:
    return np.searchsorted(ascending, np.arange(n + 1)).astype(np.int64)
