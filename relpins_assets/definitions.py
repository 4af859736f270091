"""The whole graph: stages in flow order, the resource they share, jobs, schedules and the sensor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg

from relpins_assets.assignment.definitions import defs as assignment
from relpins_assets.automation.jobs import build_jobs, build_schedules
from relpins_assets.automation.sensors import build_sensor
from relpins_assets.candidates.definitions import defs as candidates
from relpins_assets.catalog.definitions import defs as catalog
from relpins_assets.collections.definitions import defs as collections
from relpins_assets.curation.definitions import defs as curation
from relpins_assets.embeddings.definitions import defs as embeddings
from relpins_assets.enrichment.definitions import defs as enrichment
from relpins_assets.evaluation.definitions import defs as evaluation
from relpins_assets.feeds.definitions import defs as feeds
from relpins_assets.feeds.saved import check_strategies
from relpins_assets.graph_embeddings.definitions import defs as graph_embeddings
from relpins_assets.home import open_home
from relpins_assets.indexes.definitions import defs as indexes
from relpins_assets.publish.definitions import defs as publish
from relpins_assets.ranking.definitions import defs as ranking
from relpins_assets.vocabulary.definitions import defs as vocabulary
from relpins_assets.workspace import Workspace

STAGES = {
    "catalog": catalog,
    "curation": curation,
    "enrichment": enrichment,
    "embeddings": embeddings,
    "indexes": indexes,
    "vocabulary": vocabulary,
    "assignment": assignment,
    "candidates": candidates,
    "graph_embeddings": graph_embeddings,
    "ranking": ranking,
    "feeds": feeds,
    "collections": collections,
    "evaluation": evaluation,
    "publish": publish,
}
"""The stages in flow order: an asset depends on its own stage and on those above it."""


def build_definitions(workspace: Workspace, *, without: tuple[str, ...] = ()) -> dg.Definitions:
    """The graph over one workspace.

    Args:
        workspace: home, profile, source and clock.
        without: stages to leave out.
    """
    stages = [stage for name, stage in STAGES.items() if name not in without]
    jobs = build_jobs(workspace.home, with_evaluation="evaluation" not in without)
    rest = dg.Definitions(
        jobs=list(jobs.values()),
        schedules=build_schedules(jobs, workspace.profile.automation),
        sensors=[build_sensor(jobs["incremental"], workspace)],
        resources={"workspace": _workspace_resource(workspace)},
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(*stages, rest)


def asset_names(stage: dg.Definitions) -> list[str]:
    """The assets of a stage, in the order they are declared."""
    assets = [asset for asset in stage.assets or [] if isinstance(asset, dg.AssetsDefinition)]
    return [key.to_user_string() for asset in assets for key in asset.keys]


def _workspace_resource(workspace: Workspace) -> dg.ResourceDefinition:
    """The workspace, held by one run at a time: two runs that write to one home wait for one another."""

    @contextmanager
    def held(_: Any) -> Iterator[Workspace]:
        with workspace.lake.writer():
            yield workspace.renewed()

    return dg.ResourceDefinition(held, description="one home's lake, profile, source and clock")


@dg.definitions
def defs() -> dg.Definitions:
    """The code location: the home that $RELPINS_HOME names, `.relpins` by default."""
    folder = Path(os.environ.get("RELPINS_HOME", ".relpins"))

    def reopened() -> Workspace:
        return replace(open_home(folder).workspace(), reopen=reopened)

    workspace = reopened()
    check_strategies(folder, workspace.profile)
    return build_definitions(workspace)
