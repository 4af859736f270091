"""Runs whose process is gone: nobody else ends them, and while they look alive everything waits for them."""

from __future__ import annotations

import time

import dagster as dg

from relpins_resources.lake import Lake

GRACE_S = 60.0
"""A run that has started so long ago and does not hold its home has no process any more."""
HOME_TAG = "relpins/home"


def end_dead_runs(instance: dg.DagsterInstance, lake: Lake) -> list[str]:
    """Report started runs of this home as failed if none of them can be alive; gives their ids.

    A run holds its home's lock from its first step to its last, and the system takes the lock from a process that dies.
    """
    if lake.is_being_written():
        return []
    started = instance.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags={HOME_TAG: str(lake.home.resolve())})
    )
    dead = [record.dagster_run for record in started if time.time() - (record.start_time or 0) > GRACE_S]
    for run in dead:
        instance.report_run_failed(
            run, "its process is gone; what it committed stays, and the next run goes on from it"
        )
    return [run.run_id for run in dead]
