"""lexical_index in the graph: what is written about each image, found by words, as current as its table."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from early_stages import open_early, run_early
from running import word_differences
from worlds import SmallWorld

from relpins_assets.indexes.words import indexed_words, open_lexical_index, wanted_words
from relpins_assets.publish.gates import word_problems
from relpins_assets.refreshing import plan_asset
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.maintenance import maintain

LEXICAL = ("raw_pins", "raw_boards", "raw_board_pins", "pin_images", "pin_joins", "enriched_descriptions")


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `source` and the `home` built from it, down to its words."""
    folder = tmp_path_factory.mktemp("early")
    world().write(folder / "source")
    run_early(folder / "home", folder / "source", *LEXICAL, "lexical_index")
    return folder


@pytest.fixture
def copied(early: Path, tmp_path: Path) -> Path:
    shutil.copytree(early, tmp_path / "copy")
    return tmp_path / "copy"


def world() -> SmallWorld:
    """Pin 5 says what no other says; its picture is pinned again by one with words, tags and a board of its own."""
    made = SmallWorld.of(n_pins=40, n_boards=12)
    pins = sorted(made.pins)
    number = made.pins[pins[5]]["picture"]
    made.pins[pins[5]]["title"] = "Gramophone on a sideboard"
    again = made.add_pin(picture=number)  # type: ignore[arg-type]
    made.pins[again] |= {"title": "Zither", "description": "an ocarina, too", "merchant_tags": ["bassoon", "viola"]}
    made.pins[pins[0]]["merchant_tags"] = ["fiddle"]
    made.boards["board99"] = "Theremins"
    made.save("board99", again)
    return made


def rerun(folder: Path, changed: SmallWorld) -> tuple[Workspace, dict[str, object]]:
    changed.write(folder / "source")
    workspace, told = run_early(folder / "home", folder / "source", *LEXICAL, "lexical_index")
    return workspace, told["lexical_index"]


def found(lake: Lake, text: str, limit: int = 50) -> list[str]:
    pins = np.array(sorted(lake.table("raw_pins").read(["pin_id"])["pin_id"].to_pylist()), dtype=object)
    index = open_lexical_index(lake, pins)
    assert index is not None
    return [str(pins[item]) for item in index.search([text], limit).items[0] if item >= 0]


def open_lake(folder: Path) -> Lake:
    return open_early(folder / "home", folder / "source").lake


def test_every_word_about_an_image_finds_the_pin_that_stands_for_it(early: Path) -> None:
    lake, made = open_lake(early), world()
    chosen = sorted(made.pins)[5:]
    both = [pin for pin in chosen if made.pins[pin]["picture"] == made.pins[chosen[0]]["picture"]]
    for word in ("gramophone", "SIDEBOARDS", "zither", "ocarina", "bassoon", "viola", "theremin"):
        assert found(lake, word) == [min(both)], word
    assert found(lake, "fiddle") == [sorted(made.pins)[0]]
    assert found(lake, "trombone") == []
    assert len(found(lake, "square format")) == lake.table("pin_joins").count(), "what the pixels say"
    text = lake.table("lexical_index").read(where=f"pin_id = '{min(both)}'")["text"][0].as_py().split("\n")
    assert set(text[:4]) == {"Gramophone on a sideboard", "Zither", "an ocarina, too", "bassoon"}


def test_one_text_per_distinct_image(early: Path) -> None:
    lake = open_lake(early)
    joins = lake.table("pin_joins").read(["representative_pin_id"])["representative_pin_id"].to_pylist()
    assert sorted(lake.table("lexical_index").read()["pin_id"].to_pylist()) == sorted(joins)
    assert wanted_words(lake).num_rows == len(joins) < len(world().pins)


def test_a_second_run_writes_nothing(copied: Path) -> None:
    version = open_lake(copied).table("lexical_index").version()
    workspace, told = rerun(copied, world())
    assert (told["new"], told["stale"], told["removed"]) == (0, 0, 0)
    assert workspace.lake.table("lexical_index").version() == version


def test_a_change_reaches_the_words_of_its_image_and_no_others(copied: Path) -> None:
    made = world()
    first, last = sorted(made.pins)[1], sorted(made.pins)[-2]
    made.pins[first]["title"] = "Vuvuzela"
    made.drop_pin(last)
    new = made.add_pin()
    made.pins[new] |= {"title": "Balalaika", "merchant_tags": None}
    workspace, told = rerun(copied, made)
    assert (told["new"], told["stale"], told["removed"]) == (1, 1, 1)
    assert told["scores as if made anew"] is True
    assert found(workspace.lake, "vuvuzela") == [first]
    assert found(workspace.lake, "balalaika") == [new]
    assert last not in found(workspace.lake, "square format", 100)
    assert word_problems(workspace.lake) == []


def test_answers_after_changes_are_those_of_a_rebuild(copied: Path) -> None:
    made = world()
    pins = sorted(made.pins)
    for k in range(3):
        made.pins[pins[3 + k]]["title"] = f"linen lamp {'oak ' * k}"
        made.drop_pin(pins[20 + k])
        made.save("board03", pins[9 + k])
    workspace, _ = rerun(copied, made)
    shutil.copytree(copied, copied.with_name("rebuilt"))
    rebuilt = copied.with_name("rebuilt")
    open_lake(rebuilt).drop_derived()
    again, _ = rerun(rebuilt, made)
    assert workspace.lake.table("lexical_index").version() != again.lake.table("lexical_index").version()
    assert word_differences(workspace.lake, again.lake) == []


def test_an_old_snapshot_answers_as_it_did(copied: Path) -> None:
    lake = open_lake(copied)
    snapshot, _ = lake.snapshots.publish(lake.candidate(date(2026, 6, 1), "test"))
    before = found(lake, "oak lamp square")
    made = world()
    for pin in made.pins.values():
        pin["title"] = "oak"
    changed, _ = rerun(copied, made)
    assert found(changed.lake, "oak lamp square") != before
    maintain(changed.lake, kept_snapshots=1)
    assert found(changed.lake.at(snapshot), "oak lamp square") == before


def test_a_run_killed_before_its_index_is_mended_by_the_next(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world()
    new = made.add_pin()
    made.pins[new] |= {"title": "Balalaika", "merchant_tags": None}

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("relpins_assets.indexes.assets.index_words", die)
    with pytest.raises(KeyboardInterrupt):
        rerun(copied, made)
    monkeypatch.undo()
    lake = open_lake(copied)
    assert indexed_words(lake).n_unindexed == 1
    assert word_problems(lake) == ["lexical_index has not indexed 1 of its texts"]
    workspace, told = rerun(copied, made)
    assert told["new"] == 0
    assert found(workspace.lake, "balalaika") == [new]
    assert word_problems(workspace.lake) == []


def test_a_home_without_words_yet(tmp_path: Path) -> None:
    world().write(tmp_path / "source")
    workspace, _ = run_early(tmp_path / "home", tmp_path / "source", "raw_pins")
    assert open_lexical_index(workspace.lake, np.array(["a"], dtype=object)) is None
    plan = plan_asset(workspace, "lexical_index")
    assert plan is not None
    assert plan.is_empty
    _, told = run_early(tmp_path / "home", tmp_path / "source", "lexical_index")
    assert told["lexical_index"]["dagster/row_count"] == 0
