"""Where a catalog comes from. `open_source` picks the kind; `validate` makes its rows the input layout's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from relpins_resources.errors import RelpinsError
from relpins_resources.sources.base import ImageOutside, Scan, Source, SourceFile, SourceFileUnreadable
from relpins_resources.sources.folder import FolderSource

SOURCES: dict[str, Callable[..., Source]] = {"folder": FolderSource}
OPTIONS: dict[str, tuple[str, ...]] = {"folder": ("path", "columns", "sql", "tables")}


def open_source(config: str | Path | Mapping[str, Any]) -> Source:
    """Open a source from a path, or from a mapping with `kind` (default folder) and that kind's options.

    Raises RelpinsError for an unknown kind or option, and what the kind itself raises.
    """
    if isinstance(config, str | Path):
        return FolderSource(config)
    options = dict(config)
    kind = options.pop("kind", "folder")
    if kind not in SOURCES:
        raise RelpinsError(f"source kind {kind!r} is unknown; known: {', '.join(SOURCES)}")
    unknown = [name for name in options if name not in OPTIONS[kind]]
    if unknown:
        raise RelpinsError(f"source option {unknown[0]!r} is unknown; known: {', '.join(OPTIONS[kind])}")
    if "path" not in options:
        raise RelpinsError(f"source of kind {kind!r} has no path; add `path: folder`")
    return SOURCES[kind](options.pop("path"), **options)


__all__ = [
    "SOURCES",
    "FolderSource",
    "ImageOutside",
    "Scan",
    "Source",
    "SourceFile",
    "SourceFileUnreadable",
    "open_source",
]
