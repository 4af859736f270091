"""A build from the command line: the same graph, in this process, recorded where the UI looks."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any

import dagster as dg

from relpins_assets.definitions import STAGES, asset_names, build_definitions
from relpins_assets.feeds.saved import check_strategies
from relpins_assets.home import SETTINGS, Home, open_home
from relpins_assets.progress import Watcher
from relpins_resources.ann import ann_options
from relpins_resources.errors import RelpinsError, RunFailed
from relpins_resources.sources.layout import INPUT_TABLES

MESSAGE_CHARS = 500
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_build(
    home: Path,
    *,
    source: Path | None = None,
    profile: str | None = None,
    group: str | None = None,
    refit: bool = False,
    allow_deletes: bool = False,
) -> dict[str, Any]:
    """Run `build_all`, or one stage of it, and say what came of it.

    Everything that can be wrong with the call is found before anything is written.

    Raises:
        RelpinsError: an unknown profile or stage, a source that is none, no source at all.
        RunFailed: a step failed; the tables keep what was committed, and the next build goes on from there.
        KeyboardInterrupt: it was stopped.
    """
    opened = open_home(home, profile=profile, source=source)
    _check(opened, group)
    selected = _assets_of(group) if group else None
    run_id, seconds, result = run_job(opened, "build_all", _run_config(group, refit, allow_deletes), selected)
    opened.remember()
    snapshot = opened.workspace().lake.snapshots.current()
    return {
        "run": run_id,
        "seconds": round(seconds, 1),
        "snapshot": snapshot.number if snapshot else None,
        "rows computed": _n_computed(result),
    }


def run_job(
    opened: Home, name: str, config: dict[str, Any], selected: list[dg.AssetKey] | None = None
) -> tuple[str, float, dg.ExecuteInProcessResult]:
    """Run a job of the graph in this process, followed in the terminal; gives the run's id, its seconds and result.

    Raises:
        RelpinsError: a step failed for a reason that is the caller's.
        RunFailed: it failed for another reason.
        KeyboardInterrupt: it was stopped.
    """
    job, home = _job(opened, name), opened.folder
    run_id, started_at = str(uuid.uuid4()), time.monotonic()
    with dagster_instance(home) as instance, Watcher(instance, run_id):
        if not (home / SETTINGS).exists():
            opened.remember()  # the UI may look on from the first step
        try:
            result = job.execute_in_process(
                instance=instance,
                run_id=run_id,
                run_config={**QUIET, **config},
                asset_selection=selected,
                raise_on_error=False,
                tags={"relpins/started by": "relpins"},
            )
        except dg.DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        if not result.success:
            raise RunFailed(_first_failure(instance, run_id))
    return run_id, time.monotonic() - started_at, result


def dagster_instance(home: Path) -> dg.DagsterInstance:
    """Where runs are recorded: $DAGSTER_HOME, else the dagster.yaml of this folder, else within the home itself.

    Raises:
        RelpinsError: $DAGSTER_HOME names no folder.
    """
    told = os.environ.get("DAGSTER_HOME")
    if told:
        if not (Path(told).is_absolute() and Path(told).is_dir()):
            raise RelpinsError(
                f"$DAGSTER_HOME is {told!r}, which must be the full path of a folder; make it, or unset it"
            )
        return dg.DagsterInstance.get()
    if Path("dagster.yaml").is_file():
        return dg.DagsterInstance.from_config(str(Path.cwd()))
    history = (home / "dagster").resolve()
    history.mkdir(parents=True, exist_ok=True)
    return dg.DagsterInstance.local_temp(str(history))


def _check(home: Home, group: str | None) -> None:
    if group is not None and group not in STAGES:
        raise RelpinsError(f"there is no stage {group!r}; stages: {', '.join(STAGES)}")
    if home.source_path is None:
        raise RelpinsError(f"home {home.folder} follows no source yet; give one with --source FOLDER")
    workspace = home.workspace()
    assert workspace.source is not None
    workspace.source.check()
    _ = (workspace.scan, workspace.as_of, workspace.clip_encoder, workspace.sentence_encoder, workspace.describer)
    _ = (workspace.viewer, workspace.judge)
    ann_options(workspace.profile.ann)
    check_strategies(home.folder, workspace.profile)


def _job(home: Home, name: str) -> dg.JobDefinition:
    try:
        return build_definitions(home.workspace()).resolve_job_def(name)
    except dg.DagsterInvalidDefinitionError as error:  # such as a schedule that is none
        raise RelpinsError(f"profile {home.profile_name}: {error}") from None


def _run_config(group: str | None, refit: bool, allow_deletes: bool) -> dict[str, Any]:
    from relpins_assets.automation.jobs import TRAINED

    ops: dict[str, Any] = {}
    selected = None if group is None else {*asset_names(STAGES[group])}
    if refit:
        ops |= {name: {"config": {"refit": True}} for name in TRAINED}
    if allow_deletes:
        ops |= {f"raw_{table}": {"config": {"allow_deletes": True}} for table in INPUT_TABLES}
    return {**QUIET, "ops": {name: config for name, config in ops.items() if selected is None or name in selected}}


def _assets_of(group: str) -> list[dg.AssetKey]:
    return [dg.AssetKey(name) for name in asset_names(STAGES[group])]


def _first_failure(instance: dg.DagsterInstance, run_id: str) -> str:
    """The step that failed first, and why, in one line.

    Raises:
        RelpinsError: if the reason is the caller's.
        KeyboardInterrupt: if the run was stopped.
    """
    for entry in instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}):
        event = entry.dagster_event
        assert event is not None
        is_step = event.event_type == dg.DagsterEventType.STEP_FAILURE
        error = event.step_failure_data.error if is_step else event.job_failure_data.error
        if error is None:
            continue
        while error.cause is not None:
            error = error.cause
        if error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
            raise KeyboardInterrupt
        kind, _, message = " ".join(error.message.split()).partition(": ")
        at = f"{event.step_key}: " if is_step else ""
        if error.cls_name and issubclass(_error_class(error.cls_name), RelpinsError):
            raise RelpinsError(f"{at}{message}")
        return f"{at}{kind}: {message}"[:MESSAGE_CHARS]
    return "the run failed before its first step; see the run in the UI"


def _error_class(name: str) -> type[BaseException]:
    def below(kind: type[RelpinsError]) -> list[type[RelpinsError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    return next((kind for kind in below(RelpinsError) if kind.__name__ == name), Exception)


def _n_computed(result: dg.ExecuteInProcessResult) -> int:
    """Rows that were new or stale in any table."""
    total = 0
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        counts = [metadata[name].value for name in ("new", "stale") if name in metadata]
        total += sum(count for count in counts if isinstance(count, int) and not isinstance(count, bool))
    return total
