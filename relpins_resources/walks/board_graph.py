"""Items and boards as a graph that walks can run on: who stands where, in compressed rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.errors import RelpinsError

Ints = npt.NDArray[np.int64]
SmallInts = npt.NDArray[np.int32]

MOST_EDGES = 1 << 24
"""Of one board or one item: a walk chooses among them with 26 bits."""
FILES = ("item_indptr", "item_boards", "board_indptr", "board_items")


@dataclass(frozen=True)
class BoardGraph:
    """Item i stands on boards item_boards[item_indptr[i]:item_indptr[i + 1]], and so the other way about.

    Both rows are ascending. Boards and items are numbered from 0.
    """

    item_indptr: Ints  # (n + 1,)
    item_boards: SmallInts  # (e,)
    board_indptr: Ints  # (m + 1,)
    board_items: SmallInts  # (e,)

    @classmethod
    def from_edges(
        cls, items: npt.NDArray[np.integer], boards: npt.NDArray[np.integer], n_items: int, n_boards: int
    ) -> BoardGraph:
        """The graph of e edges, each given once, in any order.

        Raises:
            RelpinsError: a row has more edges than a walk can choose among.
        """
        degrees, sizes = np.bincount(items, minlength=n_items), np.bincount(boards, minlength=n_boards)
        most = int(max(degrees.max(initial=0), sizes.max(initial=0)))
        if most > MOST_EDGES:
            raise RelpinsError(f"a board or an item has {most:,} edges; walks choose among {MOST_EDGES:,} at most")
        ones = np.ones(len(items), bool)
        by_board = sparse.coo_array((ones, (boards, items)), shape=(n_boards, n_items)).tocsc().tocsr()
        by_item = by_board.T.tocsr()  # counting sorts all: rows come out ascending
        return cls(
            by_item.indptr.astype(np.int64),
            by_item.indices.astype(np.int32),
            by_board.indptr.astype(np.int64),
            by_board.indices.astype(np.int32),
        )

    @property
    def n_items(self) -> int:
        return len(self.item_indptr) - 1

    @property
    def n_boards(self) -> int:
        return len(self.board_indptr) - 1

    @property
    def n_edges(self) -> int:
        return len(self.item_boards)

    @cached_property
    def degrees(self) -> Ints:
        """(n,) on how many boards each item stands."""
        return np.diff(self.item_indptr)

    def save(self, folder: Path) -> None:
        for name in FILES:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def open(cls, folder: Path) -> BoardGraph:
        """The graph that `save` wrote, read whole: walks in a mapped file wait longer for each step."""
        return cls(*(np.load(folder / f"{name}.npy", allow_pickle=False) for name in FILES))
