"""Writes a sample world into a folder, whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from relpins_resources.errors import RelpinsError
from relpins_resources.sample_world.catalog import plan_catalog
from relpins_resources.sample_world.config import AS_OF, HEROES, WorldConfig
from relpins_resources.sample_world.definition import config_hash
from relpins_resources.sample_world.pictures import write_pictures
from relpins_resources.sample_world.tables import input_tables
from relpins_resources.sample_world.truth import truth_tables
from relpins_resources.sample_world.world import play_world

MARK = "_truth/world.json"
LEAST_PINS = 40
SETTINGS = f"as_of: {AS_OF:%Y-%m-%d}\nobject_calibration: sample_world\n"
"""What the world says of itself as a source: its day, and that a detector was calibrated on worlds of other seeds."""


@dataclass(frozen=True)
class SampleWorldReport:
    """What was written: rows per input table, picture files, and what the world was made from."""

    directory: Path
    seed: int
    n_pins: int
    config_hash: str
    rows: Mapping[str, int]
    n_images: int


def write_sample_world(
    directory: Path, *, seed: int = 0, n_pins: int = 1500, jobs: int = 2, config: WorldConfig | None = None
) -> SampleWorldReport:
    """Writes the world of (seed, n_pins, config) into `directory` in the input layout, its truth under `_truth`.

    The same arguments give the same bytes, whatever `jobs` (processes that draw). The folder is written beside
    its place and renamed; an earlier sample world there is replaced. Raises `RelpinsError` when `directory`
    holds anything else, or an argument is out of range.
    """
    config = config or WorldConfig()
    directory = Path(directory).absolute()
    _check(directory, seed, n_pins, jobs)
    directory.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        rows, n_images = _write(draft, config, seed, n_pins, jobs)
        draft.chmod(0o755)
        _swap_in(draft, directory)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return SampleWorldReport(directory, seed, n_pins, config_hash(config), rows, n_images)


def _check(directory: Path, seed: int, n_pins: int, jobs: int) -> None:
    if n_pins < LEAST_PINS:
        raise RelpinsError(f"a sample world of {n_pins} pins is too small; ask for {LEAST_PINS} or more")
    if seed < 0:
        raise RelpinsError(f"seed {seed} is negative; seeds are 0 or more")
    if jobs < 1:
        raise RelpinsError(f"{jobs} jobs cannot draw; ask for 1 or more")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARK).is_file():
        raise RelpinsError(f"{directory} is not empty and holds no sample world; choose a new or empty folder")
    if directory.exists() and not directory.is_dir():
        raise RelpinsError(f"{directory} is a file; a sample world is written into a folder")


def _write(draft: Path, config: WorldConfig, seed: int, n_pins: int, jobs: int) -> tuple[dict[str, int], int]:
    specs, boxes = write_pictures(draft / "images", config, seed, plan_catalog(config, seed, n_pins), jobs)
    world = play_world(config, seed, specs)
    tables = input_tables(config, seed, world)
    (draft / "_truth").mkdir()
    _write_tables(draft, tables)
    _write_tables(draft / "_truth", truth_tables(config, world, boxes))
    about = {
        "seed": seed,
        "n_pins": n_pins,
        "config_hash": config_hash(config),
        "as_of": AS_OF.isoformat(),
        "heroes": HEROES,
    }
    (draft / "_source.yaml").write_text(SETTINGS, encoding="utf-8")
    (draft / MARK).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return {name: table.num_rows for name, table in tables.items()}, sum(1 for _ in (draft / "images").iterdir())


def _write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def _swap_in(draft: Path, directory: Path) -> None:
    """Puts the draft in place; an earlier world goes only when the new one is complete."""
    old = draft.with_name(f"{draft.name}.old")
    if directory.exists():
        os.replace(directory, old)
    os.replace(draft, directory)
    shutil.rmtree(old, ignore_errors=True)
