"""New pins are noticed, taken in and published, and then it is quiet: the real sensor on a real instance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
from running import QUIET, run, workspace_of
from worlds import SmallWorld

from relpins_assets.automation.dead_runs import HOME_TAG
from relpins_assets.automation.sensors import MAX_ATTEMPTS, STATE_TAG
from relpins_assets.definitions import build_definitions
from relpins_assets.home import open_home
from relpins_assets.workspace import Workspace

Copy = Callable[[], tuple[Path, Path]]


def test_twenty_new_pins_have_feeds_without_a_click(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert isinstance(_tick(workspace_of(home, source), instance), dg.SkipReason)
        world = SmallWorld.of()
        new = [world.add_pin() for _ in range(20)]
        world.write(source)
        request = _tick(workspace_of(home, source), instance)
        assert isinstance(request, dg.RunRequest)
        assert _launch(workspace_of(home, source), instance, request).success
        lake = workspace_of(home, source).lake
        snapshot = lake.snapshots.current()
        assert snapshot is not None
        fed = lake.at(snapshot).query("SELECT DISTINCT pin_id FROM related_pins_feeds")["pin_id"].to_pylist()
        assert set(new) <= set(fed)
        assert isinstance(_tick(workspace_of(home, source), instance), dg.SkipReason)


def test_a_run_in_flight_is_waited_for(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    world = SmallWorld.of()
    world.add_pin()
    world.write(source)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        launched = instance.create_run_for_job(_job(workspace_of(home, source)))
        assert launched.status == dg.DagsterRunStatus.NOT_STARTED
        skipped = _tick(workspace_of(home, source), instance)
        assert isinstance(skipped, dg.SkipReason)
        assert "in flight" in str(skipped.skip_message)


def test_a_state_that_runs_do_not_take_in_is_not_tried_for_ever(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    world = SmallWorld.of()
    world.add_pin()
    world.write(source)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        keys = set()
        for _ in range(MAX_ATTEMPTS):
            request = _tick(workspace_of(home, source), instance)
            assert isinstance(request, dg.RunRequest)
            keys.add(request.run_key)
            failed = instance.create_run_for_job(_job(workspace_of(home, source)), tags=request.tags)
            instance.report_run_failed(failed)
        assert len(keys) == MAX_ATTEMPTS
        assert isinstance(_tick(workspace_of(home, source), instance), dg.SkipReason)


def test_a_run_whose_process_is_gone_does_not_stop_the_sensor(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    world = SmallWorld.of()
    world.add_pin()
    world.write(source)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        dead = instance.create_run_for_job(
            _job(workspace_of(home, source)), tags={HOME_TAG: str(home.resolve())}, status=dg.DagsterRunStatus.STARTED
        )
        with workspace_of(home, source).lake.writer():  # as long as a run holds the home, it is alive
            assert isinstance(_tick(workspace_of(home, source), instance), dg.SkipReason)
        assert isinstance(_tick(workspace_of(home, source), instance), dg.RunRequest)
        ended = instance.get_run_by_id(dead.run_id)
        assert ended is not None
        assert ended.status == dg.DagsterRunStatus.FAILURE


def test_maintenance_gives_the_sensor_nothing_to_do(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    run(workspace_of(home, source), "maintenance")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert isinstance(_tick(workspace_of(home, source), instance), dg.SkipReason)
    told = run(workspace_of(home, source))
    assert not {n: (one.get("new"), one.get("stale")) for n, one in told.items() if one.get("new") or one.get("stale")}


def test_a_source_chosen_after_the_start_is_followed(built: Path, tmp_path: Path) -> None:
    def reopened() -> Workspace:
        return replace(open_home(tmp_path / "home", profile="test").workspace(), reopen=reopened)

    opened_early = reopened()
    (tmp_path / "instance").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "instance")) as instance:
        assert "no source yet" in str(_tick(opened_early, instance).skip_message)  # type: ignore[union-attr]
        open_home(tmp_path / "home", profile="test", source=built / "source").remember()
        assert isinstance(_tick(opened_early, instance), dg.RunRequest)


def test_a_turned_day_is_a_reason_to_run(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    (source / "_source.yaml").write_text("as_of: 2026-06-02\n")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        request = _tick(workspace_of(home, source), instance)
        assert isinstance(request, dg.RunRequest)
        assert "day turned" in request.tags["relpins/why"]


def _job(workspace: Workspace) -> dg.JobDefinition:
    return build_definitions(workspace).resolve_job_def("incremental")


def _tick(workspace: Workspace, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    sensor = build_definitions(workspace).get_repository_def().get_sensor_def("new_pins_sensor")
    data = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    if data.run_requests:
        assert len(data.run_requests) == 1
        return data.run_requests[0]
    return dg.SkipReason(data.skip_message)


def _launch(workspace: Workspace, instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    assert STATE_TAG in request.tags
    return _job(workspace).execute_in_process(instance=instance, run_config=QUIET, tags=request.tags)
