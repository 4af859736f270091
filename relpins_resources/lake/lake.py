"""One home folder: its tables, artefacts, indexes and snapshots, and which of them a run works on."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from relpins_resources.errors import RelpinsError
from relpins_resources.lake import sql
from relpins_resources.lake.artefacts import Artefact, Artefacts
from relpins_resources.lake.files import read_json, remove_folder, write_json
from relpins_resources.lake.refresh import REJECTED_ROWS
from relpins_resources.lake.schema import TableSchema
from relpins_resources.lake.snapshots import Snapshot, Snapshots, TableVersion
from relpins_resources.lake.table import Table, literal
from relpins_resources.lake.watermarks import Watermark

LIVE = ("bookkeeping", "report")
"""Kinds of tables that are no part of a snapshot: readers see them as they are now."""
CHOICES = ("artefacts", "indexes", "spaces")


class Lake:
    """Tables and versioned folders under one home.

    A run works on the candidate: the newest version of every table, and of each artefact, index and vector space the
    one last chosen with `choose`. `at(snapshot)` gives the same lake as a reader sees it.

    Args:
        home: the folder; made when first written to.
        schemas: every table there can be, by name.
        snapshot: fixes all that is read; nothing can be written then.
    """

    def __init__(self, home: Path, schemas: Mapping[str, TableSchema], snapshot: Snapshot | None = None) -> None:
        self.home = home
        self.schemas = dict(schemas)
        self.snapshot = snapshot
        self.artefacts = Artefacts(home / "artefacts")
        self.indexes = Artefacts(home / "indexes")
        self.snapshots = Snapshots(home / "snapshots")

    def at(self, snapshot: Snapshot) -> Lake:
        return Lake(self.home, self.schemas, snapshot)

    # ---- tables

    def table(self, name: str) -> Table:
        """The table of that name; of a versioned one, the space that was chosen."""
        schema = self.schemas.get(name)
        if schema is None:
            raise RelpinsError(f"there is no table {name!r}; tables: {', '.join(sorted(self.schemas))}")
        if self.snapshot is not None and schema.kind not in LIVE:
            fixed = self.snapshot.tables.get(name, TableVersion(f"{name}.lance", 0))
            return Table(schema, self._folder / fixed.path, fixed.version)
        return Table(schema, self._folder / self._file_name(schema))

    def tables(self) -> dict[str, Table]:
        return {name: self.table(name) for name in self.schemas}

    @property
    def rejected(self) -> Table:
        return self.table(REJECTED_ROWS)

    def query(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
        """Run one SELECT over all tables."""
        return sql.query(self.tables(), statement, parameters)

    def watermark(
        self, consumer: str, inputs: Sequence[str], compared: Mapping[str, Sequence[str]] | None = None
    ) -> Watermark:
        tables = {name: self.table(name) for name in inputs}
        return Watermark(self.home / "watermarks", consumer, tables, compared)

    @property
    def _folder(self) -> Path:
        return self.home / "lake"

    def _file_name(self, schema: TableSchema) -> str:
        space = self.chosen("spaces", schema.name) if schema.is_versioned else None
        return f"{schema.name}@{space}.lance" if space else f"{schema.name}.lance"

    # ---- what the candidate is made of

    def chosen(self, kind: str, name: str) -> str | None:
        """The version of an artefact, index or vector space (`kind`) that runs work on; None before the first."""
        assert kind in CHOICES, kind
        if self.snapshot is not None:
            return {
                "artefacts": self.snapshot.artefacts,
                "indexes": self.snapshot.indexes,
                "spaces": self.snapshot.spaces,
            }[kind].get(name)
        choice = self._choices()[kind].get(name)
        return None if choice is None else str(choice)

    def choose(self, kind: str, name: str, version: str) -> None:
        """Have runs work on this version from now on."""
        assert self.snapshot is None, "a snapshot cannot be changed"
        assert kind in CHOICES, kind
        choices = self._choices()
        if choices[kind].get(name) != version:
            choices[kind][name] = version
            write_json(self.home / "candidate.json", choices)

    def artefact(self, name: str) -> Artefact | None:
        version = self.chosen("artefacts", name)
        return None if version is None else self.artefacts.get(name, version)

    def index(self, name: str) -> Artefact | None:
        version = self.chosen("indexes", name)
        return None if version is None else self.indexes.get(name, version)

    def candidate(self, as_of: date, profile: str) -> Snapshot:
        """Everything as it stands now, as a value."""
        tables = {
            name: TableVersion(table.path.name, table.version())
            for name, table in self.tables().items()
            if table.exists() and table.schema.kind not in LIVE
        }
        choices = self._choices()
        return Snapshot(as_of, tables, choices["artefacts"], choices["indexes"], choices["spaces"], profile=profile)

    def _choices(self) -> dict[str, dict[str, str]]:
        return {**{kind: {} for kind in CHOICES}, **read_json(self.home / "candidate.json", {})}

    # ---- the home as a whole

    def remember(self, name: str, value: Any) -> None:
        """Keep a small JSON value with the home."""
        write_json(self.home / f"{name}.json", value)

    def recall(self, name: str) -> Any:
        """The value kept under that name; None if there is none."""
        return read_json(self.home / f"{name}.json")

    def drop_derived(self) -> None:
        """Drop all that a rebuild makes again: derived tables and ledgers, indexes, caches, marks.

        Raw tables, rejected rows of the source, trained artefacts, edit files and the clock stay.
        """
        for folder in ("watermarks", "indexes", "cache"):  # marks first: they speak of the tables
            remove_folder(self.home / folder)
        for path in self._folder.glob("*.lance"):
            schema = self.schemas.get(path.name.removesuffix(".lance").split("@")[0])
            if schema is None or schema.kind in ("derived", "ledger", "report"):
                remove_folder(path)
        derived = [name for name, schema in self.schemas.items() if schema.kind == "derived"]
        self.rejected.delete_where(f"`table` IN ({', '.join(map(literal, derived))})")
        write_json(self.home / "candidate.json", {"artefacts": self._choices()["artefacts"]})

    def is_being_written(self) -> bool:
        """Whether a run holds this home right now; a process that died holds nothing."""
        path = self.home / "writer.lock"
        if not path.exists():
            return False
        with path.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    @contextmanager
    def writer(self, wait_s: float = 600.0) -> Iterator[None]:
        """Be the only writer of this home.

        Raises:
            RelpinsError: if another run still holds it after `wait_s` seconds.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "writer.lock").open("a+") as lock:
            give_up_at = time.monotonic() + wait_s
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > give_up_at:
                        lock.seek(0)
                        raise RelpinsError(
                            f"another run (process {lock.read()}) is writing to {self.home}; wait for it or stop it"
                        ) from None
                    time.sleep(0.2)
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield
