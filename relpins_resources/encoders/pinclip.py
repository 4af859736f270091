"""One vector per pin of what it shows and says together; either alone has a place in the same space.

    z = base(image) + base(text) + network(image, text, which of them there are),  then over its norm

`base` begins as the principal components of both together, so that the space means something before anything is
learnt, and the first dimensions hold most of it: a prefix is a vector of its own (Matryoshka). Applied by numpy in
batches of one shape, so that a row's bits depend on the row alone. Training is in pinclip_training.py; what a pin says,
and who its neighbours are, belongs to who uses it. After PinCLIP (arXiv 2603.03544), fused late because vectors of
image and text are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import EncoderMismatch, Vectors
from relpins_resources.encoders.hashed_words import hashed_words
from relpins_resources.encoders.rows import in_fixed_batches, normalised

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
SENTENCE_WEIGHT, WORD_WEIGHT = 0.5, 0.7
"""Lengths of a text's sentence vector and of its hashed words, beside an image of length 1."""


@dataclass(frozen=True)
class Shown:
    """n pins: image (n, i) and text (n, t); a row of zeros is what the pin lacks."""

    image: Vectors
    text: Vectors

    def __len__(self) -> int:
        return len(self.image)

    @property
    def has(self) -> Bools:
        """(n, 2) whether each has an image, and a text."""
        return np.stack([self.image.any(axis=1), self.text.any(axis=1)], axis=1)

    def take(self, rows: Rows | Bools) -> Shown:
        return Shown(self.image[rows], self.text[rows])

    def image_only(self) -> Shown:
        return replace(self, text=np.zeros_like(self.text))

    def text_only(self) -> Shown:
        return replace(self, image=np.zeros_like(self.image))


@dataclass(frozen=True)
class PinClipEncoder:
    """Weights, float32, of d dimensions and h hidden units.

    Attributes:
        image_mean, image: (i,), (i, d + h) what an image adds to the vector, and to the hidden units.
        text_mean, text: (t,), (t, d + h) the same of a text.
        present: (2, h) what having an image, or a text, adds to the hidden units.
        hidden_bias, out, out_bias: (h,), (h, d), (d,).
        word_weights: (w,) how telling each slot of hashed words is.
        dims: lengths of the prefixes that are vectors of their own, ascending; the last is d.
    """

    image_mean: Vectors
    image: Vectors
    text_mean: Vectors
    text: Vectors
    present: Vectors
    hidden_bias: Vectors
    out: Vectors
    out_bias: Vectors
    word_weights: Vectors
    dims: Rows

    @property
    def dim(self) -> int:
        return int(self.out.shape[1])

    def of_pins(self, pins: Shown) -> Vectors:
        """(n, d) rows of unit length; row i depends on pin i alone, to the last bit.

        Raises:
            EncoderMismatch: images or texts are not of the lengths that it was fitted for.
        """
        given, made_for = (pins.image.shape[1], pins.text.shape[1]), (len(self.image_mean), len(self.text_mean))
        if given != made_for:
            raise EncoderMismatch(
                f"images and texts have lengths {given}, this model was fitted for {made_for}; fit it on these"
            )
        inputs = np.concatenate([pins.image, pins.text, pins.has.astype(np.float32)], axis=1)
        return normalised(in_fixed_batches(inputs, self._forward, self.dim))

    def of_images(self, images: Vectors) -> Vectors:
        """(n, d) of images (n, i) of which nothing is said."""
        return self.of_pins(Shown(images, np.zeros((len(images), len(self.text_mean)), np.float32)))

    def of_texts(self, texts: Vectors) -> Vectors:
        """(n, d) of texts (n, t), rows of `text_rows`, without an image."""
        return self.of_pins(Shown(np.zeros((len(texts), len(self.image_mean)), np.float32), texts))

    def text_rows(self, texts: Sequence[str], sentences: Vectors) -> Vectors:
        """(n, t) inputs of texts with their sentence vectors; zeros for an empty text."""
        return text_rows(texts, sentences, self.word_weights)

    def _forward(self, rows: Vectors) -> Vectors:
        n_image = len(self.image_mean)
        has = rows[:, -2:]
        image = (rows[:, :n_image] - self.image_mean) * has[:, :1]
        text = (rows[:, n_image:-2] - self.text_mean) * has[:, 1:]
        sums = np.matmul(image, self.image) + np.matmul(text, self.text)  # (n, d + h)
        hidden = sums[:, self.dim :] + np.matmul(has, self.present) + self.hidden_bias
        result: Vectors = sums[:, : self.dim] + np.matmul(np.maximum(hidden, np.float32(0)), self.out) + self.out_bias
        return result

    def save(self, path: Path) -> None:
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})


def load_pinclip(path: Path) -> PinClipEncoder:
    with np.load(path, allow_pickle=False) as held:
        return PinClipEncoder(**{name: held[name] for name in held.files})


def prefix(vectors: Vectors, dim: int) -> Vectors:
    """(n, dim) the first coordinates as vectors of their own."""
    return normalised(vectors[:, :dim])


def word_weights(texts: Sequence[str]) -> Vectors:
    """(w,) how telling each slot of hashed words is among these texts: log of texts per text that has it."""
    n_with = (hashed_words([text for text in texts if text]) > 0).sum(axis=0)
    n_texts = sum(bool(text) for text in texts)
    weights: Vectors = np.log((1 + n_texts) / (1 + n_with)).astype(np.float32)
    return weights


def text_rows(texts: Sequence[str], sentences: Vectors, weights: Vectors) -> Vectors:
    """(n, t) inputs of texts: sentence vectors (n, s) beside weighted words; zeros for an empty text."""
    is_said = np.array([bool(text) for text in texts], bool)
    telling = hashed_words(texts) * weights
    norms = np.sqrt(np.einsum("nw,nw->n", telling, telling, dtype=np.float64))
    telling = telling / np.where(norms > 0, norms, 1.0)[:, None]
    joined = np.concatenate([SENTENCE_WEIGHT * sentences, WORD_WEIGHT * telling], axis=1)
    return np.where(is_said[:, None], joined, 0.0).astype(np.float32)
