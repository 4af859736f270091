"""Pins that people after one thing save together though they do not look alike: do feeds show them?

Belongs here: pairs of the sample world's pins of one hidden intent (`intent_group`) and of two kinds (a room and a
guide, a room and a shop), of which the one stands nowhere among the nearest of the other by look. Look alone never
shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from relpins_assets.feeds.batches import answer_for
from relpins_assets.feeds.saved import Strategy
from relpins_resources.errors import RelpinsError
from relpins_resources.query.catalog import Booleans, Catalog, Ints

SHOWN = 20
NEAREST = 100
"""A pin within so many by look is not one that looks different."""
BLOCK = 256


@dataclass(frozen=True)
class Intents:
    """Of each pin of a catalog, by position: its intent and its kind; "" where the world says none."""

    intents: npt.NDArray[np.object_]  # (n,)
    kinds: npt.NDArray[np.object_]  # (n,)

    @classmethod
    def of(cls, world: Path, catalog: Catalog) -> Intents:
        """From a sample world's folder. Raises RelpinsError where there is no truth."""
        path = world / "_truth" / "pin_truth.parquet"
        if not path.is_file():
            raise RelpinsError(
                f"no sample world truth in {world}: expected {path}; write one with `relpins sample DIR`"
            )
        truth = pq.read_table(path, columns=["pin_id", "intent_group", "kind"])
        at = catalog.positions(truth["pin_id"].to_pylist())
        found = [np.full(len(catalog), "", dtype=object) for _ in range(2)]
        for values, column in zip(found, ("intent_group", "kind"), strict=True):
            values[at[at >= 0]] = np.array(truth[column].to_pylist(), dtype=object)[at >= 0]
        return cls(*found)


def intent_rows(
    catalog: Catalog, intents: Intents, strategies: Sequence[Strategy], nearest: int = NEAREST
) -> list[dict[str, Any]]:
    """One row per strategy, over all query pins that have such a pin: the share of feeds of twenty that show one, and
    how many pairs all feeds show."""
    queries = catalog.candidates[intents.intents[catalog.candidates] != ""]
    linked = np.concatenate(
        [_linked(catalog, intents, queries[at : at + BLOCK], nearest) for at in range(0, len(queries), BLOCK)]
    )
    queries, linked = queries[linked.any(axis=1)], linked[linked.any(axis=1)]
    rows: list[dict[str, Any]] = []
    for strategy in strategies:
        shown = np.zeros(len(queries), np.int64)
        for at in range(0, len(queries), BLOCK):
            ids = catalog.item_ids[queries[at : at + BLOCK]].tolist()
            items = answer_for(strategy, catalog, ids).items[:, :SHOWN]
            hits = np.take_along_axis(linked[at : at + BLOCK], np.maximum(items, 0), axis=1) & (items >= 0)
            shown[at : at + BLOCK] = hits.sum(axis=1)
        share = float((shown > 0).mean()) if len(shown) else None
        rows.append(
            {"strategy": strategy.name, "feeds_with_any": share, "n_pairs": int(shown.sum()), "n_queries": len(queries)}
        )
    return rows


def _linked(catalog: Catalog, intents: Intents, queries: Ints, limit: int) -> Booleans:
    """(q, n) whether a candidate is of the query pin's intent, of another kind, and not among the nearest by look."""
    looks = catalog.embedding("clip_embedding")
    assert looks is not None, "a built home has its embeddings"
    same = intents.intents[queries][:, None] == intents.intents[None, :]
    other = (intents.kinds[queries][:, None] != intents.kinds[None, :]) & catalog.is_candidate[None, :]
    near = np.zeros(same.shape, bool)
    nearest, _ = looks.search(looks.vectors(queries), limit + 1)
    rows, places = np.nonzero(nearest >= 0)
    near[rows, nearest[rows, places]] = True
    found: Booleans = same & other & ~near & looks.has(np.arange(len(catalog)))[None, :]
    return found
