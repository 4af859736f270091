"""Arithmetic over pairs of items: (b,) query items and (b, u) candidates in, (b, u) numbers out, NaN where unknown.

Each row is computed on its own, in a fixed order of summation, so a batch gives every query the bits it gets alone.
Positions of -1 are no item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from relpins_resources.query.catalog import MICRO, Booleans, Doubles, Embedding, Ints

Feature: TypeAlias = Callable[[Ints, Ints], Doubles]
"""Given items (b, u) and query items (b,), (b, u) numbers."""
ROWS_AT_ONCE = 64


def in_blocks(compute: Feature) -> Feature:
    """The same feature, a few queries at a time, asked only of pairs of items that are there."""

    def feature(items: Ints, queries: Ints) -> Doubles:
        found = np.full(items.shape, np.nan)
        for start in range(0, len(items), ROWS_AT_ONCE):
            at = slice(start, start + ROWS_AT_ONCE)
            is_pair = (items[at] >= 0) & (queries[at] >= 0)[:, None]
            block = compute(np.maximum(items[at], 0), np.maximum(queries[at], 0))
            found[at] = np.where(is_pair, block, np.nan)
        return found

    return feature


def remembering(compute: Feature) -> Feature:
    """The same feature; asked again of the very arrays it was last asked of, it gives what it gave."""
    last: list[tuple[Ints, Ints, Doubles]] = []

    def feature(items: Ints, queries: Ints) -> Doubles:
        held = last[0] if last else None
        if held is not None and held[0] is items and held[1] is queries:
            return held[2]
        found = compute(items, queries)
        found.flags.writeable = False
        last[:] = [(items, queries, found)]
        return found

    return feature


def cosines(embedding: Embedding) -> Feature:
    """Cosine of the two items' own vectors, in whole millionths."""

    def feature(items: Ints, queries: Ints) -> Doubles:
        asked = embedding.vectors(queries).astype(np.float64)  # (r, d)
        rows = embedding.vectors(items).astype(np.float64)  # (r, u, d)
        found = np.rint(np.matmul(rows, asked[:, :, None])[:, :, 0] * MICRO) / MICRO
        known: Booleans = embedding.has(items) & embedding.has(queries)[:, None]
        return np.where(known, found, np.nan)

    return in_blocks(feature)


def sign_agreement(embedding: Embedding) -> Feature:
    """Share of the dimensions in which the two items' vectors have the same sign: 1 less their Hamming distance."""

    def feature(items: Ints, queries: Ints) -> Doubles:
        asked, rows = (np.packbits(embedding.vectors(at) > 0, axis=-1) for at in (queries, items))
        differing = np.bitwise_count(rows ^ asked[:, None, :]).sum(axis=-1, dtype=np.int64)
        known: Booleans = embedding.has(items) & embedding.has(queries)[:, None]
        return np.where(known, 1.0 - differing / embedding.dim, np.nan)

    return in_blocks(feature)


@dataclass(frozen=True)
class SparseRows:
    """Rows of few weighted terms, of unit length: `terms` (n, k) padded with `n_terms`, `weights` (n, k) with 0."""

    terms: Ints
    weights: Doubles
    n_terms: int

    @classmethod
    def of(cls, rows: Ints, terms: Ints, weights: Doubles, n_rows: int, width: int) -> SparseRows:
        """The `width` weightiest terms of each row, ties by term. A pair of row and term stands once."""
        n_terms = int(terms.max(initial=-1)) + 1
        order = np.lexsort((terms, -weights, rows))
        rows, terms, weights = rows[order], terms[order], weights[order]
        starts = np.searchsorted(rows, np.arange(n_rows))
        place = np.arange(len(rows)) - starts[rows]
        keep = (place < width) & (weights > 0)
        held = np.full((n_rows, width), n_terms, np.int64)
        given = np.zeros((n_rows, width))
        held[rows[keep], place[keep]] = terms[keep]
        given[rows[keep], place[keep]] = weights[keep]
        lengths = np.sqrt((given**2).sum(axis=1, keepdims=True))
        return cls(held, np.divide(given, lengths, out=np.zeros_like(given), where=lengths > 0), n_terms)

    @property
    def has(self) -> Booleans:
        """(n,) whether a row has any term."""
        found: Booleans = self.weights[:, 0] > 0
        return found

    def cosine(self, rows: Ints, others: Ints) -> Doubles:
        """(b, u) cosine of row rows[i] and row others[i, j]; NaN where either has no term."""
        dense = np.zeros((len(rows), self.n_terms + 1))
        np.put_along_axis(dense, self.terms[rows], self.weights[rows], axis=1)
        dense[:, self.n_terms] = 0.0
        gathered = dense[np.arange(len(rows))[:, None, None], self.terms[others]]  # (b, u, k)
        found = np.round((gathered * self.weights[others]).sum(axis=-1), 9)
        return np.where(self.has[rows][:, None] & self.has[others], found, np.nan)


@dataclass(frozen=True)
class PairValues:
    """A number for some pairs of rows, in compressed rows: row i has others[k] with values[k]."""

    indptr: Ints
    others: Ints
    values: Doubles

    @classmethod
    def of(cls, rows: Ints, others: Ints, values: Doubles, n_rows: int) -> PairValues:
        order = np.lexsort((others, rows))
        indptr = np.searchsorted(rows[order], np.arange(n_rows + 1))
        return cls(indptr.astype(np.int64), others[order], values[order])

    def at(self, rows: Ints, others: Ints) -> Doubles:
        """(b, u) the number of rows[i] and others[i, j]; NaN where there is none."""
        sizes = self.indptr[rows + 1] - self.indptr[rows]
        where = np.arange(int(sizes.sum())) + np.repeat(self.indptr[rows] - (np.cumsum(sizes) - sizes), sizes)
        stride = max(int(self.others.max(initial=0)), int(others.max(initial=0))) + 1
        keys = np.repeat(np.arange(len(rows)), sizes) * stride + self.others[where]
        if len(keys) == 0:
            return np.full(others.shape, np.nan)
        order = np.argsort(keys, kind="stable")
        wanted = np.arange(len(rows))[:, None] * stride + others
        place = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
        found = order[place]
        return np.where(keys[found] == wanted, self.values[where[found]], np.nan)
