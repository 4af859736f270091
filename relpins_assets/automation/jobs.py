"""Jobs over the graph, and when they run by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import dagster as dg
from dagster import AssetSelection
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from relpins_assets.automation.dead_runs import HOME_TAG
from relpins_assets.automation.maintenance import maintenance
from relpins_assets.profile import Automation

TRAINED = (
    "catalog_statistics",
    "enriched_descriptions",
    "raw_attributes",
    "dominant_objects",
    "clip_model",
    "semantic_ids",
    "pin_topics",
    "frequent_attributes",
    "attribute_clusters",
    "topic_candidates",
    "judged_topics",
    "dual_encoder",
    "twotower_model",
    "pinclip_model",
    "walk_graph",
    "engagement_coec",
    "ranking_triplets",
    "ranker",
)
"""Assets that the nightly job fits again."""
EVALUATION = AssetSelection.groups("evaluation")
COMPARISON = AssetSelection.assets("system_comparison")
"""Takes minutes: made at night and when somebody asks for it."""

REFIT = {"ops": {name: {"config": {"refit": True}} for name in TRAINED}}
FULL_PASS = {name: {"config": {"full_pass": True}} for name in ("related_pins_feeds", "home_feeds")}
NIGHTLY = {"ops": {**REFIT["ops"], **FULL_PASS}}

JobDefinition: TypeAlias = dg.JobDefinition | UnresolvedAssetJobDefinition


def build_jobs(home: Path, *, with_evaluation: bool = True) -> dict[str, JobDefinition]:
    """The jobs by name; their runs are tagged with the home that they write to."""
    everything, tags = AssetSelection.all(), {HOME_TAG: str(home.resolve())}
    jobs: dict[str, JobDefinition] = {
        "build_all": dg.define_asset_job(
            "build_all",
            everything - COMPARISON if with_evaluation else everything,
            tags=tags,
            description="Bring the whole graph up to date, and measure it.",
        ),
        "incremental": dg.define_asset_job(
            "incremental",
            everything - EVALUATION if with_evaluation else everything,
            tags=tags,
            description="Take in what changed in the source; what the sensor runs.",
        ),
        "nightly_training": dg.define_asset_job(
            "nightly_training",
            everything,
            config=NIGHTLY,
            tags=tags,
            description="Fit the trained artefacts again, rebuild what depends on them, measure, publish.",
        ),
        "maintenance": maintenance,
    }
    if with_evaluation:
        jobs["evaluate"] = dg.define_asset_job(
            "evaluate",
            COMPARISON,
            tags=tags,
            description="Compare systems on the catalog as it stood some days ago; what readers see stays.",
        )
    return jobs


def build_schedules(jobs: dict[str, JobDefinition], automation: Automation) -> list[dg.ScheduleDefinition]:
    return [
        dg.ScheduleDefinition(
            name="nightly_training_schedule", job=jobs["nightly_training"], cron_schedule=automation.nightly_cron
        ),
        dg.ScheduleDefinition(
            name="maintenance_schedule", job=jobs["maintenance"], cron_schedule=automation.maintenance_cron
        ),
    ]
