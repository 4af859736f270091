"""`relpins vocabulary`: what it shows, what it writes, what it refuses without writing."""

import json
from pathlib import Path

import pytest
from said_worlds import by_id, curate, said_at_random, workspace_with

from relpins_assets.cli import main
from relpins_assets.home import open_home
from relpins_assets.vocabulary.edits import edits_path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    said, looks = said_at_random(40, 5)
    folder = tmp_path_factory.mktemp("edited") / "home"
    open_home(folder, profile="test").remember()
    curate(workspace_with(folder, said, looks=looks))
    return folder


@pytest.fixture(autouse=True)
def _no_edits(home: Path) -> None:
    edits_path(home).unlink(missing_ok=True)


def called(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["vocabulary", *arguments, "--home", str(home)])
    said = capsys.readouterr()
    return int(str(ended.value.code)), said.out, said.err


def test_list_shows_members_and_counts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, home, "list", "--key", "season", "--json")
    found = json.loads(out)
    assert code == 0
    assert {row["attribute_id"] for row in found["attributes"]} == {"season/summer", "season/winter"}
    assert all(row["n_pins"] > 0 and row["value"] in row["members"] for row in found["attributes"])
    assert found["waits for the next build"] is False
    code, out, _ = called(capsys, home, "list")
    assert code == 0
    assert "season/summer" in out


def test_edits_are_told_written_applied_and_taken_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = by_id(open_home(home).workspace().lake)
    code, out, _ = called(capsys, home, "merge", "season/summer", "season/winter", "--into", "all year", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["before"] == ["season/summer", "season/winter"]
    assert told["after"] == ["season/all year (summer, winter)"]
    assert called(capsys, home, "rename", "season/winter", "any season")[0] == 0
    assert called(capsys, home, "split", "season/summer", "winter")[0] == 0
    assert called(capsys, home, "ban", "rise/low rise")[0] == 0
    assert json.loads(called(capsys, home, "list", "--json")[1])["waits for the next build"] is True
    curate(open_home(home).workspace())
    after = by_id(open_home(home).workspace().lake)
    assert {row["value"] for row in after.values() if row["key"] == "season"} == {"any season", "winter"}
    assert "rise/low-rise" not in after
    for _ in range(4):
        assert called(capsys, home, "undo")[0] == 0
    curate(open_home(home).workspace())
    assert by_id(open_home(home).workspace().lake) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ban", "season/sumer"), ("season/summer",)),
        (("ban", "sumer"), ("key/form",)),
        (("merge", "season/summer"), ("two attributes",)),
        (("merge", "season/summer", "rise/low rise"), ("one key",)),
        (("rename", "season/summer", "winter"), ("merge",)),
        (("split", "season/summer", "summer"), ("nothing of",)),
        (("undo",), ("no edit",)),
        (("list", "--key", "fabric"), ("season",)),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    code, out, err = called(capsys, home, *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert all(word in err for word in words), err
    assert not edits_path(home).exists()


def test_a_home_without_a_vocabulary_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("list",), ("ban", "season/summer")):
        code, _, err = called(capsys, tmp_path / "none", *arguments)
        assert code == 2
        assert "relpins build" in err
    assert not (tmp_path / "none").exists()
