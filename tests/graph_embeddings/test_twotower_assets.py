"""The two-tower assets on a catalog with a known answer: what they place near what, and how they follow changes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from twotower_world import Tables, fill, ready_to_query, run, workspace_of

from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.graph_embeddings.twotower_inputs import learnt_columns, values_of, weights_of
from relpins_assets.graph_embeddings.twotower_lessons import course_of
from relpins_assets.graph_embeddings.twotower_model import fit_model, load_model, objection_to_towers
from relpins_assets.publish.gates import space_problems
from relpins_assets.workspace import Workspace
from relpins_resources.lake.table import vectors
from relpins_resources.query.execution import Batch, execute
from relpins_resources.query.language.parser import parse_query

TABLES = ("twotower_embeddings", "twotower_users")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Tables]:
    workspace, world = workspace_of(tmp_path_factory.mktemp("towers") / "home"), Tables.of()
    world.write(workspace.lake)
    run(workspace)
    return workspace, world


@pytest.fixture
def home(built: tuple[Workspace, Tables], tmp_path: Path) -> tuple[Workspace, Tables]:
    """A copy that a test may change."""
    workspace, world = built
    shutil.copytree(workspace.home, tmp_path / "home")
    pins = {name: list(held) for name, held in world.boards.items()}
    return replace(workspace, home=tmp_path / "home"), Tables(dict(world.looks), pins)


def placed(workspace: Workspace) -> dict[str, np.ndarray]:
    rows = workspace.lake.table("twotower_embeddings").read(["pin_id", "vector"])
    return dict(zip(rows["pin_id"].to_pylist(), vectors(rows), strict=True))


def share_of_own_theme(world: Tables, pins: dict[str, np.ndarray], asked: list[str], k: int = 5) -> float:
    """Of the k pins nearest to each of `asked`, the share of its theme."""
    ids = sorted(pins)
    matrix = np.stack([pins[pin] for pin in ids])
    found = []
    for pin in asked:
        order = np.argsort(-(matrix @ pins[pin]), kind="stable")
        mates = [ids[at] for at in order if ids[at] != pin][:k]
        found += [world.theme(mate) == world.theme(pin) for mate in mates]
    return float(np.mean(found))


def test_every_pin_and_every_saver_is_placed_by_theme(built):
    workspace, world = built
    pins = placed(workspace)
    assert sorted(pins) == sorted(world.looks)
    assert all(abs(np.linalg.norm(vector) - 1) < 1e-5 for vector in pins.values())
    assert share_of_own_theme(world, pins, list(world.looks)) > 0.95
    users = workspace.lake.table("twotower_users").read(["user_id"])["user_id"].to_pylist()
    assert sorted(users) == sorted({world.owner(board) for board in world.boards}), "nobody saved nothing"


def test_what_looks_unlike_and_is_saved_together_comes_near(built):
    workspace, world = built
    pins = placed(workspace)
    firsts, seconds = ([vector for pin, vector in pins.items() if world.looks[pin] == look] for look in (0, 1))
    others = [vector for pin, vector in pins.items() if world.looks[pin] == 2]
    together, apart = np.mean(np.stack(firsts) @ np.stack(seconds).T), np.mean(np.stack(firsts) @ np.stack(others).T)
    assert together > apart + 0.5


def test_boards_that_nobody_described_teach_as_well(tmp_path):
    """Saves name boards of which the catalog has no row, so nobody is known to own them."""
    workspace, world = workspace_of(tmp_path / "home", epochs=3), Tables.of()
    world.write(workspace.lake)
    fill(workspace.lake, "raw_boards", [])
    told = run(workspace)["twotower_model"]
    assert told["saves to boards"] + told["saves held out"] == sum(map(len, world.boards.values()))
    assert told["users"] == 0
    assert share_of_own_theme(world, placed(workspace), list(world.looks)) > 0.95


def test_pins_that_nobody_saved_yet_are_placed_by_content(built):
    workspace, world = built
    assert world.new_pins
    assert share_of_own_theme(world, placed(workspace), world.new_pins) > 0.95


def test_without_their_ids_pins_are_found_as_well(built):
    workspace, _ = built
    artefact = workspace.lake.artefact("twotower_model")
    model, course = load_model(artefact), course_of(workspace.lake)
    with_ids, without = (
        course.held_out.score(model.towers.of_pins(pins)) for pins in (course.pins, course.pins.without_ids())
    )
    assert without > 0.8 * with_ids > 0


def test_a_second_run_does_nothing(home):
    workspace, _ = home
    before = {name: workspace.lake.table(name).version() for name in TABLES}
    told = run(workspace)
    assert not told["twotower_model"]["fitted in this run"]
    assert [told[name][change] for name in TABLES for change in ("new", "stale", "removed")] == [0] * 6
    assert {name: workspace.lake.table(name).version() for name in TABLES} == before


def test_changes_give_what_a_rebuild_gives_and_touch_no_other_row(home):
    workspace, world = home
    world.looks["p900"] = 2
    world.boards["b000"] = [*world.boards["b000"], "p900"]
    gone = world.boards["b001"][0]
    del world.looks[gone]
    world.boards = {name: [pin for pin in pins if pin != gone] for name, pins in world.boards.items()}
    changed = world.boards["b002"][0]
    world.attributes[changed] = "look 3"
    world.write(workspace.lake)
    told = run(workspace)
    assert [told["twotower_embeddings"][one] for one in ("new", "stale", "removed")] == [1, 1, 1]
    assert 0 < told["twotower_users"]["stale"] <= told["twotower_users"]["dagster/row_count"]
    after = {name: content(workspace, name) for name in TABLES}
    for name in TABLES:
        workspace.lake.table(name).drop()
    run(workspace)
    assert {name: content(workspace, name) for name in TABLES} == after
    assert gone not in placed(workspace)


def content(workspace: Workspace, name: str) -> pa.Table:
    rows = workspace.lake.table(name).read()
    return rows.sort_by(rows.column_names[0])


def test_a_batch_of_any_size_gives_the_same_rows(built):
    workspace, _ = built
    model = load_model(workspace.lake.artefact("twotower_model"))
    pins = course_of(workspace.lake).pins
    whole = model.towers.of_pins(pins)
    some = [3, 17, 40]
    part = replace(pins, groups=tuple(group[some] for group in pins.groups), ids=pins.ids[some])
    np.testing.assert_array_equal(model.towers.of_pins(part), whole[some])


def test_a_person_finds_pins_of_their_themes(built):
    workspace, world = built
    ready_to_query(workspace)
    catalog = load_catalog(workspace.lake, workspace.profile)
    query = parse_query(
        "SELECT * FROM similarity(embedding_ref='twotower_embedding', "
        "encoder=precomputed_user(input_user_id=$user_id), limit=10)"
    )
    for user, theme in (("u00", 0), ("u11", 1)):
        answer = execute(query, catalog, Batch(1, {}, {"user_id": [user]}))
        shown = [str(catalog.item_ids[item]) for item in answer.items[0] if item >= 0]
        assert len(shown) == 10
        assert np.mean([world.theme(pin) == theme for pin in shown]) > 0.9


def test_towers_of_another_space_of_looks_are_not_published(home):
    lake = home[0].lake
    assert not [one for one in space_problems(lake) if "twotower" in one and "index" not in one]
    looks = lake.table("clip_embeddings").read()
    lake.choose("spaces", "clip_embeddings", "other")
    lake.table("clip_embeddings").overwrite(looks)
    assert [one for one in space_problems(lake) if one.startswith("twotower_model reads clip_embeddings")]


def test_without_saves_there_is_nothing_and_later_saves_train(tmp_path):
    workspace, world = workspace_of(tmp_path / "home", epochs=1), Tables.of()
    boards, world.boards = world.boards, {}
    world.write(workspace.lake)
    told = run(workspace)
    assert told["twotower_model"]["trained"] is False
    assert [workspace.lake.table(name).count() for name in TABLES] == [0, 0]
    assert told["twotower_index"]["dagster/row_count"] == 0
    ready_to_query(workspace)
    assert load_catalog(workspace.lake, workspace.profile).embedding("twotower_embedding") is None
    assert not [one for one in space_problems(workspace.lake) if "twotower" in one]
    world.boards = boards
    world.write(workspace.lake)
    assert run(workspace)["twotower_model"]["trained"] is True
    assert workspace.lake.table("twotower_embeddings").count() == len(world.looks)
    assert not [one for one in space_problems(workspace.lake) if "twotower" in one]


def test_a_refit_that_knows_less_is_refused(built, tmp_path):
    workspace, world = built
    other = workspace_of(tmp_path / "home")
    rng = np.random.default_rng(5)
    mixed = [[pin for pin, look in world.looks.items() if look % 2 == side] for side in (0, 1)]
    boards = {name: rng.choice(mixed[at % 2], 9, replace=False).tolist() for at, name in enumerate(world.boards)}
    Tables(world.looks, boards).write(other.lake)
    worse = other.lake.artefacts.make("twotower_model", "worse", fit_model(other))
    good = workspace.lake.artefact("twotower_model")
    objection = objection_to_towers(workspace)
    assert "saves held out" in objection(worse, good)
    assert objection(good, worse) is None
    assert objection(worse, None) is None


def test_settings_of_the_profile_train_anew(home):
    workspace, world = home
    old = workspace.lake.artefact("twotower_model").version
    told = run(replace(workspace, profile=workspace_of(workspace.home, dim=12, epochs=1).profile))
    assert told["twotower_model"]["version"] != old
    assert told["twotower_embeddings"]["dimensions"] == 12
    assert told["twotower_embeddings"]["new"] == len(world.looks)


def test_two_fits_of_the_same_tables_are_the_same_bits(built, tmp_path):
    workspace, world = built
    other = workspace_of(tmp_path / "home")
    world.write(other.lake)
    run(other)
    assert {name: content(other, name) for name in TABLES} == {name: content(workspace, name) for name in TABLES}
    versions = {one.lake.chosen("artefacts", "twotower_model") for one in (other, workspace)}
    assert len(versions) == 1, "named by content"


def test_columns_of_users_that_are_learnt():
    said = '{"country": "IT", "age": 3, "seen": 2.5, "tags": ["a"], "joined": "day '
    users = [values_of(f'{said}{at}"}}') for at in range(60)]
    assert users[0] == ["age=3", "country=IT", "joined=day 0"]
    assert learnt_columns(users) == ("age=3", "country=IT"), "a day of its own for everyone says nothing"
    assert values_of("[1]") == values_of("{broken") == values_of(None) == []


def test_weights_of_names_that_the_towers_do_not_know_are_left_out():
    names = pa.chunked_array([[["a", "b"], ["c"], []]])
    weights = pa.chunked_array([[[3.0, 4.0], [1.0], []]])
    np.testing.assert_allclose(weights_of(names, weights, ["a", "b"]), [[0.6, 0.8], [0, 0], [0, 0]], rtol=1e-6)
