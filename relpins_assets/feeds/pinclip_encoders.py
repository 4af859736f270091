"""Texts, pictures and pins of both that a query gives, into the space of pinclip_embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from relpins_assets.graph_embeddings.pinclip_model import load_encoder
from relpins_resources.encoders import SentenceEncoder
from relpins_resources.encoders.pinclip import PinClipEncoder, Shown
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.query.catalog import Encoders, Floats

NAME = "pinclip_embedding"


def with_pinclip(lake: Lake, encoders: Encoders, sentences: SentenceEncoder) -> Encoders:
    """The same encoders and those of pinclip_embedding, where there is a model of the looks that are there."""
    artefact, looks = lake.artefact("pinclip_model"), lake.table("clip_embeddings")
    of_images = encoders.image.get("clip_embedding")
    if artefact is None or of_images is None or artefact.manifest["space of looks"] != looks.path.name:
        return encoders
    pinclip = PinClip(artefact, sentences, of_images)
    return replace(
        encoders,
        text={**encoders.text, NAME: pinclip.of_texts},
        image={**encoders.image, NAME: pinclip.of_images},
        both={**encoders.both, NAME: pinclip.of_pins},
    )


@dataclass(frozen=True)
class PinClip:
    """The fused encoder of a lake, loaded on first use; `looks` gives clip vectors of image files."""

    artefact: Artefact
    sentences: SentenceEncoder
    looks: Callable[[Sequence[bytes]], Floats]

    @cached_property
    def _encoder(self) -> PinClipEncoder:
        return load_encoder(self.artefact)

    def of_texts(self, texts: Sequence[str]) -> Floats:
        """(n, d) vectors of texts, without a picture."""
        return self._encoder.of_texts(self._rows(texts))

    def of_images(self, images: Sequence[bytes]) -> Floats:
        """(n, d) vectors of image files of which nothing is said."""
        return self._encoder.of_images(self.looks(images))

    def of_pins(self, images: Sequence[bytes], texts: Sequence[str]) -> Floats:
        """(n, d) vectors of image files with what is said of each."""
        return self._encoder.of_pins(Shown(self.looks(images), self._rows(texts)))

    def _rows(self, texts: Sequence[str]) -> Floats:
        if self.artefact.manifest["sentences"] != self.sentences.version:
            raise RelpinsError(
                f"the pinclip model here reads sentences of {self.artefact.manifest['sentences']}, the profile now "
                f"names {self.sentences.name} ({self.sentences.version}); run `relpins build`, or query with the "
                "profile that it was built with"
            )
        return self._encoder.text_rows(texts, self.sentences.encode(texts))
