"""Who shares a group with whom, and neighbours drawn from it: a group of one's, then another member of that group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.pinclip import Bools, Rows


@dataclass(frozen=True)
class Mates:
    """Members of groups with two or more members.

    Attributes:
        groups: (n, g) 1 where a row is a member, indices in order.
        members, starts: the members of each group in order, and where each group's begin (g + 1,).
        places: per entry of `groups`, the place of the row among the members of that group.
    """

    groups: csr_array
    members: Rows
    starts: Rows
    places: Rows

    @classmethod
    def of(cls, groups: csr_array, is_used: Bools) -> Mates:
        """Those among the rows that are used, (n,), of groups (n, g)."""
        found = groups.tocoo()
        rows, columns = found.row.astype(np.int64), found.col.astype(np.int64)
        kept = is_used[rows] & (found.data != 0)
        rows, columns = rows[kept], columns[kept]
        sizes = np.bincount(columns, minlength=groups.shape[1])
        kept = sizes[columns] > 1
        rows, columns = rows[kept], columns[kept]
        used = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=groups.shape)
        used.sum_duplicates()
        used.sort_indices()
        owner = np.repeat(np.arange(groups.shape[0]), np.diff(used.indptr))
        by_group = np.lexsort((owner, used.indices))
        starts = np.concatenate([[0], np.cumsum(np.bincount(used.indices, minlength=groups.shape[1]))]).astype(np.int64)
        places = np.empty(len(owner), np.int64)
        places[by_group] = np.arange(len(owner)) - starts[used.indices[by_group]]
        return cls(used, owner[by_group], starts, places)

    @property
    def anchors(self) -> Rows:
        """Rows that share a group with another, in order."""
        return np.flatnonzero(np.diff(self.groups.indptr)).astype(np.int64)

    def drawn(self, rows: Rows, order: np.random.Generator) -> Rows:
        """(b,) for each of `rows`, anchors all, another member of one of its groups; groups are equally likely."""
        starts = self.groups.indptr[rows].astype(np.int64)
        n_groups = self.groups.indptr[rows + 1] - starts
        entries = starts + np.minimum((order.random(len(rows)) * n_groups).astype(np.int64), n_groups - 1)
        groups = self.groups.indices[entries]
        n_others = self.starts[groups + 1] - self.starts[groups] - 1
        at = np.minimum((order.random(len(rows)) * n_others).astype(np.int64), n_others - 1)
        at += at >= self.places[entries]
        partners: Rows = self.members[self.starts[groups] + at]
        return partners

    def share_any(self, left: Rows, right: Rows) -> Bools:
        """(l, r) whether two rows share a group, or are one row."""
        counts = (self.groups[left] @ self.groups[right].T).toarray()
        shared: Bools = (counts > 0) | (left[:, None] == right[None, :])
        return shared


def mates_recall(vectors: Vectors, groups: csr_array, rows: Rows, k: int) -> float:
    """Mean over `rows` of |nearest k that share a group| / min(k, |those that do|); 0 where none has a mate.

    Nearest by the dot of unit rows (n, d), rounded to 1e-6, ties to the first.
    """
    mates = (groups[rows] @ groups.T).toarray() > 0
    mates[np.arange(len(rows)), rows] = False
    has_any = mates.any(axis=1)
    rows, mates = rows[has_any], mates[has_any]
    if len(rows) == 0:
        return 0.0
    cosines = np.round(vectors[rows].astype(np.float64) @ vectors.T.astype(np.float64), 6)
    cosines[np.arange(len(rows)), rows] = -np.inf
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(mates, nearest, axis=1).sum(axis=1)
    return float((found / np.minimum(mates.sum(axis=1), k)).mean())
