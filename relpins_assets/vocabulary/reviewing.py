"""What people see of the vocabulary, and what an edit of theirs would change, before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from relpins_assets.home import open_home
from relpins_assets.vocabulary.curating import CLUSTERS, ROWS_FILE, VOCABULARY
from relpins_assets.vocabulary.edit_file import add_edit, remove_edit
from relpins_assets.vocabulary.editing import Entry, apply_edit, apply_edits
from relpins_assets.vocabulary.edits import edits_digest, parse_edits, read_edits
from relpins_assets.vocabulary.versions import entries_of
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake

NEXT = "the next build applies it"


def list_vocabulary(home: Path, key: str | None = None) -> dict[str, Any]:
    """The vocabulary as it was last made, the most frequent first, its version, and the edits of the home.

    Raises:
        RelpinsError: there is none yet, or no attribute has that key.
    """
    lake = _lake(home)
    rows = lake.table(VOCABULARY).read().to_pylist()
    keys = sorted({row["key"] for row in rows})
    if key is not None and key not in keys:
        raise RelpinsError(f"no attribute has the key {key!r}; keys: {', '.join(keys) or 'none'}")
    rows = [row for row in rows if key in (None, row["key"])]
    artefact, edits = lake.artefact(VOCABULARY), read_edits(home)
    made = artefact.manifest if artefact is not None else {}
    return {
        "version": artefact.version if artefact is not None else None,
        "parent": made.get("parent"),
        "edits": [str(edit) for edit in edits],
        "edits without effect": made.get("edits without effect", []),
        "waits for the next build": made.get("edits") != edits_digest(edits),
        "attributes": sorted(rows, key=lambda row: (row["key"], -row["n_pins"], row["value"])),
    }


def print_vocabulary(found: dict[str, Any]) -> None:
    """The same for people."""
    console, grid = Console(), Grid(box=None, padding=(0, 2, 0, 0))
    for heading in ("attribute", "images", "forms", "edited"):
        grid.add_column(heading, justify="right" if heading == "images" else "left")
    for row in found["attributes"]:
        others = ", ".join(form for form in row["members"] if form != row["value"])
        said = (f"{row['key']}/{row['value']}", f"{row['n_pins']:,}", others, row["edited"] or "")
        grid.add_row(*(escape(text) for text in said))
    console.print(grid)
    console.print(f"{len(found['attributes'])} attributes, version {found['version'] or '-'}", highlight=False)
    if found["waits for the next build"]:
        console.print("the edit file has changed since; the next build applies it", highlight=False)
    for why in found["edits without effect"]:
        console.print(f"without effect: {escape(why)}", highlight=False)


def make_edit(home: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """Check an edit against the vocabulary as the edits before it leave it, write it, and say what it will change.

    Args:
        entry: as it stands in the edit file.

    Raises:
        RelpinsError: it is not as an edit should be, or has no place in this vocabulary; nothing is written then.
    """
    (edit,) = parse_edits(_as_text(entry), "the edit")
    before, _ = apply_edits(_entries(home), read_edits(home))
    after = apply_edit(before, edit)
    add_edit(home, edit)
    return {"edit": str(edit), **_difference(before, after), "then": NEXT}


def undo_edit(home: Path, number: int | None = None) -> dict[str, Any]:
    """Take an edit out of the file, the last by default, and say what that will change."""
    entries, edits = _entries(home), read_edits(home)
    removed = remove_edit(home, number)
    before, _ = apply_edits(entries, edits)
    after, _ = apply_edits(entries, read_edits(home))
    return {"undone": str(removed), **_difference(before, after), "then": NEXT}


def _difference(before: list[Entry], after: list[Entry]) -> dict[str, Any]:
    was = {(one.key, one.value, one.members) for one in before}
    now = {(one.key, one.value, one.members) for one in after}
    return {"before": sorted(map(_shown, was - now)), "after": sorted(map(_shown, now - was))}


def _shown(entry: tuple[str, str, tuple[str, ...]]) -> str:
    key, value, members = entry
    others = [form for form in members if form != value]
    return f"{key}/{value}" + (f" ({', '.join(others)})" if others else "")


def _as_text(entry: dict[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump({"edits": [entry]}, allow_unicode=True))


def _entries(home: Path) -> list[Entry]:
    clusters = _lake(home).artefact(CLUSTERS)
    if clusters is None:
        raise RelpinsError(f"there is no vocabulary in {home} yet; run `relpins build --source FOLDER` first")
    return entries_of(pq.read_table(clusters.folder / ROWS_FILE))


def _lake(home: Path) -> Lake:
    lake = open_home(home).workspace().lake
    if not lake.table(VOCABULARY).exists():
        raise RelpinsError(f"there is no vocabulary in {home} yet; run `relpins build --source FOLDER` first")
    return lake
