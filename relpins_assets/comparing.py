"""`relpins evaluate`: systems compared on a home's own catalog, or on sample worlds of several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from relpins_assets.building import run_build, run_job
from relpins_assets.evaluation.assets import COMPARED, NOTHING_TO_JUDGE
from relpins_assets.evaluation.comparison import Comparison, compare
from relpins_assets.evaluation.comparison_page import main_table, number, over_seeds, page, told_of_rows, told_of_seeds
from relpins_assets.evaluation.graph_at import graph_at, midnight, raw_tables
from relpins_assets.evaluation.trec import write_trec
from relpins_assets.home import open_home
from relpins_resources.errors import RelpinsError

SEEDS_FOLDER = "seeds"
"""Below a home: sample worlds and what was made of them, kept so that asking again costs less."""
SIMULATION = "a simulation: it compares systems where all signals meet, and says nothing of how well they do elsewhere"


def evaluate_home(home: Path, *, trec: Path | None = None, page_file: Path | None = None) -> dict[str, Any]:
    """Bring `system_comparison` up to date and give its rows; reports are read as they are, whatever is published.

    Args:
        trec: folder for runs and answers as TREC has them.
        page_file: Markdown file to write.

    Raises:
        RelpinsError: nothing was built there yet, or a file cannot be written: that is found out first.
        RunFailed: a step failed.
    """
    opened = open_home(home)
    if opened.workspace().lake.snapshots.current() is None:
        raise RelpinsError(f"home {home} has no published snapshot; run `relpins build --source FOLDER` first")
    _check_written(trec, page_file)
    config = {"trec": str(trec.resolve())} if trec is not None else {}
    run_job(opened, "evaluate", {"ops": {"system_comparison": {"config": config}}})
    lake = opened.workspace().lake
    rows = lake.table("system_comparison").read().to_pylist()
    left_out = (lake.recall(COMPARED) or {}).get("left_out", {})
    cut_at = midnight(opened.workspace().as_of - timedelta(days=opened.profile.evaluation.holdout_days))
    about = f"One catalog, as it stood on {cut_at.date()}, profile `{opened.profile_name}`."
    _write_page(page_file, page(told_of_rows(rows), left_out, about))
    return {"cut_at": cut_at.date().isoformat(), "left_out": left_out, "rows": rows}


def evaluate_seeds(
    home: Path, seeds: Sequence[int], *, n_pins: int = 1500, trec: Path | None = None, page_file: Path | None = None
) -> dict[str, Any]:
    """Compare systems on the sample worlds of several seeds, under the profile of a home; nothing else of it is used.

    Worlds and the graphs at their cuts are kept below the home. Arguments as in `evaluate_home`.
    """
    _check_written(trec, page_file)
    profile = open_home(home).profile_name
    by_seed: list[list[dict[str, Any]]] = []
    left_out: dict[str, str] = {}
    for seed in seeds:
        found = _compared_seed(home / SEEDS_FOLDER / f"{seed}-{n_pins}", profile, seed, n_pins)
        by_seed.append(found.rows.to_pylist())
        left_out |= found.left_out
        if trec is not None:
            write_trec(trec / f"seed-{seed}", found.queries, found.lists)
    told = told_of_seeds(by_seed) if len(seeds) > 1 else told_of_rows(by_seed[0])
    about = (
        f"Sample worlds of {n_pins} pins, seeds {', '.join(map(str, seeds))}, cut 14 days before their last day: mean ±"
        f" standard deviation over worlds, profile `{profile}`. It is {SIMULATION}."
    )
    _write_page(page_file, page(told, left_out, about))
    return {"seeds": list(seeds), "left_out": left_out, "rows": over_seeds(by_seed)}


def seeds_of(text: str) -> list[int]:
    """Seeds by commas. Raises RelpinsError for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) < 2**32 for part in parts):
        raise RelpinsError(f"seeds are {text!r}; give whole numbers from 0, by commas, such as 0,1,2")
    return list(dict.fromkeys(int(part) for part in parts))


def print_comparison(found: dict[str, Any]) -> None:
    """The main table for people, and what was left out."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    is_mean = "seeds" in found
    told = {
        (row["system"], row["metric"], row["slice"]): number(row["mean" if is_mean else "value"])
        for row in found["rows"]
    }
    console.print(Markdown(main_table(told)) if told else NOTHING_TO_JUDGE)
    for name, why in found["left_out"].items():
        console.print(f"left out: {name}: {why}", highlight=False)


def _compared_seed(folder: Path, profile: str, seed: int, n_pins: int) -> Comparison:
    from relpins_resources.sample_world import write_sample_world

    world, home = folder / "world", folder / "home"
    if not (world / "_truth" / "world.json").is_file():
        write_sample_world(world, seed=seed, n_pins=n_pins)
    run_build(home, source=world, profile=profile, group="catalog")
    workspace = open_home(home).workspace()
    settings = workspace.profile.evaluation
    cut_at = midnight(workspace.as_of - timedelta(days=settings.holdout_days))
    with workspace.lake.writer():
        tables = raw_tables(workspace.lake)
        at = graph_at(workspace, tables, cut_at, with_feeds=False)
        return compare(at, tables, cut_at, settings.max_queries, world)


def _check_written(trec: Path | None, file: Path | None) -> None:
    """Refuse before minutes of work what could not be written after them."""
    if trec is not None and trec.exists() and not trec.is_dir():
        raise RelpinsError(f"{trec} is a file; give a folder for the TREC files")
    if file is not None and file.is_dir():
        raise RelpinsError(f"{file} is a folder; name the file to write the page into, such as {file / 'page.md'}")
    if file is not None and not file.resolve().parent.is_dir():
        raise RelpinsError(f"there is no folder {file.parent} to write {file.name} into; make it, or name another")


def _write_page(file: Path | None, text: str) -> None:
    if file is not None:
        file.write_text(text, encoding="utf-8")
