"""The Dagster half of collections."""

from dataclasses import asdict

import dagster as dg
import pyarrow as pa

from relpins_assets.collections.coverage_pictures import coverage_metadata
from relpins_assets.collections.coverage_report import coverage_rows, held_out_shares
from relpins_assets.collections.fill_pictures import collection_metadata
from relpins_assets.collections.filling import VERSION as FILLING_VERSION
from relpins_assets.collections.filling import CollectionMaker
from relpins_assets.collections.inventory import FILLED_FROM, wanted_topics
from relpins_assets.collections.kept import keep_table, kept_table, state_of
from relpins_assets.collections.page_pictures import page_metadata
from relpins_assets.collections.pages import PAGES_FROM, page_rows, wanted_pages
from relpins_assets.refreshing import (
    Materialized,
    Wanted,
    WorkspaceParam,
    refresh_asset,
    reported,
    table_asset,
    wants,
)
from relpins_assets.workspace import Workspace
from relpins_resources.lake import RefreshReport, Table
from relpins_resources.lake.fingerprints import digest

COVERAGE = "intent_coverage_inputs"
"""What the home remembers: what the report was made from, and what it says of held-out searches."""
COVERAGE_VERSION = "1"
"""Raised when the code of the report gives other rows from the same collections and searches."""
COVERED_FROM = (
    "shopping_collections",
    "search_intents",
    "judged_topics",
    "attribute_vocabulary",
    "lexical_index",
    "raw_pins",
)
PAGES_VERSION = "1"
"""Raised when the code of the pages gives other rows from the same collections."""


@wants("shopping_collections")
def wanted_collections(workspace: Workspace) -> Wanted:
    return Wanted(_topics_wanted(workspace), _filling(workspace))


@table_asset(
    "shopping_collections",
    "Pins that carry a topic's attributes, sure and full matches first, never two that look the same side by side. "
    "A topic with too few pins has an entry in collection_pools only.",
    deps=[*FILLED_FROM],
)
def shopping_collections(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    wanted = Wanted(_topics_wanted(workspace, is_kept=True), _filling(workspace))
    maker = CollectionMaker(workspace)
    report = refresh_asset(context, workspace, "shopping_collections", maker.fill, batch_units=5_000, wanted=wanted)
    return reported(workspace, "shopping_collections", report, collection_metadata(workspace.lake, report))


def _filling(workspace: Workspace) -> str:
    """Names what fills a collection, beside its topic and the pins that carry its attributes."""
    settings, model = workspace.profile.collections, workspace.lake.chosen("artefacts", "dual_encoder")
    return digest(FILLING_VERSION, settings.min_pins, settings.max_pins, settings.diversity, model)


def _topics_wanted(workspace: Workspace, *, is_kept: bool = False) -> pa.Table:
    """What collections are made of: as kept from the last run while none of it changed; else counted anew."""
    path = workspace.home / "cache" / "shopping_collections.parquet"
    state = state_of(workspace.lake, (*FILLED_FROM, "product_embeddings"), FILLING_VERSION)
    rows = kept_table(path, state)
    if rows is None:
        rows = wanted_topics(workspace.lake)
        if is_kept:
            keep_table(path, state, rows)
    return rows


@wants("landing_pages")
def wanted_landing_pages(workspace: Workspace) -> Wanted:
    return Wanted(_pages_wanted(workspace), PAGES_VERSION)


@table_asset(
    "landing_pages",
    "What a collection's page is called, says and leads to, and why a thin or incoherent one is kept out; "
    "`relpins export pages` writes them as HTML.",
    deps=[*PAGES_FROM],
)
def landing_pages(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    wanted = Wanted(_pages_wanted(workspace, is_kept=True), PAGES_VERSION)
    report = refresh_asset(context, workspace, "landing_pages", page_rows, batch_units=5_000, wanted=wanted)
    return reported(workspace, "landing_pages", report, page_metadata(workspace.lake, report))


def _pages_wanted(workspace: Workspace, *, is_kept: bool = False) -> pa.Table:
    """What pages are made of: as kept from the last run while nothing it is made from changed; else found anew."""
    lake, settings = workspace.lake, workspace.profile.collections
    path = workspace.home / "cache" / "landing_pages.parquet"
    needed = settings.min_pins, settings.min_score
    state = state_of(lake, (*PAGES_FROM, "collection_pools"), PAGES_VERSION, *needed)
    rows = kept_table(path, state)
    if rows is None:
        rows = wanted_pages(lake, settings)
        if is_kept:
            keep_table(path, state, rows)
    return rows


@table_asset(
    "intent_coverage",
    "What people ask for, whether today's collections answer it, and the gaps most worth filling. Made anew whenever "
    "searches or collections changed; `relpins export coverage` writes it as CSV.",
    deps=[*COVERED_FROM],
    kinds=["report"],
)
def intent_coverage(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, settings = workspace.lake, workspace.profile.collections
    table = lake.table("intent_coverage")
    made_from = state_of(lake, COVERED_FROM, COVERAGE_VERSION, settings.min_pins, settings.max_pins)
    known = lake.recall(COVERAGE)
    if known is None or known["made from"] != made_from or not table.exists() or table.is_outdated():
        rows = coverage_rows(lake)
        is_new = table.is_outdated() or not table.exists() or not _same_rows(table, rows)
        if is_new:
            table.overwrite(rows)
        known = {"made from": made_from, "held out": [asdict(one) for one in held_out_shares(lake, settings)]}
        lake.remember(COVERAGE, known)
        report = RefreshReport(n_new=rows.num_rows) if is_new else RefreshReport(n_fresh=rows.num_rows)
    else:
        report = RefreshReport(n_fresh=table.count())
    return reported(workspace, "intent_coverage", report, coverage_metadata(table.read(), known["held out"]))


def _same_rows(table: Table, rows: pa.Table) -> bool:
    """Whether a table holds these rows already: maintenance gives new versions to tables that it leaves as they are."""
    key = [(name, "ascending") for name in table.schema.key]
    held = table.read(rows.column_names).cast(rows.schema)
    return bool(held.sort_by(key).equals(rows.sort_by(key)))
