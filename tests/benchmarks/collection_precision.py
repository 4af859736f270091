"""Precision@10 of collections on sample worlds, per family, beside collections made from the search log alone.

    python tests/benchmarks/collection_precision.py HOME [HOME ...] [--build] [--json]

HOME: built homes of sample worlds, one per seed. --build first brings the attributes and all that follows from them up
to date in each. Judged by each world's own answer key over every published collection; prints mean and spread.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from relpins_assets.definitions import build_definitions
from relpins_assets.evaluation.attribute_truth import attribute_truth
from relpins_assets.evaluation.collection_quality import (
    ALL,
    BASELINE,
    FAMILIES,
    MEAN,
    OURS,
    PRECISION,
    TOPICS,
    WHOLE,
    collection_rows,
)
from relpins_assets.home import open_home
from relpins_assets.workspace import Workspace

FIGURES = [*((PRECISION, family) for family in (*FAMILIES, MEAN)), (WHOLE, MEAN), (WHOLE, ALL), (TOPICS, ALL)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", type=Path, nargs="+")
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = [figures(open_home(home).workspace(), given.build) for home in given.homes]
    report = {
        f"{system}, {metric}, {family}": [one.get((system, metric, family)) for one in found]
        for system in (OURS, BASELINE)
        for metric, family in FIGURES
    }
    report["times the topics of the search log"] = [
        round(one[OURS, TOPICS, ALL] / max(one[BASELINE, TOPICS, ALL], 1), 2) for one in found
    ]
    print(json.dumps(report, indent=2) if given.json else "\n".join(map(_line, report.items())))


def figures(workspace: Workspace, is_built: bool) -> dict[tuple[str, str, str], float]:
    """(system, metric, family): value of one home."""
    if is_built:
        _build(workspace)
    settings = workspace.profile.collections
    rows = collection_rows(workspace.lake, attribute_truth(workspace), settings.min_pins, settings.max_pins)
    return {(row["system"], row["metric"], row["family"]): row["value"] for row in rows.to_pylist()}


def _build(workspace: Workspace) -> None:
    wanted = dg.AssetSelection.assets("shopping_collections", "lexical_index", "search_intents").upstream()
    definitions = dg.Definitions.merge(
        build_definitions(workspace), dg.Definitions(jobs=[dg.define_asset_job("collections_of", wanted)])
    )
    quiet = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("collections_of")
        assert job.execute_in_process(instance=instance, run_config=quiet).success


def _line(item: tuple[str, list[Any]]) -> str:
    name, values = item
    known = [value for value in values if value is not None]
    told = "  ".join("     -" if value is None else f"{value:6.3f}" for value in values)
    spread = f"mean {np.mean(known):.3f}, spread {np.std(known):.3f}" if known else ""
    return f"{name:48} {told}   {spread}"


if __name__ == "__main__":
    main()
