"""What is new, stale or gone, and its replacement, a batch at a time: the one way rows get into a derived table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from relpins_resources.lake.fingerprints import fingerprints
from relpins_resources.lake.sql import rows_of
from relpins_resources.lake.table import Table

REJECTED_ROWS = "rejected_rows"
N_EXAMPLES = 24


@dataclass(frozen=True)
class Plan:
    """What a refresh has to do: `todo` are the wanted rows to compute, `gone` the units to delete."""

    unit_key: tuple[str, ...]
    todo: pa.Table  # the wanted columns and `fingerprint`
    gone: pa.Table  # the unit key's columns
    forgiven: list[str]  # keys of rejections whose unit is no longer wanted
    n_new: int
    n_stale: int
    n_fresh: int

    @property
    def is_empty(self) -> bool:
        return self.todo.num_rows == 0 and self.gone.num_rows == 0 and not self.forgiven


@dataclass(frozen=True)
class Outcome:
    """What one batch gave: rows (without fingerprint), the ledger's rows where there are several rows a unit,
    and the units that can have no row, with the reason (columns: the unit key's, reason, detail)."""

    rows: pa.Table
    ledger: pa.Table | None = None
    rejected: pa.Table | None = None


@dataclass
class RefreshReport:
    """What a refresh did, in units."""

    n_new: int = 0
    n_stale: int = 0
    n_gone: int = 0
    n_fresh: int = 0
    n_rejected: int = 0
    n_rows: int = 0
    examples: list[str] = field(default_factory=list)  # first keys computed, for pictures

    @property
    def n_computed(self) -> int:
        return self.n_new + self.n_stale


Compute = Callable[[pa.Table], Outcome | pa.Table]


def plan_refresh(
    table: Table,
    wanted: pa.Table,
    producer: str,
    *,
    ledger: Table | None = None,
    rejected: Table | None = None,
    affected: pa.Table | None = None,
    leave_out: Sequence[str] = (),
) -> Plan:
    """Compare what a table should hold with what it holds.

    Args:
        table: the table to bring up to date.
        wanted: one row per unit that should exist: the unit key and the inputs (plain columns) it is computed from.
        producer: the version of the code or model that computes a row.
        ledger: where the fingerprints are, for a table with several rows per unit.
        rejected: rejected_rows; a unit rejected with the same fingerprint is settled, and not tried again.
        affected: units that changed through others than their own inputs (the unit key's columns): stale as well.
        leave_out: columns of `wanted` that the computation uses but that do not make a row stale.

    Returns:
        The plan, in the order of the key. An empty plan means that there is nothing to do.
    """
    unit_key = table.schema.unit_key
    wanted = wanted.append_column("fingerprint", fingerprints(wanted, producer, leave_out=leave_out))
    names = ", ".join(f'"{name}"' for name in unit_key)
    joined_key = "concat_ws('|', " + ", ".join(f'w."{name}"' for name in unit_key) + ")"
    matches = " AND ".join(f'a."{name}" = w."{name}"' for name in unit_key)
    con = duckdb.connect()
    try:
        con.register("wanted", wanted)
        con.register("held", (ledger or table).read([*unit_key, "fingerprint"]))
        con.register("settled", _rejections(rejected, table.name))
        con.register("affected", affected if affected is not None else wanted.select(list(unit_key)).slice(0, 0))
        con.execute(f"""
            CREATE TABLE compared AS
            SELECT w.*, h.fingerprint IS NULL AS is_new,
                   coalesce(h.fingerprint, s.fingerprint) IS DISTINCT FROM w.fingerprint
                   OR EXISTS (SELECT 1 FROM affected a WHERE {matches}) AS is_todo
            FROM wanted w LEFT JOIN held h USING ({names})
            LEFT JOIN settled s ON s.key = {joined_key} AND s.fingerprint = w.fingerprint""")
        counts = con.execute("""
            SELECT count(*) FILTER (is_todo AND is_new), count(*) FILTER (is_todo AND NOT is_new),
                   count(*) FILTER (NOT is_todo) FROM compared""").fetchall()[0]
        todo = rows_of(con, f"SELECT * EXCLUDE (is_new, is_todo) FROM compared WHERE is_todo ORDER BY {names}")
        gone = rows_of(con, f"SELECT {names} FROM held ANTI JOIN wanted USING ({names}) ORDER BY {names}")
        forgiven = con.execute(f"""
            SELECT DISTINCT key FROM settled
            ANTI JOIN (SELECT {joined_key} AS key FROM wanted w) USING (key)""").fetchall()
    finally:
        con.close()
    return Plan(unit_key, todo, gone, [key for (key,) in forgiven], *counts)


def refresh(
    table: Table,
    plan: Plan,
    compute: Compute,
    *,
    ledger: Table | None = None,
    rejected: Table | None = None,
    batch_units: int = 512,
    progress: Callable[[int, int], None] | None = None,
) -> RefreshReport:
    """Carry a plan out: delete what is gone, compute the rest a batch at a time, commit each batch.

    A kill between two commits loses at most one batch: the next plan finds exactly what is left. Rows are written
    before the ledger's, so a unit counts as done only once all of it is there.

    Args:
        compute: a pure function from a batch of `plan.todo` to its rows; it says of each unit either its rows or why
            it has none.
        progress: called with (units done, units to do) after each commit.
    """
    report = RefreshReport(plan.n_new, plan.n_stale, plan.gone.num_rows, plan.n_fresh)
    for gone in _slices(plan.gone, 2_000):
        if ledger is not None:
            ledger.delete_units(gone)
        table.delete_units(gone)
    _forget_rejections(rejected, table.name, plan.forgiven)
    n_done = 0
    for batch in _slices(plan.todo, batch_units):
        outcome = compute(batch)
        outcome = outcome if isinstance(outcome, Outcome) else Outcome(outcome)
        _commit(table, ledger, rejected, plan.unit_key, batch, outcome)
        report.n_rows += outcome.rows.num_rows
        report.n_rejected += outcome.rejected.num_rows if outcome.rejected is not None else 0
        if len(report.examples) < N_EXAMPLES:
            report.examples += [str(value) for value in batch[plan.unit_key[-1]].to_pylist()[:N_EXAMPLES]]
        n_done += batch.num_rows
        if progress is not None:
            progress(n_done, plan.todo.num_rows)
    return report


def _slices(rows: pa.Table, size: int) -> Iterable[pa.Table]:
    return (rows.slice(start, size) for start in range(0, rows.num_rows, size))


def _commit(
    table: Table,
    ledger: Table | None,
    rejected: Table | None,
    unit_key: tuple[str, ...],
    batch: pa.Table,
    outcome: Outcome,
) -> None:
    units = batch.select([*unit_key, "fingerprint"])
    if ledger is None:
        _assert_all_accounted(table.name, unit_key, units, outcome)
        table.replace_units(_with_fingerprint(outcome.rows, units, unit_key), units)
    else:
        table.replace_units(outcome.rows, units)
        entries = outcome.ledger if outcome.ledger is not None else units.select(list(unit_key))
        ledger.upsert(_with_fingerprint(entries, units, unit_key))
    _forget_rejections(rejected, table.name, _joined_keys(units, unit_key))
    if outcome.rejected is not None and outcome.rejected.num_rows:
        assert rejected is not None, f"{table.name} rejects units but was given no {REJECTED_ROWS} table"
        rejected.upsert(_rejected_rows(table.name, unit_key, units, outcome.rejected))


def _with_fingerprint(rows: pa.Table, units: pa.Table, unit_key: tuple[str, ...]) -> pa.Table:
    of_unit = dict(zip(_joined_keys(units, unit_key), units["fingerprint"].to_pylist(), strict=True))
    found = [of_unit[key] for key in _joined_keys(rows, unit_key)]
    return rows.append_column("fingerprint", pa.array(found, pa.string()))


def _assert_all_accounted(name: str, unit_key: tuple[str, ...], units: pa.Table, outcome: Outcome) -> None:
    n_rejected = outcome.rejected.num_rows if outcome.rejected is not None else 0
    assert outcome.rows.num_rows + n_rejected == units.num_rows, (
        f"{name}: {units.num_rows} units went in, {outcome.rows.num_rows} rows and {n_rejected} rejections came out"
    )


def _joined_keys(units: pa.Table, unit_key: tuple[str, ...]) -> list[str]:
    return ["|".join(map(str, values)) for values in zip(*(units[name].to_pylist() for name in unit_key), strict=True)]


def _rejections(rejected: Table | None, name: str) -> pa.Table:
    columns = ["key", "fingerprint"]
    if rejected is None:
        return pa.table({column: pa.array([], pa.string()) for column in columns})
    return (
        rejected.read(columns, where=f"`table` = '{name}'") if rejected.count() else rejected.read(columns).slice(0, 0)
    )


def _forget_rejections(rejected: Table | None, name: str, keys: Sequence[str]) -> None:
    if rejected is None or not keys:
        return
    held = set(_rejections(rejected, name)["key"].to_pylist())
    quoted = ", ".join("'" + key.replace("'", "''") + "'" for key in keys if key in held)
    if quoted:
        rejected.delete_where(f"`table` = '{name}' AND key IN ({quoted})")


def _rejected_rows(name: str, unit_key: tuple[str, ...], units: pa.Table, rejections: pa.Table) -> pa.Table:
    rows = _with_fingerprint(rejections, units, unit_key)
    return pa.table(
        {
            "table": pa.array([name] * rows.num_rows, pa.string()),
            "key": pa.array(_joined_keys(rows, unit_key), pa.string()),
            "reason": rows["reason"],
            "detail": rows["detail"],
            "row_json": rows["row_json"] if "row_json" in rows.column_names else pa.nulls(rows.num_rows, pa.string()),
            "fingerprint": rows["fingerprint"],
        }
    )
