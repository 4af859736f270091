"""The Dagster half of enrichment."""

import dagster as dg

from relpins_assets.enrichment.descriptions import describe, wanted_descriptions
from relpins_assets.refreshing import Materialized, Wanted, WorkspaceParam, refresh_asset, reported, table_asset, wants
from relpins_assets.workspace import Workspace
from relpins_resources.lake.fingerprints import digest


@wants("enriched_descriptions")
def wanted_enriched_descriptions(workspace: Workspace) -> Wanted:
    describer = workspace.describer
    return Wanted(wanted_descriptions(workspace.lake), digest("1", describer.name, describer.version))


@table_asset(
    "enriched_descriptions",
    "The pin's own words, its boards' titles, and what its pixels can honestly say.",
    deps=["raw_pins", "raw_boards", "raw_board_pins", "pin_images", "pin_joins"],
)
def enriched_descriptions(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, describer = workspace.lake, workspace.describer
    cache = workspace.cache(f"statements@{digest(describer.name, describer.version)}")
    report = refresh_asset(
        context,
        workspace,
        "enriched_descriptions",
        lambda batch: describe(batch, lake, describer, cache),
    )
    table = lake.table("enriched_descriptions")
    n_untexted = table.count("own_text = ''")
    return reported(
        workspace,
        "enriched_descriptions",
        report,
        {
            "describer": describer.name,
            "pins without words of their own": n_untexted,
            "share of them": n_untexted / max(table.count(), 1),
            "examples": dg.MetadataValue.md(_examples(workspace)),
        },
    )


def _examples(workspace: WorkspaceParam) -> str:
    rows = workspace.lake.query("SELECT pin_id, description FROM enriched_descriptions ORDER BY md5(pin_id) LIMIT 5")
    return "\n".join(f"- `{_shown(row['pin_id'])}`: `{_shown(row['description'])}`" for row in rows.to_pylist())


def _shown(text: str) -> str:
    """A catalog's words as they are: in a code span nothing is rendered."""
    return " ".join(text.replace("`", "'").split())[:200]
