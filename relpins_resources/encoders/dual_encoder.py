"""Two towers in one space: products (image, described text, words) and attribute phrases.

The product tower is a network of one hidden layer, the attribute tower is linear; both end on the unit sphere. Applied
by numpy in fixed-shape batches, so that a row's bits depend on the row alone. Training is in dual_training.py; what a
pin's words are, and thresholds, belong to who uses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.hashed_words import hashed_words
from relpins_resources.encoders.rows import in_fixed_batches, normalised

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
GROUPS = ("image", "content", "words")
"""What a product is known by; a group that is all zeros is one that the product lacks."""
SENTENCE_SHARE = 0.7
"""Of a phrase's squared length, what its sentence vector makes up; its hashed words make up the rest."""


@dataclass(frozen=True)
class Products:
    """n products: image (n, i) and content (n, c), rows of about unit length or zero; words (n, w), counts."""

    image: Vectors
    content: Vectors
    words: csr_array

    def __len__(self) -> int:
        return len(self.image)

    def take(self, rows: Rows | Bools) -> Products:
        return Products(self.image[rows], self.content[rows], self.words[rows])

    def only(self, groups: Sequence[str]) -> Products:
        """The same products, known by these of GROUPS alone."""
        kept = {name: getattr(self, name) for name in groups}
        return replace(
            Products(np.zeros_like(self.image), np.zeros_like(self.content), csr_array(self.words.shape, dtype="f4")),
            **kept,
        )

    def inputs(self) -> Vectors:
        """(n, i + c + w + 3) float32: each group on a scale of unit variance, then which groups are there."""
        words = self.words.toarray().astype(np.float32)
        parts = [_scaled(self.image), _scaled(self.content), _scaled(words)]
        present = np.stack([part.any(axis=1) for part in parts], axis=1).astype(np.float32)
        return np.concatenate([*parts, present], axis=1)


def phrase_inputs(sentences: Vectors, phrases: Sequence[str]) -> Vectors:
    """Rows (a, t + WORD_SLOTS) of unit length for phrases with their sentence vectors (a, t)."""
    parts = [np.sqrt(SENTENCE_SHARE) * sentences, np.sqrt(1 - SENTENCE_SHARE) * hashed_words(phrases)]
    return np.concatenate(parts, axis=1).astype(np.float32)


@dataclass(frozen=True)
class DualEncoder:
    """Weights, float32: hidden (k, h), hidden_bias (h,), out (h, d), out_bias (d,), phrase (t, d); and the scale.

    `scale` is one over the temperature that training arrived at.
    """

    hidden: Vectors
    hidden_bias: Vectors
    out: Vectors
    out_bias: Vectors
    phrase: Vectors
    scale: float

    @property
    def dim(self) -> int:
        return int(self.out.shape[1])

    def of_products(self, products: Products) -> Vectors:
        """(n, d) unit rows; row i depends on product i alone, to the last bit."""

        def forward(rows: Vectors) -> Vectors:
            hidden = np.maximum(np.matmul(rows, self.hidden) + self.hidden_bias, np.float32(0))
            result: Vectors = np.matmul(hidden, self.out) + self.out_bias
            return result

        parts = [np.zeros((0, self.dim), np.float32)]
        for start in range(0, len(products), _BLOCK):
            block = products.take(np.arange(start, min(start + _BLOCK, len(products))))
            parts.append(normalised(in_fixed_batches(block.inputs(), forward, self.dim)))
        return np.concatenate(parts)

    def of_phrases(self, inputs: Vectors) -> Vectors:
        """(a, d) unit rows for rows of `phrase_inputs`; row i depends on phrase i alone, to the last bit."""

        def forward(rows: Vectors) -> Vectors:
            result: Vectors = np.matmul(rows * _spread(rows.shape[1]), self.phrase)
            return result

        return normalised(in_fixed_batches(inputs, forward, self.dim))

    def save(self, path: Path) -> None:
        arrays: Mapping[str, Any] = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        np.savez(path, **arrays)


def load_dual_encoder(path: Path) -> DualEncoder:
    with np.load(path, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    return DualEncoder(**{**arrays, "scale": float(arrays["scale"])})


_BLOCK = 4096


def _spread(dim: int) -> np.float32:
    return np.float32(np.sqrt(dim))


def _scaled(rows: Vectors) -> Vectors:
    """Rows to unit length times the root of their length in coordinates; rows of zeros stay."""
    norms = np.sqrt(np.einsum("nd,nd->n", rows, rows, dtype=np.float64))
    factors = np.where(norms > 0, np.sqrt(rows.shape[1]) / np.where(norms > 0, norms, 1), 0)
    scaled: Vectors = (rows * factors[:, None]).astype(np.float32)
    return scaled
