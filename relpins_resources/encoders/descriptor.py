"""The classic visual descriptor as a CLIP-like encoder: no weights to download, fitted on the catalog in seconds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from relpins_resources.encoders import visual_descriptor as visual
from relpins_resources.encoders.alignment import MIN_TEXTED, HeadChoice, choose_weight, split_pairs
from relpins_resources.encoders.base import (
    ClipEncoder,
    ClipModel,
    EncoderMismatch,
    FitReport,
    Image,
    SentenceEncoder,
    TextQueriesRefused,
    Vectors,
    check_catalog,
    check_features,
    check_images,
)
from relpins_resources.encoders.half_whitened_pca import HalfWhitenedPca, fit_half_whitened_pca
from relpins_resources.encoders.hashed_words import WORD_SLOTS, hashed_words
from relpins_resources.encoders.heads import Heads, HeadsConfig, train_heads
from relpins_resources.encoders.rows import normalised
from relpins_resources.encoders.versions import read_manifest, short_hash, write_manifest
from relpins_resources.errors import RelpinsError

WEIGHTS_FILE = "weights.npz"


class DescriptorEncoder(ClipEncoder):
    """Oriented gradients, colour layout and colour histogram, and two heads that align them with sentences.

    Image vector = normalised [sqrt(1 - w) * descriptor ; sqrt(w) * head], text query = [0 ; head]: the cosine of two
    images is (1 - w) that of their descriptors + w that of their heads. w is chosen on held-out pins. Use a
    pretrained CLIP (`OpenClipEncoder`) where its weights can be had.

    Args:
        dim: of the descriptor, after PCA; a small catalog gets less.
        head_dim: of the head.
    """

    name = "descriptor"

    def __init__(self, dim: int = 256, head_dim: int = 128) -> None:
        for key, value in (("dim", dim), ("head_dim", head_dim)):
            if not 8 <= value <= 1024:
                raise RelpinsError(f"{key} {value} was asked of the descriptor encoder; allowed: 8 to 1024")
        self.dim = dim
        self.head_dim = head_dim

    @property
    def features_version(self) -> str:
        recipe = (
            visual.HOG_SIDES,
            visual.CELL_SIDE,
            visual.ORIENTATIONS,
            visual.BLOCK_FLOOR,
            visual.BLOCK_CUT,
            visual.LAYOUT_SIDE,
            visual.HISTOGRAM_BINS,
            visual.WEIGHTS,
        )
        return short_hash(self.name, visual.VERSION, *recipe)

    @property
    def feature_dim(self) -> int:
        return visual.DESCRIPTOR_DIM

    def features(self, images: Sequence[Image]) -> Vectors:
        """`visual_descriptor` of each image, (n, DESCRIPTOR_DIM)."""
        check_images(images)
        out = np.empty((len(images), self.feature_dim), np.float32)
        for row, image in enumerate(images):
            out[row] = visual.visual_descriptor(image)
        return out

    def fit(self, features: Vectors, texts: Sequence[str], text_vectors: Vectors, folder: Path, seed: int) -> FitReport:
        """PCA, then heads if MIN_TEXTED pins have text, then the head's weight; see `alignment` for the metrics.

        Raises:
            RelpinsError: if there is no image at all.
        """
        check_catalog(features, texts, text_vectors, self.feature_dim)
        if not len(features):
            raise RelpinsError("the descriptor encoder was given a catalog without images; it needs at least one")
        pca = fit_half_whitened_pca(features, self.dim, seed)
        n_texted = sum(bool(text) for text in texts)
        report: FitReport = {"encoder": self.name, "descriptor_dim": float(pca.dim), "n_texted": float(n_texted)}
        aligned = None
        if n_texted >= MIN_TEXTED:
            aligned = self._align(pca, features, texts, text_vectors, seed)
            report |= {key: float(value) for key, value in asdict(aligned.choice).items()}
            report["best_epoch"] = float(aligned.best_epoch)
        weight = aligned.choice.weight if aligned else 0.0
        heads = aligned.heads if aligned and weight > 0 else None
        report |= {"weight": weight, "text_queries": "answered" if heads else "refused"}
        self._save(folder, pca, heads, weight, report)
        return report

    def load(self, folder: Path, text_encoder: SentenceEncoder) -> ClipModel:
        manifest = read_manifest(folder, self.name, self.features_version)
        with np.load(folder / WEIGHTS_FILE) as arrays:
            pca = HalfWhitenedPca(arrays["pca_mean"], arrays["pca_projection"])
            weights = {name.removeprefix("head_"): arrays[name] for name in arrays.files if name.startswith("head_")}
        heads = Heads(**weights) if weights else None
        if heads is not None and (fitted_dim := heads.text_dim - WORD_SLOTS) != text_encoder.dim:
            raise EncoderMismatch(
                f"the model in {folder.name} was fitted with {fitted_dim}-dimensional sentence vectors, "
                f"{text_encoder.name} has {text_encoder.dim}; use the one it was fitted with, or refit"
            )
        return DescriptorModel(pca, heads, float(manifest["weight"]), text_encoder)

    def _align(
        self, pca: HalfWhitenedPca, features: Vectors, texts: Sequence[str], text_vectors: Vectors, seed: int
    ) -> "_Aligned":
        train, held_out = split_pairs(features, texts, seed)
        descriptors = pca.transform(features)
        sentences = normalised(text_vectors)
        shown, said = _image_rows(pca, features, descriptors), _text_rows(texts, sentences)
        heads, epoch = train_heads(shown, said, train, held_out, seed, HeadsConfig(dim=self.head_dim))
        image_heads, text_heads = heads.of_images(shown[held_out]), heads.of_texts(said[held_out])
        choice = choose_weight(descriptors[held_out], image_heads, text_heads, sentences[held_out])
        return _Aligned(heads, choice, epoch)

    def _save(self, folder: Path, pca: HalfWhitenedPca, heads: Heads | None, weight: float, report: FitReport) -> None:
        arrays = {"pca_mean": pca.mean, "pca_projection": pca.projection}
        if heads is not None:
            arrays |= {f"head_{name}": array for name, array in heads.arrays().items()}
        np.savez(folder / WEIGHTS_FILE, allow_pickle=False, **arrays)
        config = {"dim": self.dim, "head_dim": self.head_dim}
        manifest = {"encoder": self.name, "features_version": self.features_version, "config": config}
        write_manifest(folder, manifest | {"weight": weight, "report": report})


@dataclass(frozen=True)
class _Aligned:
    heads: Heads
    choice: HeadChoice
    best_epoch: int


class DescriptorModel(ClipModel):
    """A fitted descriptor; `heads` is None where text queries are refused."""

    def __init__(self, pca: HalfWhitenedPca, heads: Heads | None, weight: float, text_encoder: SentenceEncoder) -> None:
        self._pca = pca
        self._heads = heads
        self._weight = weight
        self._text_encoder = text_encoder
        self.dim = pca.dim + (heads.dim if heads else 0)
        self.supports_text = heads is not None
        words = f"and a text head of weight {weight:g}" if heads else "without a text head"
        self.description = f"classic visual descriptor (oriented gradients, CIELAB colour, PCA to {pca.dim}) {words}"

    def project(self, features: Vectors) -> Vectors:
        check_features(features, len(self._pca.mean))
        descriptors = self._pca.transform(features)
        if self._heads is None:
            return descriptors
        heads = self._heads.of_images(_image_rows(self._pca, features, descriptors))
        shares = np.sqrt(np.array([1 - self._weight, self._weight])).astype(np.float32)
        return normalised(np.hstack([shares[0] * descriptors, shares[1] * heads]))

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """[0 ; head]: compared with images by what the heads learnt alone."""
        if self._heads is None:
            raise TextQueriesRefused(
                f"this catalog's clip model answers no text queries: its encoder ({self.description}) found too few "
                f"pins with text (under {MIN_TEXTED}) or no link from text to image; query by a pin, use the content "
                "embedding, or a profile with a pretrained CLIP"
            )
        out = np.zeros((len(texts), self.dim), np.float32)
        out[:, self._pca.dim :] = self._heads.of_texts(_text_rows(texts, self._text_encoder.encode(texts)))
        return out


def _image_rows(pca: HalfWhitenedPca, features: Vectors, descriptors: Vectors) -> Vectors:
    """What the image head sees: [descriptor ; colour], for words name colours more than the descriptor weighs them."""
    colour = normalised(features[:, visual.HOG_DIM :] - pca.mean[visual.HOG_DIM :])
    rows: Vectors = np.hstack([descriptors, colour]) * np.sqrt(np.float32(0.5))
    return rows


def _text_rows(texts: Sequence[str], sentences: Vectors) -> Vectors:
    """What the text head reads: [sentence vector ; hashed words]."""
    rows: Vectors = np.hstack([sentences, hashed_words(texts)]) * np.sqrt(np.float32(0.5))
    return rows
