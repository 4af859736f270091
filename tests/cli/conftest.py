"""One home built by the real command, and a working directory in which nothing may appear."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from calling import Called
from worlds import SmallWorld

COMMAND = Path(sys.executable).with_name("relpins")


@dataclass(frozen=True)
class Built:
    """A home, its source, and what the build that made it printed."""

    home: Path
    source: Path
    called: Called


def run_command(folder: Path, *arguments: object, **environment: str) -> Called:
    """The installed command in a process of its own, in `folder`."""
    given = {name: value for name, value in os.environ.items() if name not in ("RELPINS_HOME", "DAGSTER_HOME")}
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=folder,
        env={**given, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The small world, built in a subprocess."""
    folder = tmp_path_factory.mktemp("cli")
    home, source = folder / "home", folder / "source"
    SmallWorld.of().write(source)
    return Built(home, source, run_command(folder, "build", "--home", home, "--source", source, "--profile", "test", "--json"))


@pytest.fixture
def copy_of_built(built: Built, tmp_path: Path) -> Callable[[], Built]:
    """Gives a home of one's own that follows the same source; the source is not to be written to."""

    def copy() -> Built:
        shutil.copytree(built.home, tmp_path / "copied")
        return Built(tmp_path / "copied", built.source, built.called)

    return copy


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test runs in an empty folder, which stays empty."""
    folder = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(folder)
    for name in ("RELPINS_HOME", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    assert list(folder.iterdir()) == []
