"""Models in the graph: pretrained CLIP by folder, refits beside what readers see, spaces that never mix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from early_stages import run_early
from running import QUIET, differences, run, workspace_of
from worlds import BROKEN, SmallWorld

from relpins_assets.automation.jobs import REFIT
from relpins_assets.definitions import build_definitions
from relpins_assets.reading import published
from relpins_resources.lake.table import vectors

Copy = Callable[[], tuple[Path, Path]]
PRETRAINED = """
clip: {{backend: open_clip, model: ViT-B-32, pretrained: "{folder}"}}
content: {{backend: grid}}
ann: {{backend: exact}}
feeds: {{parameters: {{limit: 4, candidates: 8}}}}
"""


def test_pretrained_clip_by_folder_makes_the_feeds(tiny_clip_folder: Path, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    profile.write_text(PRETRAINED.format(folder=tiny_clip_folder))
    world = SmallWorld.of(n_pins=24, n_boards=6)
    world.write(tmp_path / "source")
    told = run(workspace_of(tmp_path / "home", tmp_path / "source", str(profile)))
    assert told["clip_model"]["answers text queries"] is True
    assert told["clip_model"]["dimensions"] == 24
    assert told["related_pins_feeds"]["feeds"] == 23  # one picture is broken
    again = run(workspace_of(tmp_path / "home", tmp_path / "source", str(profile)))
    assert again["clip_embeddings"]["new"] == again["clip_embeddings"]["stale"] == 0


def test_a_refit_writes_a_space_of_its_own_and_is_then_published(copy_of_built: Copy) -> None:
    home, source = copy_of_built()
    before = published(home)
    old_space = before.table("clip_embeddings").path.name
    old_vectors = vectors(before.table("clip_embeddings").read())
    world = SmallWorld.of()
    world.add_pin()
    world.write(source)
    run(workspace_of(home, source))
    assert published(home).table("clip_embeddings").path.name == old_space, "an incremental run fitted again"
    run(workspace_of(home, source), "build_all", **REFIT)
    after = published(home)
    assert after.table("clip_embeddings").path.name != old_space
    assert (vectors(before.table("clip_embeddings").read()) == old_vectors).all(), "an old snapshot reads as it did"
    assert after.artefact("clip_model").manifest["parent version"] == old_space.removesuffix(".lance").split("@")[1]  # type: ignore[union-attr]


def test_a_refit_of_a_catalog_whose_pins_all_went_keeps_the_model(copy_of_built: Copy) -> None:
    home, source = copy_of_built()
    lake = workspace_of(home, source).lake
    before = lake.artefact("clip_model")
    lake.table("pin_joins").empty()
    workspace, _ = run_early(home, source, "clip_model", refit=("clip_model",))
    assert workspace.lake.artefact("clip_model") == before


def test_a_refit_that_dies_leaves_incremental_runs_on_the_published_space(copy_of_built: Copy) -> None:
    home, source = copy_of_built()
    world = SmallWorld.of()
    world.add_pin()
    world.write(source)
    run(workspace_of(home, source))
    space = published(home).table("clip_embeddings").path.name
    job = build_definitions(workspace_of(home, source)).resolve_job_def("build_all")
    some = [dg.AssetKey(name) for name in ("clip_model", "clip_embeddings", "catalog_statistics")]
    refit = {"ops": {name: REFIT["ops"][name] for name in ("clip_model", "catalog_statistics")}}
    with dg.DagsterInstance.ephemeral() as instance:  # the refit stops here, before indexes and feeds
        assert job.execute_in_process(instance=instance, run_config={**QUIET, **refit}, asset_selection=some).success
    assert workspace_of(home, source).lake.table("clip_embeddings").path.name != space
    told = run(workspace_of(home, source))
    assert told["related_pins_feeds"]["stale"] == 0
    assert published(home).table("clip_embeddings").path.name == space


def test_refitting_an_artefact_gives_it_again(copy_of_built: Copy) -> None:
    (one, source), (other, _) = copy_of_built(), copy_of_built()
    lake = workspace_of(other, source).lake
    version = lake.chosen("artefacts", "clip_model")
    assert version is not None
    lake.artefacts.drop("clip_model", version)
    run(workspace_of(other, source), "build_all", **REFIT)
    assert workspace_of(other, source).lake.chosen("artefacts", "clip_model") == version
    assert differences(workspace_of(one, source).lake, workspace_of(other, source).lake) == []


def test_another_encoder_in_the_profile_is_fitted_and_published_whole(copy_of_built: Copy, tmp_path: Path) -> None:
    home, source = copy_of_built()
    profile = tmp_path / "wider.yaml"
    profile.write_text(
        "clip: {backend: grid, dim: 48}\ncontent: {backend: grid, dim: 24}\nann: {backend: exact}\n"
        "cooccurrence: {limit: 50}\nfeeds: {parameters: {limit: 4, candidates: 4}}\n"
    )
    run(workspace_of(home, source, str(profile)))
    after = published(home)
    assert after.table("clip_embeddings").vector_dim() == 48
    assert after.table("content_embeddings").vector_dim() == 24
    run(workspace_of(tmp_path / "fresh", source, str(profile)))
    assert differences(workspace_of(tmp_path / "fresh", source, str(profile)).lake, after) == []


@pytest.mark.parametrize("table", ["clip_embeddings", "content_embeddings"])
def test_every_vector_of_a_table_has_one_length_and_unit_norm(built: Path, table: str) -> None:
    matrix = vectors(published(built / "home").table(table).read())
    assert matrix.shape[0] == 59
    assert abs((matrix.astype(float) ** 2).sum(axis=1) - 1).max() < 0.01


def test_the_last_pins_can_leave(tmp_path: Path) -> None:
    world = SmallWorld.of(n_pins=5, n_boards=2)
    world.write(tmp_path / "source")
    run(workspace_of(tmp_path / "home", tmp_path / "source"))
    for pin in world.pins.values():
        pin["picture"] = BROKEN
    world.write(tmp_path / "source")
    run(workspace_of(tmp_path / "home", tmp_path / "source"))
    lake = published(tmp_path / "home")
    assert lake.table("related_pins_feeds").count() == lake.table("clip_embeddings").count() == 0
