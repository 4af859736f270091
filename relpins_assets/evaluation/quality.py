"""The quality report: every system's metrics on one cut, and how sure its difference to ours is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from relpins_assets.evaluation.bootstrap import paired_bootstrap
from relpins_assets.evaluation.evaluate import Evaluation, evaluate
from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_assets.evaluation.systems import Systems, collapsed
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.saved import materialised
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace

K = 10
LIMIT = 100
"""Pins ranked by each system, so that lists stay full once board mates known before T are left out."""
COMPARED = (f"ndcg@{K}", f"recall@{K}", f"hit@{K}")
SHOWN = (
    *COMPARED,
    f"recall@{K}/new",
    f"recall@{K}/thin",
    f"recall@{K}/warm",
    f"coverage@{K}",
    f"intra_list_distance@{K}",
)


def quality_rows(
    at: Workspace, tables: Mapping[str, pa.Table], cut_at: datetime, max_queries: int, truth: Path | None
) -> pa.Table:
    """Rows of related_pins_quality.

    Args:
        at: the workspace of the graph built on the cut.
        tables: the uncut raw tables; what was saved after `cut_at` is the answer.
        max_queries: queries judged at most, a sample that is the same next time.
        truth: a sample world's folder, for the oracle.
    """
    catalog = load_catalog(at.lake, at.profile, as_of=at.as_of)
    joins = at.lake.table("pin_joins").read(["representative_pin_id", "pin_ids"])
    as_shown = collapsed(tables, joins)
    queries = build_queries(as_shown, cut_at, max_queries=max_queries, seed=at.profile.seed)
    strategies = materialised(at.strategies_home, at.profile, "related")
    systems = Systems(catalog, queries, LIMIT)
    ranked = systems.all(strategies, as_shown, truth)
    looks = catalog.embedding("clip_embedding")
    assert looks is not None, "the graph at T has built its embeddings"
    vectors = looks.vectors(systems.positions)
    found = {name: evaluate(rankings, queries, (K,), vectors=vectors) for name, rankings in ranked.items()}
    return _rows(found, next(iter(found.values())), queries)


def _rows(found: Mapping[str, Evaluation], ours: Evaluation, queries: Queries) -> pa.Table:
    rows = []
    for system, evaluation in found.items():
        for name, value in evaluation.summary.items():
            metric, _, part = name.partition("/")
            low, high = _interval(evaluation, ours, name, queries) if evaluation is not ours else (None, None)
            rows.append(
                {
                    "system": system,
                    "metric": metric,
                    "slice": part or "all",
                    "value": value if np.isfinite(value) else None,
                    "low": low,
                    "high": high,
                    "n_queries": evaluation.n_queries[name],
                }
            )
    return pa.Table.from_pylist(rows, schema=TABLES["related_pins_quality"].arrow())


def _interval(
    evaluation: Evaluation, ours: Evaluation, name: str, queries: Queries
) -> tuple[float | None, float | None]:
    """The 95 % interval of this system's number less ours; boards are resampled, as their queries hang together."""
    if name not in COMPARED or len(queries) == 0:
        return None, None
    interval = paired_bootstrap(evaluation.per_query[name], ours.per_query[name], clusters=queries.boards)
    return interval.low, interval.high


def quality_table(rows: pa.Table) -> str:
    """The report as a Markdown table, systems down, metrics across."""
    values = {(row["system"], row["metric"], row["slice"]): row for row in rows.to_pylist()}
    systems = list(dict.fromkeys(row["system"] for row in rows.to_pylist()))
    lines = ["| system | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for system in systems:
        cells = []
        for name in SHOWN:
            metric, _, part = name.partition("/")
            row = values.get((system, metric, part or "all"))
            cells.append("-" if row is None or row["value"] is None else f"{row['value']:.3f}")
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
    n_queries = max((row["n_queries"] for row in rows.to_pylist()), default=0)
    return "\n".join(
        [*lines, "", f"{n_queries} queries; a query is a pin on a board, the answer what that board got since."]
    )
