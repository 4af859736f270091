"""Housekeeping of a home: compaction, and dropping what no kept snapshot, mark or candidate names."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lance

from relpins_resources.lake.artefacts import Artefacts
from relpins_resources.lake.files import read_json, sweep_leftovers
from relpins_resources.lake.lake import Lake


@dataclass
class MaintenanceReport:
    """What was tidied away."""

    n_snapshots: int = 0
    n_versions: int = 0
    n_tables: int = 0
    n_folders: int = 0
    n_leftovers: int = 0

    def metadata(self) -> dict[str, int]:
        return asdict(self)


def maintain(lake: Lake, kept_snapshots: int) -> MaintenanceReport:
    """Keep the newest snapshots, the current one, and all that they, the watermarks and the candidate name; drop the rest.

    Tables are compacted first, so that a table made of many small commits reads fast again.
    """
    report = MaintenanceReport()
    current = lake.snapshots.current()
    numbers = lake.snapshots.numbers()
    kept = set(numbers[-kept_snapshots:]) | ({current.number} if current else set())
    for number in set(numbers) - kept:
        lake.snapshots.forget(number)
        report.n_snapshots += 1
    snapshots = [lake.snapshots.get(number) for number in sorted(kept)]
    named: dict[str, set[int]] = defaultdict(set)
    for snapshot in snapshots:
        for table in snapshot.tables.values():
            named[table.path].add(table.version)
    for mark in _marks(lake.home / "watermarks"):
        for entry in mark.values():
            named[str(entry["path"])].add(int(entry["version"]))
    _tidy_tables(lake, named, report)
    for store, used in (
        (lake.artefacts, [snapshot.artefacts for snapshot in snapshots]),
        (lake.indexes, [snapshot.indexes for snapshot in snapshots]),
    ):
        kind = "artefacts" if store is lake.artefacts else "indexes"
        _tidy_folders(lake, store, kind, {version for versions in used for version in versions.values()}, report)
    return report


def _marks(folder: Path) -> list[dict[str, dict[str, Any]]]:
    return [read_json(path) for path in folder.glob("[!.]*.json")]


def _tidy_tables(lake: Lake, named: dict[str, set[int]], report: MaintenanceReport) -> None:
    current = {table.path.name for table in lake.tables().values()}
    for path in sorted((lake.home / "lake").glob("*.lance")):
        if path.name not in current and path.name not in named:
            shutil.rmtree(path)  # a vector space that nothing names any more
            report.n_tables += 1
            continue
        dataset = lance.dataset(str(path))
        dataset.optimize.compact_files()
        dataset.optimize.optimize_indices()
        newest = lance.dataset(str(path)).version
        old = [entry["version"] for entry in dataset.versions() if entry["version"] not in named[path.name] | {newest}]
        if old:
            dataset.cleanup_old_versions(versions=old)
            report.n_versions += len(old)


def _tidy_folders(lake: Lake, store: Artefacts, kind: str, used: set[str], report: MaintenanceReport) -> None:
    for folder in [entry for entry in store.root.glob("*") if entry.is_dir()]:
        report.n_leftovers += sweep_leftovers(folder)
        for version in store.versions(folder.name):
            if version not in used and version != lake.chosen(kind, folder.name):
                store.drop(folder.name, version)
                report.n_folders += 1
