"""Small files and folders that are either whole or absent: they are written, and removed, under another name."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Write `value` so that a reader sees the old file or the new one, never half of one."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True))


def write_text(path: Path, text: str) -> None:
    """The same for text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def read_json(path: Path, default: Any = None) -> Any:
    return json.loads(path.read_text()) if path.exists() else default


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Be the only one of several processes inside such a block for `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that becomes `path` when the block ends well, and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    aside.mkdir()
    try:
        yield aside
        remove_folder(path)  # the same version made again
        aside.replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder, if it is there, so that a kill in the middle never leaves half of it under its name."""
    if path.exists():
        aside = _aside(path)
        path.replace(aside)
        shutil.rmtree(aside)


def sweep_leftovers(folder: Path) -> int:
    """Remove the folders that killed runs left aside in `folder` (one level); returns how many."""
    leftovers = [entry for entry in folder.glob(".*") if len(entry.suffix) == 33 and entry.is_dir()]
    for entry in leftovers:
        shutil.rmtree(entry)
    return len(leftovers)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")
