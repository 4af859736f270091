"""A home as a whole: its tables by name, what runs work on, and what a rebuild starts from."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lake_tables import SCHEMAS, feeds, lake_at, pins, titles_of, units, vector_rows

from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at(tmp_path / "home")


def test_an_unknown_table_is_an_error_that_lists_the_tables(lake: Lake) -> None:
    with pytest.raises(RelpinsError, match="there is no table 'pinz'; tables: feeds, files, pins, pools"):
        lake.table("pinz")


def test_looking_at_a_home_writes_nothing(lake: Lake) -> None:
    assert set(lake.tables()) == set(SCHEMAS)
    assert lake.table("pins").read().num_rows == lake.rejected.count() == 0
    assert lake.query("SELECT * FROM pins").num_rows == 0
    assert lake.watermark("feeds", ["pins"]).changes() is None
    assert lake.chosen("artefacts", "clip_model") is lake.artefact("clip_model") is lake.index("clip_index") is None
    assert lake.candidate(date(2026, 6, 1), "test").tables == {}
    assert lake.recall("settings") is None
    assert not lake.home.exists()


def test_what_was_chosen_is_what_runs_work_on(lake: Lake) -> None:
    lake.artefacts.make("clip_model", "v1", lambda folder: {})
    lake.indexes.make("clip_model", "v1", lambda folder: {"is_index": True})
    assert lake.artefact("clip_model") is None
    lake.choose("artefacts", "clip_model", "v1")
    assert lake.chosen("artefacts", "clip_model") == "v1"
    assert lake.chosen("indexes", "clip_model") is None
    lake.choose("indexes", "clip_model", "v1")
    found = lake_at(lake.home).index("clip_model")
    assert found is not None
    assert found.manifest["is_index"]
    lake.choose("artefacts", "clip_model", "v2")
    assert lake.artefact("clip_model") is None  # chosen, and not made yet
    with pytest.raises(AssertionError, match="models"):
        lake.choose("models", "clip_model", "v1")


def test_each_space_is_a_table_of_its_own(lake: Lake) -> None:
    table = lake.table("vectors")
    for space in ("v1", "v2"):
        lake.choose("spaces", "vectors", space)
        lake.table("vectors").upsert(vector_rows(space, np.ones((2, 3), np.float32)))
    lake.choose("spaces", "vectors", "v1")
    assert sorted(lake.table("vectors").read()["pin_id"].to_pylist()) == ["1", "v"]
    assert not table.exists()
    assert sorted(path.name for path in (lake.home / "lake").iterdir()) == ["vectors@v1.lance", "vectors@v2.lance"]


def test_small_values_are_remembered(lake: Lake) -> None:
    lake.remember("seen", {"digest": "1"})
    assert lake_at(lake.home).recall("seen") == {"digest": "1"}


def fill(lake: Lake) -> None:
    for name in ("pins", "raw_pins", "statistics", "files", "quality"):
        lake.table(name).upsert(pins(["a"]))
    lake.table("feeds").upsert(feeds({("s", "a"): ["b"]}))
    lake.table("pools").upsert(units([("s", "a")]).append_column("fingerprint", [["f"]]))
    lake.choose("spaces", "vectors", "v1")
    lake.table("vectors").upsert(vector_rows("a", np.ones((1, 2), np.float32)))
    row = {"key": "a", "reason": "r", "detail": None, "row_json": None, "fingerprint": "f"}
    rejected = lake.rejected.schema.arrow()
    lake.rejected.upsert(rejected.empty_table().from_pylist([{**row, "table": t} for t in ("raw", "pins")], rejected))
    for kind, store in (("artefacts", lake.artefacts), ("indexes", lake.indexes)):
        store.make("clip", "v1", lambda folder: {})
        lake.choose(kind, "clip", "v1")
    mark = lake.watermark("feeds", ["pins"])
    mark.set(mark.now())
    lake.remember("seen", 1)
    (lake.home / "cache").mkdir()
    (lake.home / "lake" / "table_of_an_older_release.lance").mkdir()


def test_a_rebuild_starts_from_raw_trained_and_bookkept(lake: Lake) -> None:
    fill(lake)
    lake.drop_derived()
    held = {name: lake.table(name).count() for name in SCHEMAS}
    kept = {"raw_pins": 1, "statistics": 1, "files": 1, "rejected_rows": 1}
    assert held == dict.fromkeys(SCHEMAS, 0) | kept
    assert lake.rejected.read(["table"])["table"].to_pylist() == ["raw"]
    assert lake.artefact("clip") is not None
    assert lake.index("clip") is lake.chosen("indexes", "clip") is lake.chosen("spaces", "vectors") is None
    assert lake.watermark("feeds", ["pins"]).changes() is None
    assert lake.recall("seen") == 1
    assert sorted(path.name for path in lake.home.iterdir()) == ["artefacts", "candidate.json", "lake", "seen.json"]
    names = sorted(path.stem for path in (lake.home / "lake").iterdir())
    assert names == ["files", "raw_pins", "rejected_rows", "statistics"]


def test_dropping_twice_or_from_nothing_is_no_error(lake: Lake) -> None:
    lake.drop_derived()
    fill(lake)
    lake.drop_derived()
    lake.drop_derived()
    assert titles_of(lake.table("raw_pins")) == {"a": "a"}
