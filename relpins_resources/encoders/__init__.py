"""Encoders: images and text queries into one space, sentences into another. A profile names the backend of each."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from relpins_resources.encoders.base import (
    ClipEncoder,
    ClipModel,
    EncoderMismatch,
    EncoderUnavailable,
    FitReport,
    SentenceEncoder,
    TextQueriesRefused,
)
from relpins_resources.encoders.descriptor import DescriptorEncoder
from relpins_resources.encoders.grid import GridClipEncoder, GridSentenceEncoder
from relpins_resources.encoders.open_clip_encoder import OpenClipEncoder
from relpins_resources.encoders.sentence import SentenceTransformerEncoder
from relpins_resources.errors import RelpinsError

__all__ = [
    "CLIP_ENCODERS",
    "SENTENCE_ENCODERS",
    "ClipEncoder",
    "ClipModel",
    "EncoderMismatch",
    "EncoderUnavailable",
    "FitReport",
    "SentenceEncoder",
    "TextQueriesRefused",
    "clip_encoder",
    "sentence_encoder",
]

T = TypeVar("T")

# backend: (factory, the keys it takes and their types)
CLIP_ENCODERS: dict[str, tuple[Callable[..., ClipEncoder], dict[str, type]]] = {
    "descriptor": (DescriptorEncoder, {"dim": int, "head_dim": int}),
    "grid": (GridClipEncoder, {"dim": int}),
    "open_clip": (OpenClipEncoder, {"model": str, "pretrained": str, "precision": str, "device": str}),
}
SENTENCE_ENCODERS: dict[str, tuple[Callable[..., SentenceEncoder], dict[str, type]]] = {
    "grid": (GridSentenceEncoder, {"dim": int}),
    "sentence_transformers": (SentenceTransformerEncoder, {"model": str, "device": str}),
}


def clip_encoder(config: Mapping[str, Any]) -> ClipEncoder:
    """The image encoder that a profile names, such as {'backend': 'open_clip', 'pretrained': 'openai'}.

    Nothing is loaded yet: weights are read on first use.

    Raises:
        RelpinsError: if the backend or a key is unknown, or a value has the wrong type.
    """
    factory, keys = _backend("clip encoder", config, CLIP_ENCODERS)
    return factory(**keys)


def sentence_encoder(config: Mapping[str, Any]) -> SentenceEncoder:
    """The sentence encoder that a profile names, such as {'backend': 'sentence_transformers', 'model': 'bundled'}.

    Raises:
        RelpinsError: if the backend or a key is unknown, or a value has the wrong type.
    """
    factory, keys = _backend("sentence encoder", config, SENTENCE_ENCODERS)
    return factory(**keys)


def _backend(
    kind: str, config: Mapping[str, Any], known: Mapping[str, tuple[Callable[..., T], dict[str, type]]]
) -> tuple[Callable[..., T], dict[str, Any]]:
    name = str(config.get("backend"))
    if name not in known:
        raise RelpinsError(f"{kind} backend '{name}' is unknown; known: {', '.join(sorted(known))}")
    factory, types = known[name]
    keys = {key: value for key, value in config.items() if key != "backend"}
    for key, value in keys.items():
        if key not in types:
            allowed = ", ".join(sorted(types))
            raise RelpinsError(f"{kind} '{name}' has no key '{key}'; its keys: {allowed}")
        if type(value) is not types[key]:
            raise RelpinsError(f"{kind} '{name}': {key} is {value!r}; it must be of type {types[key].__name__}")
    return factory, keys
