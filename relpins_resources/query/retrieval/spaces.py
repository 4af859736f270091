"""Embeddings of items as arrays, searched row by row or through an index; where vectors come from is not known here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.ann import LayeredIndex, snap
from relpins_resources.ann.base import checked_queries
from relpins_resources.ann.exact import exact_candidates
from relpins_resources.ann.scores import micro_dots, top_by_row
from relpins_resources.query.catalog import MICRO, NO_FLOOR, Booleans, Embedding, Floats, Ints, positions_of

OVER_FETCH = 1.05
"""How many more rows than the open ones among them should give are asked of an index."""
SLACK = 8
"""Rows beyond the limit that cost nothing: the effort of an index goes by tiers that leave room for them."""
ROWS_PER_FETCHED = 8
"""Rows that can be scanned in the time that an index takes to find one more."""
GATHER_UNDER = 0.25
"""With a smaller share of the rows open, they are gathered and scanned alone."""
OPEN_AT_ONCE = 1 << 25
"""Booleans of pre-filters held at once."""


class ArrayEmbedding(Embedding):
    """Vectors of n items that lie in one or more arrays of snapped rows, and exact search among the candidates.

    Args:
        name: of the embedding.
        layers: (r, d) arrays whose rows are numbered through.
        item_of_row: (r,) position of the item that each row belongs to, -1 for a row that counts no more.
        is_candidate: (n,) the items that a search may give.
        users: ids of users in ascending order, and their vectors (m, d); None for a space of items alone.
    """

    def __init__(
        self,
        name: str,
        layers: Sequence[Floats],
        item_of_row: Ints,
        is_candidate: Booleans,
        users: tuple[npt.NDArray[np.object_], Floats] | None = None,
    ) -> None:
        self.name = name
        self.dim = int(layers[0].shape[1])
        self._layers = list(layers)
        self._item_of_row = item_of_row
        live = np.flatnonzero(item_of_row >= 0)
        self._row_of = np.full(len(is_candidate) + 1, -1, np.int64)  # the last stands for item -1
        self._row_of[item_of_row[live]] = live
        self._searchable: Booleans = is_candidate & (self._row_of[:-1] >= 0)
        self._n_searchable = int(np.count_nonzero(self._searchable))
        self._n_live = len(live)
        self._users = users

    def has(self, items: Ints) -> Booleans:
        found: Booleans = self._row_of[items] >= 0
        return found

    def vectors(self, items: Ints) -> Floats:
        rows = self._row_of[items]
        found = np.zeros((*rows.shape, self.dim), np.float32) if len(self._layers[0]) == 0 else None
        start = 0
        for layer in self._layers:
            inside = (rows >= start) & (rows < start + len(layer))
            if found is None:  # the first layer holds nearly all of them
                found = layer.take(np.where(inside, rows, 0), axis=0)
                if not inside.all():
                    found[~inside] = 0.0
            elif inside.any():
                found[inside] = layer[rows[inside] - start]
            start += len(layer)
        assert found is not None
        return found

    def user_vectors(self, user_ids: Sequence[str | None]) -> tuple[Floats, Booleans]:
        if self._users is None:
            return super().user_vectors(user_ids)
        at = positions_of(self._users[0], user_ids)
        known = at >= 0
        found = np.zeros((len(at), self.dim), np.float32)
        found[known] = self._users[1][at[known]]
        return found, known

    @property
    def has_user_vectors(self) -> bool:
        return self._users is not None and len(self._users[0]) > 0

    def search(self, queries: Floats, limit: int, allowed: Booleans | None = None) -> tuple[Ints, Ints]:
        checked = checked_queries(queries, self.dim, limit)
        if allowed is None:
            return self._search(checked, limit, self._searchable, self._n_searchable)
        if allowed.ndim == 1:
            is_open = self._searchable & allowed
            return self._search(checked, limit, is_open, int(np.count_nonzero(is_open)))
        return self._search_each(checked, limit, allowed)

    def _search_each(self, queries: Floats, limit: int, allowed: Booleans) -> tuple[Ints, Ints]:
        """`search` where every query has a pre-filter of its own: all rows for each, in blocks of matrix products."""
        items, micro = _nothing(len(queries), limit)
        n_block = max(1, OPEN_AT_ONCE // max(1, allowed.shape[1]))
        for start in range(0, len(queries), n_block):
            at = slice(start, start + n_block)
            items[at], micro[at] = _nearest(queries[at], limit, self._scanned(self._searchable & allowed[at]))
        return items, micro

    def _search(self, queries: Floats, limit: int, is_open: Booleans, n_open: int) -> tuple[Ints, Ints]:
        """The nearest open items of snapped queries; `is_open` (n,) has `n_open` of them, each with a vector."""
        return self._exact(queries, limit, is_open, n_open)

    def _exact(self, queries: Floats, limit: int, is_open: Booleans, n_open: int) -> tuple[Ints, Ints]:
        if n_open <= GATHER_UNDER * self._n_live:
            items = np.flatnonzero(is_open)
            return _nearest(queries, limit, [(self.vectors(items), items, None)])
        return _nearest(queries, limit, self._scanned(is_open))

    def _scanned(self, is_open: Booleans) -> list[tuple[Floats, Ints, Booleans | None]]:
        """Each layer with its rows' items, and which rows are closed; `is_open` is (n,) or (q, n)."""
        closed = np.concatenate([~is_open, np.ones((*is_open.shape[:-1], 1), bool)], axis=-1)
        parts: list[tuple[Floats, Ints, Booleans | None]] = []
        start = 0
        for layer in self._layers:
            items = self._item_of_row[start : start + len(layer)]
            parts.append((layer, items, closed[..., items]))
            start += len(layer)
        return parts


