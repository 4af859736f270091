"""The Dagster half of the evaluation."""

from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from relpins_assets.evaluation.attribute_quality import attribute_rows, attribute_table
from relpins_assets.evaluation.attribute_truth import attribute_truth, truth_state
from relpins_assets.evaluation.collection_pictures import quality_metadata
from relpins_assets.evaluation.collection_quality import collection_rows
from relpins_assets.evaluation.comparison import compare
from relpins_assets.evaluation.comparison_page import main_table, told_of_rows
from relpins_assets.evaluation.cut import is_at_or_after, pins_at
from relpins_assets.evaluation.graph_at import graph_at, midnight, raw_tables
from relpins_assets.evaluation.quality import quality_rows, quality_table
from relpins_assets.evaluation.trec import write_trec
from relpins_assets.feeds.saved import materialised
from relpins_assets.refreshing import Materialized, WorkspaceParam, reported, table_asset
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import RefreshReport
from relpins_resources.lake.fingerprints import digest
from relpins_resources.sources import FolderSource
from relpins_resources.sources.layout import INPUT_TABLES

QUALITY_VERSION = "2"
"""Raised when the code of the report gives other numbers from the same catalog."""
NOTHING_TO_JUDGE = "No pin from before the cut, or no save after it: nothing to judge by."
JUDGED = "related_pins_quality_inputs"
"""What the home remembers: what the report was made from."""


