"""Describers: what a picture shows, in words, and how those words join a pin's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relpins_resources.describers.base import DescribeInput, Describer, Statement
from relpins_resources.describers.compose import enriched_description, usable_text
from relpins_resources.describers.pixels import PixelDescriber, PixelStatement
from relpins_resources.errors import RelpinsError

__all__ = [
    "DESCRIBERS",
    "DescribeInput",
    "Describer",
    "PixelDescriber",
    "PixelStatement",
    "Statement",
    "enriched_description",
    "get_describer",
    "usable_text",
]

DESCRIBERS: dict[str, Callable[[], Describer]] = {PixelDescriber.name: PixelDescriber}


def get_describer(config: Mapping[str, object]) -> Describer:
    """Return the describer that a profile names, such as `{"backend": "pixels"}` (the default).

    Raises:
        RelpinsError: the backend or a key is unknown; the message names the known ones.
    """
    backend = config.get("backend", PixelDescriber.name)
    if not isinstance(backend, str) or backend not in DESCRIBERS:
        raise RelpinsError(f"describer backend {backend!r} is unknown; known: {', '.join(sorted(DESCRIBERS))}")
    unknown = sorted(str(key) for key in config if key != "backend")
    if unknown:
        raise RelpinsError(f"describer {backend!r} has no option {', '.join(unknown)}; known: backend")
    return DESCRIBERS[backend]()
