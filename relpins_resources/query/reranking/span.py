"""What the last picks of a pool span, and how much of each candidate lies outside, kept as the window slides."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Ints
from relpins_resources.query.reranking.greedy import Kernel

IN_SPAN = 1e-6  # squared residuals below it are 0: cosines are kept to 1e-6, so nothing finer is known


class Span:
    """Squared residuals of all candidates after projection on the span of the window's picks, in kernel form.

    `squares` (b, n) start as `diagonal` + `bias`. Kept are the kernel's rows at the picks, R (w, b, n), and the inverse
    M (b, w, w) of the picks' own Gram matrix. A pick x enters with b = M <window, x>: e = x - sum_j b_j x_j is its part
    outside the span, so the squares fall by <x_i, e>^2 / <e, e>. It leaves by the same formula backwards: with m its
    row of M, f = sum_j m_j x_j is, but for a factor, its part outside the span of the others, so the squares rise
    by <x_i, f>^2 / m_x. Both are exact. A pick within the span of the others waits outside of M, and enters when the
    one that it was a copy of leaves.
    """

    def __init__(self, kernel: Kernel, diagonal: Doubles, *, window: int, limit: int, bias: float = 0.0) -> None:
        n_pools, n = diagonal.shape
        size = min(window, limit)
        self.squares = diagonal + bias
        self._kernel, self._bias, self._window = kernel, bias, window
        self._pools = np.arange(n_pools)
        self._rows = np.zeros((size, n_pools, n))
        self._picks = np.zeros((size, n_pools), np.int64)
        self._inverse = np.zeros((n_pools, size, size))
        self._entered = np.zeros((size, n_pools), bool)
        self._waiting = np.zeros((size, n_pools), bool)
        self._n_added = 0

    def residual_squares(self) -> Doubles:
        """(b, n) squares, 0 where nothing but rounding is left."""
        return np.where(self.squares > IN_SPAN, self.squares, 0.0)

    def add(self, picks: Ints, alive: Booleans) -> None:
        """The picks (b,) of the pools that are `alive` enter; the oldest leave a window that is full."""
        slot = self._n_added % self._window
        if self._n_added >= self._window:
            self._forget(slot)
        self._rows[slot] = np.where(alive[:, None], self._kernel.row(picks) + self._bias, 0.0)
        self._picks[slot] = picks
        self._n_added += 1
        self._enter(np.full(len(picks), slot), alive)

    def _enter(self, slots: Ints, wanted: Booleans) -> None:
        """The pick in slot `slots` (b,) of each pool that is `wanted` enters, or waits if the span holds it already."""
        n_used = min(self._n_added, self._window)
        rows, inverse, pools = self._rows[:n_used], self._inverse[:, :n_used, :n_used], self._pools
        picks = self._picks[slots, pools]
        products = rows[:, pools, picks].T  # (b, k)
        parts = np.add.reduce(inverse * products[:, None, :], axis=2)
        parts[pools, slots] = -1.0
        outside = np.add.reduce(parts.T[:, :, None] * rows, axis=0)  # -<x_i, e>, the rows added in order
        pivot = -outside[pools, picks]
        enters = wanted & (pivot > IN_SPAN)
        over = np.where(enters, 1.0 / np.where(enters, pivot, 1.0), 0.0)
        self.squares -= outside * outside * over[:, None]
        inverse += parts[:, :, None] * parts[:, None, :] * over[:, None, None]
        self._entered[slots, pools] |= enters
        self._waiting[slots, pools] = np.where(wanted, ~enters, self._waiting[slots, pools])

    def _forget(self, slot: int) -> None:
        left = self._entered[slot]
        parts = self._inverse[:, :, slot].copy()  # (b, w)
        over = np.where(left, 1.0 / np.where(left, parts[:, slot], 1.0), 0.0)
        freed = np.add.reduce(parts.T[:, :, None] * self._rows, axis=0)
        self.squares += freed * freed * over[:, None]
        self._inverse -= parts[:, :, None] * parts[:, None, :] * over[:, None, None]
        self._inverse[:, slot, :] = 0.0
        self._inverse[:, :, slot] = 0.0
        self._entered[slot] = self._waiting[slot] = False
        self._admit(slot)

    def _admit(self, oldest: int) -> None:
        """What waited and is no longer in the span enters: one per pool, since the span lost one dimension."""
        freed = self._waiting & (self.squares[self._pools, self._picks] > IN_SPAN)  # (w, b)
        if freed.any():
            by_age = np.roll(freed, -oldest, axis=0)
            self._enter((np.argmax(by_age, axis=0) + oldest) % len(freed), np.any(by_age, axis=0, keepdims=True)[0])
