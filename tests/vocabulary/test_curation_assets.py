"""The three assets of curation: made once, kept, counted on frozen carriers, edited at once, empty where nothing is."""

from pathlib import Path

import pyarrow as pa
import pytest
from said_worlds import Said, by_id, curate, fill, said_at_random, say, workspace_with

from relpins_assets.enrichment.attribute_keys import shipped_keys
from relpins_assets.profile import load_profile
from relpins_assets.vocabulary.edits import edits_path, waiting_edits
from relpins_assets.vocabulary.vocabulary import load_vocabulary
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake

NAMES = ("frequent_attributes", "attribute_clusters", "attribute_vocabulary")
REFIT = {"ops": {name: {"config": {"refit": True}} for name in NAMES[:2]}}


@pytest.fixture
def world(tmp_path: Path) -> Workspace:
    said, looks = said_at_random(60, 3)
    workspace = workspace_with(tmp_path / "home", said, looks=looks)
    curate(workspace)
    return workspace


def rows(lake: Lake, name: str = "attribute_vocabulary") -> list[dict[str, object]]:
    return lake.table(name).read().to_pylist()


def test_a_second_run_has_nothing_to_do(world: Workspace) -> None:
    before = {name: world.lake.table(name).version() for name in NAMES}
    told = curate(world)
    assert {name: world.lake.table(name).version() for name in NAMES} == before
    assert all((one["new"], one["stale"], one["removed"]) == (0, 0, 0) for one in told.values())
    assert not any(one["fitted in this run"] for one in told.values())


def test_counts_are_those_of_a_plain_query(world: Workspace) -> None:
    for row in rows(world.lake):
        found = world.lake.query(
            "SELECT count(DISTINCT pin_id) AS n FROM raw_attributes WHERE key = ? AND list_contains(?, value)",
            [row["key"], row["members"]],
        )
        assert found["n"].to_pylist() == [row["n_pins"]]
    vocabulary = load_vocabulary(world.lake)
    kept = world.lake.query("SELECT key, value FROM frequent_attributes WHERE is_kept").to_pylist()
    assert all((row["key"], row["value"]) in vocabulary.of_form for row in kept)


def test_new_rows_wait_for_a_refit(world: Workspace) -> None:
    before = rows(world.lake)
    said = [*world.lake.table("raw_attributes").read().to_pylist()]
    more: Said = [(f"p{at:04}", "mood", "calm", "title") for at in range(9)]
    say(world.lake, [*(tuple(row.values()) for row in said), *more])
    curate(world)
    assert rows(world.lake) == before
    curate(world, REFIT)
    assert {row["attribute_id"] for row in rows(world.lake)} - {row["attribute_id"] for row in before} == {"mood/calm"}


def test_a_closed_list_without_a_key_takes_its_attributes_out_at_once(world: Workspace) -> None:
    keys = {name: one for name, one in shipped_keys().items() if name != "season"}
    attributes = world.profile.attributes.model_copy(update={"keys": keys})
    profile = world.profile.model_copy(update={"attributes": attributes})
    said = [tuple(row.values()) for row in world.lake.table("raw_attributes").read().to_pylist()]
    say(world.lake, [row for row in said if row[1] != "season"])  # as raw_attributes has them by then
    before = by_id(world.lake)
    curate(Workspace(world.home, profile))
    assert by_id(world.lake).keys() == {one for one in before if not one.startswith("season/")} != before.keys()


def test_an_edit_makes_a_new_version_at_once_and_changes_its_own_rows_only(world: Workspace) -> None:
    before, first = by_id(world.lake), world.lake.artefact("attribute_vocabulary")
    more = [(f"p{at:04}", "season", "summer", "boards") for at in range(60)]  # counts stay those of the fit
    say(world.lake, [*(tuple(row.values()) for row in world.lake.table("raw_attributes").read().to_pylist()), *more])
    edits_path(world.home).write_text("edits:\n- merge: [season/summer, season/winter]\n- ban: rise/low rise\n")
    assert waiting_edits(world.home, first) is not None
    curate(world)
    after, made = by_id(world.lake), world.lake.artefact("attribute_vocabulary")
    assert made is not None
    assert first is not None
    assert (made.manifest["parent"], made.manifest["edit file"]) == (first.version, "vocabulary_edits.yaml")
    changed = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
    (merged,) = (row for row in after.values() if row["key"] == "season")
    assert changed == {"season/summer", "season/winter", "rise/low-rise"}
    assert merged["members"] == ["summer", "winter"]
    assert waiting_edits(world.home, made) is None
    edits_path(world.home).unlink()
    curate(world)
    assert by_id(world.lake) == before


