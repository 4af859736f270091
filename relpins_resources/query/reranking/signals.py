"""What makes two items alike: weighted signals in one kernel, a row at a time.

    k(i, j) = sum_m a_m k_m(i, j) / sum_m a_m,  m over the signals that i and j both have; 1 for an item with itself

Each k_m is positive semi-definite with 1 on its diagonal: the cosine of an embedding; boards shared, over the root of
the product of the boards each stands on; the share of levels that two semantic ids have in common from the first; 1 for
an equal attribute. Only rows of picks are ever computed: 20 of 200, not the whole matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Embedding, Ints, Shares

_WHOLE = 1 << 20  # weights are whole parts of it, so that they sum to exactly 1


class Rows(Protocol):
    """One signal among the candidates of b pools: `has` (b, n) which have it, rows of its kernel, 0 if one has none."""

    has: Booleans

    def row(self, picks: Ints) -> Doubles:
        """(b, n) of the pick (b,) of each pool."""


class Signal(Protocol):
    """A signal other than an embedding; `rows` readies it for the items (b, n) of b pools, -1 being padding."""

    def rows(self, items: Ints) -> Rows: ...


@dataclass(frozen=True)
class Weighted:
    """A signal with its weight of at least 0."""

    signal: Embedding | Signal
    weight: float


def whole_weights(weights: Sequence[float]) -> list[float]:
    """The weights over their sum, as multiples of 2^-20 that sum to exactly 1; the largest takes what rounding left."""
    total = float(np.sum(weights))
    parts = [round(one / total * _WHOLE) for one in weights]
    parts[int(np.argmax(weights))] += _WHOLE - sum(parts)
    return [one / _WHOLE for one in parts]


class BlendedKernel:
    """The kernel of the module's docstring, for the items (b, n) of b pools; `scratch` is reused between blocks."""

    def __init__(self, signals: Sequence[Weighted], items: Ints, scratch: Scratch) -> None:
        weights = whole_weights([one.weight for one in signals])
        spaces = [one.signal for one in signals if isinstance(one.signal, Embedding)]
        vectors = iter(scratch.vectors(spaces, items))
        self._parts: list[tuple[float, Rows]] = []
        for one, weight in zip(signals, weights, strict=True):
            if isinstance(one.signal, Embedding):
                self._parts.append((weight, _CosineRows(next(vectors), one.signal.has(items))))
            else:
                self._parts.append((weight, one.signal.rows(items)))
        self._pools = np.arange(len(items))
        is_padding = items < 0
        self._has = [rows.has | is_padding for _, rows in self._parts]
        self._is_whole = all(bool(has.all()) for has in self._has)

    def row(self, picks: Ints) -> Doubles:
        """(b, n) similarity of every candidate to the pick (b,) of its pool; 0 for a pair that shares no signal."""
        pools = self._pools
        blend = np.zeros(self._has[0].shape)
        for weight, rows in self._parts:
            blend += weight * rows.row(picks)
        if not self._is_whole:  # else the total is exactly 1
            total = np.zeros(blend.shape)
            for (weight, _), has in zip(self._parts, self._has, strict=True):
                total += np.where(has & has[pools, picks][:, None], weight, 0.0)
            blend = np.where(total > 0, blend / np.where(total > 0, total, 1.0), 0.0)
        blend[pools, picks] = 1.0
        return blend


class Scratch:
    """One thread's buffer for the vectors of a block of pools: pages that are new each time cost more than the sums."""

    def __init__(self) -> None:
        self._buffer = np.empty(0)

    def vectors(self, spaces: Sequence[Embedding], items: Ints) -> list[Doubles]:
        """(b, n, d) of each space, as float64."""
        size = items.size * sum(space.dim for space in spaces)
        if self._buffer.size < size:
            self._buffer = np.empty(size)
        found, start = [], 0
        for space in spaces:
            end = start + items.size * space.dim
            part = self._buffer[start:end].reshape(*items.shape, space.dim)
            part[...] = space.vectors(items)
            found.append(part)
            start = end
        return found


