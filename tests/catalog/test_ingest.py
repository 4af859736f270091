"""What a source means: duplicates, deletions, files half there, images that come late; over real runs of the graph."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catalog_sources import assert_like_a_fresh_home, pin, pin_of_file, run_catalog, write_file, write_pins
from running import run, workspace_of
from worlds import SmallWorld, picture

from relpins_assets.catalog.pending import find_pending
from relpins_resources.lake import Lake

OPTIONAL = ("boards", "board_pins", "interactions", "searches", "users")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# ---- what a source may leave out, and what it may call things


@pytest.mark.parametrize("missing", [*([table] for table in OPTIONAL), list(OPTIONAL)], ids="+".join)
def test_every_table_but_pins_is_optional(home: Path, source: Path, missing: list[str]) -> None:
    SmallWorld.of(16, 4).write(source)
    for table in missing:
        (source / f"{table}.parquet").unlink()
    told = run(workspace_of(home, source), "build_all" if missing == list(OPTIONAL) else "incremental")
    lake = _published(home)
    assert {name: lake.table(f"raw_{name}").count() == 0 for name in OPTIONAL} == {n: n in missing for n in OPTIONAL}
    assert told["related_pins_feeds"]["feeds"] == lake.table("pin_images").count() == 15
    listed = lake.query("SELECT pin_id FROM related_pins_feeds GROUP BY pin_id HAVING count(*) = 4")
    assert listed.num_rows == 15


def test_names_of_the_catalogs_own(home: Path, source: Path, tmp_path: Path) -> None:
    """Tables and columns as in the article: item_id, interaction_type, pin_interactions."""
    at = datetime(2026, 5, 20, tzinfo=UTC)
    source.mkdir()
    for number in range(8):
        write_file(source / "photos" / f"{number}.png", picture(number))
    pins = [
        {
            "item_id": f"pin_{number}",
            "title": f"oak lamp {number}",
            "description": "for a hall",
            "image_url": f"photos/{number}.png",
            "board_category": "home",
            "created_at": at,
        }
        for number in range(8)
    ]
    events = [
        {
            "interaction_id": f"i{n}",
            "user_id": "user_445",
            "item_id": f"pin_{n}",
            "interaction_type": what,
            "created_at": at,
        }
        for n, what in enumerate(["click", "save", "impression"])
    ]
    pq.write_table(pa.Table.from_pylist(pins), source / "pins.parquet")
    pq.write_table(pa.Table.from_pylist(events), source / "pin_interactions.parquet")
    profile = tmp_path / "mine.yaml"
    profile.write_text("""
