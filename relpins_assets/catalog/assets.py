"""The Dagster half of the catalog: the raw tables, the images, and what was rejected."""

import dagster as dg
import pyarrow as pa
from pydantic import Field

from relpins_assets.catalog.images import RawImage, decode_images
from relpins_assets.catalog.ingest import Ingested, ingest
from relpins_assets.pictures import sheet_of_pins
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
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Outcome, RefreshReport
from relpins_resources.lake.fingerprints import digest
from relpins_resources.sources.layout import INPUT_TABLES


class IngestConfig(dg.Config):
    """What an ingest may do beyond the usual."""

    allow_deletes: bool = Field(default=False, description="delete rows even if more are gone than the profile allows")


def _raw_asset(table: str) -> dg.AssetsDefinition:
    name = f"raw_{table}"
    source_check = {"source": "every file was read, and no deletes were withheld"}

    @table_asset(
        name, f"As the source has it: {INPUT_TABLES[table].description}.", kinds=["source"], checks=source_check
    )
    def raw(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: IngestConfig) -> Materialized:
        if workspace.source is None:
            workspace.lake.table(name).create()
            return reported(workspace, name, RefreshReport(), {}, [_source_check(None)])
        ingested = ingest(
            workspace.lake,
            workspace.source,
            workspace.scan,
            table,
            most_gone=workspace.profile.reading.allow_deletes_over,
            allow_deletes=config.allow_deletes,
        )
        for warning in workspace.scan.warnings if table == "pins" else []:
            context.log.warning(warning)
        for warning in ingested.warnings:
            context.log.warning(warning)
        metadata = {"files read": len(ingested.files.read), "deletes withheld": ingested.n_withheld}
        return reported(workspace, name, ingested.report, metadata, [_source_check(ingested)])

    return raw


def _source_check(ingested: Ingested | None) -> dg.AssetCheckResult:
    n_withheld = ingested.n_withheld if ingested else 0
    unreadable = [f"{file.path}: {why}" for file, why in ingested.files.unreadable] if ingested else []
    n_unreadable = len(unreadable) + (ingested.files.n_known_unreadable if ingested else 0)
    return dg.AssetCheckResult(
        passed=not n_withheld and not n_unreadable,
        check_name="source",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"deletes withheld": n_withheld, "files unreadable": n_unreadable, "why": unreadable[:20]},
    )


raw_pins = _raw_asset("pins")
raw_boards = _raw_asset("boards")
raw_board_pins = _raw_asset("board_pins")
raw_interactions = _raw_asset("interactions")
raw_searches = _raw_asset("searches")
raw_users = _raw_asset("users")


@wants("pin_images")
def wanted_pin_images(workspace: Workspace) -> Wanted:
    rows = workspace.lake.query("SELECT pin_id, image_hash, image_url FROM raw_pins")
    return Wanted(rows, digest("1", workspace.image_limits))


@table_asset(
    "pin_images",
    "Decoded, turned upright, bounded and hashed; an image that cannot be used is rejected with its reason.",
    deps=["raw_pins"],
)
def pin_images(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, limits = workspace.lake, workspace.image_limits
    raw_pins = lake.table("raw_pins")

    def decode(batch: pa.Table) -> Outcome:
        rows = raw_pins.read_keys(batch["pin_id"], ["pin_id", "image_bytes", "image_url"])
        found = {row["pin_id"]: row for row in rows.to_pylist()}
        pins = [RawImage(**found[pin_id]) for pin_id in batch["pin_id"].to_pylist()]
        return decode_images(pins, workspace.source, limits)

    report = refresh_asset(
        context,
        workspace,
        "pin_images",
        decode,
        batch_units=256,
    )
    table = lake.table("pin_images")
    n_held = table.count()
    n_rejected = lake.rejected.count("`table` = 'pin_images'")
    return reported(
        workspace,
        "pin_images",
        report,
        {
            "share rejected": n_rejected / max(n_held + n_rejected, 1),
            **sheet_of_pins(lake, _newest(workspace), "newest pins"),
        },
    )


def _newest(workspace: WorkspaceParam) -> list[str]:
    newest = workspace.lake.query("""
        SELECT pin_id FROM pin_images JOIN raw_pins USING (pin_id)
        ORDER BY created_at DESC NULLS LAST, pin_id LIMIT 18""")
    return [str(pin_id) for pin_id in newest["pin_id"].to_pylist()]


@table_asset(
    "rejected_rows",
    "With the reason, and the row itself as far as it can be shown. Nothing vanishes: it is here or in a table.",
    deps=[*(f"raw_{table}" for table in INPUT_TABLES), "pin_images"],
)
def rejected_rows(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    workspace.lake.rejected.create()
    counts = workspace.lake.query(
        "SELECT \"table\" || ': ' || reason AS what, count(*) AS n FROM rejected_rows GROUP BY 1 ORDER BY 2 DESC, 1"
    ).to_pylist()
    for row in counts:
        context.log.info(f"{row['what']}: {row['n']}")
    metadata: Metadata = {row["what"]: row["n"] for row in counts}
    if counts:
        chart = histogram_chart({row["what"]: row["n"] for row in counts[:12]}, "rejected rows")
        metadata["by reason"] = dg.MetadataValue.md(as_markdown(chart, "rejected rows by reason"))
    return reported(workspace, "rejected_rows", RefreshReport(), metadata)
