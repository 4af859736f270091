"""Answers of models that are paid for, kept by the hash of what was asked: nothing is asked twice.

Unlike a cache of encodings they are not made again for nothing, so a rebuild keeps them. Each answer is on disk before
the next is waited for (a line of a journal); lines are folded into a table when a batch is through.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from relpins_resources.lake.schema import Column, TableSchema
from relpins_resources.lake.table import Table


class Answers:
    """The answers of one producer; `name` carries its version. One process writes at a time, from any thread."""

    def __init__(self, root: Path, name: str) -> None:
        key = Column("hash", pa.string(), "hash of what was asked", is_nullable=False)
        text = Column("text", pa.string(), "what was answered", is_nullable=False)
        self._table = Table(TableSchema(name, "one row per question", ("hash",), (key, text)), root / f"{name}.lance")
        self._journal = root / f"{name}.jsonl"
        self._lock = threading.Lock()

    def get(self, hashes: Sequence[str]) -> dict[str, str]:
        """The answers to those of these questions that were answered."""
        wanted = set(hashes)
        rows = self._table.read_keys(sorted(wanted)).to_pylist()
        kept = {row["hash"]: row["text"] for row in rows}
        return {**kept, **{key: text for key, text in self._unfolded().items() if key in wanted}}

    def keep(self, key: str, text: str) -> None:
        """Put one answer on disk; a kill after this loses it no more."""
        line = json.dumps([key, text]).encode() + b"\n"
        with self._lock:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with self._journal.open("ab") as file:
                if file.tell() and not _ends_whole(self._journal):
                    file.write(b"\n")  # what a kill cut off stays a line of its own
                file.write(line)
                file.flush()
                os.fsync(file.fileno())

    def fold(self) -> None:
        """Move the journal into the table; done twice it changes nothing."""
        with self._lock:
            rows = self._unfolded()
            if rows:
                self._table.upsert(pa.table({"hash": list(rows), "text": list(rows.values())}))
            self._journal.unlink(missing_ok=True)

    def _unfolded(self) -> dict[str, str]:
        """What the journal holds, but lines that a kill cut off."""
        if not self._journal.exists():
            return {}
        found = {}
        for line in self._journal.read_bytes().splitlines():
            try:
                key, text = json.loads(line)
            except ValueError:
                continue
            found[str(key)] = str(text)
        return found


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
