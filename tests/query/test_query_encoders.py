"""What each encoder searches with, over the small catalog: whose vectors, pooled how, and what is refused."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_catalog import CLIP, CONTENT, IDS, Bound, N, angles, catalog, encode_image, request, stage

from relpins_resources.ann import snap
from relpins_resources.encoders import TextQueriesRefused
from relpins_resources.query.catalog import Embedding, Encoders, Objects
from relpins_resources.query.errors import QueryError
from relpins_resources.query.retrieval.encoders import ENCODERS, Anchors, encode_stage
from relpins_resources.query.retrieval.pooling import clusters, pooled
from relpins_resources.query.retrieval.spaces import TableEmbedding
from relpins_resources.query.stages import stage_names

CATALOG = catalog()
CLIP_SPACE, CONTENT_SPACE = (CATALOG.embeddings[name] for name in ("clip_embedding", "content_embedding"))


def encoded(
    kind: str, batch: Bound | None = None, *, space: Any = CLIP_SPACE, of: Any = CATALOG, **given: Any
) -> Anchors:
    wanted = stage(kind, **given)
    assert isinstance(space, Embedding)
    return encode_stage(request(of, wanted, batch), wanted, space)


def direction(anchors: Anchors, row: int = 0) -> float | None:
    """Degrees of the only anchor of one query, None where there is none."""
    assert anchors.vectors.shape[1] == 1
    if not anchors.valid[row, 0]:
        return None
    x, y = anchors.vectors[row, 0].astype(float)
    assert x * x + y * y == pytest.approx(1, abs=1e-6)
    return round(float(np.degrees(np.arctan2(y, x))), 2)


def png(levels: np.ndarray | int) -> bytes:
    """A picture of one brightness, or of a grid of them."""
    pixels = np.kron(np.atleast_2d(np.array(levels, np.uint8)), np.ones((16, 16), np.uint8))
    file = io.BytesIO()
    Image.fromarray(np.stack([pixels] * 3, axis=-1)).save(file, "PNG")
    return file.getvalue()


def test_every_declared_encoder_is_there() -> None:
    assert set(ENCODERS) == set(stage_names("encoder"))


# ---- items


@pytest.mark.parametrize("kind", ["precomputed_item", "item_attribute_pooling"])
def test_an_item_is_its_own_vector(kind: str) -> None:
    found = encoded(kind, Bound(4, {"item": ["p03", "p11", "nowhere", None]}), input_item_id="$item")
    assert [direction(found, row) for row in range(4)] == [30, 0, None, None]
    assert (found.vectors[0, 0] == CLIP[3]).all()
    assert direction(encoded(kind, space=CONTENT_SPACE, input_item_id="p04")) is None, "an item without a vector"


def test_a_pin_that_is_not_indexed_is_encoded_from_its_picture(tmp_path: Path) -> None:
    (tmp_path / "pin.png").write_bytes(png(255))
    text = base64.b64encode(png(255)).decode()
    forms: list[Any] = [
        {"image": text},
        {"image": png(255)},
        json.dumps({"image_base64": text, "title": "a lamp"}),
        f"data:image/png;base64,{text}",
        png(255),
        {"image_path": str(tmp_path / "pin.png")},
        {"image_url": f"file://{tmp_path / 'pin.png'}"},
        {"image_path": "pin.png"},
    ]
    batch = Bound(len(forms), {"pin": forms, "item": ["new"] * len(forms)})
    catalog = replace(CATALOG, pictures_below=tmp_path)
    found = encoded("item_attribute_pooling", batch, of=catalog, input_item_id="$item", input_item_features="$pin")
    assert [direction(found, row) for row in range(len(forms))] == [90.0] * len(forms)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "/dev/zero", "pipe", "folder", "nothing.png", "\0"])
def test_pictures_are_files_below_the_source_and_nothing_is_told_of_others(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.png").write_bytes(png(255))
    below = tmp_path / "source"
    (below / "folder").mkdir(parents=True)
    os.mkfifo(below / "pipe")
    catalog = replace(CATALOG, pictures_below=below)
    with pytest.raises(QueryError, match="is no picture's file of the source; give the image's bytes as base64"):
        encoded(
            "item_attribute_pooling", Bound(1, {"pin": [{"image_path": path}]}), of=catalog, input_item_features="$pin"
        )


def test_a_pin_that_is_not_indexed_is_encoded_from_its_words() -> None:
    forms: list[Any] = ["35", {"title": "35"}, '{"text": "35"}', {"title": "35", "description": "35"}]
    found = encoded("item_attribute_pooling", Bound(4, {"pin": forms}), space=CONTENT_SPACE, input_item_features="$pin")
    assert [direction(found, row) for row in range(4)] == [35.0] * 4


def test_an_indexed_item_goes_before_its_features() -> None:
    found = encoded("item_attribute_pooling", input_item_id="p02", input_item_features='{"text": "80"}')
    assert direction(found) == 20


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ({"colour": "red"}, "have colour; known: image"),
        ("{broken", "start like JSON"),
        ({"image": "???"}, "not base64"),
        ({"image": base64.b64encode(b"no picture").decode()}, "the picture of an item cannot be used"),
        ({"image_path": "/nowhere/pin.png"}, "no picture's file of the source"),
        ({"image_url": "https://example.org/pin.png"}, "is not fetched"),
        (3, "text, received int"),
    ],
)
def test_features_that_cannot_be_read(features: Any, problem: str) -> None:
    with pytest.raises(QueryError, match=problem) as raised:
        encoded("item_attribute_pooling", Bound(1, {"pin": [features]}), input_item_features="$pin")
    assert raised.value.position == 7


def test_a_part_of_a_picture_is_encoded_for_itself() -> None:
    """The picture of item 5 is black on the left and white on the right, in halves."""
    asked = []

    def images(item: int) -> bytes:
        asked.append(item)
        from relpins_resources.images import decode_image

        return decode_image(png(np.array([[0, 255], [0, 255]]))).jpeg

    of = catalog(images=images)
    boxes = [[0, 0, 0.5, 1], "[0.5, 0, 0.5, 1]", "0.5,0.5,0.5,0.5", None]
    batch = Bound(4, {"box": boxes})
    for kind in ("precomputed_item", "item_attribute_pooling"):
        found = encoded(kind, batch, of=of, input_item_id="p05", object="$box")
        angle = [direction(found, row) for row in range(4)]
        assert angle[0] == pytest.approx(0, abs=3)
        assert angle[1] == pytest.approx(90, abs=3)
        assert angle[2] == pytest.approx(90, abs=3)
        assert angle[3] == 50, "the whole item keeps its own vector"
    assert set(asked) == {5}
    uploaded = {"image": png(np.array([[0, 255], [0, 255]]))}
    found = encoded(
        "item_attribute_pooling", Bound(1, {"pin": [uploaded]}), object="[0.5,0,0.5,1]", input_item_features="$pin"
    )
    assert direction(found) == 90
    assert direction(encoded("precomputed_item", of=of, input_item_id="nowhere", object="[0,0,1,1]")) is None


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        ("2", "no objects were found yet"),
        (2, "no objects were found yet"),
        (0, "from 1 on"),
        (1.5, "from 1 on"),
        (1e300, "from 1 on"),
        (float("inf"), "from 1 on"),
        (True, "from 1 on"),
        ("left", "or \\[x, y, w, h\\]"),
        ([0, 0, 2, 1], "or \\[x, y, w, h\\]"),
        ([0.5, 0, 0.6, 1], "reaches beyond the picture"),
        ([0, 0, 0, 1], "reaches beyond the picture"),
    ],
)
def test_boxes_that_are_none(box: Any, problem: str) -> None:
    with pytest.raises(QueryError, match=problem):
        encoded("precomputed_item", Bound(1, {"box": [box]}), input_item_id="p05", object="$box")


# ---- texts


def test_text_encoder() -> None:
    found = encoded("text_encoder", Bound(3, {"q": ["12", "", None]}), space=CONTENT_SPACE, input_text_query="$q")
    assert [direction(found, row) for row in range(3)] == [12, None, None]


def test_text_that_has_no_place_is_refused() -> None:
    with pytest.raises(
        QueryError, match="nothing encodes text into clip_embedding; embeddings that take text: content"
    ):
        encoded("text_encoder", input_text_query="12")
    with pytest.raises(QueryError, match="encoded for content_embedding cannot be searched in clip_embedding"):
        encoded("text_encoder", input_text_query="12", text_embedding_ref="content_embedding")

    def refuses(texts: Sequence[str]) -> Any:
        raise TextQueriesRefused("this model answers no text queries")

    of = catalog(encoders=Encoders(text={"clip_embedding": refuses}))
    with pytest.raises(QueryError, match="answers no text queries") as raised:
        encoded("text_encoder", of=of, input_text_query="12")
    assert raised.value.position == 7


# ---- users


def test_interaction_pooling() -> None:
    users = Bound(5, {"user": ["ann", "bob", "dee", None, "nobody"]})
    found = encoded("interaction_pooling", users, input_user_id="$user")
    assert [direction(found, row) for row in range(5)] == [50, None, 40, None, None]  # 20 and 80; 40
    assert direction(encoded("interaction_pooling", input_user_id="ann", truncate_interactions=1)) == 20
    content = encoded("interaction_pooling", users, space=CONTENT_SPACE, input_user_id="$user")
    assert direction(content, 2) is None, "dee saved only what has no vector there"


@pytest.mark.parametrize("pooling", ["mean", "max", "sum", "min"])
def test_poolings_against_numpy(pooling: str) -> None:
    rows = snap(np.random.default_rng(0).normal(size=(6, 16)).astype(np.float32) / 4)
    combined = {"mean": np.mean, "max": np.max, "sum": np.sum, "min": np.min}[pooling](rows.astype(float), axis=0)
    found = pooled(rows, pooling)
    assert found is not None
    assert np.allclose(found, combined / np.linalg.norm(combined), atol=1e-7)
    assert (snap(found[None])[0] == found).all()
    assert (pooled(rows[::-1], pooling) == found).all(), "the order of saves does not show"


def test_nothing_and_opposites_pool_to_nothing() -> None:
    assert pooled(np.zeros((0, 2), np.float32), "mean") is None
    assert pooled(angles([0, 180]), "mean") is None


def test_clusters_are_the_groups_that_there_are() -> None:
    found = clusters(angles([90, 0, 91, 2, 180, 89]), 3)
    assert [round(float(np.degrees(np.arctan2(y, x)))) for x, y in found] == [90, 1, 180]
    assert len(clusters(angles([90, 0, 91, 2, 180, 89]), 1)) == 1
    assert len(clusters(angles([30, 30, 30]), 5)) == 1
    assert clusters(np.zeros((0, 2), np.float32), 5) == []


@pytest.mark.parametrize("seed", range(20))
def test_clusters_are_units_no_more_than_asked_and_near_their_members(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, most = int(rng.integers(1, 40)), int(rng.integers(1, 8))
    rows = rng.normal(size=(n, 8))
    rows = snap((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    found = np.array(clusters(rows, most))
    assert 1 <= len(found) <= min(n, most)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    best = (rows @ found.T).max(axis=1).mean()
    single = pooled(rows, "mean")
    assert single is not None
    assert best >= (rows @ single).mean() - 1e-6, "several centres are no worse than one"


def test_interaction_round_robin_has_one_anchor_a_cluster() -> None:
    found = encoded(
        "interaction_round_robin", Bound(2, {"user": ["cid", "dee"]}), input_user_id="$user", num_clusters=2
    )
    assert found.valid.tolist() == [[True, True], [True, False]]
    degrees = np.degrees(np.arctan2(found.vectors[..., 1], found.vectors[..., 0]))
    assert degrees[0] == pytest.approx([95, 5], abs=0.01)
    nobody = encoded("interaction_round_robin", input_user_id="nobody")
    assert nobody.valid.tolist() == [[False]]


def test_precomputed_user_takes_the_users_vector_else_their_saves() -> None:
    tower = TableEmbedding("twotower_embedding", CLIP, users=(["ann", "bob"], angles([33, 44])))
    users = Bound(3, {"user": ["ann", "cid", None]})
    found = encoded("precomputed_user", users, space=tower, input_user_id="$user")
    assert [direction(found, row) for row in range(3)] == [33, None, None]
    found = encoded("precomputed_user", users, input_user_id="$user")
    assert [direction(found, row) for row in range(3)] == [50, 50, None]  # cid: 90, 0, 10, 100 degrees


def test_user_attributes_stand_for_items_that_share_them() -> None:
    users = Bound(4, {"user": ["ann", "bob", "dee", "nobody"]})
    found = encoded("user_attribute_pooling", users, input_user_id="$user")
    # ann's category is Bath: items 2, 5 and 8, at 20, 50 and 80 degrees; dee's is Garden, which no item has
    assert [direction(found, row) for row in range(4)] == [50, None, None, None]
    given = encoded("user_attribute_pooling", input_user_features='{"board_category": ["Sofa"], "locale": "it"}')
    assert direction(given) == 75  # 60 and 90
    lists = encoded("user_attribute_pooling", input_user_id="bob", input_user_features='{"merchant_tags": ["brass"]}')
    assert direction(lists) == 30
    with pytest.raises(QueryError, match="give a mapping of attributes"):
        encoded("user_attribute_pooling", input_user_features="[1]")


# ---- batches


@pytest.mark.parametrize("kind", ["interaction_pooling", "interaction_round_robin", "user_attribute_pooling"])
def test_a_batch_of_users_is_each_alone(kind: str) -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(N, 384))
    space = TableEmbedding("clip_embedding", (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    users = ["cid", "ann", None, "dee", "bob", "cid"]
    together = encoded(kind, Bound(6, {"user": users}), space=space, input_user_id="$user")
    for i, user in enumerate(users):
        alone = encoded(kind, Bound(1, {"user": [user]}), space=space, input_user_id="$user")
        m = alone.valid.shape[1]
        assert (together.valid[i, :m] == alone.valid[0]).all()
        assert not together.valid[i, m:].any()
        assert together.vectors[i, :m].tobytes() == alone.vectors[0].tobytes()


def test_a_batch_of_pictures_is_each_alone() -> None:
    pins = [{"image": png(level)} for level in (0, 40, 200)]
    together = encoded("item_attribute_pooling", Bound(3, {"pin": pins}), input_item_features="$pin")
    assert (together.vectors[:, 0] == encode_image([png(0), png(40), png(200)])).all()
    assert CONTENT.shape == (N, 2)
    assert len(IDS) == N


def found_objects(**vectors: Any) -> Objects:
    """Two objects in the picture of item 5 and one in that of item 7."""
    items, numbers = np.array([5, 5, 7]), np.array([1, 2, 1])
    return Objects(items, numbers, np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 0.5], [0, 0, 1, 1]]), vectors)


def test_an_object_by_number_is_the_part_of_the_picture_that_it_covers() -> None:
    of = catalog(images=lambda item: png([[0, 255], [255, 255]]), objects=found_objects)
    asked = [1, "2", "[1]", [0, 0, 0.5, 1], 3, None, 1.0]
    found = encoded("precomputed_item", Bound(7, {"part": asked}), of=of, input_item_id="p05", object="$part")
    assert [direction(found, i) for i in range(7)] == [45, 90, 45, 45, None, 50, 45]
    assert direction(encoded("precomputed_item", of=of, input_item_id="p06", object=1)) is None, "it has no object"


def test_an_object_that_has_a_vector_is_not_encoded_again() -> None:
    def held(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return angles([11, 22, 33])[rows], np.array([True, False, True])[rows]

    objects = found_objects(clip_embedding=held)
    of = catalog(images=lambda item: png([[0, 255], [255, 255]]), objects=lambda: objects)
    batch = Bound(3, {"item": ["p05", "p05", "p07"], "number": [1, 2, 1]})
    found = encoded("precomputed_item", batch, of=of, input_item_id="$item", object="$number")
    assert [direction(found, i) for i in range(3)] == [11, 90, 33], "the second has none, and is encoded"
    by_words = encoded("precomputed_item", of=of, space=CONTENT_SPACE, input_item_id="p05", object=1)
    assert direction(by_words) is None, "no picture can be encoded there"


def test_a_number_before_any_object_was_found() -> None:
    for of in (catalog(), catalog(objects=lambda: None)):
        with pytest.raises(QueryError, match="no objects were found yet"):
            encoded("precomputed_item", of=of, input_item_id="p05", object=1)
