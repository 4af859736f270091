"""Versioned folders for what is not a table (models, indexes): written aside, renamed into place, never edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relpins_resources.lake.files import new_folder, read_json, remove_folder, sweep_leftovers, write_json

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Artefact:
    """One version of one artefact: its folder and what its manifest says."""

    name: str
    version: str
    folder: Path
    manifest: Mapping[str, Any]


class Artefacts:
    """All versions of all artefacts under one folder: `<root>/<name>/<version>/`, each with a manifest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, name: str, version: str) -> Artefact | None:
        folder = self.root / name / version
        manifest = read_json(folder / MANIFEST)
        return None if manifest is None else Artefact(name, version, folder, manifest)

    def versions(self, name: str) -> list[str]:
        return sorted(path.parent.name for path in (self.root / name).glob(f"[!.]*/{MANIFEST}"))

    def make(self, name: str, version: str, write: Callable[[Path], Mapping[str, Any]]) -> Artefact:
        """Have `write(folder)` fill a folder and return its manifest, then rename it into place.

        A version that is already there is returned as it is: an artefact is a function of its version.
        """
        found = self.get(name, version)
        if found is not None:
            return found
        with new_folder(self.root / name / version) as aside:
            write_json(aside / MANIFEST, {"name": name, "version": version, **write(aside)})
        made = self.get(name, version)
        assert made is not None
        return made

    def drop(self, name: str, version: str) -> None:
        remove_folder(self.root / name / version)

    def sweep(self) -> int:
        """Remove folders that a kill left half-written; returns how many."""
        return sum(sweep_leftovers(folder) for folder in self.root.glob("*") if folder.is_dir())
