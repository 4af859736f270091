"""What lies in the folder: the layout, the same bytes for the same arguments, whole or not at all."""

import dataclasses
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from relpins_resources.errors import RelpinsError
from relpins_resources.sample_world import AS_OF, HEROES, WorldConfig, pictures, write_sample_world
from relpins_resources.sources.layout import INPUT_TABLES

TABLES = ("pins", "boards", "board_pins", "interactions", "searches", "users")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _load(path: Path) -> None:
    with Image.open(path) as picture:
        picture.load()


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / f"{name}.parquet").to_pylist())


def test_tables_have_the_layouts_columns_and_nothing_else_but_pictures_and_truth(small_world: Path) -> None:
    for name in TABLES:
        found = set(pq.read_schema(small_world / f"{name}.parquet").names)
        known = set(INPUT_TABLES[name].column_names)
        assert name == "users" or found <= known, name
    outside = {path.name for path in small_world.iterdir()}
    assert outside == {*(f"{name}.parquet" for name in TABLES), "images", "_truth", "_source.yaml"}


def test_same_arguments_same_bytes_and_another_seed_another_world(small_world: Path, tmp_path: Path) -> None:
    write_sample_world(tmp_path / "again", seed=0, n_pins=60, jobs=1)
    assert digests(tmp_path / "again") == digests(small_world)
    write_sample_world(tmp_path / "other", seed=1, n_pins=40, jobs=1)
    other = digests(tmp_path / "other")
    for name in TABLES:
        assert other[f"{name}.parquet"] != digests(small_world)[f"{name}.parquet"], name


def test_processes_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "WORTH_A_POOL", 0)
    write_sample_world(tmp_path / "two", seed=3, n_pins=40, jobs=2)
    write_sample_world(tmp_path / "one", seed=3, n_pins=40, jobs=1)
    assert digests(tmp_path / "two") == digests(tmp_path / "one")


def test_a_stage_leaves_the_tables_of_others_byte_equal(small_world: Path, tmp_path: Path) -> None:
    more = dataclasses.replace(WorldConfig(), searches=5200)
    write_sample_world(tmp_path / "searches", seed=0, n_pins=60, jobs=1, config=more)
    searched, plain = digests(tmp_path / "searches"), digests(small_world)
    changed = {path for path in plain if searched[path] != plain[path]}
    assert changed == {"searches.parquet", "_truth/world.json"}
    shown = dataclasses.replace(WorldConfig(), other_requests=3000)
    write_sample_world(tmp_path / "requests", seed=0, n_pins=60, jobs=1, config=shown)
    requested = digests(tmp_path / "requests")
    assert {path for path in plain if requested[path] != plain[path]} == {"interactions.parquet", "_truth/world.json"}


def test_heroes_stand_in_every_world(small_world: Path) -> None:
    pins = {row["pin_id"]: row for row in rows(small_world, "pins")}
    assert set(HEROES.values()) <= set(pins)
    for name in ("mid_century_living_room", "mid_century_kitchen"):
        assert pins[HEROES[name]]["title"] is None
        assert pins[HEROES[name]]["description"] is None
    assert pins[HEROES["scandinavian_kitchen"]]["title"] == "inspo"
    truth = {row["pin_id"]: row for row in rows(small_world, "_truth/pin_truth")}
    assert truth[HEROES["mid_century_kitchen"]]["scene"] == "kitchen"
    styles = {
        truth[HEROES[f"mid_century_{what}"]]["style"] for what in ("living_room", "kitchen", "shop", "restoration")
    }
    assert styles == {"mid-century modern"}
    assert truth[HEROES["mid_century_shop"]]["scene"] == "furniture shop"
    assert truth[HEROES["mid_century_restoration"]]["scene"] == "furniture restoration"


def test_broken_files_are_as_the_truth_says(small_world: Path) -> None:
    kinds = set()
    for row in rows(small_world, "_truth/pin_truth"):
        path = small_world / "images" / f"{row['pin_id']}.jpg"
        kinds.add(row["broken"])
        if row["broken"] == "missing":
            assert not path.exists()
        elif row["broken"]:
            with pytest.raises(OSError):  # noqa: PT011 - Pillow's words differ by kind of damage
                _load(path)
        else:
            with Image.open(path) as picture:
                picture.load()
                assert picture.mode == "RGB"
                assert 200 <= picture.width <= 400
    assert kinds == {"", "truncated", "text", "missing"}


def test_repins_repeat_the_bytes_and_near_duplicates_only_the_look(small_world: Path) -> None:
    kinds = set()
    for row in rows(small_world, "_truth/duplicates"):
        mine, original = (small_world / "images" / f"{row[key]}.jpg" for key in ("pin_id", "original_pin_id"))
        kinds.add(row["copy_kind"])
        assert (mine.read_bytes() == original.read_bytes()) == (row["copy_kind"] == "repin")
    assert kinds == {"repin", "reencoded", "cropped"}


def test_a_few_bad_rows_of_every_sort(small_world: Path) -> None:
    pins = rows(small_world, "pins")
    ids = [row["pin_id"] for row in pins]
    assert ids.count(None) == 1
    assert len(ids) - len(set(ids)) == 1
    assert [row["pin_id"] for row in pins if str(row["image_url"]).startswith("..")] == ["pin_outside"]
    events = [row["event"] for row in rows(small_world, "interactions")]
    assert events.count("teleport") == 1
    assert sum(row["pin_id"] is None for row in rows(small_world, "board_pins")) == 1
    assert sum(row["query"] is None for row in rows(small_world, "searches")) == 1


def test_nothing_is_younger_than_the_world(small_world: Path) -> None:
    for name, column in (("pins", "created_at"), ("board_pins", "saved_at"), ("interactions", "created_at")):
        times = [row[column] for row in rows(small_world, name)]
        assert max(times) < AS_OF, name
        assert min(times) > AS_OF - timedelta(days=440), name


def test_object_boxes_lie_in_the_picture(small_world: Path) -> None:
    boxes = rows(small_world, "_truth/object_boxes")
    assert len({row["pin_id"] for row in boxes}) > 50
    for row in boxes:
        x0, y0, x1, y1 = (row[key] for key in ("x0", "y0", "x1", "y1"))
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1


def test_an_earlier_world_is_replaced_and_anything_else_refused(small_world: Path, tmp_path: Path) -> None:
    target = tmp_path / "world"
    report = write_sample_world(target, seed=5, n_pins=40, jobs=1)
    assert report.rows["users"] == len(rows(target, "users"))
    assert report.n_images == sum(1 for _ in (target / "images").iterdir())
    write_sample_world(target, seed=6, n_pins=40, jobs=1)
    assert json.loads((target / "_truth" / "world.json").read_text())["seed"] == 6
    assert [path.name for path in tmp_path.iterdir()] == ["world"]

    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    with pytest.raises(RelpinsError, match="not empty and holds no sample world"):
        write_sample_world(full, n_pins=40)
    assert (full / "letter.txt").read_text() == "mine"
    (tmp_path / "file").write_text("")
    with pytest.raises(RelpinsError, match="is a file"):
        write_sample_world(tmp_path / "file", n_pins=40)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"n_pins": 5}, "5 pins is too small"), ({"seed": -1}, "seed -1 is negative"), ({"jobs": 0}, "0 jobs")],
)
def test_arguments_out_of_range(tmp_path: Path, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RelpinsError, match=words):
        write_sample_world(tmp_path / "world", **arguments)
    assert not (tmp_path / "world").exists()
