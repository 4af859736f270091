"""The two towers: what they learn on a world with a known answer, and that a row's bits are its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from relpins_resources.encoders.dual_encoder import DualEncoder, Products, load_dual_encoder, phrase_inputs
from relpins_resources.encoders.dual_training import DualConfig, Pairs, Trained, train_dual_encoder

N, N_ATTRIBUTES = 240, 6
CONFIG = DualConfig(dim=16, hidden=32, batch=64, epochs=15, patience=15)


def world(seed: int = 0) -> tuple[Products, np.ndarray, Pairs, np.ndarray]:
    """Products whose image shows one of six attributes, and whose words say it for every second one."""
    rng = np.random.default_rng(seed)
    of = rng.integers(0, N_ATTRIBUTES, N)
    image = rng.normal(0, 0.1, (N, 12)).astype(np.float32)
    image[np.arange(N), of] += 1
    image /= np.linalg.norm(image, axis=1, keepdims=True)
    words = np.zeros((N, 20), np.float32)
    words[np.arange(N), of] = np.arange(N) % 2
    products = Products(image, np.zeros((N, 4), np.float32), csr_array(words))
    names = [f"style: value{at}" for at in range(N_ATTRIBUTES)]
    sentences = np.linalg.qr(rng.normal(size=(N_ATTRIBUTES, N_ATTRIBUTES)))[0].astype(np.float32)
    weights = csr_array((np.ones(N, np.float32), (np.arange(N), of)), shape=(N, N_ATTRIBUTES))
    pairs = Pairs(weights, np.ones((N, 1), bool), np.zeros(N_ATTRIBUTES, np.int64))
    return products, phrase_inputs(sentences, names), pairs, of


def trained(config: DualConfig = CONFIG) -> Trained:
    products, phrases, pairs, _ = world()
    train, held = np.arange(0, 180), np.arange(180, N)
    return train_dual_encoder(lambda epoch: products, phrases, pairs, train, held, 0, config)


@pytest.fixture(scope="module")
def result() -> Trained:
    return trained()


@pytest.mark.parametrize("groups", [("image", "content", "words"), ("image",)])
def test_held_out_products_find_their_attribute(result: Trained, groups: tuple[str, ...]) -> None:
    products, phrases, _, of = world()
    cosines = result.encoder.of_products(products.only(groups)) @ result.encoder.of_phrases(phrases).T
    assert (cosines.argmax(axis=1)[180:] == of[180:]).mean() > 0.95


def test_words_alone_find_it_where_they_say_it(result: Trained) -> None:
    products, phrases, _, of = world()
    cosines = result.encoder.of_products(products.only(("words",))) @ result.encoder.of_phrases(phrases).T
    says = np.arange(180, N) % 2 == 1
    assert (cosines.argmax(axis=1)[180:] == of[180:])[says].mean() > 0.95


def test_the_best_epoch_is_better_than_none(result: Trained) -> None:
    assert result.epoch > 0
    assert result.loss < result.loss_before / 2


def test_the_same_inputs_give_the_same_bits(result: Trained) -> None:
    again = trained().encoder
    assert all(
        np.array_equal(getattr(again, name), getattr(result.encoder, name)) for name in ("hidden", "out", "phrase")
    )
    assert again.scale == result.encoder.scale


def test_a_row_does_not_depend_on_those_beside_it(result: Trained) -> None:
    products, phrases, _, _ = world()
    every = result.encoder.of_products(products)
    some = np.array([200, 3, 77])
    assert np.array_equal(result.encoder.of_products(products.take(some)), every[some])
    assert np.array_equal(result.encoder.of_phrases(phrases[2:3])[0], result.encoder.of_phrases(phrases)[2])
    assert np.abs(np.linalg.norm(every, axis=1) - 1).max() < 1e-6


def test_without_an_epoch_the_towers_are_those_of_the_seed() -> None:
    untrained = trained(DualConfig(dim=16, hidden=32, epochs=0))
    assert untrained.epoch == 0
    assert untrained.loss == untrained.loss_before


def test_no_product_at_all_gives_no_vector(result: Trained) -> None:
    products, _, _, _ = world()
    assert result.encoder.of_products(products.take(np.arange(0))).shape == (0, 16)


def test_towers_come_back_from_their_file(result: Trained, tmp_path: Path) -> None:
    result.encoder.save(tmp_path / "towers.npz")
    back: DualEncoder = load_dual_encoder(tmp_path / "towers.npz")
    products, _, _, _ = world()
    assert np.array_equal(back.of_products(products), result.encoder.of_products(products))
    assert back.scale == pytest.approx(result.encoder.scale)
