"""Assignments on a catalog with a known answer: what is inferred, what an edit reaches, incremental against rebuild."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from assignment_world import VALUES, fill, say, small_catalog, write_pins, write_vocabulary

from relpins_assets.assignment import assets
from relpins_assets.assignment.training import enough_to_learn
from relpins_assets.assignment.wanted import SEEN
from relpins_assets.refreshing import plan_asset
from relpins_assets.workspace import Workspace

STAGE = [assets.dual_encoder, assets.attribute_assignments]
KEY_OF = {value: key for key, values in VALUES.items() for value in values}
COLUMNS = ["pin_id", "attribute_id", "confidence", "similarity", "is_observed"]


def build(workspace: Workspace) -> Workspace:
    """Both assets, materialised by a fresh workspace on the same home; returned to look at."""
    fresh = Workspace(workspace.home, workspace.profile)
    with dg.DagsterInstance.ephemeral() as instance:
        resource = dg.ResourceDefinition.hardcoded_resource(fresh)
        assert dg.materialize(STAGE, resources={"workspace": resource}, instance=instance).success
    return fresh


def rows_of(workspace: Workspace) -> list[tuple[object, ...]]:
    rows = workspace.lake.table("attribute_assignments").read(COLUMNS).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, dict[str, str]]]:
    workspace, truth = small_catalog(tmp_path_factory.mktemp("assigned"))
    return build(workspace), truth


@pytest.fixture
def copy(built: tuple[Workspace, dict[str, dict[str, str]]], tmp_path: Path) -> Workspace:
    """The built home, to be changed."""
    home = tmp_path / "home"
    shutil.copytree(built[0].home, home)
    return Workspace(home, built[0].profile)


def test_pins_that_say_nothing_get_what_they_show(built: tuple[Workspace, dict[str, dict[str, str]]]) -> None:
    workspace, truth = built
    inferred = [row for row in rows_of(workspace) if not row[4]]
    right = [str(row[1]).split("/")[1] in truth[str(row[0])].values() for row in inferred]
    silent = 160 / 3
    assert len(inferred) > silent, "about one of two attributes of each silent pin"
    assert np.mean(right) > 0.9


def test_a_title_is_believed_over_pixels_that_contradict_titles(
    built: tuple[Workspace, dict[str, dict[str, str]]],
) -> None:
    workspace, truth = built
    styles = [row for row in rows_of(workspace) if row[4] and str(row[1]).startswith("style/")]
    wrong = [row for row in styles if str(row[1]).split("/")[1] != truth[str(row[0])]["style"]]
    assert all(float(str(row[2])) < 0.6 for row in wrong)
    assert min(float(str(row[2])) for row in styles if row not in wrong) > 0.8


def test_a_single_valued_key_keeps_one_value(built: tuple[Workspace, dict[str, dict[str, str]]]) -> None:
    pins = [row[0] for row in rows_of(built[0]) if str(row[1]).startswith("category/")]
    assert len(pins) == len(set(pins)) > 0


def test_prices_are_never_guessed(built: tuple[Workspace, dict[str, dict[str, str]]]) -> None:
    assert all(row[4] for row in rows_of(built[0]) if str(row[1]).startswith("price_band/"))


def test_a_second_run_has_nothing_to_do(copy: Workspace) -> None:
    before = copy.lake.table("attribute_assignments").version()
    again = build(copy)
    plan = plan_asset(again, "attribute_assignments")
    assert plan is not None
    assert plan.is_empty
    assert again.lake.table("attribute_assignments").version() == before


def test_an_edit_of_the_vocabulary_ends_where_a_rebuild_does(copy: Workspace) -> None:
    """Ban coastal, add beachy, make lamp a form of sofa, take boho from bohemian; rug and desk stay as they are."""
    before, artefact = rows_of(copy), copy.lake.chosen("artefacts", "dual_encoder")
    edited = {value: key for value, key in KEY_OF.items() if value not in ("coastal", "lamp")}
    write_vocabulary(copy.lake, {**edited, "beachy": "style"}, {"sofa": ["couch", "lamp", "sofa"]})
    plan = plan_asset(copy, "attribute_assignments")
    assert plan is not None
    assert 0 < plan.todo.num_rows < 160, "an edit reaches some pins only"
    incremental = rows_of(build(copy))
    assert copy.lake.chosen("artefacts", "dual_encoder") == artefact, "no refit by an edit"
    untouched = ("category/rug", "category/desk")
    assert {row for row in before if row[1] in untouched} <= set(incremental) | losers(before, incremental)
    assert not any(row[1] in ("style/coastal", "category/lamp") for row in incremental)
    copy.lake.drop_derived()
    restore_inputs(copy)
    assert rows_of(build(copy)) == incremental


def test_an_edit_undone_after_a_kill_leaves_nothing_of_it(copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before, refresh = rows_of(copy), assets.refresh_asset

    def killed(*given: object, **named: object) -> None:
        refresh(*given, **named)  # type: ignore[arg-type]
        raise RuntimeError("killed")

    edited = {value: key for value, key in KEY_OF.items() if value != "lamp"}
    write_vocabulary(copy.lake, {**edited, "beachy": "style"}, {"sofa": ["couch", "lamp", "sofa"]})
    monkeypatch.setattr(assets, "refresh_asset", killed)
    with pytest.raises(RuntimeError, match="killed"):
        build(copy)
    assert rows_of(copy) != before
    monkeypatch.undo()
    write_vocabulary(copy.lake, KEY_OF)
    assert rows_of(build(copy)) == before


def test_towers_of_an_earlier_snapshot_forget_attributes_that_are_gone_by_now(copy: Workspace) -> None:
    seen = copy.lake.recall(SEEN)
    copy.lake.remember(SEEN, {**seen, "dual encoder": "a refit that was never published"})
    write_vocabulary(copy.lake, {value: key for value, key in KEY_OF.items() if key != "category"})
    plan = plan_asset(copy, "attribute_assignments")
    assert plan is not None
    assert plan.todo.num_rows > 0
    assert not any(str(row[1]).startswith("category/") for row in rows_of(build(copy)))


def losers(before: list[tuple[object, ...]], after: list[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """Rows of a single-valued key that another value of the pin now stands before."""
    categories = {row[0]: row[1] for row in after if str(row[1]).startswith("category/")}
    return {row for row in before if row[0] in categories and categories[row[0]] == "category/sofa"}


def restore_inputs(workspace: Workspace) -> None:
    """drop_derived took what stands above this stage as well; the same pins again."""
    source, _ = small_catalog(workspace.home.parent / "again")
    for name in ("enriched_descriptions", "pin_joins", "clip_embeddings", "content_embeddings", "raw_attributes"):
        workspace.lake.table(name).overwrite(source.lake.table(name).read())


def test_a_new_pin_changes_no_other_and_a_silent_one_is_read_by_its_look(copy: Workspace) -> None:
    before = rows_of(copy)
    table = copy.lake.table("clip_embeddings").read().sort_by("pin_id")
    looks = np.array(table["vector"].to_pylist(), np.float32)
    titles = copy.lake.table("raw_pins").read(["pin_id", "title"]).sort_by("pin_id")["title"].to_pylist()
    write_pins(copy.lake, [*table["pin_id"].to_pylist(), "p999"], [*titles, ""], np.concatenate([looks, looks[:1]]))
    plan = plan_asset(copy, "attribute_assignments")
    assert plan is not None
    assert plan.todo["pin_id"].to_pylist()[-1] == "p999"
    after = rows_of(build(copy))
    assert [row for row in after if row[0] != "p999"] == before


@pytest.mark.parametrize("has_words", [True, False])
def test_a_catalog_of_one_pin_builds_green(tmp_path: Path, has_words: bool) -> None:
    workspace, _ = small_catalog(tmp_path, n_pins=1)
    say(workspace.lake, [("p000", "category", "sofa", "title")] if has_words else [])
    if not has_words:
        fill(workspace.lake, "attribute_vocabulary", {"attribute_id": []})
    built = build(workspace)
    assert [row[1] for row in rows_of(built)] == (["category/sofa"] if has_words else [])
    assert built.lake.table("product_embeddings").count() == 1
    artefact = built.lake.artefact("dual_encoder")
    assert artefact is not None
    assert artefact.manifest["trained"] is False


def test_repins_of_few_images_are_not_enough_to_learn_from(tmp_path: Path) -> None:
    workspace, _ = small_catalog(tmp_path, n_pins=60)
    joins = workspace.lake.table("pin_joins").read().to_pylist()
    ids = [row["pin_ids"][0] for row in joins]
    say(workspace.lake, [(pin_id, "category", "sofa", "title") for pin_id in ids])
    assert enough_to_learn(workspace.lake)
    names = ("join_id", "pin_ids", "n_pins", "representative_pin_id", "fingerprint")
    halves = [(f"j{at}", ids[at : at + 2], 2, ids[at], "f") for at in range(0, 60, 2)]
    fill(workspace.lake, "pin_joins", {name: [row[at] for row in halves] for at, name in enumerate(names)})
    assert not enough_to_learn(workspace.lake)
