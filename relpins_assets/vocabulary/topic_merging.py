"""Topics that are nearly the same images under other words: one stands for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from relpins_assets.vocabulary.itemsets import images_of_tuples
from relpins_assets.vocabulary.topic_evidence import Carriers, Ints

PRICE_BAND = "price_band"
SAME_FROM = 0.9
"""Share of images in common (Jaccard) from which two topics are one, if their attributes can all be said at once."""
CHUNK = 512


def merged_topics(given: Carriers, tuples: Sequence[Ints]) -> list[tuple[int, float] | None]:
    """Per topic, in order of preference: the earlier topic that stands for it and their overlap; None if it stays.

    A topic is merged only into one that stays itself, and only where no key gets two values between them; prices may,
    since a bound holds within a wider one.
    """
    if not tuples:
        return []
    images = _images(given, tuples)
    sizes = np.diff(images.indptr)
    out: list[tuple[int, float] | None] = []
    for start in range(0, len(tuples), CHUNK):
        shared = (images[start : start + CHUNK] @ images.T).tocsr()
        for row, (begin, end) in enumerate(pairwise(shared.indptr.tolist())):
            both = shared.indices[begin:end], shared.data[begin:end]
            out.append(_stands_for(given, tuples, sizes, both, start + row, out))
    return out


def _stands_for(
    given: Carriers,
    tuples: Sequence[Ints],
    sizes: Ints,
    shared: tuple[Ints, Ints],
    place: int,
    out: Sequence[tuple[int, float] | None],
) -> tuple[int, float] | None:
    others, n_both = shared
    overlap = np.round(n_both / (sizes[place] + sizes[others] - n_both), 6)
    near = sorted(int(one) for one in np.flatnonzero((overlap >= SAME_FROM) & (others < place)))
    choices = sorted((int(others[one]), float(overlap[one])) for one in near)
    for other, how_much in choices:
        if out[other] is None and _is_compatible(given, tuples[place], tuples[other]):
            return other, how_much
    return None


def _is_compatible(given: Carriers, one: Ints, other: Ints) -> bool:
    keys = given.key_of[np.union1d(one, other)]
    is_price = keys == (given.keys.index(PRICE_BAND) if PRICE_BAND in given.keys else -1)
    return len(np.unique(keys[~is_price])) == int((~is_price).sum())


def _images(given: Carriers, tuples: Sequence[Ints]) -> sp.csr_matrix:
    """int32 (n topics, n images)."""
    places = {size: [place for place, one in enumerate(tuples) if len(one) == size] for size in (2, 3, 4)}
    order, parts = [], []
    for chosen in places.values():
        for start in range(0, len(chosen), CHUNK):
            part = chosen[start : start + CHUNK]
            order += part
            parts.append(images_of_tuples(given, np.array([tuples[place] for place in part], np.int64)))
    return sp.vstack(parts, format="csr")[np.argsort(order)]