class _CosineRows:
    """Cosines of (b, n, d) snapped unit rows, whose float64 dots are exact, so the same bits in whatever pool."""

    def __init__(self, vectors: Doubles, has: Booleans) -> None:
        self._vectors, self._pools = vectors, np.arange(len(vectors))
        self.has = has

    def row(self, picks: Ints) -> Doubles:
        theirs = self._vectors[self._pools, picks]
        cosines: Doubles = np.matmul(self._vectors, theirs[:, :, None])[:, :, 0]
        return cosines


@dataclass(frozen=True)
class SharedBoards:
    """Boards shared, over the root of the product of the boards that each of the two stands on."""

    shares: Shares

    def rows(self, items: Ints) -> Rows:
        return _SharedRows(self.shares, items)


class _SharedRows:
    def __init__(self, shares: Shares, items: Ints) -> None:
        self._shares, self._items = shares, items
        self._n_boards = np.where(items >= 0, shares.n_boards[items], 0)
        self.has = self._n_boards > 0
        self._pools = np.arange(len(items))
        self._stride = len(shares.n_boards)
        self._order = np.argsort(items, axis=1, kind="stable")
        in_order = np.take_along_axis(items, self._order, axis=1)
        self._keys = (self._pools[:, None] * (self._stride + 1) + in_order + 1).ravel()  # ascending: pool, then item

    def row(self, picks: Ints) -> Doubles:
        pools, shares = self._pools, self._shares
        items = self._items[pools, picks]
        starts = shares.indptr[items]
        lengths = np.where(items >= 0, shares.indptr[items + 1] - starts, 0)
        owner = np.repeat(pools, lengths)
        at = np.arange(len(owner)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        wanted = owner * (self._stride + 1) + shares.others[at] + 1
        found = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        is_here = self._keys[found] == wanted
        counts = np.zeros(self._items.shape)
        counts[owner[is_here], self._order.ravel()[found[is_here]]] = shares.counts[at[is_here]]
        boards = self._n_boards * self._n_boards[pools, picks][:, None]
        alike: Doubles = np.minimum(counts / np.sqrt(np.maximum(boards, 1)), 1.0)
        alike[pools, picks] = np.where(items >= 0, self.has[pools, picks], 0.0)
        return alike


@dataclass(frozen=True)
class SemanticIds:
    """The share of levels, from the first on, in which two semantic ids (n, levels) agree."""

    ids: Ints

    def rows(self, items: Ints) -> Rows:
        return _PrefixRows(np.where((items >= 0)[:, :, None], self.ids[items], -1))


class _PrefixRows:
    def __init__(self, ids: Ints) -> None:
        self._ids, self._pools = ids, np.arange(len(ids))
        self.has = ids[:, :, 0] >= 0

    def row(self, picks: Ints) -> Doubles:
        theirs = self._ids[self._pools, picks]  # (b, levels)
        agrees = self.has & self.has[self._pools, picks][:, None]
        common: Doubles = np.zeros(agrees.shape)
        for level in range(self._ids.shape[2]):
            agrees = agrees & (self._ids[:, :, level] == theirs[:, level, None])
            common += agrees
        common /= self._ids.shape[2]
        return common


@dataclass(frozen=True)
class SameAttribute:
    """1 for two items with the same value in a column, of which `codes` (n,) are numbers, -1 for NULL."""

    codes: Ints

    def rows(self, items: Ints) -> Rows:
        return _EqualRows(np.where(items >= 0, self.codes[items], -1))


class _EqualRows:
    def __init__(self, codes: Ints) -> None:
        self._codes, self._pools = codes, np.arange(len(codes))
        self.has = codes >= 0

    def row(self, picks: Ints) -> Doubles:
        return np.where(self.has & (self._codes == self._codes[self._pools, picks][:, None]), 1.0, 0.0)
