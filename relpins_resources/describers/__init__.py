"""Describers: what a picture shows, in words, and how those words join a pin's own.

The embedded describer states what the pixels of every pin say. A profile may put a model beside it, which views pins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from relpins_resources.chat import explained
from relpins_resources.describers.base import (
    DescribeInput,
    Describer,
    Keep,
    KeyTold,
    NoView,
    Statement,
    Viewer,
    ViewInput,
)
from relpins_resources.describers.compose import enriched_description, usable_text
from relpins_resources.describers.openai_compatible import OpenAICompatibleConfig, OpenAICompatibleViewer
from relpins_resources.describers.pixels import PixelDescriber, PixelStatement
from relpins_resources.describers.transformers_viewer import TransformersConfig, TransformersViewer
from relpins_resources.describers.view import View
from relpins_resources.errors import RelpinsError

__all__ = [
    "DESCRIBERS",
    "VIEWERS",
    "DescribeInput",
    "Describer",
    "Keep",
    "KeyTold",
    "NoView",
    "PixelDescriber",
    "PixelStatement",
    "Statement",
    "View",
    "ViewInput",
    "Viewer",
    "enriched_description",
    "get_describer",
    "get_viewer",
    "usable_text",
]

DESCRIBERS: dict[str, Callable[[], Describer]] = {PixelDescriber.name: PixelDescriber}
VIEWERS: dict[str, tuple[type[BaseModel], Callable[[Any, Mapping[str, KeyTold]], Viewer]]] = {
    OpenAICompatibleViewer.name: (OpenAICompatibleConfig, OpenAICompatibleViewer),
    TransformersViewer.name: (TransformersConfig, TransformersViewer),
}
"""Per backend, the options of its section and what makes a viewer of them."""


def get_describer(config: Mapping[str, object]) -> Describer:
    """Return the describer of every pin: the one a profile names, or the embedded one where it names a viewer.

    Raises:
        RelpinsError: the backend or a key is unknown; the message names the known ones.
    """
    backend = _backend(config)
    if backend in VIEWERS:
        return PixelDescriber()
    unknown = sorted(str(key) for key in config if key != "backend")
    if unknown:
        raise RelpinsError(f"describer {backend!r} has no option {', '.join(unknown)}; known: backend")
    return DESCRIBERS[backend]()


def get_viewer(config: Mapping[str, object], keys: Mapping[str, KeyTold]) -> Viewer | None:
    """Return the model that a profile puts beside the embedded describer; None if it names none.

    Args:
        keys: the closed list of keys that it may speak of.

    Raises:
        RelpinsError: the backend or an option is unknown, out of bounds or missing.
    """
    backend = _backend(config)
    if backend not in VIEWERS:
        return None
    shape, made = VIEWERS[backend]
    options = {str(name): value for name, value in config.items() if name != "backend"}
    try:
        return made(shape.model_validate(options), keys)
    except ValidationError as error:
        raise explained(error, f"describer {backend!r}", dict(shape.model_fields)) from None


def _backend(config: Mapping[str, object]) -> str:
    backend = config.get("backend", PixelDescriber.name)
    known = sorted([*DESCRIBERS, *VIEWERS])
    if not isinstance(backend, str) or backend not in known:
        raise RelpinsError(f"describer backend {backend!r} is unknown; known: {', '.join(known)}")
    return backend
