"""The graph down to its indexes, run in this process: for tests of what the feeds do not come into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from relpins_assets.catalog.definitions import defs as catalog
from relpins_assets.curation.definitions import defs as curation
from relpins_assets.embeddings.definitions import defs as embeddings
from relpins_assets.enrichment.definitions import defs as enrichment
from relpins_assets.home import open_home
from relpins_assets.indexes.definitions import defs as indexes
from relpins_assets.workspace import Workspace

STAGES = (catalog, curation, enrichment, embeddings, indexes)
JOB = "early_stages"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_early(
    home: Path, source: Path, *names: str, refit: tuple[str, ...] = ()
) -> tuple[Workspace, dict[str, dict[str, Any]]]:
    """Run the assets of these names, all if none is given; the workspace, and each asset's metadata by name."""
    workspace = open_early(home, source)
    defs = dg.Definitions.merge(
        *STAGES,
        dg.Definitions(
            jobs=[dg.define_asset_job(JOB, dg.AssetSelection.all())],
            resources={"workspace": workspace},
            executor=dg.in_process_executor,
        ),
    )
    selected = [dg.AssetKey(name) for name in names] or None
    config = {**QUIET, "ops": {name: {"config": {"refit": True}} for name in refit}}
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def(JOB).execute_in_process(
            instance=instance, run_config=config, asset_selection=selected
        )
    assert result.success
    told = {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
    return open_early(home, source), told


def open_early(home: Path, source: Path) -> Workspace:
    return open_home(home, profile="test", source=source).workspace()
