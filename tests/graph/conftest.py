"""One built home of the small world for all tests of the graph; each works on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from running import run, workspace_of
from worlds import SmallWorld


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `source` and the `home` built from it."""
    folder = tmp_path_factory.mktemp("built")
    SmallWorld.of().write(folder / "source")
    run(workspace_of(folder / "home", folder / "source"))
    return folder


@pytest.fixture
def copy_of_built(built: Path, tmp_path: Path) -> Callable[[], tuple[Path, Path]]:
    """Gives (home, source), a fresh copy at each call."""
    n = 0

    def copy() -> tuple[Path, Path]:
        nonlocal n
        n += 1
        shutil.copytree(built, tmp_path / f"copy{n}")
        return tmp_path / f"copy{n}" / "home", tmp_path / f"copy{n}" / "source"

    return copy
