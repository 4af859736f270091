"""Which snapshots a home has, and taking readers back to an earlier one. What builds work on is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lance
from rich.console import Console
from rich.table import Table as Grid

from relpins_assets.reading import published
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake, Snapshot


def list_snapshots(home: Path) -> list[dict[str, Any]]:
    """Every snapshot of a home, newest first: its number, when it was published, its day, its profile, whether readers
    see it.

    Raises:
        RelpinsError: if nothing was published there yet.
    """
    lake = published(home)
    assert lake.snapshot is not None
    return [_told(lake.snapshots.get(n), lake.snapshot.number) for n in reversed(lake.snapshots.numbers())]


def roll_back(home: Path, number: int | None = None) -> dict[str, Any]:
    """Have readers see snapshot `number`, by default the one before the current; returns it and the one seen before.

    Builds go on from the newest all the same: readers stay where they were taken until a build has something new to
    publish, or until they are taken forward again by a larger number.

    Raises:
        RelpinsError: there is no such snapshot, none before the current, or not all of it is there any more.
    """
    lake = published(home)
    assert lake.snapshot is not None
    current = lake.snapshot.number
    wanted = _before(lake, current) if number is None else number
    snapshot = lake.snapshots.get(wanted)
    lost = _lost(lake, snapshot)
    if lost:
        raise RelpinsError(f"snapshot {wanted} cannot be read any more: {', '.join(lost)} gone; take another")
    lake.snapshots.point_to(wanted)
    return {**_told(snapshot, wanted), "before": current}


def print_snapshots(found: list[dict[str, Any]]) -> None:
    """The list for people."""
    grid = Grid(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "snapshot", "published", "as of", "profile"):
        grid.add_column(heading, justify="right" if heading == "snapshot" else "left")
    for entry in found:
        mark = "*" if entry["is_current"] else ""
        grid.add_row(mark, str(entry["number"]), entry["published_at"], entry["as_of"], entry["profile"])
    Console().print(grid)


def _told(snapshot: Snapshot, current: int) -> dict[str, Any]:
    return {
        "number": snapshot.number,
        "published_at": snapshot.published_at,
        "as_of": snapshot.as_of.isoformat(),
        "profile": snapshot.profile,
        "is_current": snapshot.number == current,
    }


def _before(lake: Lake, current: int) -> int:
    earlier = [number for number in lake.snapshots.numbers() if number < current]
    if not earlier:
        known = ", ".join(map(str, lake.snapshots.numbers()))
        raise RelpinsError(f"there is no snapshot before {current}, which readers see; there are: {known}")
    return earlier[-1]


def _lost(lake: Lake, snapshot: Snapshot) -> list[str]:
    """What a snapshot names and the home no longer holds; empty if it can be read."""
    lost = [name for name, table in snapshot.tables.items() if not _is_there(lake, table.path, table.version)]
    lost += [name for name, version in snapshot.artefacts.items() if lake.artefacts.get(name, version) is None]
    return lost + [name for name, version in snapshot.indexes.items() if lake.indexes.get(name, version) is None]


def _is_there(lake: Lake, path: str, version: int) -> bool:
    try:
        lance.dataset(str(lake.home / "lake" / path), version=version or None)
    except ValueError:  # what Lance raises for a version that is not there
        return version == 0  # a table of that snapshot that was never written
    return True
