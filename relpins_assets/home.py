"""A home folder and what it remembers of its deployment: which source it follows, under which profile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relpins_assets.profile import Profile, load_profile
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError
from relpins_resources.lake.files import read_json, write_json
from relpins_resources.sources import open_source

SETTINGS = "settings.json"
DEFAULT_PROFILE = "sample"


@dataclass(frozen=True)
class Home:
    """A home as it was set up: its folder, its profile's name or file, its source (None before the first build)."""

    folder: Path
    profile_name: str
    source_path: Path | None

    @property
    def profile(self) -> Profile:
        return load_profile(self.profile_name)

    def workspace(self) -> Workspace:
        """What the graph works with; nothing is read or written yet."""
        path, profile = self.source_path, self.profile
        if path is None:
            return Workspace(self.folder, profile)
        options = {"path": str(path), "columns": profile.columns, "sql": profile.sql, "tables": profile.tables}
        return Workspace(self.folder, profile, lambda: open_source(options))

    def remember(self) -> None:
        write_json(
            self.folder / SETTINGS,
            {"profile": self.profile_name, "source": str(self.source_path) if self.source_path else None},
        )


def open_home(folder: Path, *, profile: str | None = None, source: Path | None = None) -> Home:
    """The home in `folder`, with what the caller says over what it remembers.

    Raises:
        RelpinsError: it already follows another source, it lies within that source, or it is no home.
    """
    settings = _settings(folder)
    remembered = Path(settings["source"]) if settings.get("source") else None
    wanted = source.resolve() if source is not None else None
    if remembered is not None and wanted is not None and remembered != wanted:
        raise RelpinsError(f"home {folder} follows source {remembered}; for {wanted} give another --home")
    if (
        wanted is not None
        and wanted in folder.resolve().parents
        and not _is_hidden(folder.resolve().relative_to(wanted))
    ):
        raise RelpinsError(f"home {folder} lies within source {wanted}, where it would be read; give another --home")
    return Home(folder, _profile_name(profile) or settings.get("profile") or DEFAULT_PROFILE, wanted or remembered)


def _settings(folder: Path) -> dict[str, Any]:
    if folder.exists() and not folder.is_dir():
        raise RelpinsError(f"home {folder} is a file; give a folder, new or an earlier home")
    try:
        settings = read_json(folder / SETTINGS, {})
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise RelpinsError(f"{folder / SETTINGS} is not as it was written; remove it and build with --source FOLDER")
    return settings


def _is_hidden(path: Path) -> bool:
    """Whether a source passes over what lies there."""
    return any(part[0] in "._" for part in path.parts)


def _profile_name(given: str | None) -> str | None:
    """A shipped name as it is, a file as its full path: the home is opened from other folders too."""
    return str(Path(given).resolve()) if given is not None and Path(given).is_file() else given
