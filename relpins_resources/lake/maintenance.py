"""Housekeeping of a home: compaction, and dropping what no kept snapshot, mark or candidate names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import lance

from relpins_resources.lake.files import read_json, remove_folder, sweep_leftovers
from relpins_resources.lake.lake import Lake
from relpins_resources.lake.snapshots import Snapshot


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
    """Keep the newest snapshots, the current one, and what they, the watermarks and the candidate name; drop the rest.

    Tables are compacted first, so that a table made of many small commits reads fast again. To be run by the writer.

    Args:
        kept_snapshots: how many of the newest to keep, at least 1.
    """
    assert kept_snapshots >= 1, kept_snapshots
    report = MaintenanceReport()
    kept = _keep_newest(lake, kept_snapshots, report)
    _tidy_tables(lake, kept, report)
    _tidy_folders(lake, kept, report)
    for folder in (lake.home, lake.home / "lake"):
        report.n_leftovers += sweep_leftovers(folder)
    return report


def _keep_newest(lake: Lake, n_kept: int, report: MaintenanceReport) -> list[Snapshot]:
    report.n_snapshots = lake.snapshots.keep_newest(n_kept)
    return [lake.snapshots.get(number) for number in lake.snapshots.numbers()]


def _tidy_tables(lake: Lake, kept: list[Snapshot], report: MaintenanceReport) -> None:
    named: dict[str, set[int]] = defaultdict(set)
    for snapshot in kept:
        for table in snapshot.tables.values():
            named[table.path].add(table.version)
    for mark in (lake.home / "watermarks").glob("[!.]*.json"):
        for entry in read_json(mark).values():
            named[entry["path"]].add(entry["version"])
    current = {table.path.name for table in lake.tables().values() if table.exists()}
    for path in sorted((lake.home / "lake").glob("*.lance")):
        if path.name in current or path.name in named:
            report.n_versions += _compact(path, named[path.name])
        else:  # a vector space that nothing names any more, or what a kill left of a first write
            remove_folder(path)
            report.n_tables += 1
    for path in sorted((lake.home / "cache").glob("*.lance")):
        report.n_versions += _compact(path, ())


def _compact(path: Path, kept_versions: Collection[int]) -> int:
    """Make few large files of many small ones, and drop all versions but these and the newest; returns how many."""
    dataset = lance.dataset(str(path))
    dataset.optimize.compact_files()
    dataset.optimize.optimize_indices()
    versions = [int(entry["version"]) for entry in lance.dataset(str(path)).versions()]
    old = [version for version in versions if version not in kept_versions and version != max(versions)]
    if old:
        lance.dataset(str(path)).cleanup_old_versions(versions=old)
    return len(old)


def _tidy_folders(lake: Lake, kept: list[Snapshot], report: MaintenanceReport) -> None:
    artefacts = {version for snapshot in kept for version in snapshot.artefacts.values()}
    indexes = {version for snapshot in kept for version in snapshot.indexes.values()}
    for kind, store, used in (("artefacts", lake.artefacts, artefacts), ("indexes", lake.indexes, indexes)):
        report.n_leftovers += store.sweep()
        for folder in [entry for entry in store.root.glob("[!.]*") if entry.is_dir()]:
            for version in store.versions(folder.name):
                if version not in used and version != lake.chosen(kind, folder.name):
                    store.drop(folder.name, version)
                    report.n_folders += 1