class TableEmbedding(ArrayEmbedding):
    """Vectors held in memory, searched exactly.

    Args:
        name: of the embedding.
        vectors: (n, d) one unit row per item; rows of items without a vector are not read.
        is_candidate: (n,) the items that a search may give; all if None.
        has: (n,) which items have a vector; all if None.
        users: user ids and their vectors (m, d), in any order.
    """

    def __init__(
        self,
        name: str,
        vectors: Floats,
        is_candidate: Booleans | None = None,
        has: Booleans | None = None,
        users: tuple[Sequence[str] | npt.NDArray[np.object_], Floats] | None = None,
    ) -> None:
        n = len(vectors)
        rows = np.arange(n) if has is None else np.where(has, np.arange(n), -1)
        given = None
        if users is not None:
            ids = np.array(list(users[0]), dtype=object)
            order = np.argsort(ids)
            given = (ids[order], snap(users[1][order]))
        everyone = np.ones(n, bool) if is_candidate is None else is_candidate
        super().__init__(name, [snap(vectors)], rows, everyone, given)


class IndexedEmbedding(ArrayEmbedding):
    """Vectors where an index maps them, searched through it; no copy is made of them.

    Args:
        name: of the embedding.
        index: an opened index whose ids are items.
        item_ids: (n,) every item, ascending.
        is_candidate: (n,) the items that a search may give.
        exact: scan all rows instead of asking the index where to look.
        users: user ids, ascending, and their vectors.
    """

    def __init__(
        self,
        name: str,
        index: LayeredIndex,
        item_ids: npt.NDArray[np.object_],
        is_candidate: Booleans,
        exact: bool = False,
        users: tuple[npt.NDArray[np.object_], Floats] | None = None,
    ) -> None:
        items = aligned(index.row_ids, item_ids)
        items[index.tombstones] = -1
        super().__init__(name, [index.base.vectors, index.delta_vectors], items, is_candidate, users)
        self._index = index
        self.is_exact = exact

    def _search(self, queries: Floats, limit: int, is_open: Booleans, n_open: int) -> tuple[Ints, Ints]:
        if self.is_exact:
            return self._exact(queries, limit, is_open, n_open)
        items, micro = _nothing(len(queries), limit)
        left = np.arange(len(queries))
        n_asked = limit
        if n_open < self._n_live:
            n_asked = max(limit + SLACK, int(limit * self._n_live / max(n_open, 1) * OVER_FETCH))
        while len(left) and n_asked * ROWS_PER_FETCHED < n_open:
            items[left], micro[left] = self._through_index(queries[left], limit, n_asked, is_open)
            left = left[items[left, -1] < 0]
            n_asked *= 4
        if len(left):
            items[left], micro[left] = self._exact(queries[left], limit, is_open, n_open)
        return items, micro

    def _search_each(self, queries: Floats, limit: int, allowed: Booleans) -> tuple[Ints, Ints]:
        if self.is_exact:
            return super()._search_each(queries, limit, allowed)
        items, micro = _nothing(len(queries), limit)
        for i in range(len(queries)):
            is_open = self._searchable & allowed[i]
            at = slice(i, i + 1)
            items[at], micro[at] = self._search(queries[at], limit, is_open, int(np.count_nonzero(is_open)))
        return items, micro

    def _through_index(self, queries: Floats, limit: int, n_asked: int, is_open: Booleans) -> tuple[Ints, Ints]:
        """The open ones among the `n_asked` rows that the index finds."""
        rows, scores = self._index.search_rows(queries, n_asked)
        found = np.where(rows >= 0, self._item_of_row[rows], -1)
        keep = (found >= 0) & is_open[found]
        items, micro = _nothing(len(queries), limit)
        places = np.cumsum(keep, axis=1) - 1
        at = np.nonzero(keep & (places < limit))
        items[at[0], places[at]] = found[at]
        micro[at[0], places[at]] = _micro(scores[at])
        return items, micro


def aligned(ids: npt.NDArray[np.object_], item_ids: npt.NDArray[np.object_]) -> Ints:
    """(r,) position of each id among `item_ids`, in any order; -1 for one that is not there."""
    found = pc.index_in(pa.array(ids, pa.large_string()), value_set=pa.array(item_ids, pa.large_string()))
    positions: Ints = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return positions


def _nothing(n_queries: int, limit: int) -> tuple[Ints, Ints]:
    return np.full((n_queries, limit), -1, np.int64), np.full((n_queries, limit), NO_FLOOR, np.int64)


def _nearest(queries: Floats, limit: int, parts: list[tuple[Floats, Ints, Booleans | None]]) -> tuple[Ints, Ints]:
    """The best `limit` items over parts (rows, their items, which are closed); ties by position."""
    rows, items, micro = [], [], []
    limits = np.full(len(queries), limit)
    for vectors, item_of_row, closed in parts:
        at, places = exact_candidates(vectors, queries, limits, closed)
        rows.append(at)
        items.append(item_of_row[places])
        micro.append(micro_dots(queries, vectors, at, places))
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    best, scores = top_by_row(
        row[order], np.concatenate(items)[order], np.concatenate(micro)[order], len(queries), limit
    )
    return best, np.where(best >= 0, _micro(np.where(best >= 0, scores, 0)), NO_FLOOR)


def _micro(scores: Floats) -> Ints:
    """Similarities as the whole millionths that they are."""
    return np.rint(scores.astype(np.float64) * MICRO).astype(np.int64)
