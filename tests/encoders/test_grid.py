"""The deterministic stand-ins: exact dot products, and near what should be near."""

import numpy as np
import pytest
from encoder_pictures import Catalog
from hypothesis import given
from hypothesis import strategies as st

from relpins_resources.encoders import GridClipEncoder, GridSentenceEncoder
from relpins_resources.encoders.grid import GRID, GridClipModel
from relpins_resources.errors import RelpinsError


def exact(vectors: np.ndarray) -> bool:
    """Whether float32 products are those of whole numbers, whatever the order of summation."""
    whole = np.rint(vectors.astype(np.float64) * GRID).astype(np.int64)
    assert np.array_equal(whole / GRID, vectors)
    products = (whole @ whole.T) / GRID**2
    order = np.random.default_rng(0).permutation(vectors.shape[1])
    return np.array_equal(vectors @ vectors.T, products) and np.array_equal(
        vectors[:, order] @ vectors[:, order].T, products
    )


@pytest.mark.parametrize("dim", [2, 32, 64])
def test_image_vectors_lie_on_the_grid(dim: int, catalog: Catalog) -> None:
    vectors = GridClipModel(dim).project(GridClipEncoder(dim).features(catalog.images))
    assert exact(vectors)


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_sentences_lie_on_the_grid_row_by_row(texts: list[str]) -> None:
    encoder = GridSentenceEncoder(dim=64)
    vectors = encoder.encode(texts)
    assert exact(vectors)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=0.01)
    assert np.array_equal(encoder.encode(texts[-1:])[0], vectors[-1])


def test_sentences_that_share_words_are_near() -> None:
    blue, other_blue, far = GridSentenceEncoder(dim=64).encode(
        ["a blue velvet sofa", "the blue velvet sofa", "how to bake rye bread"]
    )
    assert blue @ other_blue > 0.5 > blue @ far


def test_named_colours_find_flat_images() -> None:
    model = GridClipModel(32)
    flat = [np.full((8, 8, 3), rgb, np.uint8) for rgb in [(205, 25, 35), (35, 75, 185), (250, 250, 250)]]
    images = model.project(GridClipEncoder(32).features(flat))
    found = model.encode_text(["something red", "a blue one", "white"]) @ images.T
    assert found.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("dim", [1, 65])
def test_dimensions_that_would_not_be_exact_are_refused(dim: int) -> None:
    with pytest.raises(RelpinsError, match=f"dim {dim} .* allowed: 2 to 64"):
        GridClipEncoder(dim)
