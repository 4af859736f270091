"""Objects as tables: what a home holds of pictures with one and without, what is dominant, what queries are told."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from relpins_assets.embeddings.object_embeddings import embed_objects, wanted_crops
from relpins_assets.enrichment.dominant_objects import (
    ARTEFACT,
    find_objects,
    fit_share,
    is_informative,
    is_usable_share,
    producer,
    told_of_queries,
    wanted_objects,
)
from relpins_assets.feeds.item_columns import item_columns
from relpins_assets.feeds.objects import load_objects
from relpins_assets.profile import Profile
from relpins_assets.profile_signals import Objects
from relpins_assets.workspace import Workspace
from relpins_resources.encoders import clip_encoder
from relpins_resources.images import decode_image, decode_pixels
from relpins_resources.images.crop import crop
from relpins_resources.lake.table import vectors

PINS = {"a": 0.5, "b": 0.25, "c": 0.0, "d": 0.5}
"""Pins, and the side of the square in the middle of each picture; pins a and d have the same picture."""


def picture(side: float) -> bytes:
    pixels = np.full((120, 120, 3), 230, np.uint8)
    first, last = round(60 - 60 * side), round(60 + 60 * side)
    pixels[first:last, first:last] = (120, 30, 30)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def pin_images(pins: Mapping[str, float]) -> pa.Table:
    decoded = {pin_id: decode_image(picture(side)) for pin_id, side in pins.items()}
    rows = [
        {
            "pin_id": pin_id,
            "jpeg": one.jpeg,
            "thumbnail": one.thumbnail,
            "width": one.width,
            "height": one.height,
            "jpeg_hash": f"{pins[pin_id]}",
            "pixel_hash": one.pixel_hash,
            "phash": one.phash,
            "fingerprint": "1",
        }
        for pin_id, one in decoded.items()
    ]
    return pa.Table.from_pylist(rows)


def home(folder: Path, **objects: object) -> Workspace:
    profile = Profile(objects=Objects.model_validate(objects), clip={"backend": "grid"}, content={"backend": "grid"})
    workspace = Workspace(folder, profile)
    table = workspace.lake.table("pin_images")
    table.overwrite(table.conform(pin_images(PINS)))
    return workspace


def look(workspace: Workspace) -> None:
    """Fill the tables of objects and freeze the share, as the asset does."""
    lake, detector = workspace.lake, workspace.detector
    pins = wanted_objects(lake)
    found = find_objects(pins, lake, detector, workspace.cache("objects"), workspace.profile.objects)
    for name, rows in (("dominant_objects", found.rows), ("dominant_object_pins", found.ledger)):
        table = lake.table(name)
        assert rows is not None
        given = rows if name == "dominant_objects" else rows.append_column("fingerprint", pa.array(["1"] * len(rows)))
        table.overwrite(table.conform(given))
    made = lake.artefacts.make(ARTEFACT, producer(workspace), fit_share(workspace))
    lake.choose("artefacts", ARTEFACT, made.version)


def dominant(workspace: Workspace, ids: str = "abcd") -> list[bool]:
    """`is_object_dominant` of pins as queries read it; never NULL."""
    column = item_columns(workspace.lake, np.array(list(ids), object), pa.array(list(ids)))["is_object_dominant"]
    assert not column.is_null.any()
    return [bool(one) for one in column.data]


def test_a_large_object_is_dominant_and_a_small_one_is_not(tmp_path: Path) -> None:
    workspace = home(tmp_path)
    look(workspace)
    rows = {row["pin_id"]: row for row in workspace.lake.table("dominant_objects").read().to_pylist()}
    assert sorted(rows) == ["a", "b", "d"], "a flat picture has no object, and a ledger row that says so"
    assert rows["a"]["area"] == pytest.approx(0.25, abs=0.03)
    assert rows["b"]["area"] == pytest.approx(0.0625, abs=0.02)
    assert all(row["confidence"] is None and row["object_number"] == 1 for row in rows.values())
    assert dominant(workspace) == [True, False, False, True]
    assert dominant(workspace, "az") == [True, False], "of a pin that nobody looked at nothing is known"


def test_a_sure_object_is_dominant_at_any_size_where_confidence_is_calibrated(tmp_path: Path) -> None:
    curve = tmp_path / "curve.json"
    curve.write_text('{"scores": [0, 10], "confidences": [0.5, 0.95]}')
    workspace = home(tmp_path, detector={"backend": "saliency", "calibration": str(curve)})
    look(workspace)
    assert dominant(workspace) == [True, True, False, True]
    told = told_of_queries(workspace.lake.artefact(ARTEFACT), workspace.detector)
    assert told["confidence"].startswith("calibrated")
    plain = home(tmp_path / "plain")
    look(plain)
    assert "not calibrated" in told_of_queries(plain.lake.artefact(ARTEFACT), plain.detector)["confidence"]
    assert plain.lake.artefact(ARTEFACT).manifest["is calibrated"] is False  # type: ignore[union-attr]


@pytest.mark.parametrize(("least", "most", "is_told"), [(0.0, 1.0, True), (0.4, 1.0, False), (0.0, 0.3, False)])
def test_where_nearly_all_or_none_are_dominant_queries_are_not_told(
    tmp_path: Path, least: float, most: float, is_told: bool
) -> None:
    workspace = home(tmp_path, least_share=least, most_share=most)
    assert not is_informative(workspace.lake), "not before the share is known"
    look(workspace)
    artefact = workspace.lake.artefact(ARTEFACT)
    assert artefact is not None
    assert artefact.manifest["images"] == 3, "two pins of one picture count once"
    assert artefact.manifest["share with a dominant object"] == pytest.approx(1 / 3)
    assert is_informative(workspace.lake) == is_told
    assert any(dominant(workspace)) == is_told
    assert is_usable_share(workspace)(artefact)
    assert not is_usable_share(home(tmp_path / "other", min_area=0.5))(artefact), "other rules, another share"


def test_a_picture_is_looked_at_once(tmp_path: Path) -> None:
    workspace = home(tmp_path)
    look(workspace)
    seen: list[int] = []

    class Counting:
        name, version, side, is_calibrated = "counting", "1", 192, False

        def detect(self, images: list[np.ndarray]) -> list[list[object]]:
            seen.append(len(images))
            return [[] for _ in images]

    pins, rule = wanted_objects(workspace.lake), workspace.profile.objects
    for _ in range(2):
        find_objects(pins, workspace.lake, Counting(), workspace.cache("counted"), rule)  # type: ignore[arg-type]
    assert seen == [3], "three pictures among four pins, and none of them again"


def test_an_object_has_the_vector_of_its_part_of_the_picture(tmp_path: Path) -> None:
    workspace = home(tmp_path)
    look(workspace)
    lake, encoder = workspace.lake, clip_encoder({"backend": "grid"})
    jpegs = dict(
        zip(*(lake.table("pin_images").read([name])[name].to_pylist() for name in ("pin_id", "jpeg")), strict=True)
    )
    features = encoder.features([decode_pixels(jpeg) for jpeg in jpegs.values()])
    (tmp_path / "model").mkdir()
    sentences = workspace.sentence_encoder
    encoder.fit(features, [""] * 4, np.zeros((4, sentences.dim), np.float32), tmp_path / "model", 0)
    model = encoder.load(tmp_path / "model", sentences)
    rows = embed_objects(wanted_crops(lake), lake, encoder, model, workspace.cache("crops"))
    table = lake.table("object_embeddings")
    table.overwrite(table.conform(rows.append_column("fingerprint", pa.array(["1"] * len(rows)))))
    boxes = {row["pin_id"]: row for row in lake.table("dominant_objects").read().to_pylist()}
    edges = [boxes["b"][edge] for edge in ("x0", "y0", "x1", "y1")]
    expected = model.project(encoder.features([crop(decode_pixels(jpegs["b"]), *edges)]))
    assert np.allclose(vectors(rows)[rows["pin_id"].to_pylist().index("b")], expected[0], atol=1e-6)

    found = load_objects(lake, np.array(["a", "b", "c", "d"], object))
    assert found is not None
    places = np.array([found.place(item, 1) for item in (3, 1)])
    assert found.place(2, 1) == found.place(1, 2) == found.place(9, 1) == -1
    given, has = found.vectors["clip_embedding"](places)
    assert has.all()
    assert np.allclose(given[1], expected[0], atol=1e-6)
    assert np.array_equal(found.boxes[places[1]], edges)


def test_no_pictures_no_objects(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, Profile())
    assert wanted_objects(workspace.lake).num_rows == 0
    assert load_objects(workspace.lake, np.empty(0, object)) is None
    assert "no image was looked at" in told_of_queries(None, workspace.detector)["is_object_dominant"]


def test_a_source_says_which_curve_holds_for_it(tmp_path: Path) -> None:
    from relpins_resources.errors import RelpinsError
    from relpins_resources.sources import FolderSource

    said = tmp_path / "_source.yaml"
    said.write_text("as_of: 2026-06-01\nobject_calibration: sample_world\n")
    workspace = Workspace(tmp_path / "home", Profile(), lambda: FolderSource(tmp_path))
    assert workspace.detector.is_calibrated
    beside = Workspace(tmp_path / "beside", Profile(), calibration=workspace.object_calibration)
    assert beside.detector.version == workspace.detector.version, "an evaluation beside it sees the same"
    said.write_text("as_of: 2026-06-01\n")
    assert not Workspace(tmp_path / "home", Profile(), lambda: FolderSource(tmp_path)).detector.is_calibrated
    said.write_text("as_of: 2026-06-01\nobject_calibration: ../../secret.json\n")
    with pytest.raises(RelpinsError, match="object_calibration"):
        _ = Workspace(tmp_path / "home", Profile(), lambda: FolderSource(tmp_path)).detector
