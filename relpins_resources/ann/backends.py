"""The ann backends by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relpins_resources.ann.annoy_index import AnnoyIndex
from relpins_resources.ann.base import AnnIndex, parse_options
from relpins_resources.ann.exact import ExactIndex
from relpins_resources.ann.faiss_index import FaissIndex
from relpins_resources.errors import RelpinsError

ANN_BACKENDS: dict[str, type[AnnIndex]] = {
    index_type.backend: index_type for index_type in (AnnoyIndex, ExactIndex, FaissIndex)
}


def ann_backend(name: str) -> type[AnnIndex]:
    """The backend called `name`. Raises RelpinsError printing the known ones."""
    if name not in ANN_BACKENDS:
        raise RelpinsError(f"ann backend {name!r} is unknown; known: {', '.join(sorted(ANN_BACKENDS))}")
    return ANN_BACKENDS[name]


def ann_options(config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Backend and options of a profile's section, e.g. {"backend": "annoy", "n_trees": 50}, checked before any work.

    Without "backend" it is annoy. Raises RelpinsError for a backend, an option or a value that does not exist.
    """
    options = {name: value for name, value in config.items() if name != "backend"}
    backend = config.get("backend", "annoy")
    parse_options(ann_backend(backend), options)
    return backend, options
