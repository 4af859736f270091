"""The Dagster half of the evaluation."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import numpy as np

from relpins_assets.evaluation.cut import is_at_or_after
from relpins_assets.evaluation.graph_at import graph_at, midnight, raw_tables
from relpins_assets.evaluation.quality import quality_rows, quality_table
from relpins_assets.refreshing import Materialized, WorkspaceParam, reported, table_asset
from relpins_assets.workspace import Workspace
from relpins_resources.lake import RefreshReport
from relpins_resources.sources import FolderSource


@table_asset(
    "related_pins_quality",
    "Feeds built on the catalog as it stood some days ago, judged by what people saved since.",
    deps=["related_pins_feeds"],
    kinds=["report"],
)
def related_pins_quality(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, settings = workspace.lake, workspace.profile.evaluation
    cut_at = midnight(workspace.as_of - timedelta(days=settings.holdout_days))
    tables = raw_tables(lake)
    table = lake.table("related_pins_quality")
    n_later = int(np.count_nonzero(is_at_or_after(tables["board_pins"], "saved_at", cut_at)))
    rows = table.schema.arrow().empty_table()
    if n_later:
        at = graph_at(workspace, tables, cut_at)
        rows = quality_rows(at, tables, cut_at, settings.max_queries, _truth(workspace))
    table.overwrite(rows)
    told = quality_table(rows) if rows.num_rows else "Nothing was saved after the cut, so there is nothing to judge by."
    return reported(
        workspace,
        "related_pins_quality",
        RefreshReport(n_new=rows.num_rows),
        {"cut at": cut_at.date().isoformat(), "saves after it": n_later, "quality": dg.MetadataValue.md(told)},
    )


def _truth(workspace: Workspace) -> Path | None:
    """Where a sample world keeps its truth; None for any other source."""
    root = workspace.source.root if isinstance(workspace.source, FolderSource) else None
    return root if root is not None and (root / "_truth").is_dir() else None
