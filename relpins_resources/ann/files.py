"""The files of an index folder: `manifest.json`, `ids.arrow`, `vectors.npy`, and links between versions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.ann.scores import FloatArray
from relpins_resources.errors import RelpinsError

SCHEMA_VERSION = 1


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Writes what made the index as stable, readable JSON; written last, it says that the folder is whole."""
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest. Raises RelpinsError if the folder holds no index, or one of another schema version."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise RelpinsError(f"there is no ann index in {folder}; build one there first")
    manifest: dict[str, Any] = json.loads(path.read_text())
    if manifest["schema_version"] != SCHEMA_VERSION:
        raise RelpinsError(
            f"the ann index in {folder} has schema version {manifest['schema_version']}, this code reads"
            f" {SCHEMA_VERSION}; build the index again"
        )
    return manifest


def write_ids(folder: Path, ids: npt.NDArray[np.object_], name: str = "ids") -> None:
    """Writes (n,) strings as one Arrow column."""
    table = pa.table({"id": pa.array(ids, pa.large_string())})
    with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def read_ids(folder: Path, name: str = "ids") -> npt.NDArray[np.object_]:
    """(n,) strings in the order they were written."""
    with pa.memory_map(str(folder / f"{name}.arrow")) as source:
        column = pa.ipc.open_file(source).read_all()["id"]
        ids: npt.NDArray[np.object_] = column.to_numpy(zero_copy_only=False)
    return ids.astype(object)


def write_vectors(folder: Path, vectors: FloatArray, name: str = "vectors") -> None:
    """Writes (n, d) float32 rows."""
    np.save(folder / f"{name}.npy", vectors)


def read_vectors(folder: Path, name: str = "vectors") -> FloatArray:
    """(n, d) float32 rows, memory-mapped and read-only."""
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))


def link_folder(source: Path, target: Path) -> None:
    """Gives `target` the files of the flat folder `source` without copying them where hard links are possible."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        try:
            os.link(path, target / path.name)
        except OSError:  # another file system, or one without hard links
            shutil.copy2(path, target / path.name)
