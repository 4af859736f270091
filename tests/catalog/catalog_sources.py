"""Small sources written row by row, the catalog stage run over them, and what it left."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
from running import QUIET, content, workspace_of
from worlds import picture

from relpins_assets.definitions import build_definitions
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake

RAW = [name for name, schema in TABLES.items() if schema.kind == "raw"]


def pin(number: int, title: str = "", day: int | None = None, **more: Any) -> dict[str, Any]:
    """A row of pins with its image inline; `day` of May 2026 is when it was changed."""
    updated_at = datetime(2026, 5, day, tzinfo=UTC) if day is not None else None
    row = {"pin_id": f"p{number:02d}", "image_bytes": picture(number), "image_url": None, "title": title}
    return {**row, "updated_at": updated_at, "deleted": None, **more}


def pin_of_file(number: int, image_url: str) -> dict[str, Any]:
    return pin(number, image_bytes=None, image_url=image_url)


PINS = pa.schema(
    [
        ("pin_id", pa.string()),
        ("image_bytes", pa.binary()),
        ("image_url", pa.string()),
        ("title", pa.string()),
        ("updated_at", pa.timestamp("us", tz="UTC")),
        ("deleted", pa.bool_()),
    ]
)


def write_pins(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), PINS), path)
    _make_newer(path)


def write_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    _make_newer(path)


_n_written = 0


def _make_newer(path: Path) -> None:
    """Another time of change than any earlier write, however coarse the clock of the file system."""
    global _n_written
    _n_written += 1
    os.utime(path, ns=(1_780_000_000_000_000_000 + _n_written * 1_000_000_000,) * 2)


@dataclass(frozen=True)
class Ran:
    """A run of the catalog stage: each asset's metadata, and what the check `source` of each raw table found."""

    told: dict[str, dict[str, Any]]
    checks: dict[str, dg.AssetCheckEvaluation]
    lake: Lake

    def work(self) -> dict[str, dict[str, int]]:
        """Per asset what it did, where it did anything."""
        counted = {
            name: {what: one[what] for what in ("new", "stale", "removed", "rejected") if one.get(what)}
            for name, one in self.told.items()
        }
        return {name: did for name, did in counted.items() if did}

    def warned(self) -> list[str]:
        """Raw tables whose source was not all well."""
        return [table for table, check in self.checks.items() if not check.passed]

    def titles(self) -> dict[str, str | None]:
        rows = self.lake.table("raw_pins").read(["pin_id", "title"]).sort_by("pin_id").to_pylist()
        return {row["pin_id"]: row["title"] for row in rows}

    def pictured(self) -> list[str]:
        return sorted(self.lake.table("pin_images").read(["pin_id"])["pin_id"].to_pylist())

    def rejected(self) -> list[tuple[str, str, str]]:
        rows = self.lake.rejected.read(["table", "key", "reason"]).to_pylist()
        return sorted((row["table"], row["key"], row["reason"]) for row in rows)


def run_catalog(home: Path, source: Path, *, tables: tuple[str, ...] = ("pins",), allow_deletes: bool = False) -> Ran:
    """Run the catalog stage of the graph for these input tables, on a real instance; it must succeed."""
    workspace = workspace_of(home, source)
    chosen = [dg.AssetKey(name) for name in (*(f"raw_{table}" for table in tables), "pin_images", "rejected_rows")]
    config = {"raw_pins": {"config": {"allow_deletes": allow_deletes}}}
    with dg.DagsterInstance.ephemeral() as instance:
        result = (
            build_definitions(workspace)
            .resolve_job_def("incremental")
            .execute_in_process(instance=instance, run_config={**QUIET, "ops": config}, asset_selection=chosen)
        )
    assert result.success
    told = {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }
    found = [check for check in result.get_asset_check_evaluations() if check.check_name == "source"]
    assert all(check.severity == dg.AssetCheckSeverity.WARN for check in found)
    return Ran(told, {check.asset_key.to_user_string(): check for check in found}, workspace_of(home, source).lake)


def assert_like_a_fresh_home(lake: Lake, source: Path, fresh: Path, *, tables: tuple[str, ...] = ("pins",)) -> None:
    """A home with a history holds what a new one reads from the same source."""
    again = run_catalog(fresh, source, tables=tables).lake
    for name in [*RAW, "pin_images"]:
        one, other = content(lake, name).to_pylist(), content(again, name).to_pylist()
        assert one == other, f"{name} differs from a fresh reading"
