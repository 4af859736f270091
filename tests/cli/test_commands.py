"""The `relpins` command: what it prints, and that what it refuses costs one line, exit code 2 and not a byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_calls import Built, call, contents, run_command
from worlds import BROKEN, SmallWorld, picture

from relpins_assets.definitions import STAGES

Capture = pytest.CaptureFixture[str]
RANKS = {"rank", "clip_rank", "content_rank", "twotower_rank", "pinclip_rank", "cooccurrence_rank"}
TOLD = {"strategy", "n_shared_boards", "retrieved_by"}


# ---- what it prints


def test_build_prints_json_and_nothing_else_on_stdout(built: Built) -> None:
    assert built.called.code == 0, built.called.err
    assert built.called.json.keys() == {"run", "seconds", "snapshot", "rows computed"}
    assert built.called.json["snapshot"] == 1
    assert built.called.json["rows computed"] > 60
    assert "related_pins_feeds" in built.called.err, "progress goes to stderr"
    assert "Traceback" not in built.called.err


def test_feed_of_one_object_of_a_pin(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    found = "SELECT pin_id FROM dominant_objects WHERE object_number = 1 ORDER BY area DESC, pin_id"
    with_objects = [row["pin_id"] for row in call(capsys, "sql", found, "--home", built.home).json["rows"]]
    told = call(capsys, "feed", with_objects[0], "--object", "1", "--limit", "3", "--home", built.home).json
    assert told["object"]["object_number"] == 1
    assert told["object"]["area"] > 0.1
    assert len(told["results"]) == 3
    assert with_objects[0] not in [result["item_id"] for result in told["results"]]
    number = ("feed", with_objects[0], "--object", "7", "--home", built.home)
    call(capsys, *number).assert_refused("no object 7", "1 (")
    plain = "SELECT pin_id FROM dominant_object_pins WHERE pin_id NOT IN (SELECT pin_id FROM dominant_objects) LIMIT 1"
    without = call(capsys, "sql", plain, "--home", built.home).json["rows"][0]["pin_id"]
    call(capsys, "feed", without, "--object", "1", "--home", built.home).assert_refused("no object was found")
    call(capsys, "feed", "nobody", "--object", "1", "--home", built.home).assert_refused("no pin 'nobody'")
    other = ("feed", with_objects[0], "--object", "1", "--strategy", "related_pins", "--home", built.home)
    call(capsys, *other).assert_refused("related_pins", "no parameter object")


def test_feed_in_a_process_of_its_own_finds_its_home_in_the_environment(built: Built, tmp_path: Path) -> None:
    called = run_command(tmp_path, "feed", "pin037", "--limit", "3", "--json", RELPINS_HOME=str(built.home))
    assert called.code == 0, called.err
    assert called.err == ""
    results = called.json["results"]
    assert len(results) == 3
    for rank, result in enumerate(results, 1):
        assert result.keys() == {"item_id", "id", "title", "image_url", "board_category", "score", "metadata"}
        assert result["metadata"].keys() == RANKS | TOLD
        assert result["metadata"]["rank"] == rank
        assert result["item_id"] == result["id"] != "pin037"
        assert result["score"] > 0


def test_a_refusal_in_a_process_of_its_own(built: Built, tmp_path: Path) -> None:
    before = contents(built.home)
    run_command(tmp_path, "build", "--home", built.home, "--profile", "sampel").assert_refused(
        "'sampel'", "sample", "test"
    )
    assert contents(built.home) == before
    assert list(tmp_path.iterdir()) == []


def test_sample_writes_a_world(capsys: Capture, tmp_path: Path) -> None:
    called = call(capsys, "sample", tmp_path / "world", "--pins", 60, "--home", tmp_path / "home", "--json")
    assert called.code == 0
    assert called.json["pins"] == pq.read_metadata(tmp_path / "world" / "pins.parquet").num_rows
    assert not (tmp_path / "home").exists()


def test_sql_gives_rows_by_column(capsys: Capture, built: Built) -> None:
    query = "SELECT pin_id, created_at FROM raw_pins ORDER BY pin_id LIMIT 2"
    called = call(capsys, "sql", query, "--home", built.home, "--json")
    assert [row["pin_id"] for row in called.json["rows"]] == sorted(SmallWorld.of().pins)[:2]
    assert called.json["rows"][0]["created_at"].startswith("2026-")


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("'nan'::DOUBLE", None),
        ("'-inf'::FLOAT", None),
        ("1.50::DECIMAL(5, 2)", 1.5),
        ("sum(7)", 7),
        ("DATE '2026-06-01'", "2026-06-01"),
        ("TIMESTAMP '2026-06-01 10:00:00'", "2026-06-01T10:00:00"),
        ("TIME '10:00:00'", "10:00:00"),
        ("'ab'::BLOB", "<2 bytes>"),
        ("['ab'::BLOB, NULL]", ["<2 bytes>", None]),
        ("[1.5, 'nan'::FLOAT]::FLOAT[2]", [1.5, None]),
        ("{'a': {'b': DATE '2026-06-01'}}", {"a": {"b": "2026-06-01"}}),
        ("MAP {'a': 1}", [["a", 1]]),
        ("'quote \" and \u2028 é'", 'quote " and \u2028 é'),
        ("true", True),
        ("NULL", None),
    ],
)
def test_every_value_is_valid_json(capsys: Capture, built: Built, expression: str, shown: object) -> None:
    called = call(capsys, "sql", f"SELECT {expression} AS value", "--home", built.home)
    assert called.json == {"rows": [{"value": shown}]}


def test_every_table_can_be_shown_whole(capsys: Capture, built: Built) -> None:
    vectors = call(capsys, "sql", "SELECT * FROM clip_embeddings LIMIT 1", "--home", built.home).json["rows"]
    assert sum(x * x for x in vectors[0]["vector"]) == pytest.approx(1, abs=0.01)
    images = call(capsys, "sql", "SELECT * FROM pin_images JOIN raw_pins USING (pin_id) LIMIT 1", "--home", built.home)
    assert images.json["rows"][0]["jpeg"].endswith(" bytes>")


def test_columns_of_one_name_are_all_shown(capsys: Capture, built: Built) -> None:
    called = call(capsys, "sql", "SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS a", "--home", built.home)
    assert called.json == {"rows": [{"a": 1, "b": 2, "a_1": 3, "a_2": 4}]}


def test_status_tells_rows_rejections_and_builds(capsys: Capture, built: Built) -> None:
    called = call(capsys, "status", "--home", built.home, "--json")
    found = called.json
    assert (called.err, found["snapshot"], found["pending"]) == ("", 1, None)
    assets = {entry["asset"]: entry for entry in found["assets"]}
    assert assets["raw_pins"]["rows"] == 60
    assert (assets["pin_images"]["rows"], assets["pin_images"]["rejected"], assets["pin_images"]["stale"]) == (59, 1, 0)
    assert {entry["stale"] for entry in found["assets"]} <= {0, None}
    not_built = [entry["asset"] for entry in found["assets"] if not entry["built_at"]]
    assert not_built == ["system_comparison"]  # nightly, and by `relpins evaluate`
    for_people = call(capsys, "status", "--home", built.home).out
    assert "related_pins_feeds" in for_people
    assert for_people.splitlines()[0].split()[0] == "home"


def test_status_says_what_is_pending_and_outlives_its_source(
    capsys: Capture, copy_of_built: Callable[[], Built]
) -> None:
    home = copy_of_built().home
    settings = home / "settings.json"
    moved = home.parent / "moved"
    told = json.loads(settings.read_text())
    shutil.copytree(told["source"], moved, copy_function=shutil.copyfile)
    settings.write_text(json.dumps({**told, "source": str(moved)}))
    assert "files" in call(capsys, "status", "--home", home, "--json").json["pending"]
    shutil.rmtree(moved)
    assert "does not exist" in call(capsys, "status", "--home", home, "--json").json["pending"]


def test_help_is_no_error(capsys: Capture) -> None:
    for arguments in ([], ["--help"], ["feed", "--help"]):
        called = call(capsys, *arguments)
        assert (called.code, called.err) == (0, "")
        assert "relpins" in called.out


def test_each_stage_can_be_built_alone(capsys: Capture, tmp_path: Path, built: Built) -> None:
    home, source = tmp_path / "home", tmp_path / "source"
    world = SmallWorld.of()
    world.write(source)
    shutil.copytree(built.home, home)
    (home / "settings.json").write_text((home / "settings.json").read_text().replace(str(built.source), str(source)))
    new = world.add_pin()
    world.write(source)
    for stage in STAGES:
        called = call(capsys, "build", "--home", home, "--select", stage, "--json")
        assert called.code == 0, (stage, called.err)
        assert called.json["snapshot"] == (2 if stage == "publish" else 1)
    assert len(call(capsys, "feed", new, "--home", home).json["results"]) == 4


def test_a_failed_step_is_named(capsys: Capture, copy_of_built: Callable[[], Built]) -> None:
    home = copy_of_built().home
    for path in (home / "lake" / "raw_boards.lance" / "data").iterdir():
        path.write_bytes(b"not a table")
    called = call(capsys, "build", "--home", home, "--select", "catalog", "--json")
    assert (called.code, called.out) == (1, "")
    assert "Traceback" not in called.err
    assert [line for line in called.err.splitlines() if line.startswith("relpins: ")] == called.err.splitlines()[-1:]
    assert called.err.splitlines()[-1].startswith("relpins: raw_boards: ")


# ---- what it refuses


def _no_pins(source: Path) -> None:
    for path in source.glob("pins*"):
        path.unlink()


def _wrong_column(source: Path) -> None:
    rows = pa.table({"pinid": ["a"], "image_bytes": [picture(1)]})
    pq.write_table(rows, source / "pins-0.parquet")


def _no_image_column(source: Path) -> None:
    pq.write_table(pa.table({"pin_id": ["a"], "img": ["x.png"]}), source / "pins-0.parquet")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_pins, ["has no pins", "expected pins.parquet", "boards.parquet"]),
        (_wrong_column, ["pins-0.parquet", "'pin_id'", "columns found: pinid", "`pinid: pin_id`"]),
        (_no_image_column, ["pins-0.parquet", "image_bytes", "columns found: pin_id, img"]),
        (shutil.rmtree, ["does not exist"]),
        (lambda source: (shutil.rmtree(source), source.write_text("x")), ["is a file", "folder"]),
        (lambda source: (source / "_source.yaml").write_text("as_of: soon"), ["_source.yaml", "as_of: 2026-06-01"]),
        (lambda source: (source / "_source.yaml").write_text("- 1"), ["_source.yaml", "as_of: 2026-06-01"]),
        (lambda source: (source / "_source.yaml").write_text("as_of: 2026-02-31"), ["_source.yaml"]),
        (lambda source: (source / "_source.yaml").write_text("as_of: 2026-06-01 10:00:00"), ["_source.yaml"]),
        (lambda source: (source / "_source.yaml").write_text("as_of: {"), ["_source.yaml"]),
        (lambda source: (source / "_source.yaml").write_bytes(b"\xff\xfe\x00"), ["_source.yaml"]),
    ],
)
def test_a_source_that_is_none(
    capsys: Capture, tmp_path: Path, spoil: Callable[[Path], object], words: list[str]
) -> None:
    source, home = tmp_path / "source", tmp_path / "home"
    SmallWorld.of(12, 2).write(source)
    spoil(source)
    before = contents(tmp_path)
    call(capsys, "build", "--home", home, "--source", source, "--profile", "test").assert_refused(*words)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("ann: {backend: exact}\nfeedz: {limit: 4}\n", ["'feedz'", "did you mean 'feeds'"]),
        ("feeds: {relate: [related_pins]}\n", ["'feeds.relate'", "did you mean 'related'"]),
        ("feeds: {related: [related_pin]}\n", ["'related_pin'", "did you mean related_pins"]),
        ("feeds: {related: [same_category]}\n", ["same_category needs source_category"]),
        ("feeds: {home: [related_pins]}\n", ["related_pins needs item_id besides user_id"]),
        ("feeds: {related: [related_pins, related_pins]}\n", ["feeds.related", "named twice"]),
        ("feeds: {related: []}\n", ["feeds.related", "at least 1"]),
        ("feeds: {nearest: 0}\n", ["feeds.nearest", "greater than or equal to 1", "got 0"]),
        ("feeds: {parameters: {limit: 4000}}\n", ["limit", "4000"]),
        ("ann: {backend: anoy}\n", ["'anoy'", "annoy", "exact"]),
        ("clip: {backend: grd}\n", ["'grd'", "grid"]),
        ("clip: {backend: grid, dims: 3}\n", ["dims"]),
        ("describer: {backend: eyes}\n", ["'eyes'", "pixels"]),
        ("columns: {pins: {item_id: pinid}}\n", ["'pinid'", "did you mean 'pin_id'"]),
        ("tables: {interaction: events}\n", ["'interaction'", "did you mean 'interactions'"]),
        ("sql: {pins: DROP TABLE pins}\n", ["pins"]),
        ("automation: {nightly_cron: never}\n", ["never"]),
        ("- clip\n", ["mapping", "list"]),
        ("clip: {backend\n", ["not YAML"]),
        ("\x00", ["not YAML"]),
    ],
)
def test_a_profile_that_is_none(capsys: Capture, tmp_path: Path, profile: str, words: list[str]) -> None:
    source, path = tmp_path / "source", tmp_path / "mine.yaml"
    SmallWorld.of(12, 2).write(source)
    path.write_text(profile)
    before = contents(tmp_path)
    call(capsys, "build", "--home", tmp_path / "home", "--source", source, "--profile", path).assert_refused(*words)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "--profile", "sampel"], ["'sampel'", "pretrained, sample, test"]),
        (["build", "--select", "feed"], ["'feed'", "feeds", "catalog"]),
        (["build", "--source", "."], ["follows source", "another --home"]),
        (["build", "--sauce", "."], ["--sauce", "--help"]),
        (["feed", "pin03"], ["no pin 'pin03'", "near it", "pin037"]),
        (["feed", "nothing like it"], ["no pin 'nothing like it'", "60 pins"]),
        (["feed", "it's"], ["no pin"]),
        (["feed", "pin037", "--limit", "0"], ["--limit", "0"]),
        (["feed", "pin037", "--limit", "1001"], ["--limit", "1001"]),
        (["feed", "pin037", "--limit", "many"], ["--limit", "integer"]),
        (["feed"], ["pin_id"]),
        (["sql", "SELECT * FROM raw_pin"], ["raw_pin", "tables: ", "raw_pins"]),
        (["sql", "SELECT nonsense FROM raw_pins"], ["nonsense"]),
        (["sql", "SELECT * FROM tables"], ["Table with name tables does not exist"]),
        (["sql", "SELEC 1"], ["SELEC"]),
        (["sql", "SELECT 1 / 'a'::INT"], ["refused"]),
        (["sql", "SELECT ?"], ["refused"]),
        (["sql", ""], ["one SELECT", "0"]),
        (["sql", "SELECT 1; SELECT 2"], ["one SELECT", "2"]),
        (["sql", "INSERT INTO raw_pins VALUES (1)"], ["only a SELECT", "INSERT"]),
        (["sql", "CREATE TABLE mine AS SELECT 1"], ["only a SELECT", "CREATE"]),
        (["sql", "COPY (SELECT 1) TO 'out.csv'"], ["only a SELECT", "COPY"]),
        (["sql", "ATTACH 'out.duckdb'"], ["only a SELECT", "ATTACH"]),
        (["sql", "SET enable_external_access = true"], ["only a SELECT", "SET"]),
        (["sql", "SELECT * FROM read_text('/etc/hosts')"], ["refused"]),
        (["status", "--jsn"], ["--jsn"]),
        (["buidl"], ["buidl"]),
    ],
)
def test_a_call_that_is_wrong(capsys: Capture, built: Built, arguments: list[str], words: list[str]) -> None:
    before = contents(built.home)
    home = [] if arguments == ["buidl"] else ["--home", built.home]
    call(capsys, *arguments, *home).assert_refused(*words)
    assert contents(built.home) == before


def test_a_rejected_pin_is_told_with_its_reason(capsys: Capture, built: Built) -> None:
    rejected = next(pin_id for pin_id, pin in SmallWorld.of().pins.items() if pin["picture"] == BROKEN)
    call(capsys, "feed", rejected, "--home", built.home).assert_refused(
        f"'{rejected}' was rejected", "undecodable image"
    )


@pytest.mark.parametrize("arguments", [["feed", "pin037"], ["sql", "SELECT 1"], ["status"], ["build"]])
def test_a_home_where_nothing_was_built(capsys: Capture, tmp_path: Path, arguments: list[str]) -> None:
    home = tmp_path / "home"
    call(capsys, *arguments, "--home", home).assert_refused(str(home), "--source FOLDER")
    assert not home.exists()
    home.mkdir()
    call(capsys, *arguments, "--home", home).assert_refused(str(home), "--source FOLDER")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("command", ["feed", "sql", "status", "build"])
def test_a_home_that_is_a_file(capsys: Capture, tmp_path: Path, command: str) -> None:
    (tmp_path / "home").write_text("mine")
    argument = {"feed": ["pin037"], "sql": ["SELECT 1"]}.get(command, [])
    call(capsys, command, *argument, "--home", tmp_path / "home").assert_refused("home")
    assert (tmp_path / "home").read_text() == "mine"


def test_a_home_within_its_source_would_be_read(capsys: Capture, tmp_path: Path) -> None:
    SmallWorld.of(12, 2).write(tmp_path)
    before = contents(tmp_path)
    call(capsys, "build", "--source", tmp_path, "--home", tmp_path / "home").assert_refused("lies within source")
    assert contents(tmp_path) == before


def test_history_must_have_a_place(capsys: Capture, built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "nowhere")
    before = contents(built.home.parent)
    for home in (built.home, built.home.with_name("new")):
        call(capsys, "build", "--home", home, "--source", built.source).assert_refused("$DAGSTER_HOME", "'nowhere'")
    assert contents(built.home.parent) == before


def test_a_sample_is_not_written_over_what_is_not_one(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    call(capsys, "sample", tmp_path).assert_refused("is not empty")
    call(capsys, "sample", tmp_path / "mine.txt").assert_refused("is a file")
    call(capsys, "sample", tmp_path / "new", "--pins", 3).assert_refused("3 pins", "40 or more")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