as_of: 2026-06-01
clip: {backend: grid}
content: {backend: grid}
ann: {backend: exact}
tables: {interactions: pin_interactions}
columns: {item_id: pin_id, interaction_type: event}
""")
    run(workspace_of(home, source, profile=str(profile)))
    lake = _published(home)
    told = lake.query("SELECT pin_id, board_category FROM raw_pins ORDER BY pin_id").to_pylist()
    assert told == [{"pin_id": f"pin_{number}", "board_category": "home"} for number in range(8)]
    told = lake.query("SELECT pin_id, event FROM raw_interactions ORDER BY interaction_id").to_pylist()
    assert [tuple(row.values()) for row in told] == [("pin_0", "click"), ("pin_1", "save"), ("pin_2", "impression")]
    assert lake.rejected.count() == 0
    assert lake.table("related_pins_pools").count() == 8


# ---- duplicates


def test_the_newest_of_duplicates_wins_and_the_loser_comes_back(home: Path, source: Path, tmp_path: Path) -> None:
    write_pins(source / "pins-0.parquet", [pin(n, f"pin {n}", 1) for n in range(10)])
    write_pins(source / "pins-1.parquet", [pin(3, "newest", 9), pin(4, "older", None)])
    write_pins(source / "pins-2.parquet", [pin(3, "newer", 5), pin(5, "pin 5", 1)])
    ran = run_catalog(home, source)
    assert (ran.titles()["p03"], ran.titles()["p04"]) == ("newest", "pin 4")
    assert ran.rejected() == [("pins", key, "duplicate id") for key in ("p03", "p03", "p04")]
    lost = _lost(ran.lake)
    assert lost["pin 3"] == lost["newer"] == "row 1 of pins-1.parquet is kept"
    assert lost["older"] == "row 5 of pins-0.parquet is kept"
    assert run_catalog(home, source).work() == {}

    (source / "pins-1.parquet").unlink()
    ran = run_catalog(home, source)
    assert (ran.titles()["p03"], ran.titles()["p04"]) == ("newer", "pin 4")
    assert _lost(ran.lake) == {"pin 3": "row 1 of pins-2.parquet is kept"}
    assert ran.work()["raw_pins"] == {"stale": 1}
    assert_like_a_fresh_home(ran.lake, source, tmp_path / "fresh")


def test_equal_times_go_by_file_then_by_row(home: Path, source: Path) -> None:
    write_pins(source / "pins-0.parquet", [pin(1, "a", 1), pin(2, "a"), pin(3, "first", 1), pin(3, "second", 1)])
    write_pins(source / "pins-1.parquet", [pin(1, "b", 1), pin(2, "b")])
    ran = run_catalog(home, source)
    assert ran.titles() == {"p01": "b", "p02": "b", "p03": "second"}
    assert json.loads(_rejected_row(ran.lake, "p03"))["title"] == "first"


# ---- deletion


def test_deleted_takes_a_pin_out_until_a_newer_row(home: Path, source: Path, tmp_path: Path) -> None:
    write_pins(source / "pins-0.parquet", [pin(n, f"pin {n}", 5) for n in range(12)])
    write_pins(source / "pins-1.parquet", [pin(1, day=4, deleted=True), pin(2, day=6, deleted=True, image_bytes=None)])
    ran = run_catalog(home, source)
    assert "p01" in ran.titles(), "an older row does not delete a newer one"
    assert "p02" not in ran.titles()
    assert ran.rejected() == [("pins", "p01", "duplicate id")], "what was deleted lost to nothing"

    write_pins(source / "pins-1.parquet", [pin(1, day=6, deleted=True), pin(2, "back", 7)])
    ran = run_catalog(home, source)
    assert "p01" not in ran.titles()
    assert ran.titles()["p02"] == "back"
    assert "p01" not in ran.pictured()
    assert_like_a_fresh_home(ran.lake, source, tmp_path / "fresh")


def test_absence_deletes_only_when_every_file_was_read(home: Path, source: Path, tmp_path: Path) -> None:
    one, two = source / "pins-0.parquet", source / "pins-1.parquet"
    write_pins(one, [pin(n, f"pin {n}", 1) for n in range(6)])
    write_pins(two, [pin(n, f"pin {n}", 1) for n in range(6, 12)])
    assert run_catalog(home, source).warned() == []

    write_pins(one, [pin(n, f"pin {n}", 1) for n in range(1, 5)] + [pin(5, day=2, deleted=True), pin(20, "new", 1)])
    whole = two.read_bytes()
    write_file(two, whole[: len(whole) // 2])
    ran = run_catalog(home, source)
    left = [*range(5), *range(6, 12), 20]
    assert ran.titles().keys() == {f"p{n:02d}" for n in left}, "p05 says that it is deleted, p00 is only absent"
    assert ran.warned() == ["raw_pins"]
    assert ran.checks["raw_pins"].metadata["files unreadable"].value == 1
    assert "pins-1.parquet" in str(ran.checks["raw_pins"].metadata["why"].value)

    again = run_catalog(home, source)
    assert again.work() == {}
    assert again.lake.table("raw_pins").version() == ran.lake.table("raw_pins").version()
    assert again.warned() == ["raw_pins"], "it is still so"
    pending = find_pending(workspace_of(home, source))
    assert pending is None or "files" not in pending.why

    write_file(two, whole)
    ran = run_catalog(home, source)
    assert ran.work()["raw_pins"] == {"removed": 1}
    assert "p00" not in ran.titles()
    assert ran.warned() == []
    assert_like_a_fresh_home(ran.lake, source, tmp_path / "fresh")


def test_many_deletes_at_once_are_withheld_until_allowed(home: Path, source: Path, tmp_path: Path) -> None:
    write_pins(source / "pins.parquet", [pin(n, f"pin {n}") for n in range(10)])
    write_pins(source / "pins-more.parquet", [pin(n, f"pin {n}") for n in range(10, 12)])
    run_catalog(home, source)
    write_pins(source / "pins.parquet", [pin(0, "changed")] + [pin(n, f"pin {n}") for n in range(1, 9)])
    (source / "pins-more.parquet").unlink()
    ran = run_catalog(home, source)
    assert ran.work() == {"raw_pins": {"stale": 1}}
    assert len(ran.titles()) == 12
    assert ran.titles()["p00"] == "changed"
    assert ran.warned() == ["raw_pins"]
    assert ran.told["raw_pins"]["deletes withheld"] == ran.checks["raw_pins"].metadata["deletes withheld"].value == 3

    again = run_catalog(home, source)
    assert (again.work(), again.warned()) == ({}, ["raw_pins"])
    pending = find_pending(workspace_of(home, source))
    assert pending is None or "files" not in pending.why

    ran = run_catalog(home, source, allow_deletes=True)
    assert (ran.work()["raw_pins"], ran.warned()) == ({"removed": 3}, [])
    assert len(ran.titles()) == len(ran.pictured()) == 9
    assert_like_a_fresh_home(ran.lake, source, tmp_path / "fresh")


def test_a_fifth_may_go_unasked(home: Path, source: Path) -> None:
    write_pins(source / "pins.parquet", [pin(n) for n in range(10)])
    run_catalog(home, source)
    write_pins(source / "pins.parquet", [pin(n) for n in range(8)])
    ran = run_catalog(home, source)
    assert (len(ran.titles()), ran.warned()) == (8, [])


def test_a_table_that_is_gone_is_withheld_too(home: Path, source: Path) -> None:
    SmallWorld.of(6, 3).write(source)
    run_catalog(home, source, tables=("pins", "boards"))
    (source / "boards.parquet").unlink()
    ran = run_catalog(home, source, tables=("pins", "boards"))
    assert ran.warned() == ["raw_boards"]
    assert ran.lake.table("raw_boards").count() == 3


# ---- files half there


def test_a_half_written_file_is_taken_in_when_it_is_whole(home: Path, source: Path, tmp_path: Path) -> None:
    write_pins(source / "pins-0.parquet", [pin(n) for n in range(4)])
    write_pins(source / "pins-1.parquet", [pin(n) for n in range(4, 8)])
    whole = (source / "pins-1.parquet").read_bytes()
    write_file(source / "pins-1.parquet", whole[:-100])
    write_file(source / "pins-2.csv", b"pin_id,title,image_url\np90,lamp,a.png\np91,so")
    write_file(source / "boards.jsonl", b'{"board_id": "b1", "title": "oak"}\n{"board_id": "b2", "ti')
    ran = run_catalog(home, source, tables=("pins", "boards"))
    assert set(ran.titles()) == {f"p{n:02d}" for n in range(4)}
    assert sorted(ran.warned()) == ["raw_boards", "raw_pins"]
    assert ran.checks["raw_pins"].metadata["files unreadable"].value == 2

    write_file(source / "pins-1.parquet", whole)
    write_file(source / "pins-2.csv", b"pin_id,title,image_url\np90,lamp,a.png\np91,sofa,b.png\n")
    write_file(source / "boards.jsonl", b'{"board_id": "b1", "title": "oak"}\n{"board_id": "b2", "title": "elm"}\n')
    ran = run_catalog(home, source, tables=("pins", "boards"))
    assert set(ran.titles()) == {f"p{n:02d}" for n in [*range(8), 90, 91]}
    assert ran.lake.table("raw_boards").count() == 2
    assert ran.warned() == []
    assert_like_a_fresh_home(ran.lake, source, tmp_path / "fresh", tables=("pins", "boards"))


# ---- images


def test_an_image_may_come_late_and_change_under_its_name(home: Path, source: Path, tmp_path: Path) -> None:
    image = source / "images" / "late.png"
    pins = [pin(0), pin_of_file(1, "images/late.png"), pin_of_file(2, "file:images/late.png")]
    write_pins(source / "pins.parquet", pins)
    ran = run_catalog(home, source)
    assert ran.pictured() == ["p00"]
    assert ran.rejected() == [("pin_images", "p01", "no image"), ("pin_images", "p02", "no image")]
    assert run_catalog(home, source).work() == {}, "what is not there is not tried again"

    write_file(image, picture(1))
    ran = run_catalog(home, source)
    assert (ran.pictured(), ran.rejected()) == (["p00", "p01", "p02"], [])
    before = _pixels(ran.lake)
    assert run_catalog(home, source).work() == {}

    write_file(image, picture(2))
    ran = run_catalog(home, source)
    assert ran.work()["pin_images"] == {"stale": 2}
    after = _pixels(ran.lake)
    assert after["p00"] == before["p00"]
    assert after["p01"] == after["p02"] != before["p01"]

    write_file(image, picture(2))  # touched, not changed
    assert run_catalog(home, source).work() == {}

    write_file(image, b"not a picture any more")
    ran = run_catalog(home, source)
    assert ran.pictured() == ["p00"]
    assert ran.rejected() == [("pin_images", key, "undecodable image") for key in ("p01", "p02")]
    image.unlink()
    ran = run_catalog(home, source)
    assert ran.rejected() == [("pin_images", "p01", "no image"), ("pin_images", "p02", "no image")]
    assert_like_a_fresh_home(ran.lake, source, tmp_path / "fresh")


def test_a_broken_image_is_rejected_once(home: Path, source: Path) -> None:
    write_pins(source / "pins.parquet", [pin(0), pin(1, image_bytes=b"GIF89a?"), pin(2, image_bytes=picture(2)[:-40])])
    ran = run_catalog(home, source)
    assert ran.work()["pin_images"] == {"new": 3, "rejected": len(ran.rejected())}
    assert ("pin_images", "p01", "undecodable image") in ran.rejected()
    again = run_catalog(home, source)
    assert again.work() == {}
    assert again.lake.rejected.version() == ran.lake.rejected.version()


def test_no_image_url_stops_a_run(home: Path, source: Path) -> None:
    (source / "images").mkdir(parents=True)
    (source / "loop.png").symlink_to("loop.png")
    (source / "out.png").symlink_to("/etc/hosts")
    os.mkfifo(source / "pipe.png")
    urls = ["images", "loop.png", "out.png", "pipe.png", "x" * 900 + ".png", "a\0b.png", "../up.png", "/etc/hosts", "."]
    urls += ["ftp://a/b.png", "https://a/b.png", "", " ", "images/", "%2e%2e/x.png", "~/x.png"]
    write_pins(source / "pins.parquet", [pin(90), *(pin_of_file(n, url) for n, url in enumerate(urls))])
    ran = run_catalog(home, source)
    assert ran.pictured() == ["p90"]
    reasons = {key: reason for _, key, reason in ran.rejected()}
    assert reasons.keys() == {f"p{n:02d}" for n in range(len(urls))}
    outside = {urls[int(key[1:])] for key, reason in reasons.items() if reason == "path outside the source"}
    assert outside >= {"out.png", "../up.png", "/etc/hosts"}
    assert run_catalog(home, source).work() == {}


def _published(home: Path) -> Lake:
    lake = workspace_of(home, None).lake
    snapshot = lake.snapshots.current()
    assert snapshot is not None
    return lake.at(snapshot)


def _lost(lake: Lake) -> dict[str, str]:
    """Of each beaten row its title, out of the JSON, and what is said of it."""
    rows = lake.rejected.read().to_pylist()
    return {json.loads(row["row_json"])["title"]: row["detail"] for row in rows if row["reason"] == "duplicate id"}


def _rejected_row(lake: Lake, key: str) -> str:
    return str(lake.rejected.read(["row_json"], where=f"key = '{key}'")["row_json"].to_pylist()[0])


def _pixels(lake: Lake) -> dict[str, str]:
    rows = lake.table("pin_images").read(["pin_id", "pixel_hash"]).to_pylist()
    return {row["pin_id"]: row["pixel_hash"] for row in rows}
