"""The descriptor, its PCA, its heads and the choice of the head's weight, on pictures with known answers."""

from pathlib import Path

import numpy as np
import pytest
from encoder_pictures import COLOURS, SHAPES, Catalog, draw

from relpins_resources.encoders.alignment import choose_weight, recall_of_own, split_pairs
from relpins_resources.encoders.base import EncoderMismatch, TextQueriesRefused
from relpins_resources.encoders.descriptor import DescriptorEncoder
from relpins_resources.encoders.grid import GridSentenceEncoder
from relpins_resources.encoders.half_whitened_pca import fit_half_whitened_pca
from relpins_resources.encoders.hashed_words import WORD_SLOTS, hashed_words
from relpins_resources.encoders.heads import HeadsConfig, train_heads
from relpins_resources.encoders.rows import normalised
from relpins_resources.encoders.visual_descriptor import DESCRIPTOR_DIM, visual_descriptor
from relpins_resources.errors import RelpinsError

SMALL = DescriptorEncoder(dim=64, head_dim=32)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


@pytest.mark.parametrize("image", [np.zeros((1, 1, 3), np.uint8), np.full((3, 500, 3), 255, np.uint8)])
def test_flat_and_tiny_images_have_finite_descriptors(image: np.ndarray) -> None:
    descriptor = visual_descriptor(image)
    assert descriptor.shape == (DESCRIPTOR_DIM,)
    assert np.isfinite(descriptor).all()


def test_size_and_mirroring_matter_less_than_shape_and_colour() -> None:
    image = draw("triangle", "green", 3)
    larger = np.repeat(np.repeat(image, 3, axis=0), 3, axis=1)
    descriptor = visual_descriptor(image)
    same = [cosine(descriptor, visual_descriptor(other)) for other in (larger, image[:, ::-1].copy())]
    others = [draw("circle", "green", 3), draw("triangle", "blue", 3)]
    different = [cosine(descriptor, visual_descriptor(other)) for other in others]
    assert min(same) > 0.97
    assert max(different) < min(same)


def test_half_whitening_leaves_the_square_root_of_the_variance() -> None:
    random = np.random.default_rng(0)
    deviations = np.array([8.0, 4.0, 2.0, 1.0])
    rows = (random.standard_normal((20_000, 4)) * deviations + 3).astype(np.float32)
    pca = fit_half_whitened_pca(rows, 4, seed=1)
    projected = (rows - pca.mean) @ pca.projection
    assert projected.var(axis=0) == pytest.approx(deviations, rel=0.05)  # var ** 0.5


@pytest.mark.parametrize(("n", "expected"), [(1, 32), (15, 32), (16, 4), (60, 15), (400, 32)])
def test_a_small_catalog_gets_fewer_components(n: int, expected: int) -> None:
    rows = np.random.default_rng(n).standard_normal((n, 50)).astype(np.float32)
    vectors = fit_half_whitened_pca(rows, 32, seed=0).transform(rows)
    assert vectors.shape == (n, expected)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


def test_a_catalog_of_one_repeated_image_has_finite_vectors() -> None:
    rows = np.repeat(np.random.default_rng(0).random((1, 50), np.float32), 40, axis=0)
    vectors = fit_half_whitened_pca(rows, 32, seed=0).transform(rows)
    assert np.isfinite(vectors).all()
    assert (vectors == vectors[0]).all()


def test_bits_do_not_depend_on_the_number_of_threads(catalog_features: np.ndarray) -> None:
    from threadpoolctl import threadpool_limits

    results = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            pca = fit_half_whitened_pca(catalog_features, 64, seed=0)
            results.append((pca.projection, pca.transform(catalog_features)))
    assert np.array_equal(results[0][0], results[1][0])
    assert np.array_equal(results[0][1], results[1][1])


def test_the_heads_find_pictures_by_words(
    catalog: Catalog, catalog_features: np.ndarray, words: GridSentenceEncoder, tmp_path: Path
) -> None:
    report = SMALL.fit(catalog_features, catalog.titles, words.encode(catalog.titles), tmp_path, 0)
    model = SMALL.load(tmp_path, words)
    assert report["weight"] > 0
    assert report["text_to_image"] > report["chance"]
    assert report["title_cosine"] > report["title_cosine_without"]
    unseen = [(shape, colour) for shape in SHAPES for colour in COLOURS]
    images = model.project(SMALL.features([draw(shape, colour, 9000) for shape, colour in unseen]))
    found = images @ model.encode_text([f"a {colour} {shape}" for shape, colour in unseen]).T  # (image, text)
    assert (found.argmax(axis=0) == np.arange(len(unseen))).mean() > 0.8
    assert "text head of weight" in model.description


