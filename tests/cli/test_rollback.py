"""Taking readers back to an earlier snapshot, and that nothing but news brings them forward again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from cli_calls import Built, call, contents
from running import run, workspace_of
from worlds import SmallWorld

from relpins_assets.catalog.pending import find_pending
from relpins_resources.lake import Lake

Capture = pytest.CaptureFixture[str]
LATER = date(2026, 6, 2)


def second(home: Path) -> Lake:
    """The home with a second snapshot that names the same rows on a later day."""
    lake = workspace_of(home, None).lake
    lake.snapshots.publish(lake.candidate(LATER, "test"))
    return lake


def current(lake: Lake) -> int:
    snapshot = lake.snapshots.current()
    assert snapshot is not None
    return snapshot.number


def test_readers_stay_where_they_were_taken_until_there_is_news(
    capsys: Capture, copy_of_built: Callable[[], Built], tmp_path: Path
) -> None:
    home, source = copy_of_built().home, tmp_path / "source"
    (home / "settings.json").unlink()  # this copy follows a source of its own
    world = SmallWorld.of()
    new = world.add_pin()
    world.write(source)
    run(workspace_of(home, source))
    assert call(capsys, "feed", new, "--home", home).code == 0
    taken = call(capsys, "rollback", "--home", home, "--json").json
    assert (taken["number"], taken["before"], taken["is_current"]) == (1, 2, True)
    call(capsys, "feed", new, "--home", home).assert_refused(f"there is no pin '{new}'")

    lake = workspace_of(home, source).lake
    run(workspace_of(home, source), "maintenance")
    assert current(lake) == 1, "compaction is no news"
    assert find_pending(workspace_of(home, source)) is None, "the sensor would start a run for nothing"
    built = run(workspace_of(home, source))["published_snapshot"]
    assert (built["is new"], built["snapshot"], current(lake)) == (False, 1, 1)

    tomorrow = lake.candidate(LATER, "test")
    assert lake.snapshots.publish(tomorrow)[1]
    assert call(capsys, "feed", new, "--home", home).code == 0


def test_the_list(capsys: Capture, copy_of_built: Callable[[], Built]) -> None:
    home = copy_of_built().home
    lake = second(home)
    found = call(capsys, "snapshots", "--home", home, "--json").json["snapshots"]
    assert [(entry["number"], entry["as_of"], entry["profile"], entry["is_current"]) for entry in found] == [
        (2, "2026-06-02", "test", True),
        (1, "2026-06-01", "test", False),
    ]
    assert all(entry["published_at"].startswith("20") for entry in found)
    call(capsys, "rollback", "--home", home)
    rows = [line.split() for line in call(capsys, "snapshots", "--home", home).out.splitlines()]
    assert rows[0] == ["snapshot", "published", "as", "of", "profile"]
    assert [(row[0], row[-2]) for row in rows[1:]] == [("2", "2026-06-02"), ("*", "2026-06-01")]
    assert current(lake) == 1


def test_back_forward_and_to_where_they_are(capsys: Capture, copy_of_built: Callable[[], Built]) -> None:
    home = copy_of_built().home
    lake = second(home)
    for wanted, before in ((1, 2), (1, 1), (2, 1), (2, 2)):
        told = call(capsys, "rollback", wanted, "--home", home, "--json").json
        assert (told["number"], told["before"], current(lake)) == (wanted, before, wanted)
    lines = call(capsys, "rollback", "--home", home).out.splitlines()
    assert lines[0] == "number: 1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rollback", "7"], ["there is no snapshot 7; there are: 1"]),
        (["rollback"], ["there is no snapshot before 1", "there are: 1"]),
        (["rollback", "first"], ["'number'", "integer"]),
    ],
)
def test_a_snapshot_that_is_none(capsys: Capture, built: Built, arguments: list[str], words: list[str]) -> None:
    before = contents(built.home)
    call(capsys, *arguments, "--home", built.home).assert_refused(*words)
    assert contents(built.home) == before


@pytest.mark.parametrize("command", ["snapshots", "rollback"])
def test_a_home_where_nothing_was_published(capsys: Capture, tmp_path: Path, command: str) -> None:
    call(capsys, command, "--home", tmp_path / "home").assert_refused("no published snapshot", "--source FOLDER")
    assert not (tmp_path / "home").exists()


def test_a_snapshot_of_which_a_part_is_gone(capsys: Capture, copy_of_built: Callable[[], Built]) -> None:
    home = copy_of_built().home
    lake = second(home)
    version = lake.snapshots.get(1).indexes["clip_index"]
    lake.indexes.drop("clip_index", version)
    call(capsys, "rollback", "--home", home).assert_refused("snapshot 1 cannot be read any more: clip_index gone")
    assert current(lake) == 2
