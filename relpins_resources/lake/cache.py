"""Encodings kept by the hash of what was encoded, so that the same pixels or words are encoded once.

A cache is no part of what is published: dropping it costs time and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.lake.schema import VECTOR, Column, TableSchema
from relpins_resources.lake.table import Table, vector_array, vectors

Floats = npt.NDArray[np.float32]


class Cache:
    """One producer's encodings; `name` carries the producer's version."""

    def __init__(self, root: Path, name: str) -> None:
        hash_column = Column("hash", pa.string(), "hash of what was encoded", is_nullable=False)
        self._vectors = Table(
            TableSchema(name, "one row per content", ("hash",), (hash_column, Column("vector", VECTOR, "its encoding"))),
            root / f"{name}.lance",
        )
        self._texts = Table(
            TableSchema(name, "one row per content", ("hash",), (hash_column, Column("text", pa.string(), "its encoding"))),
            root / f"{name}.text.lance",
        )

    def vectors(self, hashes: Sequence[str], encode: Callable[[list[int]], Floats]) -> Floats:
        """The encodings (n, d) of n contents, encoding only those not seen before.

        Args:
            hashes: the hash of each content; equal ones are encoded once.
            encode: gives the vectors (k, d) of the contents at k positions of `hashes`.
        """
        wanted = list(dict.fromkeys(hashes))
        found = self._vectors.read_keys(wanted) if self._vectors.exists() else None
        known = dict(zip(found["hash"].to_pylist(), vectors(found), strict=True)) if found is not None and found.num_rows else {}
        missing = [position for position, value in _first_positions(hashes) if value not in known]
        if missing:
            fresh = encode(missing)
            self._vectors.upsert(
                pa.table({"hash": pa.array([hashes[i] for i in missing], pa.string()), "vector": vector_array(fresh)})
            )
            known.update({hashes[i]: row for i, row in zip(missing, fresh, strict=True)})
        return np.stack([known[value] for value in hashes]) if hashes else np.zeros((0, 0), np.float32)

    def texts(self, hashes: Sequence[str], encode: Callable[[list[int]], Sequence[str]]) -> list[str]:
        """The same for encodings that are text (JSON, statements)."""
        wanted = list(dict.fromkeys(hashes))
        found = self._texts.read_keys(wanted) if self._texts.exists() else None
        known = dict(zip(found["hash"].to_pylist(), found["text"].to_pylist(), strict=True)) if found is not None else {}
        missing = [position for position, value in _first_positions(hashes) if value not in known]
        if missing:
            fresh = encode(missing)
            self._texts.upsert(pa.table({"hash": [hashes[i] for i in missing], "text": list(fresh)}))
            known.update({hashes[i]: text for i, text in zip(missing, fresh, strict=True)})
        return [known[value] for value in hashes]


def _first_positions(values: Sequence[str]) -> list[tuple[int, str]]:
    first: dict[str, int] = {}
    for position, value in enumerate(values):
        first.setdefault(value, position)
    return [(position, value) for value, position in first.items()]
