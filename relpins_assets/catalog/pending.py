"""What waits to be taken in: files not recorded as they are, changed pictures, raw rows not yet published,
edits of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from relpins_assets.catalog.image_files import changed_image_files
from relpins_assets.catalog.reading import changed_files
from relpins_assets.vocabulary.edits import waiting_edits
from relpins_assets.workspace import Workspace
from relpins_resources.lake.fingerprints import digest
from relpins_resources.sources.layout import INPUT_TABLES


@dataclass(frozen=True)
class Pending:
    """Why there is something to do, and a name for exactly this state of things."""

    why: str
    state: str


def find_pending(workspace: Workspace) -> Pending | None:
    """What a run would take in, by stats and versions alone; None if nothing.

    A file once recorded as unreadable, and deletes once withheld, wait for the source to change.
    """
    lake, scan = workspace.lake, workspace.scan
    assert workspace.source is not None
    changed = {table: changed_files(lake, scan, table, workspace.source.reading_version) for table in INPUT_TABLES}
    n_changed = sum(len(stale) + len(vanished) for stale, vanished, _ in changed.values())
    reasons = [f"{n_changed} files new, changed or gone"] if n_changed else []
    images = changed_image_files(lake, workspace.source)
    if images:
        reasons.append(f"{len(images)} image files new, changed or gone")
    published = lake.snapshots.newest()
    versions = {f"raw_{table}": lake.table(f"raw_{table}").version() for table in INPUT_TABLES}
    seen = {name: published.tables[name].version for name in versions if published and name in published.tables}
    if seen != versions:
        reasons.append("raw rows are not published yet")
    if published is not None and published.as_of != workspace.as_of:
        reasons.append(f"the day turned from {published.as_of} to {workspace.as_of}")
    edits = waiting_edits(workspace.home, lake.artefact("attribute_vocabulary"))
    if edits is not None:
        reasons.append("the vocabulary was edited")
    if not reasons:
        return None
    files = [(table, stale, vanished) for table, (stale, vanished, _) in changed.items()]
    return Pending("; ".join(reasons), digest(files, images, versions, workspace.as_of, edits))
