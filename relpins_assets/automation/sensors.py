"""The sensor: it decides when the incremental job runs. What the job then does, the comparisons decide."""

from __future__ import annotations

import dagster as dg

from relpins_assets.automation.dead_runs import end_dead_runs
from relpins_assets.automation.jobs import JobDefinition
from relpins_assets.catalog.pending import Pending, find_pending
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError

MAX_ATTEMPTS = 3
"""Runs launched for one and the same state of the source; after that it waits for the source to change."""
IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
STATE_TAG = "relpins/pending"


def build_sensor(incremental: JobDefinition, workspace: Workspace) -> dg.SensorDefinition:
    """A level-triggered sensor: it looks at what is pending now, not at what happened since it last looked."""

    @dg.sensor(
        name="new_pins_sensor",
        job=incremental,
        minimum_interval_seconds=workspace.profile.automation.sensor_interval_s,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs `incremental` when rows of the source are new, changed or gone, or wait to be published.",
    )
    def new_pins_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            now = workspace.renewed()
        except RelpinsError as error:
            return dg.SkipReason(f"the home cannot be opened: {error}")
        if now.open_source is None:
            return dg.SkipReason("no source yet: run `relpins build --source FOLDER` once")
        for run_id in end_dead_runs(context.instance, now.lake):
            context.log.warning(f"run {run_id} has no process any more and was ended")
        if context.instance.get_runs_count(dg.RunsFilter(statuses=IN_FLIGHT)):
            return dg.SkipReason("a run is in flight")
        try:
            pending = find_pending(now)
        except RelpinsError as error:
            return dg.SkipReason(f"the source cannot be looked at: {error}")
        if pending is None:
            return dg.SkipReason("nothing is pending")
        return _request(context, pending)

    return new_pins_sensor


def _request(context: dg.SensorEvaluationContext, pending: Pending) -> dg.RunRequest | dg.SkipReason:
    tried = context.instance.get_runs_count(dg.RunsFilter(tags={STATE_TAG: pending.state}))
    if tried >= MAX_ATTEMPTS:
        return dg.SkipReason(f"{pending.why}; {tried} runs did not take it in, so it waits for a change or for you")
    return dg.RunRequest(
        run_key=f"{pending.state}:{tried}", tags={STATE_TAG: pending.state, "relpins/why": pending.why}
    )
