"""One contract for every clip backend."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from encoder_pictures import Catalog, draw
from PIL import Image

from relpins_resources.encoders import (
    ClipEncoder,
    ClipModel,
    EncoderMismatch,
    FitReport,
    GridSentenceEncoder,
    TextQueriesRefused,
)
from relpins_resources.encoders.versions import MANIFEST

BACKENDS = ("descriptor", "grid", "open_clip")
ANSWERS_TEXT_WITHOUT_TITLES = {"descriptor": False, "grid": True, "open_clip": True}
Encoders = dict[str, Callable[[], ClipEncoder]]


@dataclass(frozen=True)
class Fitted:
    encoder: ClipEncoder
    model: ClipModel
    features: np.ndarray
    report: FitReport
    folder: Path


def fit(
    encoder: ClipEncoder, features: np.ndarray, texts: list[str], words: GridSentenceEncoder, folder: Path
) -> Fitted:
    folder.mkdir()
    vectors = words.encode(texts) * np.array([[bool(text)] for text in texts], np.float32)
    report = encoder.fit(features, texts, vectors, folder, 7)
    return Fitted(encoder, encoder.load(folder, words), features, report, folder)


@pytest.fixture(scope="module", params=BACKENDS)
def fitted(
    request: pytest.FixtureRequest,
    clip_encoders: Encoders,
    catalog: Catalog,
    words: GridSentenceEncoder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Fitted:
    encoder = clip_encoders[request.param]()
    features = encoder.features(catalog.images)
    return fit(encoder, features, catalog.titles, words, tmp_path_factory.mktemp(request.param) / "model")


@pytest.fixture
def encoder(fitted: Fitted) -> ClipEncoder:
    return fitted.encoder


@pytest.fixture
def model(fitted: Fitted) -> ClipModel:
    return fitted.model


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_features_of_an_image_are_its_own(encoder: ClipEncoder, catalog: Catalog) -> None:
    images = catalog.images[:37]
    features = encoder.features(images)
    assert features.shape == (37, encoder.feature_dim)
    assert features.dtype == np.float32
    assert np.array_equal(encoder.features(images[::-1])[::-1], features)
    assert np.array_equal(encoder.features(images[5:6])[0], features[5])
    assert encoder.features([]).shape == (0, encoder.feature_dim)


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_an_array_that_is_no_rgb_image_is_refused(encoder: ClipEncoder, image: np.ndarray) -> None:
    with pytest.raises(EncoderMismatch, match=r"image 0 is a .* array of shape"):
        encoder.features([image])


def test_fitting_twice_gives_the_same_files(
    fitted: Fitted, clip_encoders: Encoders, catalog: Catalog, words: GridSentenceEncoder, tmp_path: Path
) -> None:
    encoder = clip_encoders[fitted.encoder.name]()
    again = fit(encoder, fitted.features, catalog.titles, words, tmp_path / "again")
    assert again.report == fitted.report
    assert all(isinstance(value, float | str) for value in again.report.values())
    assert digests(again.folder) == digests(fitted.folder)
    assert np.array_equal(again.model.project(fitted.features), fitted.model.project(fitted.features))


def test_vectors_of_an_image_are_its_own(fitted: Fitted) -> None:
    encoder, model, features = fitted.encoder, fitted.model, fitted.features[:200]
    vectors = model.project(features)
    assert vectors.shape == (200, model.dim)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < (0.01 if encoder.name == "grid" else 1e-6)
    order = np.random.default_rng(0).permutation(200)
    assert np.array_equal(model.project(features[order]), vectors[order])
    assert np.array_equal(model.project(features[131:132])[0], vectors[131])
    assert model.project(features[:0]).shape == (0, model.dim)


def test_text_queries_are_answered_row_by_row(model: ClipModel) -> None:
    texts = ["red circle", "", "blue stripes on white", *(f"green square {i}" for i in range(20))]
    assert model.supports_text
    vectors = model.encode_text(texts)
    assert vectors.shape == (23, model.dim)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 0.01
    assert np.array_equal(model.encode_text(texts[::-1])[::-1], vectors)
    assert np.array_equal(model.encode_text(texts[2:3])[0], vectors[2])


def test_what_a_backend_does_not_answer_it_refuses_by_name(
    fitted: Fitted, words: GridSentenceEncoder, tmp_path: Path
) -> None:
    untitled = [""] * len(fitted.features)
    model = fit(fitted.encoder, fitted.features, untitled, words, tmp_path / "untitled").model
    assert model.supports_text == ANSWERS_TEXT_WITHOUT_TITLES[fitted.encoder.name]
    assert model.project(fitted.features).shape == (len(fitted.features), model.dim)
    if not model.supports_text:
        with pytest.raises(TextQueriesRefused, match="answers no text queries"):
            model.encode_text(["red circle"])


def test_a_brightened_image_is_nearer_to_itself_than_to_another(encoder: ClipEncoder, model: ClipModel) -> None:
    image, other = draw("circle", "red", 1), draw("stripes", "blue", 2)
    brighter = np.asarray(Image.fromarray(image).point(lambda value: min(255, int(value * 1.05))))
    vectors = model.project(encoder.features([image, brighter, other]))
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert vectors[0] @ vectors[1] > 0.9


def test_a_model_of_another_encoder_is_refused(fitted: Fitted, words: GridSentenceEncoder, tmp_path: Path) -> None:
    folder = shutil.copytree(fitted.folder, tmp_path / "model")
    version = fitted.encoder.features_version
    manifest = folder / MANIFEST
    manifest.write_text(manifest.read_text().replace(version, "0123456789ab"))
    with pytest.raises(EncoderMismatch, match=rf"0123456789ab.*{version}"):
        fitted.encoder.load(folder, words)
    with pytest.raises(EncoderMismatch, match="no model"):
        fitted.encoder.load(tmp_path, words)


def test_features_of_another_length_are_refused(encoder: ClipEncoder, model: ClipModel) -> None:
    with pytest.raises(EncoderMismatch, match=rf"\(3, 5\).*{encoder.feature_dim}-dimensional"):
        model.project(np.zeros((3, 5), np.float32))


def test_a_catalog_of_unequal_lengths_is_refused(encoder: ClipEncoder, tmp_path: Path) -> None:
    features = np.zeros((3, encoder.feature_dim), np.float32)
    with pytest.raises(EncoderMismatch, match="3 feature rows, 2 texts and 3 text vectors"):
        encoder.fit(features, ["a", "b"], np.zeros((3, 4), np.float32), tmp_path, 0)


def test_a_version_changes_with_the_configuration(clip_encoders: Encoders) -> None:
    versions = {name: make().features_version for name, make in clip_encoders.items()}
    assert len(set(versions.values())) == len(BACKENDS)
    assert all(make().features_version == versions[name] for name, make in clip_encoders.items())
