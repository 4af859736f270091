"""One Lance dataset: read it at a version, upsert, replace, delete. Knows nothing of what the rows mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import lance
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake.files import folder_lock, remove_folder
from relpins_resources.lake.schema import VECTOR, TableSchema

INDEX_FROM_ROWS = 50_000
"""Below this a scan answers as fast as the key index, and making one costs more than it saves."""
CONFLICT_RETRIES = 20


class Table:
    """One table on disk, at its newest version or fixed at one.

    A table that has never been written reads as empty. Every write is one atomic commit.
    """

    def __init__(self, schema: TableSchema, path: Path, version: int | None = None) -> None:
        self.schema = schema
        self.path = path
        self.fixed_version = version

    @property
    def name(self) -> str:
        return self.schema.name

    # ---- reading

    def exists(self) -> bool:
        """Whether there is anything to read: a folder in which no version was completed is what a kill left behind."""
        return self.fixed_version != 0 and any((self.path / "_versions").glob("*.manifest"))

    def dataset(self) -> lance.LanceDataset:
        return lance.dataset(str(self.path), version=self.fixed_version)

    def version(self) -> int:
        """The version read here; 0 when nothing was ever written."""
        return int(self.dataset().version) if self.exists() else 0

    def at(self, version: int) -> Table:
        """The same table, fixed at one version; at version 0 it is empty."""
        return Table(self.schema, self.path, version)

    def count(self, where: str | None = None) -> int:
        return int(self.dataset().count_rows(filter=where)) if self.exists() else 0

    def read(self, columns: Sequence[str] | None = None, where: str | None = None) -> pa.Table:
        """Its rows, in no particular order; `where` is a SQL predicate."""
        if not self.exists():
            empty = self.schema.arrow().empty_table()
            return empty.select(list(columns)) if columns is not None else empty
        return self.dataset().to_table(columns=list(columns) if columns is not None else None, filter=where)

    def read_keys(self, keys: pa.Array | Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
        """The rows whose first key column is one of `keys`, in no particular order; those absent are left out."""
        if not self.exists() or len(keys) == 0:
            return self.read(columns, where="false")
        values = keys if isinstance(keys, (pa.Array, pa.ChunkedArray)) else pa.array(list(keys), pa.string())
        names = list(columns) if columns is not None else None
        is_wanted = pc.field(self.schema.key[0]).isin(values)
        return self.dataset().to_table(columns=names, filter=is_wanted)

    def batches(self, columns: Sequence[str], batch_rows: int = 1024) -> Iterator[pa.RecordBatch]:
        """Its rows a batch at a time, for columns too big to hold at once."""
        if self.exists():
            yield from self.dataset().to_batches(columns=list(columns), batch_size=batch_rows)

    def vector_dim(self) -> int | None:
        """The length of its vectors; None before the first write."""
        if not self.exists():
            return None
        sizes = [field.type.list_size for field in self.dataset().schema if pa.types.is_fixed_size_list(field.type)]
        return int(sizes[0]) if sizes else None

    # ---- writing

    def create(self, vector_dim: int | None = None) -> None:
        """Make it, empty, if it is not there yet; a table of vectors waits until their length is known."""
        if self.exists() or (self.schema.has_vectors and not vector_dim):
            return
        self._assert_writable()
        # under a lock: of two processes that create at once, Lance lets the second overwrite what the first then wrote
        with folder_lock(self.path.parent):
            if not self.exists():
                lance.write_dataset(self._keyed(self.schema.arrow(vector_dim).empty_table()), str(self.path))

    def is_outdated(self) -> bool:
        """Whether it was written with other columns than are declared now."""
        if not self.exists():
            return False
        declared, found = self.schema.arrow(self.vector_dim()), self.dataset().schema
        return [(one.name, one.type) for one in declared] != [(one.name, one.type) for one in found]

    def empty(self) -> None:
        """Leave it without a row, in the columns declared now; versions that snapshots name stay as they are."""
        self.overwrite(self.schema.arrow(self.vector_dim()).empty_table())

    def upsert(self, rows: pa.Table) -> None:
        """Insert rows, replacing those with the same key; a key may stand among `rows` once."""
        self._merge(rows, delete_where=None)

    def replace_units(self, rows: pa.Table, units: pa.Table) -> None:
        """Make `rows` all that these units have: stale rows of theirs go in the same commit.

        `units` has the columns of the unit key; rows of other units are untouched.
        """
        if units.num_rows:
            self._merge(rows, delete_where=_units_predicate(self.schema.unit_key, units))

    def delete_units(self, units: pa.Table) -> None:
        """Delete all rows of these units."""
        if units.num_rows and self.exists():
            self._assert_writable()
            on = list(self.schema.unit_key)
            wanted = units.select(on).cast(pa.schema([self.schema.arrow().field(name) for name in on]))
            self.dataset().merge_insert(on).when_matched_delete().conflict_retries(CONFLICT_RETRIES).execute(wanted)

    def delete_where(self, predicate: str) -> None:
        """Delete the rows for which a SQL predicate holds."""
        if self.exists():
            self._assert_writable()
            self.dataset().delete(predicate)

    def overwrite(self, rows: pa.Table) -> None:
        """Replace the whole content in one commit."""
        self._assert_writable()
        with folder_lock(self.path.parent):
            mode = "overwrite" if self.exists() else "create"
            lance.write_dataset(self._keyed(self.conform(rows)), str(self.path), mode=mode)

    def drop(self) -> None:
        self._assert_writable()
        remove_folder(self.path)

    def conform(self, rows: pa.Table) -> pa.Table:
        """`rows` in this table's column order and types; a missing column is an error, a further one too."""
        given, held = _vector_length(rows), self.vector_dim()
        assert not given or not held or given == held, f"{self.name}: vectors of {given} dimensions, it holds {held}"
        target = self.schema.arrow(held or given)
        unexpected = set(rows.column_names) ^ set(target.names)
        assert not unexpected, f"{self.name}: columns too many or missing: {sorted(unexpected)}"
        return rows.select(target.names).cast(target)

    def _merge(self, rows: pa.Table, delete_where: str | None) -> None:
        self._assert_writable()
        rows = self.conform(rows)
        assert not has_duplicates(rows, self.schema.key), (
            f"{self.name}: a key {self.schema.key} is given more than once"
        )
        self.create(_vector_length(rows))
        if not self.exists():  # no rows yet to say how long the vectors are
            return
        key = list(self.schema.key)
        merge = self.dataset().merge_insert(key).when_matched_update_all().when_not_matched_insert_all()
        if delete_where is not None:
            merge = merge.when_not_matched_by_source_delete(delete_where)
        merge.conflict_retries(CONFLICT_RETRIES).execute(rows)

    def _keyed(self, rows: pa.Table) -> pa.Table:
        """Tell Lance the key: else two processes that insert the same new key at once give it two rows."""
        fields = [
            field.with_metadata({"lance-schema:unenforced-primary-key": "true"})
            if field.name in self.schema.key
            else field
            for field in rows.schema
        ]
        return rows.cast(pa.schema(fields))

    def _assert_writable(self) -> None:
        assert self.fixed_version is None, f"{self.name} is fixed at version {self.fixed_version}: it cannot be written"

    def ensure_key_index(self) -> None:
        """Give a table that has grown large a BTREE index on its unit's last column, which tells most rows apart."""
        if not self.exists() or self.count() < INDEX_FROM_ROWS:
            return
        key, dataset = self.schema.unit_key[-1], self.dataset()
        if not any(key in index.field_names for index in dataset.describe_indices()):
            dataset.create_scalar_index(key, "BTREE")


