"""`relpins evaluate`: what it prints, writes and refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Built, call, contents

Capture = pytest.CaptureFixture[str]


def test_systems_are_compared_published_and_written(
    capsys: Capture, copy_of_built: Callable[[], Built], tmp_path: Path
) -> None:
    home, trec, page = copy_of_built().home, tmp_path / "trec", tmp_path / "page.md"
    called = call(capsys, "evaluate", "--home", home, "--trec", trec, "--page", page, "--json")
    assert called.code == 0, called.err
    found = {(row["system"], row["metric"], row["slice"]): row for row in called.json["rows"]}
    ours = found["ours", "ndcg@10", "all"]
    assert ours["n_queries"] > 0
    assert 0 <= found["random", "ndcg@10", "all"]["value"] <= 1
    assert (ours["low"], ours["high"]) == (None, None), "nothing differs from itself"
    assert page.read_text().startswith("# Systems compared")
    assert "**ours**" in page.read_text()
    assert {"qrels.txt", "ours.run", "traditional_blend.run"} <= {file.name for file in trec.iterdir()}
    sql = "SELECT count(*) AS n FROM system_comparison"
    assert call(capsys, "sql", sql, "--home", home, "--json").json["rows"] == [{"n": len(found)}]
    again = call(capsys, "evaluate", "--home", home)
    assert again.code == 0
    assert "**" not in again.out
    assert "new" not in again.err.split("system_comparison")[1].split("\n")[0], (
        "nothing changed, nothing is judged anew"
    )
    shutil.rmtree(home / "eval")
    (home / "eval").touch()  # where the graph at the cut is built
    assert call(capsys, "evaluate", "--home", home, "--trec", trec).code != 0
    (home / "eval").unlink()
    kept = call(capsys, "evaluate", "--home", home, "--json")
    assert len(kept.json["rows"]) == len(found), "what broke off half-way took the comparison away"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "0,x"], ["0,x", "whole numbers", "0,1,2"]),
        (["--seeds", "-1"], ["-1", "whole numbers"]),
        (["--seeds", ""], ["whole numbers"]),
        (["--page", "nowhere/page.md"], ["no folder nowhere", "page.md"]),
        (["--page", "/"], ["/ is a folder", "name the file"]),
        (["--trec", __file__], ["is a file", "give a folder"]),
    ],
)
def test_a_wrong_call_costs_nothing(capsys: Capture, built: Built, arguments: list[str], words: list[str]) -> None:
    before = contents(built.home)
    call(capsys, "evaluate", "--home", built.home, *arguments).assert_refused(*words)
    assert contents(built.home) == before


def test_a_home_that_published_nothing(capsys: Capture, tmp_path: Path) -> None:
    call(capsys, "evaluate", "--home", tmp_path / "home").assert_refused("no published snapshot", "--source FOLDER")
    assert not (tmp_path / "home").exists()
