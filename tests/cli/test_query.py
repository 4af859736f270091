"""`relpins query`: what it prints, what it refuses, and that no text or value is anything but a query."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Built, call, contents, run_command

Capture = pytest.CaptureFixture[str]
PIN = "pin037"
BLEND = (
    "SELECT * FROM similarity(embedding_ref='clip_embedding', encoder='precomputed_item', input_item_id=$item_id,"
    " limit=20) WHERE item_id != $item_id ORDER BY score(expression='0.5 / (1 + rank(embedding=\"clip_embedding\"))')"
    " LIMIT $limit"
)


def test_a_saved_query_by_name_for_machines_and_for_people(capsys: Capture, built: Built) -> None:
    asked = ("query", "related_pins", "--home", built.home, "--param", f"item_id={PIN}", "--param", "limit=3")
    found = call(capsys, *asked, "--json").json
    assert [entry["item_id"] for entry in found["results"]] != []
    assert len(found["results"]) == 3
    assert {"clip_rank", "content_rank", "twotower_rank"} <= found["results"][0]["metadata"].keys()
    assert "warnings" not in found
    told = call(capsys, *asked)
    assert told.code == 0
    assert found["results"][0]["item_id"] in told.out
    with pytest.raises(json.JSONDecodeError):
        json.loads(told.out)


def test_a_file_and_a_text(capsys: Capture, built: Built, tmp_path: Path) -> None:
    values = ("--param", f"item_id={PIN}", "--param", "limit=5", "--json", "--home", built.home)
    path = tmp_path / "mine.sql"
    path.write_text(f"---\nparameters:\n  item_id: string\n  limit: {{type: integer, default: 2}}\n---\n{BLEND}\n")
    by_text = call(capsys, "query", BLEND, *values).json
    assert call(capsys, "query", path, *values).json == by_text
    assert len(by_text["results"]) == 5
    fewer = call(capsys, "query", path, "--param", f"item_id={PIN}", "--json", "--home", built.home).json
    assert fewer["results"] == by_text["results"][:2]


def test_explain_and_why_not(capsys: Capture, built: Built) -> None:
    asked = ("query", BLEND, "--home", built.home, "--param", f"item_id={PIN}", "--param", "limit=2", "--explain")
    found = call(capsys, *asked, "--why-not", PIN, "--json").json
    assert found["why_not"]["dropped_by"] == "filter"
    assert "item_id != $item_id" in found["why_not"]["why"]
    assert [stage["stage"] for stage in found["explanation"]["stages"]][-1] == "slice"
    first = found["results"][0]
    assert sum(term["value"] for term in first["explanation"]["terms"]) == pytest.approx(first["score"])
    told = call(capsys, *asked, "--why-not", PIN).out
    assert f"why not {PIN}?" in told
    assert "dropped by filter" in told


def test_pages_under_a_key_do_not_repeat(capsys: Capture, built: Built) -> None:
    asked = ("query", BLEND, "--home", built.home, "--param", f"item_id={PIN}", "--param", "limit=4", "--json")
    pages = [call(capsys, *asked, "--pagination-key", "k1").json["results"] for _ in range(3)]
    shown = [entry["item_id"] for page in pages for entry in page]
    assert len(shown) == len(set(shown)) == 12
    assert call(capsys, *asked, "--pagination-key", "k2").json["results"] == pages[0]
    assert call(capsys, *asked).json["results"] == pages[0]


def test_a_long_query_in_one_line_is_no_file_name(capsys: Capture, built: Built) -> None:
    text = "SELECT item_id FROM filter(limit=5) WHERE " + " AND ".join(f"item_id != 'nosuch{n}'" for n in range(30))
    called = call(capsys, "query", text, "--json", "--home", built.home)
    assert called.code == 0, called.err
    assert len(called.json["results"]) == 5


def test_what_is_not_there_is_named_in_a_warning(capsys: Capture, built: Built) -> None:
    text = (
        "SELECT * FROM retrieve(random_walk('pin037'), filter(limit=3))"
        " ORDER BY score(expression='ranker + pair.hamming + user.shoe_size', input_user_id='u1') REORDER BY boosted()"
    )
    told = " ".join(call(capsys, "query", text, "--json", "--home", built.home).json["warnings"])
    for name in ("shoe_size", "boost"):
        assert name in told
    assert "ranker" not in told


def test_a_broken_strategy_of_ones_own_is_shown_with_its_line(
    capsys: Capture, copy_of_built: Callable[[], Built]
) -> None:
    home = copy_of_built().home
    (home / "strategies").mkdir()
    (home / "strategies" / "mine.sql").write_text("SELECT *\nFROM filter()\nWHERE pric > 3")
    called = call(capsys, "query", "mine", "--home", home)
    assert called.code == 2
    for word in ("mine.sql", "line 3", "did you mean price", "^"):
        assert word in called.err
    assert call(capsys, "query", "related_pins", "--home", home, "--param", f"item_id={PIN}").code == 0
    (home / "strategies" / "mine.sql").write_text("---\nname: related_pins\n---\nSELECT * FROM ids(['pin037'])")
    found = call(capsys, "query", "related_pins", "--home", home, "--json").json["results"]
    assert [entry["item_id"] for entry in found] == ["pin037"]


def test_a_filter_of_the_profile_that_is_none_is_shown(capsys: Capture, built: Built, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("clip: {backend: grid}\nfilters: {cheap: pric < 3}\n")
    called = call(
        capsys, "build", "--home", tmp_path / "home", "--source", built.source, "--profile", tmp_path / "mine.yaml"
    )
    assert called.code == 2
    for word in ("filter 'cheap' of the profile", "did you mean price", "^"):
        assert word in called.err


REFUSED: list[tuple[list[str], list[str]]] = [
    (["related_pin"], ["'related_pin'", "did you mean related_pins"]),
    (["related_pins"], ["item_id", "missing"]),
    (["related_pins", "--param", "item_id=nosuch"], ["there is no pin 'nosuch'"]),
    (["related_pins", "--param", f"item_id={PIN}", "--param", "limit=many"], ["limit", "integer", "many"]),
    (["related_pins", "--param", f"item_id={PIN}", "--param", "limit=2000"], ["limit", "2000", "1000"]),
    (["related_pins", "--param", "item_id"], ["name=value"]),
    (["SELECT * FROM simlarity('clip_embedding')"], ["simlarity", "did you mean similarity", "^"]),
    (["SELECT * FROM similarity('clip', encoder=precomputed_item($item_id))"], ["clip_embedding", "^"]),
    (["SELECT * FROM filter() LIMIT 2000"], ["2000", "1000", "^"]),
    (["SELECT * FROM filter() JOIN boards"], ["JOIN"]),
    (["SELECT * FROM filter(); DROP TABLE pins"], ["DROP", "only reads"]),
    (["SELECT * FROM filter() ORDER BY score(expression='__import__(\"os\")')"], ["__import__", "^"]),
    (["SELECT * FROM filter() WHERE pric > 2"], ["pric", "did you mean price", "^"]),
    (["SELECT pric FROM filter()"], ["pric", "did you mean price", "^"]),
    (["SELECT * FROM filter(entity_type='users')"], ["retrieves items", "^"]),
    (["nosuch/file.sql"], ["no saved query, no file"]),
    (["x" * 300], ["no saved query, no file"]),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED)
def test_what_is_refused(capsys: Capture, built: Built, arguments: list[str], words: list[str]) -> None:
    before = contents(built.home)
    called = call(capsys, "query", *arguments, "--home", built.home)
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("relpins: ")
    assert "Traceback" not in called.err
    assert not [word for word in words if word not in called.err], called.err
    assert contents(built.home) == before


def test_a_value_is_only_ever_a_value(capsys: Capture, built: Built) -> None:
    text = "SELECT item_id FROM filter(limit=1000) WHERE title = $title LIMIT 1000"
    everything = call(capsys, "query", text.replace("WHERE title = $title", ""), "--json", "--home", built.home).json
    assert len(everything["results"]) > 50
    for value in ("' OR 1=1 --", "x' OR 'a'='a", "$title", "__import__('os')"):
        found = call(capsys, "query", text, "--param", f"title={value}", "--json", "--home", built.home)
        assert found.code == 0, found.err
        assert found.json["results"] == []


def test_in_a_process_of_its_own(built: Built, tmp_path: Path) -> None:
    called = run_command(
        tmp_path, "query", "home_feed", "--param", "user_id=null", "--param", "limit=3", "--json",
        RELPINS_HOME=str(built.home),
    )  # fmt: skip
    assert called.code == 0, called.err
    results = called.json["results"]
    assert len(results) == 3
    assert all(entry["metadata"]["retrieved_by"] in (["popular"], []) for entry in results)
