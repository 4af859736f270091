"""Which version of its inputs a non-local table has fully taken in, and what changed since.

A feed depends on the whole catalog, so no fingerprint of its own can say that a new pin should enter it. It asks
instead: what is different between the inputs now and the inputs as they were when the last pass over it ended?
The answer is read from the tables' own versions, so it is right after a missed run, a killed one, or many at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake.files import read_json, write_json
from relpins_resources.lake.table import Table


@dataclass(frozen=True)
class Changes:
    """Keys of one input that differ from when the mark was set: `upserted` hold new content, `gone` are no more.

    A changed row is in both, as if deleted and inserted.
    """

    upserted: pa.Array
    gone: pa.Array

    def __len__(self) -> int:
        return len(self.upserted) + len(self.gone)


class Watermark:
    """The mark of one consumer over its input tables."""

    def __init__(
        self,
        root: Path,
        consumer: str,
        inputs: Mapping[str, Table],
        compared: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`compared`: of an input of which the consumer reads these columns only, what counts as a change."""
        self.path = root / f"{consumer}.json"
        self.inputs = dict(inputs)
        self.compared = dict(compared or {})

    def now(self) -> dict[str, dict[str, object]]:
        """The versions of the inputs as they stand: what `set` takes."""
        return {name: {"path": table.path.name, "version": table.version()} for name, table in self.inputs.items()}

    def changes(self) -> dict[str, Changes] | None:
        """Per input, what changed since the mark; None if that cannot be known (then everything counts as changed)."""
        mark = read_json(self.path)
        if mark is None or mark.keys() != self.inputs.keys():
            return None
        found = {}
        for name, table in self.inputs.items():
            if mark[name]["path"] != table.path.name:
                return None
            difference = _difference(table, int(mark[name]["version"]), self.compared.get(name, ("fingerprint",)))
            if difference is None:
                return None
            found[name] = difference
        return found

    def begin(self, name: str) -> None:
        """Record, before its first commit, that a pass of this name has begun; `set` forgets it."""
        if name not in self.unfinished():
            write_json(self._begun, [*self.unfinished(), name])

    def unfinished(self) -> list[str]:
        """Names of passes that began and did not end: what they committed may be of inputs that no longer stand."""
        return list(read_json(self._begun, []))

    def set(self, versions: dict[str, dict[str, object]]) -> None:
        """Record that everything up to `versions` (taken by `now` before the pass) has been taken in."""
        write_json(self.path, versions)
        self._begun.unlink(missing_ok=True)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)

    @property
    def _begun(self) -> Path:
        return self.path.with_suffix(".begun")


def _difference(table: Table, version: int, compared: Sequence[str]) -> Changes | None:
    key = table.schema.key[0]
    none = pa.array([], pa.string())
    if version == table.version():
        return Changes(none, none)
    if version == 0:
        return Changes(table.read([key])[key].combine_chunks(), none)
    if not table.exists():  # dropped since
        return None
    try:
        before = table.at(version).read([key, *compared])
    except (ValueError, OSError):  # that version was cleaned up
        return None
    after = table.read([key, *compared])
    return Changes(_not_in(after, before, key), _not_in(before, after, key))


def _not_in(rows: pa.Table, others: pa.Table, key: str) -> pa.Array:
    """Keys of the rows that `others` does not hold with the same content."""
    mine, theirs = _as_text(rows), _as_text(others)
    kept = rows[key].filter(pc.invert(pc.is_in(mine, value_set=theirs)))
    return kept.combine_chunks() if isinstance(kept, pa.ChunkedArray) else kept


def _as_text(rows: pa.Table) -> pa.ChunkedArray:
    """Each row as one string; lists of strings with a sign between them that no id holds."""
    columns = [pc.binary_join(column, "\x1f") if pa.types.is_list(column.type) else column for column in rows.columns]
    return pc.binary_join_element_wise(*columns, "|")
