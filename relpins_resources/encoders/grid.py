"""Deterministic stand-ins for tests, without a network or torch: small integers all the way.

Coordinates are multiples of 2**-10 in at most 64 dimensions and norms are near 1, so that a float32 dot product is
exact in any order of summation: incremental and rebuilt results can be compared bit by bit. Similar images are near
one another (the colour layout decides), and so are texts that share words. Nothing here is meant to be good.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import (
    ClipEncoder,
    ClipModel,
    FitReport,
    Image,
    SentenceEncoder,
    Vectors,
    check_catalog,
    check_features,
    check_images,
)
from relpins_resources.encoders.versions import read_manifest, short_hash, write_manifest
from relpins_resources.errors import RelpinsError

MAX_DIM = 64
GRID = 1024  # coordinates are multiples of 1 / GRID
CELLS = 4  # the colour layout is CELLS x CELLS mean colours
LAYOUT_DIM = CELLS * CELLS * 3 + 1
NAMED_COLOURS = {
    "black": (10, 10, 10),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
    "red": (200, 30, 30),
    "orange": (240, 140, 30),
    "yellow": (240, 220, 50),
    "green": (40, 140, 60),
    "blue": (40, 70, 190),
    "purple": (120, 50, 150),
    "pink": (240, 150, 180),
    "brown": (120, 80, 50),
    "beige": (225, 210, 180),
}


class GridClipEncoder(ClipEncoder):
    """Colour layout through a fixed random projection of small integers; a text is drawn as the colours it names."""

    name = "grid"

    def __init__(self, dim: int = 32) -> None:
        self.dim = _checked_dim(dim)

    @property
    def features_version(self) -> str:
        return short_hash(self.name, 1, self.dim)

    @property
    def feature_dim(self) -> int:
        return LAYOUT_DIM

    def features(self, images: Sequence[Image]) -> Vectors:
        """Mean colours of a grid of cells as whole numbers, and a constant, (n, LAYOUT_DIM)."""
        check_images(images)
        rows = [_layout(image) for image in images]
        return np.array(rows, np.float32).reshape(len(rows), LAYOUT_DIM)

    def fit(self, features: Vectors, texts: Sequence[str], text_vectors: Vectors, folder: Path, seed: int) -> FitReport:
        """Nothing is learnt: writes a manifest. Deterministic whatever the seed."""
        check_catalog(features, texts, text_vectors, LAYOUT_DIM)
        manifest = {"encoder": self.name, "features_version": self.features_version, "dim": self.dim}
        write_manifest(folder, manifest)
        return {"encoder": self.name, "dim": float(self.dim)}

    def load(self, folder: Path, text_encoder: SentenceEncoder) -> ClipModel:
        read_manifest(folder, self.name, self.features_version)
        return GridClipModel(self.dim)


class GridClipModel(ClipModel):
    """The projection of `GridClipEncoder`."""

    supports_text = True
    description = "colour layout on a coarse grid: a stand-in for tests"

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def project(self, features: Vectors) -> Vectors:
        check_features(features, LAYOUT_DIM)
        centred = np.rint(features).astype(np.int64) - 128  # (n, LAYOUT_DIM)
        return _on_grid(centred @ _projection(LAYOUT_DIM, self.dim))

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """The vectors of flat images in the mean of the colours that each text names."""
        drawn = [np.full((CELLS, CELLS, 3), _named_colour(text), np.uint8) for text in texts]
        return self.project(GridClipEncoder(self.dim).features(drawn))


class GridSentenceEncoder(SentenceEncoder):
    """Hashed words and word pairs."""

    name = "grid"

    def __init__(self, dim: int = 32) -> None:
        self._dim = _checked_dim(dim)

    @property
    def version(self) -> str:
        return short_hash("grid-sentences", 1, self._dim)

    @property
    def dim(self) -> int:
        return self._dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        sums = np.zeros((len(texts), self._dim), np.int64)
        for row, text in enumerate(texts):
            words = re.findall(r"\w+", text.casefold())
            for gram in [f"{len(words)} words", *words, *map(" ".join, pairwise(words))]:
                sums[row] += _signs(gram, self._dim)
        return _on_grid(sums)


def _checked_dim(dim: int) -> int:
    if not 2 <= dim <= MAX_DIM:
        raise RelpinsError(f"dim {dim} was asked of a grid encoder; allowed: 2 to {MAX_DIM}")
    return dim


def _layout(image: Image) -> npt.NDArray[np.int64]:
    rows = np.arange(CELLS + 1) * image.shape[0] // CELLS
    columns = np.arange(CELLS + 1) * image.shape[1] // CELLS
    wide = image.astype(np.int64)
    means = np.full(LAYOUT_DIM, 255, np.int64)  # the last stays: no image is all zeros
    for cell in range(CELLS * CELLS):
        top, left = rows[cell // CELLS], columns[cell % CELLS]
        bottom = max(rows[cell // CELLS + 1], top + 1)
        right = max(columns[cell % CELLS + 1], left + 1)
        block = wide[top:bottom, left:right]
        means[cell * 3 : cell * 3 + 3] = block.sum(axis=(0, 1)) // (block.shape[0] * block.shape[1])
    return means


def _on_grid(sums: npt.NDArray[np.int64]) -> Vectors:
    """Whole numbers (n, dim) normalised, then rounded to multiples of 1 / GRID; a zero row becomes the first axis."""
    wide = sums.astype(np.float64)
    squares = (sums * sums).sum(axis=1)  # exact
    wide[squares == 0, 0] = 1.0
    norms = np.sqrt(np.maximum(squares, 1).astype(np.float64))
    result: Vectors = (np.rint(wide / norms[:, None] * GRID) / GRID).astype(np.float32)
    return result


@lru_cache(maxsize=8)
def _projection(rows: int, dim: int) -> npt.NDArray[np.int64]:
    """Fixed random whole numbers in -8..7, (rows, dim)."""
    digest = hashlib.shake_256(f"grid {rows} {dim}".encode()).digest(rows * dim)
    return np.frombuffer(digest, np.uint8).astype(np.int64).reshape(rows, dim) % 16 - 8


@lru_cache(maxsize=65536)
def _signs(gram: str, dim: int) -> npt.NDArray[np.int64]:
    """Fixed random signs, (dim,)."""
    digest = hashlib.shake_256(gram.encode()).digest(dim)
    return (np.frombuffer(digest, np.uint8) & 1).astype(np.int64) * 2 - 1


def _named_colour(text: str) -> tuple[int, ...]:
    words = re.findall(r"\w+", text.casefold())
    named = [NAMED_COLOURS[word] for word in words if word in NAMED_COLOURS]
    if not named:
        return tuple(hashlib.sha256(" ".join(words).encode()).digest()[:3])
    return tuple(int(value) for value in np.array(named).mean(axis=0))
