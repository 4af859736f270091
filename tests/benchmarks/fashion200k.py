"""Recall@10 of attributes on Fashion200K, for whoever has its files; published with PinLanding as 99.7 %.

    python tests/benchmarks/fashion200k.py --labels LABELS --images IMAGES [--max-train N] [--max-test N] [--json]

LABELS holds `<category>_<train|test>_detect_all.txt`, IMAGES the pictures that their lines name. Towers learn from the
train split's pictures and words, attributes of the test split are ranked from the picture alone. What "recall@10" means
is not said by the publication, so both readings are given, hit@10 and set_recall@10, beside the ten most frequent
attributes, which may score high already. These files cannot be had here: the script was run on made-up ones only.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from relpins_assets.evaluation.fashion200k import (
    LabelledImage,
    attribute_vocabulary,
    load_fashion200k,
    recall_at,
    truth_matrix,
)
from relpins_resources.encoders import ClipModel, clip_encoder, sentence_encoder
from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.dual_encoder import DualEncoder, Products, phrase_inputs
from relpins_resources.encoders.dual_training import DualConfig, Pairs, train_dual_encoder
from relpins_resources.encoders.hashed_words import WORD_SLOTS
from relpins_resources.images import decode_pixels

LEAST_PINS = 20
HELD_OUT = 0.05
SIDE = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--max-train", type=int, default=50_000)
    parser.add_argument("--max-test", type=int, default=10_000)
    parser.add_argument("--least", type=int, default=LEAST_PINS, help="images that must carry an attribute")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    started = time.monotonic()
    train = _some(load_fashion200k(given.labels, "train"), given.max_train, given.seed)
    test = _some(load_fashion200k(given.labels, "test"), given.max_test, given.seed)
    words = attribute_vocabulary(train, given.least)
    ranked = rankings(train, test, words, given.images, given.seed)
    true = truth_matrix(test, words)
    frequent = np.tile(np.arange(len(words)), (len(test), 1))  # the vocabulary is in order of frequency
    told = {
        "train images": len(train),
        "test images": len(test),
        "attributes": len(words),
        "picture alone": dict(recall_at(ranked, true, 10)),
        "ten most frequent": dict(recall_at(frequent, true, 10)),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(told, indent=None if given.json else 2))


def rankings(
    train: Sequence[LabelledImage], test: Sequence[LabelledImage], words: Sequence[str], images: Path, seed: int
) -> np.ndarray:
    """(n test, n words) positions of the words for each test image, likeliest first."""
    model, pixels = _looks(train, test, images, seed)
    sentences = sentence_encoder({"backend": "sentence_transformers", "model": "bundled"})
    phrases = phrase_inputs(sentences.encode(list(words)), list(words))
    shown, unseen = (_products(model.project(features)) for features in pixels)
    encoder = _trained(shown, truth_matrix(train, words), phrases, seed)
    cosines = encoder.of_products(unseen).astype(np.float64) @ encoder.of_phrases(phrases).astype(np.float64).T
    return np.argsort(-np.round(cosines, 6), axis=1, kind="stable")


def _looks(
    train: Sequence[LabelledImage], test: Sequence[LabelledImage], images: Path, seed: int
) -> tuple[ClipModel, list[Vectors]]:
    encoder = clip_encoder({"backend": "descriptor"})
    sentences = sentence_encoder({"backend": "sentence_transformers", "model": "bundled"})
    features = [
        np.concatenate([encoder.features([_picture(images / one.path)]) for one in split]) for split in (train, test)
    ]
    with tempfile.TemporaryDirectory() as folder:
        texts = [one.description for one in train]
        encoder.fit(features[0], texts, sentences.encode(texts), Path(folder), seed)
        model = encoder.load(Path(folder), sentences)
    return model, features


def _trained(products: Products, true: np.ndarray, phrases: Vectors, seed: int) -> DualEncoder:
    """Towers that learn from pictures alone; a description that does not say a word is no sure sign against it."""
    order = np.random.default_rng(seed).permutation(len(products))
    held = order[: max(1, int(HELD_OUT * len(order)))]
    pairs = Pairs(csr_array(true.astype(np.float32)), true.any(axis=1)[:, None], np.zeros(true.shape[1], np.int64))
    rest = np.setdiff1d(order, held)
    return train_dual_encoder(lambda _: products, phrases, pairs, rest, held, seed, DualConfig(group_dropout=0)).encoder


def _products(looks: Vectors) -> Products:
    n = len(looks)
    return Products(looks, np.zeros((n, 1), np.float32), csr_array((n, WORD_SLOTS), dtype=np.float32))


def _picture(path: Path) -> np.ndarray:
    return decode_pixels(path.read_bytes(), SIDE)


def _some(images: Sequence[LabelledImage], most: int, seed: int) -> list[LabelledImage]:
    chosen = np.sort(np.random.default_rng(seed).permutation(len(images))[:most])
    return [images[i] for i in chosen]


if __name__ == "__main__":
    main()
