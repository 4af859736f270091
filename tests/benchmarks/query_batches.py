"""Pins a second of feeds made in batch: retrieval, what follows it, and both, written as the asset writes them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from relpins_assets.feeds.assets import BATCH
from relpins_assets.feeds.batches import feed_rows, pool_rows
from relpins_assets.feeds.saved import Strategy
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake, Outcome
from relpins_resources.lake.refresh import plan_refresh, refresh
from relpins_resources.query.catalog import Catalog, Hits
from relpins_resources.query.execution import Batch, execute
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.execution.executor import _hits

UNIT = "pin_id"


def batch_rates(strategy: Strategy, catalog: Catalog, n_pins: int) -> dict[str, float]:
    """Pins a second on all cores that the machine gives."""
    pins = np.sort(catalog.item_ids[np.random.default_rng(9).permutation(len(catalog))[:n_pins]])
    slices = [pins[start : start + BATCH].tolist() for start in range(0, n_pins, BATCH)]
    start = time.perf_counter()
    lists = {ids[0]: retrieved(strategy, catalog, ids) for ids in slices}
    retrieval_s = time.perf_counter() - start
    feeds_s, write_s = _refreshed(strategy, catalog, pins, lists)
    return {
        "retrieval, pins/s": n_pins / retrieval_s,
        "feeds from lists, pins/s": n_pins / feeds_s,
        "  of which writing, s": write_s,
        "whole, pins/s": n_pins / (retrieval_s + feeds_s),
    }


def retrieved(strategy: Strategy, catalog: Catalog, ids: list[str]) -> list[Hits]:
    """The candidate lists of a batch, one per retriever."""
    entities = Entities(strategy.query, catalog, Batch(len(ids), strategy.values, {strategy.starts_from: ids}))
    return [_hits(stage, entities) for stage in strategy.query.retrievers]


def _refreshed(
    strategy: Strategy, catalog: Catalog, pins: np.ndarray, lists: dict[str, list[Hits]]
) -> tuple[float, float]:
    """Seconds to blend, diversify and write feeds of all pins from their lists; seconds that were not computing."""
    computing = 0.0

    def compute(batch: pa.Table) -> Outcome:
        nonlocal computing
        began = time.perf_counter()
        ids = batch[UNIT].to_pylist()
        values = Batch(len(ids), strategy.values, {strategy.starts_from: ids})
        answer = execute(strategy.query, catalog, values, retrieved=lists[ids[0]])
        rows, pools = feed_rows(answer, strategy, ids, UNIT), pool_rows(answer, strategy, ids, UNIT, "inputs")
        computing += time.perf_counter() - began
        return Outcome(rows, pools)

    with tempfile.TemporaryDirectory() as home:
        lake = Lake(Path(home), TABLES)
        table, ledger = lake.table("related_pins_feeds"), lake.table("related_pins_pools")
        wanted = pa.table({"strategy": [strategy.name] * len(pins), UNIT: pa.array(pins, pa.string())})
        plan = plan_refresh(table, wanted, "1", ledger=ledger)
        start = time.perf_counter()
        refresh(table, plan, compute, ledger=ledger, batch_units=BATCH)
        seconds = time.perf_counter() - start
    return seconds, seconds - computing
