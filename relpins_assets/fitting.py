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
    """The version that this run works with, whether this run made it, and why a refit was not taken, if so."""

    artefact: Artefact
    is_new: bool
    refused: str | None = None

    def metadata(self) -> dict[str, Any]:
        """What its manifest says, flat, for the asset's page."""
        told = {
            key: value if isinstance(value, (int, float, str)) else dg.MetadataValue.json(value)
            for key, value in self.artefact.manifest.items()
            if key not in ("name", "version")
        }
        return told if self.refused is None else {**told, "refit not taken": self.refused}


Objection = Callable[[Artefact, Artefact | None], str | None]
"""Why a new version should not take the place of the old one (None for the first); None if it should."""


def chosen_or_fitted(
    workspace: Workspace,
    name: str,
    version: str | Callable[[], str],
    fit: Callable[[Path], Mapping[str, Any]],
    *,
    refit: bool,
    objection: Objection = lambda new, old: None,
    is_usable: Callable[[Artefact], bool] = lambda old: True,
) -> Fitted:
    """The published version of an artefact, the one last chosen, or one fitted now.

    A run that does not refit goes back to what is published: a refit that was killed half-way leaves nothing behind
    that an incremental run would mix in. The refit itself resumes, since its version names its inputs.

    Args:
        version: names everything the fit depends on; or how to say it, where that takes a look at all of it.
        fit: writes into a folder and returns the manifest's entries.
        refit: fit even if there is a version.
        objection: asked before a refitted version is promoted.
        is_usable: whether the old version fits the profile as it is now; one that does not counts as missing.
    """
    lake = workspace.lake
    old = version_before(workspace, name)
    old = old if old is not None and is_usable(old) else None
    if old is not None and not refit:
        lake.choose("artefacts", name, old.version)
        return Fitted(old, is_new=False)
    version = version if isinstance(version, str) else version()
    is_new = lake.artefacts.get(name, version) is None
    parent = {"parent version": old.version} if old is not None and old.version != version else {}
    made = lake.artefacts.make(name, version, lambda folder: {**fit(folder), **parent})
    refused = objection(made, old) if old is None or old.version != made.version else None
    if refused is not None:
        if old is None:
            raise dg.Failure(f"{name} was fitted and cannot be used: {refused}")
        lake.choose("artefacts", name, old.version)
        return Fitted(old, is_new=False, refused=refused)
    lake.choose("artefacts", name, made.version)
    return Fitted(made, is_new)


def version_before(workspace: Workspace, name: str) -> Artefact | None:
    """What is published, else what was last chosen: a first build that was killed has published nothing yet."""
    lake = workspace.lake
    published = lake.snapshots.newest()
    version = (published.artefacts.get(name) if published else None) or lake.chosen("artefacts", name)
    return lake.artefacts.get(name, version) if version else None
