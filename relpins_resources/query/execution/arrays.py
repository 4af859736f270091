"""Small operations on padded lists of items: (b, u) positions, -1 for no item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.query.catalog import Booleans, Ints


def union(lists: Sequence[Ints], size: int) -> Ints:
    """(size, u) every item that any list names, once, in order of first mention."""
    joined = np.concatenate([np.empty((size, 0), np.int64), *lists], axis=1)
    if joined.shape[1] == 0:
        return joined
    order = np.argsort(joined, axis=1, kind="stable")
    ordered = np.take_along_axis(joined, order, axis=1)
    is_first = np.ones(joined.shape, bool)
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    is_kept = np.empty(joined.shape, bool)
    np.put_along_axis(is_kept, order, is_first, axis=1)
    return kept(joined, is_kept)


def kept(items: Ints, keep: Booleans) -> Ints:
    """(b, v) the items for which `keep` (b, u) holds, moved together in their order; padding never is kept."""
    keep = keep & (items >= 0)
    width = int(keep.sum(axis=1).max(initial=0))
    columns = np.argsort(~keep, axis=1, kind="stable")[:, :width]
    return np.where(np.take_along_axis(keep, columns, axis=1), np.take_along_axis(items, columns, axis=1), -1)


def places_in(items: Ints, named: Ints) -> Ints:
    """(b, u) column at which each item stands in the same row of `named` (b, k), -1 where it does not."""
    if named.shape[1] == 0 or items.size == 0:
        return np.full(items.shape, -1, np.int64)
    order = np.argsort(named, axis=1, kind="stable")
    ordered = np.take_along_axis(named, order, axis=1)
    stride = np.int64(max(int(items.max(initial=0)), int(named.max(initial=0))) + 2)
    row = np.arange(len(items))[:, None] * stride
    keys, wanted = (row + ordered + 1).ravel(), row + items + 1
    at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    found = (keys[at] == wanted) & (items >= 0)
    return np.where(found, order.ravel()[at], -1)


def at_columns(values: npt.NDArray[Any], columns: Ints) -> npt.NDArray[Any]:
    """(b, k) values (b, u) at columns (b, k), where -1 reads the first one: mask it afterwards."""
    if values.shape[1] == 0:
        return np.zeros(columns.shape, values.dtype)
    return np.take_along_axis(values, np.maximum(columns, 0), axis=1)
