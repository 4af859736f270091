"""What every asset shares on its Dagster side: how it is described, how it is refreshed, and what it reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import dagster as dg
import pyarrow as pa

from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake, Outcome, Plan, RefreshReport, Table, TableSchema, plan_refresh, refresh
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.sql import connect

OWNERS = ["team:relpins"]
PROGRESS_EVERY_S = 5.0
FOUND_RIGHT = "schemas_found_right"
"""What the home remembers: the version of each table that was last found to be as declared."""

WorkspaceParam = dg.ResourceParam[Workspace]
Metadata: TypeAlias = dict[str, Any]

if TYPE_CHECKING:
    Materialized: TypeAlias = dg.MaterializeResult[Any]
else:  # Dagster reads the annotation of an asset, and knows the bare class only
    Materialized = dg.MaterializeResult


def table_asset(
    name: str,
    description: str,
    *,
    deps: Sequence[str] = (),
    kinds: Sequence[str] = (),
    version: str = "1",
    checks: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Materialized]], dg.AssetsDefinition]:
    """Decorator of the asset that fills table `name`: grain first, its columns, and a blocking check of its schema.

    Args:
        description: what the table is, after its grain.
        deps: names of the assets it reads.
        checks: further checks that the asset reports, with their descriptions; they do not block.
    """
    schema = TABLES[name]
    columns = [
        dg.TableColumn(column.name, str(column.type), column.description, _constraints(schema, column.name))
        for column in schema.columns
    ]
    blocking = dg.AssetCheckSpec("schema", asset=name, blocking=True, description="as declared, unique keys, no gaps")
    return dg.asset(
        name=name,
        description=f"{schema.grain[0].upper()}{schema.grain[1:]}. {description}",
        deps=list(deps),
        kinds={"lance", *kinds},
        owners=OWNERS,
        code_version=version,
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns), "dagster/table_name": name},
        check_specs=[
            blocking,
            *(dg.AssetCheckSpec(check, asset=name, description=told) for check, told in (checks or {}).items()),
        ],
    )


def _constraints(schema: TableSchema, column: str) -> dg.TableColumnConstraints:
    declared = next(one for one in schema.columns if one.name == column)
    return dg.TableColumnConstraints(nullable=declared.is_nullable, unique=schema.key == (column,))


@dataclass(frozen=True)
class Wanted:
    """What a table should hold: a row per unit with its inputs, the version of what computes it, what else is stale."""

    rows: pa.Table
    producer: str
    affected: pa.Table | None = None


WANTED: dict[str, Callable[[Workspace], Wanted | None]] = {}
"""Per table how to say what it should hold; None while something it is made from was never built."""


def wants(name: str) -> Callable[[Callable[[Workspace], Wanted | None]], Callable[[Workspace], Wanted | None]]:
    """Register what table `name` should hold; the asset, `relpins status` and the tests ask the same function."""

    def register(wanted: Callable[[Workspace], Wanted | None]) -> Callable[[Workspace], Wanted | None]:
        WANTED[name] = wanted
        return wanted

    return register


def plan_asset(workspace: Workspace, name: str, wanted: Wanted | None = None) -> Plan | None:
    """What a refresh of table `name` would do now; None while it cannot be said."""
    wanted = wanted or WANTED[name](workspace)
    if wanted is None:
        return None
    lake = workspace.lake
    table = lake.table(name)
    ledger = lake.table(table.schema.ledger) if table.schema.ledger else None
    return plan_refresh(
        table, wanted.rows, wanted.producer, ledger=ledger, rejected=lake.rejected, affected=wanted.affected
    )


def refresh_asset(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    name: str,
    compute: Callable[[pa.Table], Outcome | pa.Table],
    *,
    batch_units: int = 512,
    wanted: Wanted | None = None,
) -> RefreshReport:
    """Bring the table of asset `name` up to date, reporting progress to the log and the UI.

    Args:
        compute: rows, or an `Outcome`, of a batch of the units to do.
        batch_units: units computed and committed together.
        wanted: what the table should hold, where the run decides otherwise than `WANTED`.
    """
    lake = workspace.lake
    table = lake.table(name)
    table.create()
    _renew_outdated(context, lake, table)
    plan = plan_asset(workspace, name, wanted)
    if plan is None:
        raise dg.Failure(f"{name} cannot be computed yet; materialise what it depends on first")
    context.log.info(_plan_line(name, plan))
    return refresh(
        table,
        plan,
        compute,
        ledger=lake.table(table.schema.ledger) if table.schema.ledger else None,
        rejected=lake.rejected,
        batch_units=batch_units,
        progress=Progress(context, name),
    )


def _renew_outdated(context: dg.AssetExecutionContext, lake: Lake, table: Table) -> None:
    """Empty a table that an earlier release wrote with other columns, and its ledger: all of it is computed again."""
    both = [table, *([lake.table(table.schema.ledger)] if table.schema.ledger else [])]
    if any(one.is_outdated() for one in both):
        context.log.info(f"{table.name}: its columns changed with this release; it is computed anew")
        for one in both:
            if one.exists():
                one.empty()


def _plan_line(name: str, plan: Plan) -> str:
    return f"{name}: {plan.n_new} new, {plan.n_stale} stale, {plan.gone.num_rows} gone, {plan.n_fresh} unchanged"


class Progress:
    """Says how far a long asset is: a log line and an observation every few seconds."""

    def __init__(self, context: dg.AssetExecutionContext, name: str) -> None:
        self.context, self.name = context, name
        self.started_at = self.said_at = time.monotonic()

    def __call__(self, n_done: int, n_todo: int) -> None:
        now = time.monotonic()
        if now - self.said_at < PROGRESS_EVERY_S:
            return
        self.said_at = now
        rate = n_done / (now - self.started_at)
        self.context.log.info(f"{self.name}: {n_done} of {n_todo}, {rate:.0f} a second")
        self.context.log_event(
            dg.AssetObservation(self.name, metadata={"done": n_done, "to do": n_todo, "per second": round(rate, 1)})
        )


def reported(
    workspace: Workspace,
    name: str,
    report: RefreshReport,
    metadata: Mapping[str, Any] | None = None,
    checks: Sequence[dg.AssetCheckResult] = (),
) -> Materialized:
    """The result of a refreshed table asset: rows, what changed, its own metadata, and its schema check."""
    table = workspace.lake.table(name)
    table.ensure_key_index()
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": table.count(),
            "new": report.n_new,
            "stale": report.n_stale,
            "removed": report.n_gone,
            "rejected": report.n_rejected,
            "lake version": table.version(),
            **(metadata or {}),
        },
        check_results=[schema_check(workspace.lake, table), *checks],
    )


def schema_check(lake: Lake, table: Table) -> dg.AssetCheckResult:
    """Whether a table is as declared: columns and types, keys unique, nothing missing where nothing may be."""
    problems = problems_now(lake, table)
    return dg.AssetCheckResult(
        passed=not problems,
        check_name="schema",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"problems": problems} if problems else {},
    )


def problems_now(lake: Lake, table: Table) -> list[str]:
    """`schema_problems` of a table of the candidate; a version that was found right once is not looked at again."""
    known, version = lake.recall(FOUND_RIGHT) or {}, [table.path.name, table.version(), digest(table.schema)]
    if known.get(table.name) == version:
        return []
    problems = schema_problems(table)
    if not problems:
        lake.remember(FOUND_RIGHT, {**known, table.name: version})
    return problems


def schema_problems(table: Table) -> list[str]:
    """What is not as declared, a line each; empty if all is."""
    if not table.exists():
        return []
    declared, found = table.schema.arrow(table.vector_dim()), table.dataset().schema
    types = {field.name: field.type for field in found}
    problems = [
        f"column {field.name}: declared {field.type}, found {types.get(field.name, 'none')}"
        for field in declared
        if types.get(field.name) != field.type
    ]
    if problems:
        return problems
    keys = ", ".join(f'"{name}"' for name in table.schema.key)
    required = [column.name for column in table.schema.columns if not column.is_nullable and column.type not in _HEAVY]
    counted = ", ".join(f'count(*) - count("{name}")' for name in required)
    with connect({"checked": table}) as con:
        duplicates = con.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM checked GROUP BY {keys} HAVING count(*) > 1)"
        ).fetchall()[0]
        missing = con.execute(f"SELECT {counted} FROM checked").fetchall()[0]
    problems = [f"{duplicates[0]} keys ({keys}) stand more than once"] if duplicates[0] else []
    return problems + [f"column {name}: {n} missing values" for name, n in zip(required, missing, strict=True) if n]


_HEAVY = (pa.large_binary(),)
