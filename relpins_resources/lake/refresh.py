"""What is new, stale or gone, and its replacement, a batch at a time: the one way rows get into a derived table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake.fingerprints import fingerprints
from relpins_resources.lake.sql import rows_of, scratch
from relpins_resources.lake.table import Table, has_duplicates, literal

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
    """What one batch gave: every unit of it stands in `rows` (in `ledger`, where a unit can have several rows, or
    none) or in `rejected`. All come without fingerprint.

    `ledger` left out means the unit key alone, of all units but the rejected ones. `rejected` says of units that can
    have no row why not (columns: the unit key's, reason, detail, and row_json if there is something to show).
    """

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
    assert not has_duplicates(wanted, unit_key), f"{table.name}: a unit {unit_key} is wanted more than once"
    wanted = wanted.append_column("fingerprint", fingerprints(wanted, producer, leave_out=leave_out))
    names = ", ".join(f'"{name}"' for name in unit_key)
    matches = " AND ".join(f'a."{name}" = w."{name}"' for name in unit_key)
    held = (ledger or table).read([*unit_key, "fingerprint"])
    with scratch() as con:
        con.register("wanted", wanted.append_column("unit_name", _unit_names(wanted, unit_key)))
        con.register("held", held)
        con.register("stored", table.dataset() if ledger and table.exists() else held)
        con.register("settled", _rejections(rejected, table.name))
        con.register("affected", affected if affected is not None else wanted.select(unit_key).slice(0, 0))
        con.execute(f"""
            CREATE TEMP TABLE compared AS
            SELECT w.*, h.fingerprint IS NULL AS is_new,
                   coalesce(h.fingerprint, s.fingerprint) IS DISTINCT FROM w.fingerprint
                   OR EXISTS (SELECT 1 FROM affected a WHERE {matches}) AS is_todo
            FROM wanted w LEFT JOIN held h USING ({names})
            LEFT JOIN settled s ON s.key = w.unit_name AND s.fingerprint = w.fingerprint""")
        counts = con.execute("""
            SELECT count(*) FILTER (is_todo AND is_new), count(*) FILTER (is_todo AND NOT is_new),
                   count(*) FILTER (NOT is_todo) FROM compared""").fetchall()[0]
        todo = rows_of(
            con, f"SELECT * EXCLUDE (unit_name, is_new, is_todo) FROM compared WHERE is_todo ORDER BY {names}"
        )
        gone = rows_of(
            con,
            f"""SELECT {names} FROM (SELECT {names} FROM held UNION SELECT {names} FROM stored)
                ANTI JOIN wanted USING ({names}) ORDER BY {names}""",
        )
        forgiven = con.execute("SELECT DISTINCT key FROM settled ANTI JOIN wanted ON key = unit_name").fetchall()
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

    A kill between two commits loses at most one batch: the next plan finds exactly what is left. An entry of the
    ledger, and a rejection, are taken back before the rows they speak of change and given after, so what stands there
    is true at every moment.

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
    tried_before = set(_rejections(rejected, table.name)["key"].to_pylist())
    n_done = 0
    for batch in _slices(plan.todo, batch_units):
        outcome = compute(batch)
        outcome = outcome if isinstance(outcome, Outcome) else Outcome(outcome)
        units = batch.select([*plan.unit_key, "fingerprint"])
        _forget_rejections(
            rejected, table.name, tried_before.intersection(_unit_names(units, plan.unit_key).to_pylist())
        )
        _commit(table, ledger, rejected, units, outcome)
        report.n_rows += outcome.rows.num_rows
        report.n_rejected += outcome.rejected.num_rows if outcome.rejected is not None else 0
        if len(report.examples) < N_EXAMPLES:
            keys = batch[plan.unit_key[-1]].slice(0, N_EXAMPLES - len(report.examples))
            report.examples += [str(value) for value in keys.to_pylist()]
        n_done += batch.num_rows
        if progress is not None:
            progress(n_done, plan.todo.num_rows)
    return report


def _slices(rows: pa.Table, size: int) -> Iterable[pa.Table]:
    return (rows.slice(start, size) for start in range(0, rows.num_rows, size))


def _commit(table: Table, ledger: Table | None, rejected: Table | None, units: pa.Table, outcome: Outcome) -> None:
    """Put what a batch gave in place of what its units have; `units` are the unit key and the fingerprint."""
    unit_key = table.schema.unit_key
    refused = outcome.rejected if outcome.rejected is not None else units.select(unit_key).slice(0, 0)
    if ledger is None:
        _assert_all_accounted(table.name, units, outcome.rows, refused)
        table.replace_units(_with_fingerprint(outcome.rows, units, unit_key), units)
    else:
        is_refused = pc.is_in(_unit_names(units, unit_key), value_set=_unit_names(refused, unit_key))
        entries = outcome.ledger if outcome.ledger is not None else units.select(unit_key).filter(pc.invert(is_refused))
        _assert_all_accounted(table.name, units, entries, refused)
        names = (_unit_names(rows, unit_key) for rows in (outcome.rows, entries))
        assert pc.all(pc.is_in(*names)).as_py() is not False, f"{table.name}: rows of a unit that is not in the ledger"
        ledger.delete_units(units)
        table.replace_units(outcome.rows, units)
        ledger.upsert(_with_fingerprint(entries, units, unit_key))
    if refused.num_rows:
        assert rejected is not None, f"{table.name} rejects units but was given no {REJECTED_ROWS} table"
        rejected.upsert(_rejected_rows(table.name, _with_fingerprint(refused, units, unit_key), unit_key))


def _assert_all_accounted(name: str, units: pa.Table, done: pa.Table, refused: pa.Table) -> None:
    unit_key = [column for column in units.column_names if column != "fingerprint"]
    given = pa.concat_tables([done.select(unit_key), refused.select(unit_key)])
    assert given.num_rows == units.num_rows, (
        f"{name}: {units.num_rows} units went in, {done.num_rows} rows and {refused.num_rows} rejections came out"
    )
    assert not has_duplicates(given, unit_key), f"{name}: a unit {tuple(unit_key)} came out twice"


def _with_fingerprint(rows: pa.Table, units: pa.Table, unit_key: Sequence[str]) -> pa.Table:
    at = pc.index_in(_unit_names(rows, unit_key), value_set=_unit_names(units, unit_key))
    assert at.null_count == 0, "a row came out for a unit that did not go in"
    return rows.append_column("fingerprint", units["fingerprint"].take(at))


def _unit_names(units: pa.Table, unit_key: Sequence[str]) -> pa.Array:
    """Each unit as one string: its key, or the parts of it joined by '|' such that no two units read the same."""
    parts = [units[name].cast(pa.string()) for name in unit_key]
    if len(parts) == 1:
        return parts[0].combine_chunks()
    for sign in ("\\", "|"):
        parts = [pc.replace_substring(part, sign, "\\" + sign) for part in parts]
    return pc.binary_join_element_wise(*parts, "|").combine_chunks()


def _rejections(rejected: Table | None, name: str) -> pa.Table:
    columns = ["key", "fingerprint"]
    if rejected is None:
        return pa.table({column: pa.array([], pa.string()) for column in columns})
    return rejected.read(columns, where=f"`table` = {literal(name)}")


def _forget_rejections(rejected: Table | None, name: str, keys: Collection[str]) -> None:
    if rejected is not None and keys:
        quoted = ", ".join(literal(key) for key in sorted(keys))
        rejected.delete_where(f"`table` = {literal(name)} AND `key` IN ({quoted})")


def _rejected_rows(name: str, rows: pa.Table, unit_key: Sequence[str]) -> pa.Table:
    return pa.table(
        {
            "table": pa.array([name] * rows.num_rows, pa.string()),
            "key": _unit_names(rows, unit_key),
            "reason": rows["reason"],
            "detail": rows["detail"],
            "row_json": rows["row_json"] if "row_json" in rows.column_names else pa.nulls(rows.num_rows, pa.string()),
            "fingerprint": rows["fingerprint"],
        }
    )
