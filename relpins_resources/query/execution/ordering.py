"""The order of the candidates, and which of them are the pool that reordering works on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from relpins_resources.query.catalog import Booleans, Doubles, Ints
from relpins_resources.query.execution.candidate_frame import CandidateFrame
from relpins_resources.query.expressions.evaluate import evaluate
from relpins_resources.query.plan import Name, OrderKey, Query

SCORE = ("score",)


def ordered(query: Query, frame: CandidateFrame, scores: Doubles, most: int, is_popular: Booleans) -> Ints:
    """(b, p) columns of the best `most` candidates of each query, best first, -1 pads.

    By ORDER BY's keys; without them by score, where there is one, else as they were retrieved. Ties go by position,
    those of people without history by popularity.
    """
    n_rows, n_columns = frame.shape
    if n_columns == 0:
        return np.empty((n_rows, 0), np.int64)
    keys = [_sort_key(key, frame, scores) for key in query.order_by]
    if not keys and query.score is None and not is_popular.any():
        columns = np.broadcast_to(np.arange(n_columns), frame.shape)[:, :most]
        return np.where(np.take_along_axis(frame.items, columns, axis=1) >= 0, columns, -1)
    if not query.order_by:
        keys = [[-scores]]
    flat = [array for key in keys for array in key]
    ties = np.where(is_popular[:, None], np.arange(n_columns)[None, :], frame.items)
    is_padding = frame.items < 0
    # lexsort reads its last key first
    columns = np.lexsort((ties, *reversed(flat), is_padding), axis=1)[:, :most]
    return np.where(np.take_along_axis(is_padding, columns, axis=1), -1, columns)


def _sort_key(key: OrderKey, frame: CandidateFrame, scores: Doubles) -> list[npt.NDArray[np.float64]]:
    """Arrays (b, u) to sort by, ascending: where NULLs go, then the values."""
    if isinstance(key.key, Name) and key.key.path == SCORE:
        values, is_null = scores, np.zeros((1, 1), bool)
    else:
        found = evaluate(key.key, frame)
        values, is_null = _comparable(np.broadcast_to(found.data, frame.shape), found.is_null), found.is_null
    is_null = np.broadcast_to(is_null, frame.shape)
    values = np.where(is_null, 0.0, -values if key.descending else values)
    return [np.where(is_null, -1.0, 1.0) if key.nulls_first else np.where(is_null, 1.0, -1.0), values]


def _comparable(data: npt.NDArray[np.generic], is_null: Booleans) -> npt.NDArray[np.float64]:
    """Numbers that sort as the values do; texts by code point."""
    if data.dtype != object:
        return data.astype(np.float64)
    texts = np.where(np.broadcast_to(is_null, data.shape), "", data).astype(str)
    _, numbers = np.unique(texts, return_inverse=True)
    return numbers.reshape(data.shape).astype(np.float64)
