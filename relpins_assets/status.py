"""How a home stands: rows, what is stale or rejected, the last build; per asset."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Console
from rich.table import Table

from relpins_assets.building import dagster_instance
from relpins_assets.catalog.pending import find_pending
from relpins_assets.definitions import STAGES, asset_names
from relpins_assets.home import SETTINGS, open_home
from relpins_assets.refreshing import WANTED, plan_asset
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake
from relpins_resources.lake.snapshots import Snapshot


def home_status(home: Path) -> dict[str, Any]:
    """Per asset: rows, units stale and rejected, when it was last built; and what waits in the source.

    Raises:
        RelpinsError: if there is no home there.
    """
    opened = open_home(home)
    if not any((home / entry).exists() for entry in (SETTINGS, "lake")):
        raise RelpinsError(f"there is no home {home}; run `relpins build --source FOLDER` first")
    workspace = opened.workspace()
    snapshot = workspace.lake.snapshots.current()
    workspace = _with_a_day(workspace, snapshot)
    rejected = _rejected_by_table(workspace.lake)
    with dagster_instance(home) as instance:
        assets = [
            _entry(workspace, instance, name, rejected) for stage in STAGES.values() for name in asset_names(stage)
        ]
    return {
        "home": str(home),
        "profile": opened.profile_name,
        "source": str(opened.source_path) if opened.source_path else None,
        "snapshot": snapshot.number if snapshot else None,
        "as_of": snapshot.as_of.isoformat() if snapshot else None,
        "pending": _pending(workspace),
        "assets": assets,
    }


def _with_a_day(workspace: Workspace, snapshot: Snapshot | None) -> Workspace:
    """The workspace; where its source is not there to say the day, on the day of what was last published."""
    try:
        _ = workspace.as_of
    except RelpinsError:
        return replace(workspace, day=snapshot.as_of if snapshot is not None else datetime.now(UTC).date())
    return workspace


def print_status(found: dict[str, Any]) -> None:
    """The same for people."""
    console = Console()
    for name in ("home", "source", "profile", "snapshot", "as_of", "pending"):
        console.print(f"{name:>9}  {found[name] if found[name] is not None else '-'}", highlight=False)
    grid = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("asset", "rows", "stale", "rejected", "last built"):
        grid.add_column(heading, justify="left" if heading in ("asset", "last built") else "right")
    for entry in found["assets"]:
        grid.add_row(*(str(entry[name]) if entry[name] is not None else "-" for name in entry))
    console.print(grid)


def _pending(workspace: Workspace) -> str | None:
    if workspace.open_source is None:
        return None
    try:
        pending = find_pending(workspace)
    except RelpinsError as error:  # where a source went is told beside what was made of it
        return f"cannot be said: {error}"
    return pending.why if pending else None


def _entry(workspace: Workspace, instance: dg.DagsterInstance, name: str, rejected: dict[str, int]) -> dict[str, Any]:
    lake = workspace.lake
    try:
        plan = plan_asset(workspace, name) if name in WANTED else None
    except RelpinsError:  # a source that went cannot say which curve of confidences holds for its pictures
        plan = None
    event = instance.get_latest_materialization_event(dg.AssetKey(name))
    built_at = datetime.fromtimestamp(event.timestamp, UTC).isoformat(timespec="seconds") if event else None
    return {
        "asset": name,
        "rows": lake.table(name).count() if name in lake.schemas else None,
        "stale": plan.todo.num_rows + plan.gone.num_rows if plan else None,
        "rejected": rejected.get(name, rejected.get(name.removeprefix("raw_"), 0)),
        "built_at": built_at,
    }


def _rejected_by_table(lake: Lake) -> dict[str, int]:
    counts = lake.query('SELECT "table" AS name, count(*) AS n FROM rejected_rows GROUP BY 1').to_pylist()
    return {row["name"]: row["n"] for row in counts}
