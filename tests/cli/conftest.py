"""One home built by the real command, and a working directory in which nothing may appear."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_calls import Built, run_command
from worlds import SmallWorld


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The small world, built in a subprocess."""
    folder = tmp_path_factory.mktemp("cli")
    home, source = folder / "home", folder / "source"
    SmallWorld.of().write(source)
    return Built(
        home, source, run_command(folder, "build", "--home", home, "--source", source, "--profile", "test", "--json")
    )


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
