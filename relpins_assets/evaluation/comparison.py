"""The comparison of systems on one cut: metrics, slices, and how sure each difference to ours is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from relpins_assets.evaluation.bootstrap import paired_bootstrap
from relpins_assets.evaluation.compared_systems import OURS, Compared, Field, compared_systems
from relpins_assets.evaluation.evaluate import Evaluation, FloatArray, evaluate
from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_assets.evaluation.ragged import IntArray
from relpins_assets.evaluation.replay import logged_after, replay_rows
from relpins_assets.evaluation.systems import collapsed
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.query.catalog import Catalog

K = 10
LIMIT = 100
"""Pins ranked by each system, so that lists stay full once board mates known before T are left out."""
SURE = ("ndcg", "recall", "hit")
"""Metrics whose difference to ours gets an interval."""
OF_CATEGORIES = (f"ndcg@{K}", f"recall@{K}")
LEAST_QUERIES = 30
"""A category with fewer queries is no slice of its own."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Rows of system_comparison, and what they were made from."""

    rows: pa.Table
    lists: dict[str, IntArray]  # per system (n, LIMIT): of every query pin its list, -1 padded; known pins are in it
    queries: Queries
    left_out: dict[str, str]  # systems that are not compared, and why


def compare(
    at: Workspace, tables: Mapping[str, pa.Table], cut_at: datetime, max_queries: int, truth: Path | None
) -> Comparison:
    """Judge every system on what was saved, and shown, from T on.

    Args:
        at: the workspace of the graph built on the cut.
        tables: the uncut raw tables; what happened after `cut_at` is the answer.
        max_queries: queries judged at most, a sample that is the same next time.
        truth: a sample world's folder, for the oracle.
    """
    catalog = load_catalog(at.lake, at.profile, as_of=at.as_of)
    joins = at.lake.table("pin_joins").read(["representative_pin_id", "pin_ids"])
    as_shown = collapsed(tables, joins)
    queries = build_queries(as_shown, cut_at, max_queries=max_queries, seed=at.profile.seed)
    field = Field(at, catalog, as_shown, queries, LIMIT)
    compared, log = compared_systems(field, truth), logged_after(as_shown, joins, queries)
    lists = _lists(compared, np.union1d(queries.query_pins, log.query_pins), len(queries.pin_ids))
    rows = _quality_rows(lists, queries, field)
    rows += replay_rows(lists, log, OURS)
    table = pa.Table.from_pylist(rows, schema=TABLES["system_comparison"].arrow())
    return Comparison(table, lists, queries, compared.left_out)


def _lists(compared: Compared, pins: IntArray, n: int) -> dict[str, IntArray]:
    """(n, LIMIT) per system the lists of the query pins that are asked for, -1 elsewhere."""
    found = {name: np.full((n, LIMIT), -1, np.int64) for name in compared.lists}
    if len(pins):
        for name, lists in compared.lists.items():
            found[name][pins] = lists(pins)
    return found


def _quality_rows(lists: Mapping[str, IntArray], queries: Queries, field: Field) -> list[Row]:
    looks = field.vectors("clip_embedding")
    vectors = None if looks is None else looks.astype(np.float32)
    found = {name: evaluate(one[queries.query_pins], queries, (K,), vectors=vectors) for name, one in lists.items()}
    parts = dict(_categories(field.catalog, queries))
    return [row for name, one in found.items() for row in _rows(name, one, found[OURS], queries, parts)]


def _categories(catalog: Catalog, queries: Queries) -> Iterator[tuple[str, IntArray]]:
    """Queries of pins of one category, by its name."""
    column = catalog.columns["board_category"]
    at = catalog.positions(queries.pin_ids.tolist())[queries.query_pins]
    names = np.where(column.is_null[at], "", column.data[at]).astype(str)
    for name, count in zip(*np.unique(names, return_counts=True), strict=True):
        if name and count >= LEAST_QUERIES:
            yield f"category: {name}", np.flatnonzero(names == name)


def _rows(
    system: str, evaluation: Evaluation, ours: Evaluation, queries: Queries, categories: Mapping[str, IntArray]
) -> Iterator[Row]:
    for name, value in evaluation.summary.items():
        metric, _, part = name.partition("/")
        values = evaluation.per_query.get(name)
        others = None if evaluation is ours else ours.per_query.get(name)
        sure = values is not None and others is not None and metric.partition("@")[0] in SURE
        low, high = _interval(values, others, queries.boards) if sure else (None, None)
        yield _row(system, metric, part or "all", value, low, high, evaluation.n_queries[name])
    for part, rows in categories.items():
        for metric in OF_CATEGORIES:
            own, others = evaluation.per_query[metric][rows], ours.per_query[metric][rows]
            low, high = (None, None) if evaluation is ours else _interval(own, others, queries.boards[rows])
            yield _row(system, metric, part, float(np.mean(own)), low, high, len(rows))


def _interval(
    values: FloatArray | None, ours: FloatArray | None, boards: IntArray
) -> tuple[float | None, float | None]:
    """The 95 % interval of this system's number less ours; boards are resampled, as their queries hang together."""
    assert values is not None
    assert ours is not None
    if not np.isfinite(values - ours).any():
        return None, None
    interval = paired_bootstrap(values, ours, clusters=boards)
    return interval.low, interval.high


def _row(
    system: str, metric: str, part: str, value: float, low: float | None, high: float | None, n_queries: int
) -> Row:
    return {
        "system": system,
        "metric": metric,
        "slice": part,
        "value": value if np.isfinite(value) else None,
        "low": low,
        "high": high,
        "n_queries": n_queries,
    }
