"""Which pictures become one: copies do, other pictures do not; however they arrive, and whatever was kept."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from drawn_scenes import cropped, faded, jpeg, logo, mirrored, overlaid, recoloured, reencoded, resized, scene, whole
from PIL import Image

from relpins_assets.curation import same_image
from relpins_assets.curation.same_image import same_images
from relpins_assets.home import open_home
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.images import decode_image
from relpins_resources.lake import Lake

Edit = Callable[[Image.Image], Image.Image]


def workspace_at(home: Path) -> Workspace:
    return open_home(home, profile="test").workspace()


def hold(workspace: Workspace, pictures: Mapping[str, bytes]) -> dict[str, str]:
    """Make these all the images of a home; gives each pin's pixel hash."""
    decoded = {pin_id: decode_image(data) for pin_id, data in pictures.items()}
    names = ("jpeg", "thumbnail", "width", "height", "pixel_hash", "phash")
    columns = {name: [getattr(one, name) for one in decoded.values()] for name in names}
    text = [""] * len(decoded)
    rows = {"pin_id": list(decoded), **columns, "jpeg_hash": text, "fingerprint": text}
    schema = TABLES["pin_images"].arrow()
    workspace.lake.table("pin_images").overwrite(pa.table({name: rows[name] for name in schema.names}, schema=schema))
    return {pin_id: one.pixel_hash for pin_id, one in decoded.items()}


def groups(workspace: Workspace, hashes: Mapping[str, str]) -> set[frozenset[str]]:
    """The pins that are one, of all that are."""
    same = same_images(workspace)
    join_of = dict(zip(same["pixel_hash"].to_pylist(), same["join_id"].to_pylist(), strict=True))
    found: dict[str, set[str]] = {}
    for pin_id, name in hashes.items():
        found.setdefault(join_of.get(name, name), set()).add(pin_id)
    assert all(min(hashes[pin] for pin in some) == join_id for join_id, some in found.items()), "named by the smallest"
    return {frozenset(some) for some in found.values() if len(some) > 1}


@pytest.mark.parametrize("edit", [reencoded, resized, cropped, lambda one: cropped(resized(one))])
def test_a_copy_is_the_same_picture(tmp_path: Path, edit: Edit) -> None:
    workspace = workspace_at(tmp_path)
    pictures = {f"{kind}{n}": jpeg(make(scene(n))) for n in range(5) for kind, make in (("a", whole), ("b", edit))}
    found = groups(workspace, hold(workspace, pictures))
    assert found == {frozenset({f"a{n}", f"b{n}"}) for n in range(5)}


@pytest.mark.parametrize("edit", [mirrored, recoloured, faded, overlaid])
def test_another_picture_is_not(tmp_path: Path, edit: Edit) -> None:
    workspace = workspace_at(tmp_path)
    pictures = {f"{kind}{n}": jpeg(make(scene(n))) for n in range(5) for kind, make in (("a", whole), ("b", edit))}
    assert groups(workspace, hold(workspace, pictures)) == set()


def test_logos_flat_pictures_and_gradients_stay_apart(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    flat = {f"flat{n}": jpeg(Image.new("RGB", (80, 80), (200 + 9 * n, 200, 200))) for n in range(6)}
    ramp = np.linspace(0, 255, 64)[:, None, None].repeat(64, 1)
    shades = {f"shade{n}": jpeg(Image.fromarray((ramp * np.eye(3)[n]).astype(np.uint8))) for n in range(3)}
    logos = {f"logo{letter}": jpeg(logo(letter)) for letter in string.ascii_uppercase}
    assert groups(workspace, hold(workspace, {**flat, **shades, **logos})) == set()


def test_pictures_come_and_go_in_any_order(tmp_path: Path) -> None:
    """What is kept of earlier comparisons changes nothing; and a run in which nothing came compares nothing."""
    pictures = {f"{name}{n}": jpeg(make(scene(n))) for n in range(4) for name, make in EDITS.items()}
    rng = np.random.default_rng(0)
    kept = workspace_at(tmp_path / "kept")
    for step in range(4):
        some = {name: pictures[name] for name in pictures if rng.random() < 0.6}
        anew = workspace_at(tmp_path / f"anew{step}")
        assert groups(kept, hold(kept, some)) == groups(anew, hold(anew, some))


EDITS: dict[str, Edit] = {"whole": whole, "again": reencoded, "small": resized, "cut": cropped, "other": mirrored}


def test_nothing_new_compares_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = workspace_at(tmp_path)
    hashes = hold(workspace, {name: jpeg(make(scene(1))) for name, make in EDITS.items()})
    found = groups(workspace, hashes)
    monkeypatch.setattr(same_image, "near_pairs", lambda *_: pytest.fail("hashes were compared"))
    monkeypatch.setattr(same_image, "look_at", lambda *_: pytest.fail("a picture was looked at"))
    assert groups(workspace, hashes) == found
    assert found == {frozenset({"whole", "again", "small", "cut"})}


def test_a_crowd_of_one_hash_is_told_apart_by_pixels_until_it_thins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same_image, "CROWD", 3)
    workspace = workspace_at(tmp_path)
    pictures = {f"p{quality}": jpeg(scene(2), quality) for quality in (96, 94, 92, 90)}
    assert len({decode_image(data).phash for data in pictures.values()}) == 1
    assert groups(workspace, hold(workspace, pictures)) == set()
    del pictures["p90"]
    assert groups(workspace, hold(workspace, pictures)) == {frozenset(pictures)}


def test_what_came_while_a_crowd_stood_is_compared_with_it_once_it_thins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same_image, "CROWD", 2)
    workspace = workspace_at(tmp_path)
    two = {f"p{quality}": jpeg(scene(2), quality) for quality in (96, 94)}
    three, cut = {**two, "p92": jpeg(scene(2), 92)}, {"cut": jpeg(cropped(scene(2)))}
    for pictures in (two, three, {**three, **cut}):
        groups(workspace, hold(workspace, pictures))
    assert groups(workspace, hold(workspace, {**two, **cut})) == {frozenset({"p96", "p94", "cut"})}


def test_an_evaluation_beside_a_home_reads_what_it_kept_and_keeps_nothing(tmp_path: Path) -> None:
    main = workspace_at(tmp_path / "main")
    pictures = {name: jpeg(make(scene(1))) for name, make in EDITS.items()}
    found = groups(main, hold(main, pictures))
    folder = tmp_path / "main" / "cache" / same_image.FOLDER
    before = (folder / "images.parquet").read_bytes()
    beside = Workspace(tmp_path / "beside", main.profile, cache_home=main.home)
    assert isinstance(beside.lake, Lake)
    del pictures["other"]
    assert groups(beside, hold(beside, pictures)) == found
    assert (folder / "images.parquet").read_bytes() == before


def test_no_image_at_all(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    assert same_images(workspace).num_rows == 0
    assert groups(workspace, hold(workspace, {"one": jpeg(scene(0))})) == set()
