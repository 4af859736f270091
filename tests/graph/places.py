"""A small home with a profile and people of its own, for tests of what its saved queries give."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
from running import QUIET, run
from worlds import SmallWorld

from relpins_assets.definitions import STAGES, asset_names, build_definitions
from relpins_assets.home import open_home
from relpins_assets.reading import published as readers_see
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake

USERS = (
    {"user_id": "u1", "country": "IT", "locale": "it-IT", "currency": "EUR"},
    {"user_id": "u2", "country": "GB", "locale": "en-GB", "currency": "GBP"},
    {"user_id": "u9", "country": "IT", "locale": "it-IT", "currency": "EUR"},  # who never saved anything
)
PROFILE = """
as_of: source
clip: {backend: grid}
content: {backend: grid}
ann: {backend: exact}
cooccurrence: {limit: 50}
feeds: {related: [%s], parameters: {candidates: 12, limit: 6}}
"""


@dataclass(frozen=True)
class Place:
    """A home, the folder of its source, and what was written there."""

    home: Path
    source: Path
    world: SmallWorld

    @property
    def lake(self) -> Lake:
        return Lake(self.home, TABLES)

    @property
    def number(self) -> int:
        """The snapshot that readers see."""
        snapshot = self.lake.snapshots.current()
        assert snapshot is not None
        return snapshot.number

    def build(self, *related: str, only: tuple[str, ...] = ()) -> None:
        """Write the source, and run the whole graph or some stages of it, with feeds of these strategies."""
        self.world.write(self.source)
        pq.write_table(pa.Table.from_pylist(list(USERS)), self.source / "users.parquet")
        profile = self.home.parent / f"{'-'.join(related)}.yaml"
        profile.write_text(PROFILE % ", ".join(related))
        (self.home / "settings.json").unlink(missing_ok=True)  # a copy follows a source of its own
        opened = open_home(self.home, profile=str(profile), source=self.source)
        opened.remember()
        if not only:
            run(opened.workspace())
            return
        job = build_definitions(opened.workspace()).resolve_job_def("build_all")
        assets = [dg.AssetKey(name) for stage in only for name in asset_names(STAGES[stage])]
        with dg.DagsterInstance.ephemeral() as instance:
            assert job.execute_in_process(instance=instance, run_config=QUIET, asset_selection=assets).success

    def said_of(self, pin_id: str) -> str:
        """A pin's title, its shop's tags, and the titles of the boards it is on."""
        boards = [self.world.boards[board] for board, pin in self.world.saves if pin == pin_id]
        tags = self.world.pins[pin_id]["merchant_tags"] or []
        assert isinstance(tags, list)
        return " ".join([str(self.world.pins[pin_id]["title"]), *tags, *boards])

    def copied(self, folder: Path) -> Place:
        for name, path in (("home", self.home), ("source", self.source)):
            shutil.copytree(path, folder / name)
        return Place(folder / "home", folder / "source", copy.deepcopy(self.world))


def published(place: Place, name: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The entries of each published feed in order of rank, by strategy and by what it is for."""
    unit = TABLES[name].key[1]
    lake = readers_see(place.home)
    rows = lake.query(f"SELECT * FROM {name} ORDER BY strategy, {unit}, rank").to_pylist()
    feeds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        feeds.setdefault((row["strategy"], row[unit]), []).append(row)
    return feeds


def ids(found: Mapping[str, Any]) -> list[str]:
    return [entry["item_id"] for entry in found["results"]]


def everything(home: Path) -> dict[str, bytes]:
    """Every file of a home."""
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
