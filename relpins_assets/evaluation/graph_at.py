"""The same graph on the catalog as it stood at T: one wiring, another home, another clock."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.cut import cut_tables
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.sources.layout import INPUT_TABLES

JUDGED = ("related_pins_feeds", "home_feeds")
KEPT_CUTS = 2
BOOKKEEPING = ("image_hash", "source_file", "fingerprint")
"""Columns of raw tables that are not the source's own; a cut leaves them as they are."""


def midnight(day: date) -> datetime:
    """The start of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def raw_tables(lake: Lake) -> dict[str, pa.Table]:
    """The raw tables under their names in the input layout, images left out."""
    tables = {}
    for name in INPUT_TABLES:
        table = lake.table(f"raw_{name}")
        tables[name] = table.read([column for column in table.schema.names if column != "image_bytes"])
    return tables


def graph_at(
    workspace: Workspace, tables: dict[str, pa.Table], cut_at: datetime, *, with_feeds: bool = True
) -> Workspace:
    """Build the graph on `tables` cut at `cut_at`, in a home of its own below this one, and give that workspace.

    Decoded images and encodings of frozen models are taken from this home; whatever is fitted is fitted on the cut.

    Args:
        tables: the raw tables of the main home (see `raw_tables`).
        cut_at: a UTC midnight; nothing of that day or later is seen.
        with_feeds: whether the feeds themselves are made too; who asks queries of the cut needs only what they read.
    """
    homes = workspace.home / "eval"
    at = Workspace(
        home=homes / cut_at.date().isoformat(),
        profile=workspace.profile,
        cache_home=workspace.cache_home or workspace.home,
        day=cut_at.date(),
        calibration=workspace.object_calibration,
    )
    with at.lake.writer():
        _write_cut(workspace.lake, at.lake, cut_tables(_own_columns(tables), cut_at), tables)
    _build(at, with_feeds)
    _forget_older(homes)
    return at


def _own_columns(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    return {
        name: table.drop_columns([column for column in BOOKKEEPING if column in table.column_names])
        for name, table in tables.items()
    }


def _write_cut(lake: Lake, at: Lake, cut: dict[str, pa.Table], tables: dict[str, pa.Table]) -> None:
    for name, rows in cut.items():
        table = at.table(f"raw_{name}")
        bookkeeping = tables[name].take(_places(tables[name], rows, list(table.schema.key)))
        for column in [column for column in BOOKKEEPING if column in bookkeeping.column_names]:
            rows = rows.append_column(column, bookkeeping[column])
        if "image_bytes" in table.schema.names:
            rows = rows.append_column("image_bytes", pa.nulls(rows.num_rows, pa.large_binary()))
        table.overwrite(rows)
    pin_ids = cut["pins"]["pin_id"]
    at.table("pin_images").overwrite(lake.table("pin_images").read_keys(pin_ids.combine_chunks()))
    rejected = lake.rejected.read(where="`table` = 'pin_images'")
    at.rejected.overwrite(rejected.filter(pc.is_in(rejected["key"], value_set=pin_ids)))


def _places(rows: pa.Table, wanted: pa.Table, key: list[str]) -> pa.Array:
    """Where each wanted row stands in `rows`, by key."""
    if len(key) == 1:
        return pc.index_in(wanted[key[0]], value_set=rows[key[0]])
    joined = [pc.binary_join_element_wise(*(table[name] for name in key), "\x1f") for table in (wanted, rows)]
    return pc.index_in(joined[0], value_set=joined[1])


def _build(at: Workspace, with_feeds: bool) -> None:
    """Run the feeds and all that they are made of; attributes and collections stand beside them and are not judged."""
    from relpins_assets.automation.jobs import TRAINED
    from relpins_assets.definitions import build_definitions

    defs = build_definitions(at, without=("evaluation",))
    feeds = dg.AssetSelection.assets(*JUDGED)
    wanted = feeds.upstream() if with_feeds else feeds.upstream() - feeds
    needed = wanted.resolve(defs.resolve_asset_graph())
    refit = {name: {"config": {"refit": True}} for name in TRAINED if dg.AssetKey(name) in needed}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        defs.resolve_job_def("build_all").execute_in_process(
            instance=instance, run_config={"ops": refit, **quiet}, asset_selection=list(needed)
        )


def _forget_older(homes: Path) -> None:
    for old in sorted(homes.iterdir())[:-KEPT_CUTS]:
        shutil.rmtree(old)
