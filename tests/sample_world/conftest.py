"""One small written world and one full-sized world that is played but not drawn, shared by these tests."""

from pathlib import Path

import pytest

from relpins_resources.sample_world import WorldConfig, write_sample_world
from relpins_resources.sample_world.catalog import plan_catalog
from relpins_resources.sample_world.world import World, play_world


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "world"
    write_sample_world(folder, seed=0, n_pins=60, jobs=1)
    return folder


@pytest.fixture(scope="session")
def full_world() -> World:
    config = WorldConfig()
    return play_world(config, 0, plan_catalog(config, 0, 1500))