def has_duplicates(rows: pa.Table, key: Sequence[str]) -> bool:
    """Whether two rows have the same values in the columns `key`."""
    return bool(rows.select(list(key)).group_by(list(key)).aggregate([]).num_rows < rows.num_rows)


def vectors(rows: pa.Table, column: str = "vector") -> npt.NDArray[np.float32]:
    """A column of vectors as an array (n, d)."""
    chunks = rows[column].combine_chunks()
    if pa.types.is_fixed_size_list(chunks.type):
        size = chunks.type.list_size
        return np.asarray(chunks.flatten(), dtype=np.float32).reshape(-1, size)
    if rows.num_rows == 0:
        return np.empty((0, 0), np.float32)
    return np.asarray(chunks.to_pylist(), dtype=np.float32).reshape(rows.num_rows, -1)


def vector_array(matrix: npt.NDArray[np.float32]) -> pa.Array:
    """An array (n, d) as a column of vectors."""
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel(), pa.float32()), matrix.shape[1])


def _vector_length(rows: pa.Table) -> int | None:
    for field in rows.schema:
        if pa.types.is_fixed_size_list(field.type) and field.type.value_type == VECTOR.value_type:
            return int(field.type.list_size)
    return None


def _units_predicate(unit_key: Sequence[str], units: pa.Table) -> str:
    *leading, last = unit_key
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for *head, tail in zip(*(units[name].to_pylist() for name in unit_key), strict=True):
        groups.setdefault(tuple(head), []).append(tail)
    parts = [
        [*(_is_in(name, [value]) for name, value in zip(leading, head, strict=True)), _is_in(last, tails)]
        for head, tails in groups.items()
    ]
    return " OR ".join(f"({' AND '.join(part)})" for part in parts)


def _is_in(column: str, values: Sequence[Any]) -> str:
    return f"`{column}` IN ({', '.join(literal(value) for value in values)})"


def literal(value: str | int) -> str:
    """A value as it stands in a SQL predicate."""
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
