"""Two refreshed tables, one row a unit and several, with what they should hold, and kills after a given commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from lake_tables import FEEDS, POOLS, REJECTED, column, feeds, feeds_of, units

from relpins_resources.lake import (
    Column,
    Outcome,
    Plan,
    RefreshReport,
    Table,
    TableSchema,
    plan_refresh,
    refresh,
)
from relpins_resources.lake.schema import FINGERPRINT

Unit = tuple[str, str]

NOTES = TableSchema(
    "notes",
    "a strategy and pin",
    ("strategy", "pin_id"),
    (column("strategy"), column("pin_id"), Column("note", pa.string(), ""), FINGERPRINT),
)
BAD = 9
"""Units with this value are rejected."""


class Killed(Exception):
    """Stands for `kill -9`."""


@dataclass
class Life:
    """How many commits are left before the kill."""

    left: float = float("inf")

    def commit(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


class MortalTable(Table):
    """A table whose run is killed before a certain commit."""

    def __init__(self, schema: TableSchema, path: Path, life: Life) -> None:
        super().__init__(schema, path)
        self.life = life

    def upsert(self, rows: pa.Table) -> None:
        self.life.commit()
        super().upsert(rows)

    def replace_units(self, rows: pa.Table, units: pa.Table) -> None:
        self.life.commit()
        super().replace_units(rows, units)

    def delete_units(self, units: pa.Table) -> None:
        self.life.commit()
        super().delete_units(units)

    def delete_where(self, predicate: str) -> None:
        self.life.commit()
        super().delete_where(predicate)


@dataclass
class Refreshed:
    """A refreshed table: with a ledger and `value % 4` rows a unit, or with one row a unit.

    A unit's rows follow from its own value (an input, so it is in the fingerprint) and from `around`, which stands for
    what it takes from others: a change of that is told as affected.
    """

    folder: Path
    has_ledger: bool
    around: dict[Unit, str] = field(default_factory=dict)
    computed: list[Unit] = field(default_factory=list)

    def tables(self, life: Life | None = None) -> dict[str, Table | None]:
        alive = life or Life()
        ledger = MortalTable(POOLS, self.folder / "pools.lance", alive) if self.has_ledger else None
        schema = FEEDS if self.has_ledger else NOTES
        return {
            "table": MortalTable(schema, self.folder / f"{schema.name}.lance", alive),
            "ledger": ledger,
            "rejected": MortalTable(REJECTED, self.folder / "rejected.lance", alive),
        }

    def plan(self, wanted: Mapping[Unit, int], affected: set[Unit] | None = None, producer: str = "1") -> Plan:
        tables = self.tables()
        assert tables["table"] is not None
        rows = units(wanted).append_column("value", pa.array(wanted.values(), pa.int64()))
        return plan_refresh(
            tables["table"],
            rows,
            producer,
            ledger=tables["ledger"],
            rejected=tables["rejected"],
            affected=units(sorted(affected)) if affected is not None else None,
        )

    def run(
        self,
        wanted: Mapping[Unit, int],
        affected: set[Unit] | None = None,
        *,
        kill_after: float = float("inf"),
        batch_units: int = 3,
        producer: str = "1",
    ) -> RefreshReport:
        tables: dict[str, Any] = self.tables(Life(kill_after))
        plan = self.plan(wanted, affected, producer)
        return refresh(tables.pop("table"), plan, self.compute, **tables, batch_units=batch_units)

    def compute(self, batch: pa.Table) -> Outcome:
        found = {(row["strategy"], row["pin_id"]): row["value"] for row in batch.to_pylist()}
        self.computed += found
        good = {unit: value for unit, value in found.items() if value != BAD}
        bad = units(unit for unit, value in found.items() if value == BAD)
        refused = bad.append_column("reason", pa.array(["bad"] * bad.num_rows, pa.string()))
        refused = refused.append_column("detail", pa.nulls(bad.num_rows, pa.string()))
        if self.has_ledger:
            return Outcome(feeds({unit: self.rows_of(unit, value) for unit, value in good.items()}), rejected=refused)
        notes = [self.rows_of(unit, value)[-1] for unit, value in good.items()]
        return Outcome(units(good).append_column("note", pa.array(notes, pa.string())), rejected=refused)

    def rows_of(self, unit: Unit, value: int) -> list[str]:
        n = value % 4 if self.has_ledger else 1
        return [f"{value} {self.around.get(unit, '')} {i}" for i in range(n)]

    def content(self) -> tuple[dict[Unit, list[str]], list[str]]:
        """What the table holds, and the keys in rejected_rows."""
        tables = self.tables()
        table, rejected = tables["table"], tables["rejected"]
        assert table is not None
        assert rejected is not None
        keys = sorted(rejected.read(["key"])["key"].to_pylist())
        if self.has_ledger:
            return feeds_of(table), keys
        rows = table.read().to_pylist()
        assert len({(row["strategy"], row["pin_id"]) for row in rows}) == len(rows)
        return {(row["strategy"], row["pin_id"]): [row["note"]] for row in rows}, keys

    def expected(self, wanted: Mapping[Unit, int]) -> tuple[dict[Unit, list[str]], list[str]]:
        rows = {unit: self.rows_of(unit, value) for unit, value in wanted.items() if value != BAD}
        bad = sorted(rejection_key(unit) for unit, value in wanted.items() if value == BAD)
        return {unit: found for unit, found in rows.items() if found}, bad


def rejection_key(unit: Unit) -> str:
    """How a unit of two columns stands in rejected_rows."""
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in unit)
