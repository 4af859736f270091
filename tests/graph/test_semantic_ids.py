"""semantic_ids in the graph: codebooks that stay, ids that follow the vectors, and the numbers that judge them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from early_stages import open_early, run_early
from worlds import SmallWorld

from relpins_assets.embeddings.semantic_ids import (
    collision_rate,
    entropy_bits,
    pair_purity,
    prefix_groups,
)
from relpins_assets.publish.gates import space_problems
from relpins_assets.refreshing import plan_asset
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake

NAMES = ("raw_pins", "pin_images", "pin_joins", "clip_model", "clip_embeddings", "semantic_ids")


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("early")
    world().write(folder / "source")
    run_early(folder / "home", folder / "source", *NAMES)
    return folder


@pytest.fixture
def copied(early: Path, tmp_path: Path) -> Path:
    shutil.copytree(early, tmp_path / "copy")
    return tmp_path / "copy"


def world() -> SmallWorld:
    return SmallWorld.of(n_pins=30, n_boards=4)


def rerun(
    folder: Path, changed: SmallWorld, *names: str, refit: tuple[str, ...] = ()
) -> tuple[Workspace, dict[str, Any]]:
    changed.write(folder / "source")
    workspace, told = run_early(folder / "home", folder / "source", *(names or NAMES), refit=refit)
    return workspace, told.get("semantic_ids", {})


def open_lake(folder: Path) -> Lake:
    return open_early(folder / "home", folder / "source").lake


def ids_of(lake: Lake) -> dict[str, list[int]]:
    rows = lake.table("semantic_ids").read()
    return dict(zip(rows["pin_id"].to_pylist(), rows["codes"].to_pylist(), strict=True))


def version(lake: Lake) -> str:
    chosen = lake.chosen("artefacts", "semantic_ids")
    assert chosen is not None
    return chosen


def test_every_pin_with_a_vector_has_an_id_and_one_picture_one_id(copied: Path) -> None:
    changed = world()
    first = sorted(changed.pins)[0]
    again = changed.add_pin(picture=changed.pins[first]["picture"])  # type: ignore[arg-type]
    workspace, told = rerun(copied, changed)
    ids = ids_of(workspace.lake)
    assert set(ids) == set(workspace.lake.table("clip_embeddings").read(["pin_id"])["pin_id"].to_pylist())
    assert ids[first] == ids[again]
    assert all(len(codes) == 3 and max(codes) < told["codes per level"] for codes in ids.values())
    assert told["codes used by level"] == [len({codes[i] for codes in ids.values()}) for i in range(3)]
    assert not [problem for problem in space_problems(workspace.lake) if "semantic" in problem]


def test_codebooks_stay_and_only_changed_pins_are_given_ids(copied: Path) -> None:
    lake = open_lake(copied)
    old, codebooks, table = ids_of(lake), version(lake), lake.table("semantic_ids").version()
    again, told = rerun(copied, world(), "semantic_ids")
    assert (told["new"], told["stale"], told["removed"]) == (0, 0, 0)
    assert again.lake.table("semantic_ids").version() == table
    changed, pins = world(), sorted(old)
    changed.pins[pins[3]]["picture"] = 777
    changed.drop_pin(pins[8])
    new = changed.add_pin()
    after, told = rerun(copied, changed)
    assert (told["new"], told["stale"], told["removed"]) == (1, 1, 1)
    assert version(after.lake) == codebooks
    ids = ids_of(after.lake)
    assert set(ids) == {*old, new} - {pins[8]}
    assert all(ids[pin] == old[pin] for pin in set(ids) - {new, pins[3]})
    after.lake.drop_derived()
    rebuilt, told = rerun(copied, changed)
    assert told["fitted in this run"] is False
    assert ids_of(rebuilt.lake) == ids


def test_another_clip_space_fits_others(copied: Path) -> None:
    codebooks = version(open_lake(copied))
    changed = world()
    for _ in range(8):
        changed.add_pin()
    workspace, _ = rerun(copied, changed, *NAMES[:-1], refit=("clip_model",))
    assert [problem for problem in space_problems(workspace.lake) if problem.startswith("semantic_ids are of")]
    after, told = rerun(copied, changed, "semantic_ids")
    assert (told["fitted in this run"], told["space"]) == (True, after.lake.table("clip_embeddings").path.name)
    assert version(after.lake) != codebooks
    assert not [problem for problem in space_problems(after.lake) if "semantic" in problem]


def test_a_refit_is_taken_only_when_it_describes_the_catalog_clearly_better(copied: Path) -> None:
    codebooks = version(open_lake(copied))
    changed = world()
    for _ in range(31):
        changed.add_pin()
    grown, told = rerun(copied, changed, refit=("semantic_ids",))
    assert (told["fitted in this run"], told["codes per level"]) == (True, 6)
    assert told["parent version"] == codebooks != version(grown.lake)
    assert told["stale"] == 29, "another version of codebooks makes every id stale"
    taken = version(grown.lake)
    changed.drop_pin(sorted(changed.pins)[0])
    shrunk, told = rerun(copied, changed, refit=("semantic_ids",))
    assert told["refit not taken"].startswith("new codebooks leave over ")
    assert (version(shrunk.lake), told["codes per level"]) == (taken, 6)
    assert (told["stale"], told["removed"]) == (0, 1)


def test_refitting_gives_the_same_codebooks(copied: Path) -> None:
    lake = open_lake(copied)
    codebooks = version(lake)
    lake.artefacts.drop("semantic_ids", codebooks)
    after, told = rerun(copied, world(), "semantic_ids")
    assert (version(after.lake), told["fitted in this run"]) == (codebooks, True)
    assert (told["new"], told["stale"]) == (0, 0)


def test_purity_is_told_where_pins_have_categories(copied: Path) -> None:
    changed, ids = world(), ids_of(open_lake(copied))
    for pin_id, pin in changed.pins.items():
        pin["board_category"] = f"kind {ids[pin_id][0]}" if pin_id in ids else None
    _, told = rerun(copied, changed, "raw_pins", "semantic_ids")
    sizes = [[codes[0] for codes in ids.values()].count(code) for code in (0, 1)]
    assert sum(sizes) == 29
    assert told["prefix purity by level"][0] == 1.0
    assert told["purity of any two pins"] == pytest.approx(sum(n * (n - 1) for n in sizes) / (29 * 28))


def test_a_catalog_without_vectors_yet(tmp_path: Path) -> None:
    SmallWorld.of(n_pins=5, n_boards=1).write(tmp_path / "source")
    workspace, told = run_early(tmp_path / "home", tmp_path / "source", "semantic_ids")
    assert told["semantic_ids"]["dagster/row_count"] == 0
    assert plan_asset(workspace, "semantic_ids") is None


def test_how_ids_are_judged() -> None:
    codes = np.array([[0, 0], [0, 1], [0, 1], [1, 0]])
    assert prefix_groups(codes, 1).tolist() == [0, 0, 0, 1]
    assert prefix_groups(codes, 2).tolist() == [0, 1, 1, 2]
    assert entropy_bits(np.array([3, 3, 5, 5])) == 1.0
    assert entropy_bits(np.array([7, 7])) == 0.0
    # images a and b share a group, c stands alone, the second a is no other image
    assert collision_rate(np.array([0, 0, 0, 1]), ["a", "b", "a", "c"]) == 2 / 3
    # pairs in group 0: (x, x), (x, y), (x, y); None has no label
    assert pair_purity(np.array([0, 0, 0, 0, 1]), ["x", "x", "y", None, "x"]) == 1 / 3
    assert pair_purity(np.array([0, 1]), ["x", "x"]) == 0.0
