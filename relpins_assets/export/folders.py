"""A folder that is replaced as a whole: readers see the old one or the new one, and a kill leaves one of them."""

from __future__ import annotations

import ctypes
import errno
import glob
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from relpins_resources.errors import RelpinsError
from relpins_resources.lake.files import folder_lock

_AT_FDCWD = -100
_EXCHANGE = 2


def checked_target(directory: Path, mark: str) -> Path:
    """Where to write: a folder that is new, empty, or carries the file `mark` of an earlier time; links followed.

    Raises:
        RelpinsError: it is anything else.
    """
    target = directory.resolve()
    if target.exists() and not target.is_dir():
        raise RelpinsError(f"{directory} is a file; pages are written into a folder")
    if target.is_dir() and any(target.iterdir()) and not (target / mark).is_file():
        raise RelpinsError(f"{directory} is not empty and holds no earlier export; choose a new or empty folder")
    return target


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """A draft beside `target` that takes its place when the block ends well, and vanishes when it does not.

    Drafts that killed runs left are removed first. Of two processes that write to one place the second waits.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with folder_lock(target.parent):
        _sweep(target, "draft")
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}.draft")
        draft.mkdir()
        try:
            yield draft
            if target.exists():
                swap(draft, target)
            else:
                draft.replace(target)
            _sweep(target, "old")
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _sweep(target: Path, kind: str) -> None:
    """Remove what killed runs left beside `target`."""
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*.{kind}"):
        shutil.rmtree(leftover)


def swap(draft: Path, target: Path, *, in_one_step: bool = True) -> None:
    """Put a folder in the place of another, which is gone afterwards: in one step where the system can.

    Else in two; a kill between them leaves the old folder beside its place, under a name that ends in `.old`.
    """
    exchange = _exchange_call() if in_one_step else None
    if exchange is not None and exchange(draft, target):
        shutil.rmtree(draft)
        return
    old = draft.with_name(f"{draft.name.removesuffix('.draft')}.old")
    target.replace(old)
    try:
        draft.replace(target)
    except OSError:
        old.replace(target)
        raise
    shutil.rmtree(old)


def _exchange_call() -> Callable[[Path, Path], bool] | None:
    """Linux's renameat2 with RENAME_EXCHANGE, as a function that says whether it could; None on other systems."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return None

    def exchange(one: Path, other: Path) -> bool:
        if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
            return True
        code = ctypes.get_errno()
        if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            return False
        raise OSError(code, os.strerror(code), str(other))

    return exchange
