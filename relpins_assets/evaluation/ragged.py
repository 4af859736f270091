"""Many lists of pin positions in two arrays, so that thousands of queries are judged without a Python loop."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lists:
    """List i is `items[indptr[i]:indptr[i + 1]]`: ascending positions below `n_items`, each once."""

    indptr: IntArray  # (n + 1,)
    items: IntArray  # (m,)
    n_items: int

    @classmethod
    def from_pairs(cls, rows: IntArray, items: IntArray, n_rows: int, n_items: int) -> "Lists":
        """Lists from (row, item) pairs in any order; repeated pairs count once."""
        keys = np.unique(rows * n_items + items)
        lengths = np.bincount(keys // max(n_items, 1), minlength=n_rows)
        return cls(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), keys % max(n_items, 1), n_items)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, row: int) -> IntArray:
        return self.items[self.indptr[row] : self.indptr[row + 1]]

    @property
    def lengths(self) -> IntArray:
        """(n,) items per list."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> IntArray:
        """(m,) the list that each item is in."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, rows: IntArray) -> "Lists":
        """The lists of `rows`, in that order; a row may be taken more than once."""
        lengths = self.lengths[rows]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths)
        return Lists(indptr, self.items[places], self.n_items)

    def where(self, kept: BoolArray) -> "Lists":
        """The same lists with only the items where `kept`, (m,), holds."""
        return Lists.from_pairs(self.rows[kept], self.items[kept], len(self), self.n_items)

    def union(self, other: "Lists") -> "Lists":
        """List i holds what list i of either holds."""
        rows, items = np.concatenate([self.rows, other.rows]), np.concatenate([self.items, other.items])
        return Lists.from_pairs(rows, items, len(self), self.n_items)

    def contains(self, ranked: IntArray) -> BoolArray:
        """out[i, j] is whether ranked[i, j] is in list i; `ranked` (n, depth), -1 is in none."""
        own = self.rows * self.n_items + self.items  # ascending, since rows and items are
        wanted = np.arange(len(self))[:, None] * self.n_items + ranked
        if len(own) == 0:
            return np.zeros(ranked.shape, dtype=bool)
        found = own[np.minimum(np.searchsorted(own, wanted), len(own) - 1)] == wanted
        return np.asarray(found & (ranked >= 0), dtype=bool)
