"""A snapshot: one version of every table, index and artefact, and the day it stands for. Readers see nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from relpins_resources.errors import RelpinsError
from relpins_resources.lake.files import folder_lock, read_json, write_json

CURRENT = "current.json"


@dataclass(frozen=True)
class TableVersion:
    path: str  # relative to the lake folder
    version: int


@dataclass(frozen=True)
class Snapshot:
    """What readers read: a value, the same for ever.

    `spaces` names the vector-space version of each versioned table, `artefacts` and `indexes` a folder each.
    """

    as_of: date
    tables: Mapping[str, TableVersion]
    artefacts: Mapping[str, str] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    spaces: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    published_at: str = ""
    profile: str = ""

    def content(self) -> dict[str, Any]:
        """What it names, without its number and time: equal contents need no second snapshot."""
        described = asdict(self)
        described["as_of"] = self.as_of.isoformat()
        return {name: value for name, value in described.items() if name not in ("number", "published_at")}


class Snapshots:
    """The snapshots of one home, and which one readers see."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def numbers(self) -> list[int]:
        return sorted(int(path.stem) for path in self.root.glob("[0-9]*.json"))

    def get(self, number: int) -> Snapshot:
        value = read_json(self.root / f"{number:08d}.json")
        if value is None:
            raise RelpinsError(
                f"there is no snapshot {number}; there are: {', '.join(map(str, self.numbers())) or 'none'}"
            )
        tables = {name: TableVersion(**version) for name, version in value.pop("tables").items()}
        return Snapshot(as_of=date.fromisoformat(value.pop("as_of")), tables=tables, **value)

    def current(self) -> Snapshot | None:
        """The one that readers see; None before the first is published."""
        pointer = read_json(self.root / CURRENT)
        return None if pointer is None else self.get(pointer["number"])

    def newest(self) -> Snapshot | None:
        """What builds go on from: the current one, or the newest where readers were taken back from it."""
        return self.get(max(self.numbers())) if self._is_taken_back() else self.current()

    def publish(self, candidate: Snapshot) -> tuple[Snapshot, bool]:
        """Promote a candidate; returns the snapshot now current, and whether it is a new one.

        A candidate that says what the newest says is none: readers who were taken back stay where they are until there
        is something new.
        """
        with folder_lock(self.root):
            newest, current = self.newest(), self.current()
            if newest is not None and current is not None and newest.content() == candidate.content():
                return current, False
            return self._add(candidate), True

    def renew(self, candidate: Snapshot) -> Snapshot:
        """Add what holds the rows of the newest under other versions; readers who were taken back stay there."""
        with folder_lock(self.root):
            before = self.current() if self._is_taken_back() else None
            made = self._add(candidate)
            if before is not None:
                self._point_to(before.number)
            return made

    def point_to(self, number: int) -> Snapshot:
        """Make an existing snapshot the current one."""
        with folder_lock(self.root):
            snapshot = self.get(number)
            self._point_to(number)
            return snapshot

    def keep_newest(self, n_kept: int) -> int:
        """Forget all but the newest `n_kept` and the current one; returns how many were forgotten."""
        if not self.root.exists():
            return 0
        with folder_lock(self.root):
            current = self.current()
            kept = {*self.numbers()[-n_kept:], *([current.number] if current else [])}
            old = [number for number in self.numbers() if number not in kept]
            for number in old:
                self.forget(number)
            return len(old)

    def forget(self, number: int) -> None:
        (self.root / f"{number:08d}.json").unlink(missing_ok=True)

    def _add(self, candidate: Snapshot) -> Snapshot:
        number = max(self.numbers(), default=0) + 1
        published_at = datetime.now(UTC).isoformat(timespec="seconds")
        value = {**candidate.content(), "number": number, "published_at": published_at}
        write_json(self.root / f"{number:08d}.json", value)
        self._point_to(number)
        return self.get(number)

    def _point_to(self, number: int) -> None:
        """`instead_of` says that readers do not see the newest because someone wants it so, not because of a kill."""
        newest = max(self.numbers())
        write_json(self.root / CURRENT, {"number": number, **({"instead_of": newest} if newest != number else {})})

    def _is_taken_back(self) -> bool:
        instead_of = read_json(self.root / CURRENT, {}).get("instead_of")
        return instead_of is not None and instead_of == max(self.numbers(), default=0)
