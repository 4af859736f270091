"""The one vector per pin: where it begins, what is learnt from groups and texts, and one row in any batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from relpins_resources.encoders.base import EncoderMismatch
from relpins_resources.encoders.pinclip import Shown, load_pinclip, prefix, text_rows, word_weights
from relpins_resources.encoders.pinclip_start import starting_point
from relpins_resources.encoders.pinclip_training import Lesson, PinClipConfig, Trained, sigmoid_loss, train_pinclip
from relpins_resources.encoders.shared_groups import Mates, mates_recall

CONFIG = PinClipConfig(dims=(4, 16), epochs=20, batch=64, hidden=32, width=24, learning_rate=1e-2, scale=10, bias=-5)
N_IMAGES, N_STYLES = 240, 6
NO_WEIGHTS = np.zeros(512, np.float32)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def world(seed: int = 0) -> tuple[Lesson, np.ndarray]:
    """Images whose style is faint beside what means nothing; boards hold one style; half say it in words of theirs."""
    rng = np.random.default_rng(seed)
    style = rng.integers(0, N_STYLES, N_IMAGES)
    looks = np.concatenate([0.35 * np.eye(N_STYLES)[style], rng.normal(0, 0.3, (N_IMAGES, 10))], axis=1)
    looks[:, :N_STYLES] += rng.normal(0, 0.05, (N_IMAGES, N_STYLES))
    words = np.eye(N_STYLES)[(style + 1) % N_STYLES] + rng.normal(0, 0.4, (N_IMAGES, N_STYLES))
    says = rng.random(N_IMAGES) < 0.5
    pins = Shown(unit(looks), np.where(says[:, None], unit(words), 0).astype(np.float32))
    boards = rng.integers(0, N_STYLES, 60)
    stands = (style[:, None] == boards[None, :]) & (rng.random((N_IMAGES, 60)) < 0.3)
    held = np.arange(N_IMAGES) % 5 == 0
    return Lesson(pins, csr_array(stands.astype(np.float32)), np.flatnonzero(~held), np.flatnonzero(held)), style


@pytest.fixture(scope="module")
def trained() -> tuple[Lesson, np.ndarray, Trained]:
    lesson, style = world()
    return lesson, style, train_pinclip(lesson, NO_WEIGHTS, 3, CONFIG)


def same_style(vectors: np.ndarray, style: np.ndarray, rows: np.ndarray) -> float:
    """Share of the same style among the ten nearest of `rows`."""
    cosines = vectors[rows] @ vectors.T
    cosines[np.arange(len(rows)), rows] = -np.inf
    nearest = np.argsort(-cosines, axis=1)[:, :10]
    return float((style[nearest] == style[rows][:, None]).mean())


def test_images_that_no_board_taught_lie_with_their_style(trained: tuple[Lesson, np.ndarray, Trained]) -> None:
    lesson, style, found = trained
    placed = found.encoder.of_pins(lesson.pins)
    started = train_pinclip(lesson, NO_WEIGHTS, 3, CONFIG.untrained()).encoder.of_pins(lesson.pins)
    held = lesson.held_out
    by_look, before, after = (same_style(space, style, held) for space in (lesson.pins.image, started, placed))
    assert after > max(by_look, before) + 0.15
    assert same_style(prefix(placed, 4), style, held) > max(by_look, before) + 0.1
    assert found.loss < found.loss_before
    assert found.epoch > 0


def test_texts_lie_with_images_of_what_they_say(trained: tuple[Lesson, np.ndarray, Trained]) -> None:
    lesson, style, found = trained
    texts = np.eye(N_STYLES)[(np.arange(N_STYLES) + 1) % N_STYLES].astype(np.float32)
    images = found.encoder.of_images(lesson.pins.image[lesson.held_out])
    nearest = np.argsort(-(found.encoder.of_texts(texts) @ images.T), axis=1)[:, :5]
    assert (style[lesson.held_out][nearest] == np.arange(N_STYLES)[:, None]).mean() > 0.6


def test_image_and_text_are_aligned_without_any_group() -> None:
    lesson, style = world()
    alone = replace(lesson, groups=csr_array((N_IMAGES, 0), dtype=np.float32))
    found = train_pinclip(alone, NO_WEIGHTS, 3, replace(CONFIG, neighbour_weight=0.0, image_text_weight=1.0))
    said = lesson.held_out[lesson.pins.has[lesson.held_out, 1]]
    cosines = found.encoder.of_texts(lesson.pins.text[said]) @ found.encoder.of_images(lesson.pins.image[said]).T
    is_same = style[said][:, None] == style[said][None, :]
    assert cosines[is_same].mean() > cosines[~is_same].mean() + 0.2


def test_the_same_inputs_give_the_same_bits(trained: tuple[Lesson, np.ndarray, Trained], tmp_path: Path) -> None:
    lesson, _, found = trained
    short = replace(CONFIG, epochs=2)
    one, again, other = (train_pinclip(lesson, NO_WEIGHTS, seed, short).encoder for seed in (3, 3, 4))
    assert one.of_pins(lesson.pins).tobytes() == again.of_pins(lesson.pins).tobytes()
    assert one.of_pins(lesson.pins).tobytes() != other.of_pins(lesson.pins).tobytes()
    placed = found.encoder.of_pins(lesson.pins)
    found.encoder.save(tmp_path / "encoder.npz")
    assert load_pinclip(tmp_path / "encoder.npz").of_pins(lesson.pins).tobytes() == placed.tobytes()


def test_a_row_depends_on_its_pin_alone(trained: tuple[Lesson, np.ndarray, Trained]) -> None:
    lesson, _, found = trained
    placed = found.encoder.of_pins(lesson.pins)
    order = np.random.default_rng(5).permutation(N_IMAGES)
    assert found.encoder.of_pins(lesson.pins.take(order)).tobytes() == placed[order].tobytes()
    assert found.encoder.of_pins(lesson.pins.take(order[:1])).tobytes() == placed[order[:1]].tobytes()
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1.0, atol=1e-6)
    assert (
        found.encoder.of_images(lesson.pins.image).tobytes()
        == found.encoder.of_pins(lesson.pins.image_only()).tobytes()
    )


def test_rows_of_another_length_are_refused(trained: tuple[Lesson, np.ndarray, Trained]) -> None:
    with pytest.raises(EncoderMismatch, match=r"lengths \(3, 6\), this model was fitted for \(16, 6\)"):
        trained[2].encoder.of_pins(Shown(np.ones((1, 3), np.float32), np.ones((1, 6), np.float32)))


def test_it_begins_as_principal_components() -> None:
    lesson, _ = world()
    pins = lesson.pins.image_only()
    start = starting_point(pins, (4, 16), 24)
    centred = pins.image.astype(np.float64) - pins.image.mean(axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :4] * sizes[:4]
    found = start.components(pins)[0] @ start.base[0][:, :4]
    np.testing.assert_allclose(found * np.sign(found[0]), expected * np.sign(expected[0]), atol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_so_few_pins_have_vectors_too(n: int) -> None:
    lesson, _ = world()
    some = Lesson(lesson.pins.take(np.arange(n)), lesson.groups[:n], np.arange(n), np.arange(0))
    found = train_pinclip(some, NO_WEIGHTS, 0, CONFIG)
    placed = found.encoder.of_pins(lesson.pins)
    assert placed.shape == (N_IMAGES, 16)
    assert np.isfinite(placed).all()


def test_the_loss_is_that_of_the_formula() -> None:
    rng = np.random.default_rng(2)
    left, right = (rng.normal(size=(5, 6)).astype(np.float32) for _ in range(2))
    is_masked = rng.random((5, 5)) < 0.3
    expected = 0.0
    for dim in (2, 6):
        for i in range(5):
            for j in range(5):
                if i != j and is_masked[i, j]:
                    continue
                x, y = left[i, :dim].astype(float), right[j, :dim].astype(float)
                cosine = x @ y / np.linalg.norm(x) / np.linalg.norm(y)
                z = 1 if i == j else -1
                expected += -np.log(1 / (1 + np.exp(-z * (3.0 * cosine - 1.5)))) / 5 / 2
    found = sigmoid_loss(torch.from_numpy(left), torch.from_numpy(right), is_masked, 3.0, -1.5, (2, 6))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_mates_are_drawn_from_shared_groups_alone() -> None:
    rng = np.random.default_rng(1)
    stands = rng.random((30, 12)) < 0.15
    is_used = rng.random(30) < 0.8
    mates = Mates.of(csr_array(stands.astype(np.float32)), is_used)
    shared = (stands & is_used[:, None]).astype(int) @ (stands & is_used[:, None]).astype(int).T > 0
    np.fill_diagonal(shared, False)
    assert mates.anchors.tolist() == np.flatnonzero(shared.any(axis=1)).tolist()
    rows = np.repeat(mates.anchors, 200)
    partners = mates.drawn(rows, np.random.default_rng(0))
    drawn = np.zeros((30, 30), bool)
    drawn[rows, partners] = True
    assert (drawn == shared).all()
    expected = (shared | np.eye(30, dtype=bool))[mates.anchors][:, mates.anchors]
    assert (mates.share_any(mates.anchors, mates.anchors) == expected).all()


def test_recall_of_mates_in_numbers() -> None:
    groups = csr_array(np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.float32))
    vectors = unit(np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9], [0.99, 0.05]]))
    # 0: nearest two are 4 and 1, mates are 1 and 2; 3: nearest are 2 and 1, its mate is 2; 4 has no mate
    assert mates_recall(vectors, groups, np.array([0, 3, 4]), 2) == pytest.approx((1 / 2 + 1 / 1) / 2)


def test_texts_as_rows() -> None:
    texts = ["oak table", "", "oak chair", "oak"]
    weights = word_weights(texts)
    sentences = unit(np.random.default_rng(0).normal(size=(4, 3)))
    rows = text_rows(texts, sentences, weights)
    assert not rows[1].any()
    np.testing.assert_allclose(rows[[0, 2, 3], :3], 0.5 * sentences[[0, 2, 3]], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows[[0, 2], 3:], axis=1), 0.7, atol=1e-6)
    assert float(rows[0, 3:] @ rows[2, 3:]) < 0.2, "a word that all of them say tells little"
