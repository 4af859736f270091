"""Feeds of a batch of pins or users as rows: what stands at each rank, why, and what decides whether it still does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from relpins_assets.feeds.dependence import embeddings_of
from relpins_assets.feeds.saved import Strategy
from relpins_assets.feeds.spaces import SPACES
from relpins_resources.query.catalog import MICRO, NO_FLOOR, Booleans, Catalog
from relpins_resources.query.execution import Answer, Batch, execute
from relpins_resources.query.execution.arrays import places_in
from relpins_resources.query.execution.results import short
from relpins_resources.query.expressions.values import Value


def answer_for(strategy: Strategy, catalog: Catalog, ids: Sequence[str]) -> Answer:
    """Run a strategy for a batch of pins (or users) at once; each gets what it would get alone."""
    return execute(strategy.query, catalog, Batch(len(ids), strategy.values, {strategy.starts_from: list(ids)}))


def feed_rows(answer: Answer, strategy: Strategy, ids: Sequence[str], unit: str) -> pa.Table:
    """Rows of related_pins_feeds (`unit` pin_id) or home_feeds (user_id), one per rank of each of b feeds."""
    row, rank = np.nonzero(answer.items >= 0)
    items, columns = answer.items[row, rank], answer.source[row, rank]
    catalog, frame = answer.entities.catalog, answer.frame
    used = embeddings_of(strategy.query)

    def picked(value: Value, kind: pa.DataType) -> pa.Array:
        """The value of each row's candidate, NULL for one that was woven in from outside."""
        if frame.shape[1] == 0:
            return pa.nulls(len(row), kind)
        data, is_null = np.broadcast_to(value.data, frame.shape), np.broadcast_to(value.is_null, frame.shape)
        at = (row, np.maximum(columns, 0))
        mask = is_null[at] | (columns < 0)
        return pa.array(np.where(mask, 0.0, data[at]), mask=mask).cast(kind)

    ranks = {
        f"{short(name)}_rank": picked(frame.rank(name), pa.int32()) if name in used else pa.nulls(len(row), pa.int32())
        for name in SPACES
    }
    kinds = zip(answer.hits, strategy.query.retrievers, strict=True)
    boards = next((name for name, stage in kinds if stage.kind == "cooccurrence"), None)
    nothing = pa.nulls(len(row), pa.int32())
    return pa.table(
        {
            "strategy": pa.array([strategy.name] * len(row), pa.string()),
            unit: pa.array(np.array(ids, dtype=object)[row], pa.string()),
            "rank": pa.array(rank + 1, pa.int32()),
            "candidate_pin_id": pa.array(catalog.item_ids[items], pa.string()),
            "score": pa.array(answer.scores[row, rank], pa.float64(), mask=~np.isfinite(answer.scores[row, rank])),
            **ranks,
            "cooccurrence_rank": picked(frame.retrieval_rank(boards), pa.int32()) if boards else nothing,
            "n_shared_boards": picked(frame.retrieval_score(boards), pa.int32()) if boards else nothing,
            "retrieved_by": retrieved_by(answer),
        }
    )


def retrieved_by(answer: Answer) -> pa.Array:
    """Names of the retrievers that gave each entry; "popular" for people of whom nothing is known, none if woven in."""
    row, rank = np.nonzero(answer.items >= 0)
    is_popular = answer.is_popular[row]
    named = [(places_in(answer.items, hits.items) >= 0)[row, rank] & ~is_popular for hits in answer.hits.values()]
    flags = np.stack([*named, is_popular], axis=1)
    return _lists(pa.array([*answer.hits, "popular"], pa.string()).take(pa.array(np.nonzero(flags)[1])), flags)


def pool_rows(answer: Answer, strategy: Strategy, ids: Sequence[str], unit: str, inputs: str) -> pa.Table:
    """Rows of the ledger: what was retrieved for each feed, and the floor of each similarity search that did."""
    item_ids = answer.entities.catalog.item_ids
    floors = [hits.floors for hits in answer.hits.values() if hits.floors is not None]
    joined = np.concatenate(floors, axis=1) if floors else np.empty((len(ids), 0), np.int64)
    return pa.table(
        {
            "strategy": pa.array([strategy.name] * len(ids), pa.string()),
            unit: pa.array(list(ids), pa.string()),
            "pool": _lists(pa.array(item_ids[answer.united[answer.united >= 0]], pa.string()), answer.united >= 0),
            "floors": pa.array([[_floor(one) for one in row] for row in joined], pa.list_(pa.float64())),
            "inputs": pa.array([inputs] * len(ids), pa.string()),
        }
    )


def _lists(values: pa.Array, is_there: Booleans) -> pa.Array:
    """(r,) lists of the values that stand where `is_there` (r, m) holds, given row by row."""
    offsets = np.concatenate([[0], np.cumsum(is_there.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _floor(micro: Any) -> float | None:
    """A floor as stored: a cosine, or nothing where any pin would have entered."""
    return None if micro == NO_FLOOR else float(micro) / MICRO
