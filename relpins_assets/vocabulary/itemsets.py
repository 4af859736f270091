"""Tuples of attributes that enough images share: frequent itemsets, level by level, over sparse columns of images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from relpins_assets.vocabulary.topic_evidence import Carriers, Ints, counts_at

MAX_CELLS = 5_000_000
"""Images of tuples held at once: bounds memory, whatever the catalog."""


def frequent_tuples(given: Carriers, min_pins: int, max_attributes: int) -> list[tuple[Ints, Ints]]:
    """Tuples of 2 to `max_attributes` attributes of different keys that at least `min_pins` images carry together.

    Returns:
        Per size from 2: the tuples, int64 (n, size), places of attributes in rising order, and their counts (n,).
        A tuple counts as Apriori has it: every part of it is frequent as well (Agrawal and Srikant, 1994).
    """
    columns = given.of_attribute
    kept = np.flatnonzero(np.diff(columns.indptr) >= min_pins)
    level = kept[:, None].astype(np.int64)  # (n, 1)
    found: list[tuple[Ints, Ints]] = []
    for _ in range(2, max_attributes + 1):
        level, counts = _grown(given, level, min_pins)
        found.append((level, counts))
    return found


def _grown(given: Carriers, level: Ints, min_pins: int) -> tuple[Ints, Ints]:
    """The frequent tuples one attribute longer: each tuple with every later attribute of another key."""
    tuples, counts = [np.empty((0, level.shape[1] + 1), np.int64)], [np.empty(0, np.int64)]
    for part in _parts(given, level):
        together = (images_of_tuples(given, part) @ given.matrix).tocoo()
        row, attribute, n = together.row, together.col.astype(np.int64), together.data.astype(np.int64)
        is_later = (n >= min_pins) & (attribute > part[row, -1])
        row, attribute, n = row[is_later], attribute[is_later], n[is_later]
        is_new_key = (given.key_of[part[row]] != given.key_of[attribute][:, None]).all(axis=1)
        tuples.append(np.column_stack([part[row], attribute])[is_new_key])
        counts.append(n[is_new_key])
    every, n_pins = np.concatenate(tuples), np.concatenate(counts)
    order = np.lexsort(every.T[::-1])
    return every[order], n_pins[order]


def _parts(given: Carriers, level: Ints) -> list[Ints]:
    """The tuples in parts whose images fit into memory."""
    if len(level) == 0:
        return []
    sizes = np.diff(given.of_attribute.indptr)[level].min(axis=1)
    return np.split(level, np.flatnonzero(np.diff(np.cumsum(sizes) // MAX_CELLS)) + 1)


def images_of_tuples(given: Carriers, tuples: Ints) -> sp.csr_matrix:
    """int32 (n tuples, n images), 1 where an image carries the whole tuple (n, size)."""
    by_attribute = given.of_attribute.T.tocsr()  # (n attributes, n images)
    found = by_attribute[tuples[:, 0]]
    for place in range(1, tuples.shape[1]):
        found = found.multiply(by_attribute[tuples[:, place]]).tocsr()
    return found


def weakest_lift(given: Carriers, tuples: Ints) -> npt.NDArray[np.float64]:
    """(n,) the lift of each tuple's weakest pair, rounded to 1e-6: images that carry both over those expected."""
    lifts = [
        _lift(given, tuples[:, first], tuples[:, second])
        for first in range(tuples.shape[1])
        for second in range(first + 1, tuples.shape[1])
    ]
    weakest: npt.NDArray[np.float64] = np.round(np.min(lifts, axis=0), 6)
    return weakest


def _lift(given: Carriers, first: Ints, second: Ints) -> npt.NDArray[np.float64]:
    return np.asarray(counts_at(given.both, first, second) / given.expected(first, second), np.float64)
