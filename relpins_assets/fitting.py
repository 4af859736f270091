"""Trained artefacts: fitted when missing, kept otherwise, fitted again only when asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from relpins_assets.workspace import Workspace
from relpins_resources.lake.artefacts import Artefact


class FitConfig(dg.Config):
    """Whether to fit again what is already there."""

    refit: bool = Field(default=False, description="fit again on the catalog as it is now")


@dataclass(frozen=True)
class Fitted:
    """The version that this run works with, and whether this run made it."""

    artefact: Artefact
    is_new: bool

    def metadata(self) -> dict[str, Any]:
        """What its manifest says, flat, for the asset's page."""
        return {
            key: value if isinstance(value, (int, float, str)) else dg.MetadataValue.json(value)
            for key, value in self.artefact.manifest.items()
            if key not in ("name", "version")
        }


def chosen_or_fitted(
    workspace: Workspace, name: str, version: str, fit: Callable[[Path], Mapping[str, Any]], *, refit: bool
) -> Fitted:
    """The published version of an artefact, the one last chosen, or one fitted now.

    A run that does not refit goes back to what is published: a refit that was killed half-way leaves nothing behind
    that an incremental run would mix in. The refit itself resumes, since its version names its inputs.

    Args:
        version: names everything the fit depends on.
        fit: writes into a folder and returns the manifest's entries.
        refit: fit even if there is a version.
    """
    lake = workspace.lake
    if not refit:
        published = lake.snapshots.current()
        kept = (published.artefacts.get(name) if published else None) or lake.chosen("artefacts", name)
        found = lake.artefacts.get(name, kept) if kept else None
        if found is not None:
            lake.choose("artefacts", name, found.version)
            return Fitted(found, is_new=False)
    is_new = lake.artefacts.get(name, version) is None
    made = lake.artefacts.make(name, version, fit)
    lake.choose("artefacts", name, made.version)
    return Fitted(made, is_new)
