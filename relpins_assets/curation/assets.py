"""The Dagster half of curation."""

from pathlib import Path

import dagster as dg
import pyarrow.compute as pc
import pyarrow.parquet as pq

from relpins_assets.curation.boards import SIZES, board_rows, wanted_boards
from relpins_assets.curation.joins import join_rows, wanted_joins
from relpins_assets.curation.joins_report import joins_told
from relpins_assets.curation.same_image import same_images
from relpins_assets.curation.statistics import RULES, statistics_problem
from relpins_assets.curation.statistics import catalog_statistics as compute_statistics
from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.refreshing import (
    Materialized,
    Metadata,
    Wanted,
    WorkspaceParam,
    refresh_asset,
    reported,
    table_asset,
    wants,
)
from relpins_assets.workspace import Workspace
from relpins_resources.lake import RefreshReport
from relpins_resources.lake.fingerprints import digest

STATISTICS_FILE = "statistics.parquet"
IN_TABLE = "catalog_statistics_version"
"""What the home remembers: which version of the statistics the table holds."""


@wants("pin_joins")
def wanted_pin_joins(workspace: Workspace) -> Wanted:
    return Wanted(wanted_joins(workspace.lake, same_images(workspace)), "3")


@table_asset(
    "pin_joins",
    "Pins that carry the same picture are one, re-encoded, resized and cropped ones too; with what their texts and "
    "their boards say of it.",
    deps=["pin_images", "raw_pins", "raw_boards", "raw_board_pins"],
)
def pin_joins(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    report = refresh_asset(context, workspace, "pin_joins", join_rows, batch_units=5_000)
    return reported(workspace, "pin_joins", report, joins_told(workspace.lake))


@wants("board_joins")
def wanted_board_joins(workspace: Workspace) -> Wanted:
    return Wanted(wanted_boards(workspace.lake), "1")


@table_asset("board_joins", "What stands on it, each picture once.", deps=["pin_joins", "raw_boards", "raw_board_pins"])
def board_joins(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    report = refresh_asset(context, workspace, "board_joins", board_rows, batch_units=5_000)
    sizes = workspace.lake.query(SIZES).to_pylist()[0]
    return reported(workspace, "board_joins", report, sizes)


@table_asset(
    "catalog_statistics",
    "Saves, engagement rates and popularity, frozen so that one new save does not make every row stale. "
    "Fitted when missing, and again by the nightly job.",
    deps=["raw_pins", "raw_board_pins", "raw_interactions"],
    kinds=["trained"],
)
def catalog_statistics(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake = workspace.lake
    inputs = {name: lake.table(name).version() for name in ("raw_pins", "raw_board_pins", "raw_interactions")}
    fitted = chosen_or_fitted(
        workspace,
        "catalog_statistics",
        digest(RULES, workspace.as_of, inputs),
        lambda folder: _fit_statistics(workspace, folder, inputs),
        refit=config.refit,
        objection=lambda new, old: statistics_problem(pq.read_table(new.folder / STATISTICS_FILE)),
        is_usable=lambda old: (
            old.manifest.get("rules") == RULES and (old.manifest["rows"] > 0 or lake.table("raw_pins").count() == 0)
        ),
    )
    table, version = lake.table("catalog_statistics"), fitted.artefact.version
    frozen = pq.read_table(fitted.artefact.folder / STATISTICS_FILE)
    rows = frozen.filter(pc.is_in(frozen["pin_id"], value_set=lake.table("raw_pins").read(["pin_id"])["pin_id"]))
    is_behind = lake.recall(IN_TABLE) != version or table.count() != rows.num_rows or not table.exists()
    if is_behind:
        table.overwrite(rows)
        lake.remember(IN_TABLE, version)
    context.log.info(f"catalog_statistics: version {version}, {'fitted' if fitted.is_new else 'kept'}")
    report = RefreshReport(n_new=table.count() if is_behind else 0)
    return reported(workspace, "catalog_statistics", report, {"version": version, **fitted.metadata()})


def _fit_statistics(workspace: Workspace, folder: Path, inputs: dict[str, int]) -> Metadata:
    rows = compute_statistics(workspace.lake, workspace.as_of)
    pq.write_table(rows, folder / STATISTICS_FILE)
    return {"rules": RULES, "fitted on": inputs, "as of": workspace.as_of.isoformat(), "rows": rows.num_rows}
