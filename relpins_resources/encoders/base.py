"""The encoder interfaces: images, and where supported text queries, into one space; sentences into another.

A `ClipEncoder` is what a profile names. It has two halves, because they are redone at different times:
`features` is a pure function of one image, so that it can be cached by the image's pixel hash, and `fit` and
`load` give the `ClipModel` that turns features into the vectors that are searched. What belongs to one backend
stands in that backend's file.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError

Image = npt.NDArray[np.uint8]  # RGB, (height, width, 3)
Vectors = npt.NDArray[np.float32]  # (n, dim)
FitReport = dict[str, float | str]


class EncoderUnavailable(RelpinsError):
    """The weights that a profile names cannot be had here, or are not the ones they should be."""


class EncoderMismatch(RelpinsError):
    """Two things that must fit together do not: a model folder and its encoder, or two dimensions."""


class TextQueriesRefused(RelpinsError):
    """The model places no text into its image space, so it cannot be asked for images by words."""


class SentenceEncoder(ABC):
    """Sentences into one space.

    Attributes:
        name: for people.
        version: short hash of everything that decides `encode`: configuration and weights.
        dim: length of a vector.
    """

    name: str

    @property
    @abstractmethod
    def version(self) -> str: ...

    @property
    @abstractmethod
    def dim(self) -> int: ...

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Vectors:
        """L2-normalised vectors (n, dim); row i depends on texts[i] alone, to the last bit."""


class ClipModel(ABC):
    """A fitted model: features into the vectors that are searched, and text queries beside them.

    Attributes:
        dim: length of a vector.
        supports_text: whether `encode_text` answers; if not it raises `TextQueriesRefused`.
        description: what made the vectors, in one sentence for people.
    """

    dim: int
    supports_text: bool
    description: str

    @abstractmethod
    def project(self, features: Vectors) -> Vectors:
        """L2-normalised vectors (n, dim); row i depends on features[i] alone, to the last bit.

        Raises:
            EncoderMismatch: if the features are not (n, feature_dim) of the encoder that the model was fitted for.
        """

    @abstractmethod
    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """L2-normalised vectors (n, dim), to be compared with those of `project`.

        Raises:
            TextQueriesRefused: if `supports_text` is false.
        """


class ClipEncoder(ABC):
    """Images into features, and a catalog's features into a model.

    Attributes:
        name: the backend's name in a profile.
        features_version: short hash of everything that decides `features`: configuration and weights.
        feature_dim: length of a row of features.
    """

    name: str

    @property
    @abstractmethod
    def features_version(self) -> str: ...

    @property
    @abstractmethod
    def feature_dim(self) -> int: ...

    @abstractmethod
    def features(self, images: Sequence[Image]) -> Vectors:
        """Raw features (n, feature_dim); row i depends on images[i] alone, to the last bit. Cache them.

        Raises:
            EncoderMismatch: if an image is not an RGB uint8 array of shape (height, width, 3).
        """

    @abstractmethod
    def fit(self, features: Vectors, texts: Sequence[str], text_vectors: Vectors, folder: Path, seed: int) -> FitReport:
        """Fit on a catalog and write the model into `folder`; the same inputs give the same files.

        Args:
            features: of every image, (n, feature_dim).
            texts: the pins' own usable titles and descriptions, '' where a pin has none; length n.
            text_vectors: sentence vectors of `texts`, (n, t); zero rows where the text is ''.
            folder: exists; a temporary folder that the caller renames.
            seed: of every random choice.

        Returns:
            Metrics on held-out pins, and what was chosen.
        """

    @abstractmethod
    def load(self, folder: Path, text_encoder: SentenceEncoder) -> ClipModel:
        """The model that `fit` wrote into `folder`.

        Raises:
            EncoderMismatch: if another encoder fitted it, or `text_encoder` does not fit it.
        """


def check_images(images: Sequence[Image]) -> None:
    """Raise EncoderMismatch unless every image is RGB uint8 with at least one pixel."""
    for number, image in enumerate(images):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise EncoderMismatch(
                f"image {number} is a {image.dtype} array of shape {image.shape}; an encoder takes RGB uint8 arrays "
                "of shape (height, width, 3): decode it with relpins_resources.images first"
            )


def check_features(features: Vectors, feature_dim: int) -> None:
    """Raise EncoderMismatch unless features is (n, feature_dim)."""
    if features.ndim != 2 or features.shape[1] != feature_dim:
        raise EncoderMismatch(
            f"features of shape {features.shape} were given to a model of {feature_dim}-dimensional features; "
            "compute them with the encoder that the model was fitted for"
        )


def check_catalog(features: Vectors, texts: Sequence[str], text_vectors: Vectors, feature_dim: int) -> None:
    """Raise EncoderMismatch unless the three describe the same pins."""
    check_features(features, feature_dim)
    if not len(features) == len(texts) == len(text_vectors):
        raise EncoderMismatch(
            f"a catalog of {len(features)} feature rows, {len(texts)} texts and {len(text_vectors)} text vectors was "
            "given; give one of each for every pin"
        )