def test_words_without_a_link_to_pictures_get_no_weight(
    catalog: Catalog, catalog_features: np.ndarray, words: GridSentenceEncoder, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    titles = [" ".join(random.choice(list("abcdefghij"), 5)) for _ in catalog.images]
    report = SMALL.fit(catalog_features, titles, words.encode(titles), tmp_path, 0)
    assert report["weight"] == 0
    with pytest.raises(TextQueriesRefused):
        SMALL.load(tmp_path, words).encode_text(["a red circle"])


@pytest.mark.parametrize(("n_texted", "answers"), [(199, False), (200, True)])
def test_under_200_texted_pins_text_queries_are_refused(
    n_texted: int,
    answers: bool,
    catalog: Catalog,
    catalog_features: np.ndarray,
    words: GridSentenceEncoder,
    tmp_path: Path,
) -> None:
    titles = [title if i < n_texted else "" for i, title in enumerate(catalog.titles)]
    vectors = words.encode(titles)
    vectors[n_texted:] = 0
    report = SMALL.fit(catalog_features, titles, vectors, tmp_path, 0)
    assert report["n_texted"] == n_texted
    assert SMALL.load(tmp_path, words).supports_text == answers
    assert (report["weight"] > 0) == answers


def test_another_sentence_encoder_is_refused(
    catalog: Catalog, catalog_features: np.ndarray, words: GridSentenceEncoder, tmp_path: Path
) -> None:
    SMALL.fit(catalog_features, catalog.titles, words.encode(catalog.titles), tmp_path, 0)
    with pytest.raises(EncoderMismatch, match=r"64-dimensional sentence vectors, grid has 16"):
        SMALL.load(tmp_path, GridSentenceEncoder(dim=16))


def test_a_catalog_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match="at least one"):
        SMALL.fit(np.zeros((0, DESCRIPTOR_DIM), np.float32), [], np.zeros((0, 4), np.float32), tmp_path, 0)


def test_pins_of_one_text_or_one_image_stay_on_one_side() -> None:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 400, 900)
    features = pictures[:, None].astype(np.float32)
    texts = [f"Title {i % 500}" if i % 2 else f"title {i % 500}" for i in range(900)]
    texts[::10] = [""] * 90
    train, held_out = split_pairs(features, texts, seed=3)
    assert sorted([*train, *held_out]) == [i for i in range(900) if texts[i]]
    assert len(held_out) >= 50
    assert not {texts[i].casefold() for i in train} & {texts[i].casefold() for i in held_out}
    assert not set(pictures[train]) & set(pictures[held_out])


def test_recall_counts_own_items_among_the_ten_best() -> None:
    scores = np.zeros((20, 20))
    scores[:, :10] = 1.0  # ten better ones for the rows 10 to 19, none for the rows 0 to 9
    scores[15, 15] = 2.0
    assert recall_of_own(scores) == (10 + 1) / 20
    assert recall_of_own(np.zeros((20, 20))) == 1.0  # equals count for the query


def test_the_weight_follows_what_finds_alike_titles() -> None:
    random = np.random.default_rng(0)
    topics = np.eye(10, dtype=np.float32)[np.arange(200) % 10]
    noise = normalised(random.standard_normal((200, 10)))
    knowing = normalised(topics + 0.01 * noise)
    head_knows = choose_weight(noise, knowing, knowing, topics)
    descriptor_knows = choose_weight(topics, noise, noise, topics)
    head_strays = choose_weight(noise, knowing, normalised(random.standard_normal((200, 10))), topics)
    assert head_knows.title_cosine > 0.99
    assert head_knows.title_cosine > head_knows.title_cosine_without
    assert descriptor_knows.weight == 0
    assert head_strays.weight == 0  # its text finds its image no more often than by chance
    assert head_strays.chance == 10 / 200


def test_equal_texts_are_no_negatives() -> None:
    """Where all texts are equal there is nothing to tell apart: the loss stays 0, and the first epoch stays best."""
    random = np.random.default_rng(0)
    images = normalised(random.standard_normal((256, 16)))
    texts = np.repeat(normalised(random.standard_normal((1, 8))), 256, axis=0)
    rows = np.arange(256)
    heads, best_epoch = train_heads(images, texts, rows[:200], rows[200:], 0, HeadsConfig(dim=4, hidden=8, epochs=3))
    assert best_epoch == 1
    assert np.isfinite(heads.of_images(images)).all()


def test_training_leaves_the_random_state_of_torch_alone() -> None:
    import torch

    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    rows = np.arange(100)
    vectors = normalised(np.random.default_rng(0).standard_normal((100, 8)))
    train_heads(vectors, vectors, rows[:80], rows[80:], 0, HeadsConfig(dim=4, hidden=8, epochs=1))
    assert torch.equal(torch.rand(3), expected)
    assert not torch.are_deterministic_algorithms_enabled()


def test_hashed_words_know_words_and_nothing_else() -> None:
    rows = hashed_words(["Red dress", "dress, RED!", "dress", "", "!"])
    assert rows.shape == (5, WORD_SLOTS)
    assert np.array_equal(rows[0], rows[1])
    assert rows[0] @ rows[2] == pytest.approx(1 / np.sqrt(2))
    assert np.array_equal(rows[3], rows[4])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1)