@table_asset(
    "related_pins_quality",
    "Feeds built on the catalog as it stood some days ago, judged by what people saved since.",
    deps=["related_pins_feeds"],
    kinds=["report"],
)
def related_pins_quality(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake = workspace.lake
    cut_at = midnight(workspace.as_of - timedelta(days=workspace.profile.evaluation.holdout_days))
    judged, table = _judged(workspace, cut_at), lake.table("related_pins_quality")
    is_stale = lake.recall(JUDGED) != judged or not table.exists()
    if is_stale:
        table.overwrite(_judge(workspace, cut_at))
        lake.remember(JUDGED, judged)
    rows = table.read()
    told = quality_table(rows) if rows.num_rows else NOTHING_TO_JUDGE
    return reported(
        workspace,
        "related_pins_quality",
        RefreshReport(n_new=rows.num_rows if is_stale else 0),
        {"cut at": cut_at.date().isoformat(), "quality": dg.MetadataValue.md(told)},
    )


COMPARISON_VERSION = "1"
"""Raised when the code of the comparison gives other numbers from the same catalog."""
COMPARED = "system_comparison_inputs"
"""What the home remembers: what the comparison was made from, and which systems it left out, with the reason."""


class ComparisonConfig(dg.Config):
    """What else a comparison leaves behind."""

    trec: str | None = Field(default=None, description="folder for the lists and answers as TREC has them")


@table_asset(
    "system_comparison",
    "Ours beside every signal alone, published blends and baselines, on the catalog as it stood some days ago, judged "
    "by what people saved and clicked since. Made at night and by `relpins evaluate`.",
    deps=["related_pins_feeds"],
    kinds=["report"],
)
def system_comparison(
    context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: ComparisonConfig
) -> Materialized:
    lake, table = workspace.lake, workspace.lake.table("system_comparison")
    cut_at = midnight(workspace.as_of - timedelta(days=workspace.profile.evaluation.holdout_days))
    judged, known = digest(COMPARISON_VERSION, _judged(workspace, cut_at)), lake.recall(COMPARED) or {}
    is_stale = known.get("inputs") != judged or not table.exists() or config.trec is not None
    if is_stale:
        made, left_out = _compare(workspace, cut_at, config.trec)
        table.overwrite(made)
        known = {"inputs": judged, "left_out": left_out}
        lake.remember(COMPARED, known)
    rows = table.read()
    told = main_table(told_of_rows(rows.to_pylist())) if rows.num_rows else NOTHING_TO_JUDGE
    missing = [f"{name}: {why}" for name, why in known["left_out"].items()]
    return reported(
        workspace,
        "system_comparison",
        RefreshReport(n_new=rows.num_rows if is_stale else 0),
        {"cut at": cut_at.date().isoformat(), "comparison": dg.MetadataValue.md(told), "left out": missing},
    )


def _compare(workspace: Workspace, cut_at: datetime, trec: str | None) -> tuple[pa.Table, dict[str, str]]:
    """Rows of the comparison, none where there is nothing to judge by; and the systems that were left out."""
    tables = raw_tables(workspace.lake)
    if not _has_answers(workspace, tables, cut_at):
        return TABLES["system_comparison"].arrow().empty_table(), {}
    at = graph_at(workspace, tables, cut_at, with_feeds=False)
    found = compare(at, tables, cut_at, workspace.profile.evaluation.max_queries, _truth(workspace))
    if trec is not None:
        write_trec(Path(trec), found.queries, found.lists)
    return found.rows, found.left_out


def _judge(workspace: Workspace, cut_at: datetime) -> pa.Table:
    """Rows of the report; none where no pin was there before the cut, or nothing was saved after it."""
    tables = raw_tables(workspace.lake)
    if not _has_answers(workspace, tables, cut_at):
        return TABLES["related_pins_quality"].arrow().empty_table()
    at = graph_at(workspace, tables, cut_at)
    return quality_rows(at, tables, cut_at, workspace.profile.evaluation.max_queries, _truth(workspace))


def _has_answers(workspace: Workspace, tables: dict[str, pa.Table], cut_at: datetime) -> bool:
    """Whether a pin was there before the cut, and anything was saved after it."""
    shown = workspace.lake.table("pin_images").read(["pin_id"])["pin_id"]
    has_candidates = pc.any(pc.is_in(pins_at(tables["pins"], cut_at)["pin_id"], value_set=shown)).as_py()
    return bool(has_candidates) and bool(is_at_or_after(tables["board_pins"], "saved_at", cut_at).any())


def _judged(workspace: Workspace, cut_at: datetime) -> str:
    """Names all that the report depends on: what came in, the day of the cut, the profile and its strategies."""
    names = [*(f"raw_{table}" for table in INPUT_TABLES), "pin_images"]
    versions = {name: workspace.lake.table(name).version() for name in names}
    related = materialised(workspace.strategies_home, workspace.profile, "related")
    strategies = [[strategy.name, strategy.version] for strategy in related]
    return digest(QUALITY_VERSION, cut_at, versions, workspace.profile.model_dump(), strategies)


def _truth(workspace: Workspace) -> Path | None:
    """Where a sample world keeps its truth; None for any other source."""
    root = workspace.source.root if isinstance(workspace.source, FolderSource) else None
    return root if root is not None and (root / "_truth" / "pin_affinity.parquet").is_file() else None


COLLECTIONS_VERSION = "2"
"""Raised when the code of collection_quality gives other numbers from the same collections."""
COLLECTIONS_JUDGED = "collection_quality_inputs"
JUDGED_FROM = ("shopping_collections", "judged_topics", "attribute_vocabulary", "search_intents", "lexical_index")


@table_asset(
    "collection_quality",
    "Whether the first ten pins of collections are what their topics say, per family of attributes, and how many "
    "topics there are, beside collections made from the search log alone.",
    deps=[*JUDGED_FROM],
    kinds=["report"],
)
def collection_quality(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, settings = workspace.lake, workspace.profile.collections
    versions = [(lake.table(name).path.name, lake.table(name).version()) for name in JUDGED_FROM]
    bounds = (settings.min_pins, settings.max_pins)
    judged, table = (
        digest(COLLECTIONS_VERSION, versions, bounds, truth_state(workspace)),
        lake.table("collection_quality"),
    )
    is_stale = lake.recall(COLLECTIONS_JUDGED) != judged or not table.exists()
    if is_stale:
        table.overwrite(collection_rows(lake, attribute_truth(workspace), *bounds))
        lake.remember(COLLECTIONS_JUDGED, judged)
    rows = table.read()
    report = RefreshReport(n_new=rows.num_rows if is_stale else 0)
    return reported(workspace, "collection_quality", report, quality_metadata(rows))


ATTRIBUTES_VERSION = "2"
"""Raised when the code of attribute_quality gives other numbers from the same assignments."""
ATTRIBUTES_JUDGED = "attribute_quality_inputs"
ATTRIBUTES_FROM = ("attribute_assignments", "attribute_vocabulary", "raw_attributes")


@table_asset(
    "attribute_quality",
    "Attributes as pins' sources say them against attributes as assigned: how many, how rare, and how often right "
    "where the source has an answer key.",
    deps=[*ATTRIBUTES_FROM],
    kinds=["report"],
)
def attribute_quality(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, table = workspace.lake, workspace.lake.table("attribute_quality")
    versions = [(lake.table(name).path.name, lake.table(name).version()) for name in ATTRIBUTES_FROM]
    max_pins = workspace.profile.evaluation.max_queries
    judged = digest(ATTRIBUTES_VERSION, versions, max_pins, truth_state(workspace))
    is_stale = lake.recall(ATTRIBUTES_JUDGED) != judged or not table.exists()
    if is_stale:
        table.overwrite(attribute_rows(lake, attribute_truth(workspace), max_pins))
        lake.remember(ATTRIBUTES_JUDGED, judged)
    rows = table.read()
    report = RefreshReport(n_new=rows.num_rows if is_stale else 0)
    told = {"quality": dg.MetadataValue.md(attribute_table(rows))}
    return reported(workspace, "attribute_quality", report, told)
