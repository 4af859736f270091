"""Version strings: short hashes of configuration and weights, and the manifest that a model folder carries."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from relpins_resources.encoders.base import EncoderMismatch

MANIFEST = "manifest.json"


def short_hash(*parts: object) -> str:
    """12 hex digits of the SHA-256 of the parts as JSON with sorted keys."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes; read once per process and (path, size, mtime)."""
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path, suffixes: tuple[str, ...]) -> str:
    """Short hash over the names and bytes of the files under `folder` that end in one of `suffixes`."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())
    return short_hash([(path.relative_to(folder).as_posix(), file_sha256(path)) for path in files])


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write `manifest` as sorted JSON."""
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_manifest(folder: Path, encoder: str, features_version: str) -> dict[str, Any]:
    """The manifest of the model in `folder`.

    Raises:
        EncoderMismatch: if there is none, or its model was fitted for other features than those of this version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise EncoderMismatch(f"there is no model in {folder.name} (no {MANIFEST}); fit one first")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    theirs = f"{manifest['encoder']}@{manifest['features_version']}"
    ours = f"{encoder}@{features_version}"
    if theirs != ours:
        raise EncoderMismatch(
            f"the model in {folder.name} was fitted for {theirs}, the profile's encoder is {ours}; "
            "use the profile that fitted it, or refit"
        )
    return manifest
