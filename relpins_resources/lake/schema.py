"""How a table is declared: its grain, its columns, what keys it. The declarations themselves are not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

VECTOR = pa.list_(pa.float32())
"""A column of vectors; the table on disk fixes their length when it is created."""

Kind = Literal["raw", "bookkeeping", "trained", "derived", "ledger", "report"]


@dataclass(frozen=True)
class Column:
    """One column. `is_volatile` marks what two equal builds may differ in (times, versions seen)."""

    name: str
    type: pa.DataType
    description: str
    is_nullable: bool = True
    is_volatile: bool = False


@dataclass(frozen=True)
class TableSchema:
    """One table of the lake.

    `key` is its grain. `unit` is what one refresh computes at a time: the key itself, or a part of it when one
    computation gives several rows (a feed: one unit, twenty rows); then `ledger` names the table that has
    one row per unit and carries the fingerprints. `kind` says what a rebuild does with it: raw, bookkeeping and
    trained tables are kept, derived ones and their ledgers dropped, reports are neither kept nor compared. What is
    bookkeeping (which file was read when) is no part of a snapshot.
    `is_versioned` tables hold vectors of one space per dataset, `<name>@<version>`.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    kind: Kind = "derived"
    unit: tuple[str, ...] = ()
    ledger: str | None = None
    is_versioned: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert set(self.key) <= set(names), f"{self.name}: the key {self.key} is not among its columns {names}"
        optional = [column.name for column in self.columns if column.is_nullable and column.name in self.key]
        assert not optional, f"{self.name}: {optional} is in the key and may be missing"
        assert set(self.unit) <= set(self.key), f"{self.name}: the unit {self.unit} is not part of the key {self.key}"
        assert (self.ledger is not None) == bool(self.unit), f"{self.name}: a unit needs a ledger, and only a unit"

    @property
    def unit_key(self) -> tuple[str, ...]:
        return self.unit or self.key

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def stable_names(self) -> list[str]:
        """The columns in which two builds from the same input agree."""
        return [column.name for column in self.columns if not column.is_volatile]

    @property
    def has_vectors(self) -> bool:
        return any(column.type == VECTOR for column in self.columns)

    @property
    def has_fingerprint(self) -> bool:
        return "fingerprint" in self.names

    def arrow(self, vector_dim: int | None = None) -> pa.Schema:
        """The Arrow schema; `vector_dim` fixes the length of its vectors."""
        return pa.schema(
            [
                pa.field(
                    column.name,
                    pa.list_(pa.float32(), vector_dim) if column.type == VECTOR and vector_dim else column.type,
                    nullable=column.is_nullable,
                )
                for column in self.columns
            ]
        )


FINGERPRINT = Column(
    "fingerprint", pa.string(), "hash of this row's inputs and of its producer's version", is_nullable=False
)