def test_an_edit_survives_a_refit_that_takes_its_attribute_away(world: Workspace) -> None:
    edits_path(world.home).write_text("edits:\n- rename: season/winter\n  to: cold season\n")
    curate(world)
    assert by_id(world.lake)["season/winter"]["value"] == "cold season"
    said = [tuple(row.values()) for row in world.lake.table("raw_attributes").read().to_pylist()]
    say(world.lake, [row for row in said if row[2] != "winter"])
    told = curate(world, REFIT)
    assert "season/winter" not in by_id(world.lake)
    assert "season/winter" in str(told["attribute_vocabulary"]["edits without effect"])


def test_an_edit_of_what_never_was_is_refused_and_the_vocabulary_stays(world: Workspace) -> None:
    before = rows(world.lake)
    edits_path(world.home).write_text("edits:\n- ban: season/sumer\n")
    with pytest.raises(RelpinsError, match="season/summer"):
        curate(world)
    assert rows(world.lake) == before
    edits_path(world.home).write_text("edits: [")
    with pytest.raises(RelpinsError, match="not YAML"):
        curate(world)
    assert rows(world.lake) == before
    edits_path(world.home).write_text("# nothing\n")
    assert curate(world)["attribute_vocabulary"]["new"] == 0


def test_other_bounds_are_taken_up_without_a_refit(world: Workspace) -> None:
    profile = load_profile("test")
    strict = profile.model_copy(update={"attributes": profile.attributes.model_copy(update={"min_pins": 61})})
    told = curate(Workspace(world.home, strict))
    assert told["frequent_attributes"]["kept"] == 0
    assert rows(world.lake) == []


def test_a_lost_table_comes_back(world: Workspace) -> None:
    before = rows(world.lake)
    world.lake.table("attribute_vocabulary").drop()
    curate(world)
    assert rows(world.lake) == before


@pytest.mark.parametrize("said", [[], [("p0", "color", "red", "title")]])
def test_nothing_and_one_pin_are_fine(tmp_path: Path, said: Said) -> None:
    workspace = workspace_with(tmp_path, said)
    edits_path(tmp_path).write_text("edits:\n- ban: season/summer\n")
    told = curate(workspace)
    assert rows(workspace.lake) == []
    assert told["frequent_attributes"]["dagster/row_count"] == len(said)
    assert told["attribute_vocabulary"]["attributes"] == 0
    edits_path(tmp_path).unlink()
    more = [(f"p{at}", "color", "red", "title") for at in range(3)]
    say(workspace.lake, more)
    joins = {"join_id": [f"j{at}" for at in range(3)], "pin_ids": [[f"p{at}"] for at in range(3)], "n_pins": [1] * 3}
    ids = {"representative_pin_id": [f"p{at}" for at in range(3)], "fingerprint": ["f"] * 3}
    fill(workspace.lake, "pin_joins", {**joins, **ids})
    curate(workspace, REFIT if said else None)
    assert [row["attribute_id"] for row in rows(workspace.lake)] == ["color/red"]


def test_two_homes_of_one_catalog_are_equal_to_the_bit(tmp_path: Path) -> None:
    said, looks = said_at_random(50, 7)
    tables = []
    for name, given in (("one", said), ("other", said[::-1])):
        workspace = workspace_with(tmp_path / name, given, looks=looks)
        curate(workspace)
        tables.append([workspace.lake.table(one).read() for one in NAMES])
    assert all(isinstance(a, pa.Table) and a.equals(b) for a, b in zip(*tables, strict=True))
