"""No ranking may know what came after T: every later row replaced by a random one, nothing changes by one bit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from running import COMPARED, differences, run, workspace_of
from worlds import SmallWorld

from relpins_assets.evaluation.comparison import compare
from relpins_assets.evaluation.cut import is_at_or_after
from relpins_assets.evaluation.graph_at import graph_at, raw_tables
from relpins_assets.evaluation.leaks import replace_after
from relpins_assets.evaluation.protocol import build_queries
from relpins_assets.evaluation.quality import quality_rows
from relpins_assets.evaluation.systems import Systems, collapsed
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.saved import materialised
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.sample_world import write_sample_world

T = datetime(2026, 5, 18, tzinfo=UTC)
COMPARED_SYSTEMS = {
    "ours",
    "ours without cold start",
    "article's blend",
    "traditional blend",
    "learned",
    "clip alone",
    "content alone",
    "co-occurrence alone",
    "two-tower alone",
    "pinclip alone",
    "random walk alone",
    "ALS alone",
    "TF-IDF alone",
    "popularity",
    "random",
    "oracle",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    folder = tmp_path_factory.mktemp("leaks")
    write_sample_world(folder / "source", seed=3, n_pins=80)
    workspace = workspace_of(folder / "home", folder / "source")
    run(workspace)
    return workspace, folder


def test_the_graph_on_a_cut_knows_nothing_of_later_rows(world: tuple[Workspace, Path], tmp_path: Path) -> None:
    workspace, folder = world
    tables = raw_tables(workspace.lake)
    assert is_at_or_after(tables["board_pins"], "saved_at", T).any(), "a world without later saves proves nothing"
    honest = graph_at(workspace, tables, T)
    (folder / "home" / "eval").rename(folder / "home" / "honest")
    honest = Workspace(folder / "home" / "honest" / honest.home.name, workspace.profile)
    blind = graph_at(workspace, replace_after(tables, T, seed=7), T)
    assert differences(honest.lake, blind.lake, [*COMPARED, "catalog_statistics"]) == []
    assert _rankings(honest, tables) == _rankings(blind, tables)
    seen, unseen = (compare(at, tables, T, 200, folder / "source") for at in (honest, blind))
    assert {name: lists.tolist() for name, lists in seen.lists.items()} == {
        name: lists.tolist() for name, lists in unseen.lists.items()
    }
    assert {*seen.lists, *seen.left_out} == COMPARED_SYSTEMS


def test_a_catalog_without_a_pin_from_before_the_cut_is_built_and_not_judged(tmp_path: Path) -> None:
    world = SmallWorld.of(n_pins=20, n_boards=5)
    for pin in world.pins.values():
        pin["created_at"] = world.as_of - timedelta(days=2)
    world.saves = {key: world.as_of - timedelta(days=1) for key in world.saves}
    world.write(tmp_path / "source")
    told = run(workspace_of(tmp_path / "home", tmp_path / "source"), "build_all")
    assert told["related_pins_quality"]["dagster/row_count"] == 0


def test_the_oracle_is_above_all(world: tuple[Workspace, Path]) -> None:
    workspace, folder = world
    tables = raw_tables(workspace.lake)
    at = graph_at(workspace, tables, T)
    rows = quality_rows(at, tables, T, 500, folder / "source").to_pylist()
    ndcg = {row["system"]: row["value"] for row in rows if row["metric"] == "ndcg@10" and row["slice"] == "all"}
    assert max(ndcg, key=lambda system: ndcg[system] or 0.0) == "oracle"
    assert ndcg["oracle"] > 1.3 * ndcg["random"]


def _rankings(at: Workspace, tables: dict) -> dict[str, list]:  # type: ignore[type-arg]
    """What each system lists; the queries themselves come from what was saved later, so they are the same ones here."""
    catalog = load_catalog(at.lake, at.profile, as_of=at.as_of)
    as_shown = collapsed(tables, at.lake.table("pin_joins").read(["representative_pin_id", "pin_ids"]))
    queries = build_queries(as_shown, T, max_queries=200)
    strategies = materialised(at.strategies_home, at.profile, "related")
    systems = Systems(catalog, queries, 50).all(strategies, as_shown, truth=None)
    return {name: rankings(np.arange(len(queries))).tolist() for name, rankings in systems.items()}


def test_two_builds_of_the_sample_world_from_scratch_are_equal(world: tuple[Workspace, Path], tmp_path: Path) -> None:
    workspace, _ = world
    write_sample_world(tmp_path / "source", seed=3, n_pins=80)
    again = workspace_of(tmp_path / "home", tmp_path / "source")
    run(again)
    kept = [name for name, schema in TABLES.items() if schema.kind in ("raw", "trained", "derived", "ledger")]
    assert differences(workspace.lake, again.lake, kept) == []
