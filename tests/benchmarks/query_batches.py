"""Pins a second of feeds made in batch: retrieval, what follows it, and both, written as the asset writes them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from query_timing import Clock

from relpins_assets.feeds.assets import BATCH
from relpins_assets.feeds.batches import feed_rows, pool_rows
from relpins_assets.feeds.saved import Strategy
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake, Outcome
from relpins_resources.lake.refresh import plan_refresh, refresh
from relpins_resources.query.catalog import Catalog, Hits
from relpins_resources.query.execution import Batch, execute
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.execution.retrieving import hits_of

UNIT = "pin_id"


def batch_rates(strategy: Strategy, catalog: Catalog, n_pins: int) -> dict[str, float]:
    """Pins a second on all cores that the machine gives, and the milliseconds of processor time of one pin."""
    pins = np.sort(catalog.item_ids[np.random.default_rng(9).permutation(len(catalog))[:n_pins]])
    slices = [pins[start : start + BATCH].tolist() for start in range(0, n_pins, BATCH)]
    lists: dict[str, list[Hits]] = {}
    with Clock() as retrieving:
        for ids in slices:
            lists[ids[0]] = retrieved(strategy, catalog, ids)
    feeding, computing = _refreshed(strategy, catalog, pins, lists)
    return {
        "retrieval, pins/s": n_pins / retrieving.wall_s,
        "retrieval, ms of cpu a pin": retrieving.cpu_s / n_pins * 1000,
        "feeds from lists, pins/s": n_pins / feeding.wall_s,
        "feeds from lists, ms of cpu a pin": feeding.cpu_s / n_pins * 1000,
        "of which writing, ms of cpu a pin": (feeding.cpu_s - computing.cpu_s) / n_pins * 1000,
        "whole, pins/s": n_pins / (retrieving.wall_s + feeding.wall_s),
    }


def retrieved(strategy: Strategy, catalog: Catalog, ids: list[str]) -> list[Hits]:
    """The candidate lists of a batch, one per retriever."""
    entities = Entities(strategy.query, catalog, Batch(len(ids), strategy.values, {strategy.starts_from: ids}))
    return [hits_of(stage, entities) for stage in strategy.query.retrievers]


def _refreshed(
    strategy: Strategy, catalog: Catalog, pins: npt.NDArray[np.object_], lists: dict[str, list[Hits]]
) -> tuple[Clock, Clock]:
    """Time to blend, diversify and write feeds of all pins from their lists, and that of it without the writing."""
    computing, feeding = Clock(), Clock()

    def compute(batch: pa.Table) -> Outcome:
        with computing:
            ids = batch[UNIT].to_pylist()
            values = Batch(len(ids), strategy.values, {strategy.starts_from: ids})
            answer = execute(strategy.query, catalog, values, retrieved=lists[ids[0]])
            return Outcome(
                feed_rows(answer, strategy, ids, UNIT), pool_rows(answer, strategy, ids, UNIT, inputs="benchmark")
            )

    with tempfile.TemporaryDirectory() as home:
        lake = Lake(Path(home), TABLES)
        table, ledger = lake.table("related_pins_feeds"), lake.table("related_pins_pools")
        wanted = pa.table({"strategy": [strategy.name] * len(pins), UNIT: pa.array(pins, pa.string())})
        plan = plan_refresh(table, wanted, "1", ledger=ledger)
        with feeding:
            refresh(table, plan, compute, ledger=ledger, batch_units=BATCH)
    return feeding, computing
