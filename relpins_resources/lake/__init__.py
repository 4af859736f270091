"""Tables, versions and what is stale: the storage that every asset shares."""

from relpins_resources.lake.lake import Lake
from relpins_resources.lake.refresh import Outcome, Plan, RefreshReport, plan_refresh, refresh
from relpins_resources.lake.schema import Column, TableSchema
from relpins_resources.lake.snapshots import Snapshot
from relpins_resources.lake.table import Table

__all__ = [
    "Column",
    "Lake",
    "Outcome",
    "Plan",
    "RefreshReport",
    "Snapshot",
    "Table",
    "TableSchema",
    "plan_refresh",
    "refresh",
]
