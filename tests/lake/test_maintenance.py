"""Maintenance drops what nothing names, and nothing else."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from lake_tables import lake_at, pins, size_of, titles_of, vector_rows

from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake
from relpins_resources.lake.cache import Cache
from relpins_resources.lake.maintenance import MaintenanceReport, maintain

DAY = date(2026, 6, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at(tmp_path / "home")


def publish(lake: Lake, title: str) -> int:
    for i in range(3):
        lake.table("pins").upsert(pins({f"p{i}": title, f"{title}{i}": title}))
    return lake.snapshots.publish(lake.candidate(DAY, "test"))[0].number


def versions(lake: Lake, name: str) -> list[int]:
    return [entry["version"] for entry in lake.table(name).dataset().versions()]


def test_an_empty_home(lake: Lake) -> None:
    assert maintain(lake, 1) == MaintenanceReport()
    assert not lake.home.exists()


def test_kept_snapshots_read_as_before_and_dropped_ones_are_gone(lake: Lake) -> None:
    for title in ("one", "two", "three", "four"):
        publish(lake, title)
    before = {number: titles_of(lake.at(lake.snapshots.get(number)).table("pins")) for number in (3, 4)}
    dropped = lake.snapshots.get(1).tables["pins"].version
    report = maintain(lake, 2)
    assert lake.snapshots.numbers() == [3, 4]
    assert {number: titles_of(lake.at(lake.snapshots.get(number)).table("pins")) for number in (3, 4)} == before
    assert titles_of(lake.table("pins")) == before[4]
    with pytest.raises(RelpinsError, match="there is no snapshot 1"):
        lake.snapshots.get(1)
    assert dropped not in versions(lake, "pins")
    named = {lake.snapshots.get(number).tables["pins"].version for number in (3, 4)}
    assert set(versions(lake, "pins")) == named | {lake.table("pins").version()}
    assert report.n_snapshots == 2
    assert report.n_versions >= 13 - 3  # made once, three commits a snapshot; two kept and the compacted one


def test_the_current_snapshot_is_kept_however_old(lake: Lake) -> None:
    for title in ("one", "two", "three"):
        publish(lake, title)
    lake.snapshots.point_to(1)
    maintain(lake, 1)
    assert lake.snapshots.numbers() == [1, 3]
    current = lake.snapshots.current()
    assert current is not None
    assert set(titles_of(lake.at(current).table("pins")).values()) == {"one"}


def test_a_watermark_still_tells_what_changed(lake: Lake) -> None:
    publish(lake, "one")
    mark = lake.watermark("feeds", ["pins"])
    mark.set(mark.now())
    lake.table("pins").upsert(pins(["new"]))
    publish(lake, "two")
    told = {name: set(one.upserted.to_pylist()) for name, one in (mark.changes() or {}).items()}
    assert told["pins"] == {"new", "two0", "two1", "two2"}
    maintain(lake, 1)
    after = mark.changes()
    assert after is not None
    assert set(after["pins"].upserted.to_pylist()) == told["pins"]


def test_folders_shrink_and_content_stays(lake: Lake) -> None:
    for i in range(30):
        lake.table("pins").upsert(pins({f"p{j}": f"{i} {'x' * 1000}" for j in range(20)}))
    before, held = size_of(lake.home), titles_of(lake.table("pins"))
    maintain(lake, 1)
    assert size_of(lake.home) < before / 3
    assert titles_of(lake.table("pins")) == held
    assert len(lake.table("pins").dataset().get_fragments()) == 1


def test_maintaining_twice_does_nothing_more(lake: Lake) -> None:
    publish(lake, "one")
    lake.rejected.create()
    maintain(lake, 3)
    version = lake.table("pins").version()
    assert maintain(lake, 3) == MaintenanceReport()
    assert lake.table("pins").version() == version


def use_space(lake: Lake, space: str) -> None:
    lake.choose("spaces", "vectors", space)
    lake.table("vectors").upsert(vector_rows("a", np.ones((1, 2), np.float32)))
    for kind, store in (("artefacts", lake.artefacts), ("indexes", lake.indexes)):
        store.make("clip", space, lambda folder: {})
        lake.choose(kind, "clip", space)


def test_spaces_models_and_indexes_stay_as_long_as_they_are_named(lake: Lake) -> None:
    use_space(lake, "v1")
    mark = lake.watermark("feeds", ["vectors"])
    mark.set(mark.now())
    for space in ("v2", "v3", "v4"):
        use_space(lake, space)
        publish(lake, space)
    use_space(lake, "v5")
    report = maintain(lake, 1)
    left = sorted(path.name for path in (lake.home / "lake").glob("vectors*"))
    assert left == ["vectors@v1.lance", "vectors@v4.lance", "vectors@v5.lance"]  # marked, published, chosen
    assert lake.artefacts.versions("clip") == lake.indexes.versions("clip") == ["v4", "v5"]
    assert (report.n_tables, report.n_folders) == (2, 2 * 3)
    current = lake.snapshots.current()
    assert current is not None
    reader = lake.at(current)
    assert reader.table("vectors").count() == lake.table("vectors").count() == 1
    assert reader.artefact("clip") is not None
    assert reader.index("clip") is not None


def test_what_kills_left_is_swept(lake: Lake) -> None:
    publish(lake, "one")
    hex32 = "0123456789abcdef" * 2
    (lake.home / "lake" / "raw_pins.lance" / "data").mkdir(parents=True)  # killed in its first write
    (lake.home / "lake" / f".vectors@v1.lance.{hex32}").mkdir()
    (lake.home / f".indexes.{hex32}").mkdir()
    (lake.home / "artefacts" / "clip" / f".v1.{hex32}").mkdir(parents=True)
    (lake.home / "indexes" / "clip" / f".v1.{hex32}").mkdir(parents=True)
    report = maintain(lake, 1)
    assert (report.n_leftovers, report.n_tables) == (4, 1)
    assert [path.name for path in (lake.home / "lake").iterdir()] == ["pins.lance"]
    lake.table("raw_pins").upsert(pins(["a"]))
    assert lake.table("raw_pins").count() == 1


def test_caches_are_compacted_too(lake: Lake) -> None:
    cache = Cache(lake.home / "cache", "features@1")
    for i in range(20):
        cache.vectors([f"h{i}"], lambda positions: np.full((1, 64), 1, np.float32))
    before = size_of(lake.home)
    maintain(lake, 1)
    assert size_of(lake.home) < before / 2
    assert cache.vectors([f"h{i}" for i in range(20)], lambda positions: pytest.fail("encoded again")).sum() == 20 * 64
