"""Encodings kept by the hash of what was encoded, so that the same pixels or words are encoded once.

A cache is no part of what is published: dropping it costs time and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake.schema import VECTOR, Column, TableSchema
from relpins_resources.lake.table import Table, vector_array, vectors

Floats = npt.NDArray[np.float32]
BATCH = 1024
"""Contents encoded between two commits: what a kill can lose."""


class Cache:
    """One producer's encodings; `name` carries the producer's version."""

    def __init__(self, root: Path, name: str) -> None:
        self._vectors = Table(_schema(name, "vector", VECTOR), root / f"{name}.lance")
        self._texts = Table(_schema(name, "text", pa.string()), root / f"{name}.text.lance")

    def vectors(self, hashes: Sequence[str], encode: Callable[[list[int]], Floats]) -> Floats:
        """The encodings (n, d) of n contents, encoding only those not seen before; (0, 0) of none.

        Args:
            hashes: the hash of each content; equal ones are encoded once.
            encode: gives the vectors (k, d) of the contents at k positions of `hashes`.
        """
        if not hashes:
            return np.zeros((0, 0), np.float32)
        rows = _encoded(self._vectors, hashes, lambda positions: vector_array(encode(positions)))
        return vectors(rows)

    def texts(self, hashes: Sequence[str], encode: Callable[[list[int]], Sequence[str]]) -> list[str]:
        """The same for encodings that are text (JSON, statements)."""
        rows = _encoded(self._texts, hashes, lambda positions: pa.array(encode(positions), pa.string()))
        return [str(text) for text in rows["text"].to_pylist()]


def _schema(name: str, column: str, kind: pa.DataType) -> TableSchema:
    key = Column("hash", pa.string(), "hash of what was encoded", is_nullable=False)
    return TableSchema(name, "one row per content", ("hash",), (key, Column(column, kind, "its encoding")))


def _encoded(table: Table, hashes: Sequence[str], encode: Callable[[list[int]], pa.Array]) -> pa.Table:
    """The rows of `hashes`, one each and in their order, after encoding those that the table lacks."""
    first = {value: position for position, value in reversed(list(enumerate(hashes)))}
    key, encoding = table.schema.names
    held = set(table.read_keys(list(first), [key])[key].to_pylist())
    missing = sorted(position for value, position in first.items() if value not in held)
    for start in range(0, len(missing), BATCH):
        positions = missing[start : start + BATCH]
        table.upsert(pa.table({key: [hashes[i] for i in positions], encoding: encode(positions)}))
    rows = table.read_keys(list(first))
    return rows.take(pc.index_in(pa.array(hashes, pa.string()), value_set=rows[key]))
