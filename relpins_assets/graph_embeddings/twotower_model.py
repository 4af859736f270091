"""Fitting the two towers on the catalog, keeping them, and whether a refit may take their place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from relpins_assets.fitting import Objection
from relpins_assets.graph_embeddings.twotower_inputs import BOARD_GROUPS, SPACES, Frozen, inputs_of
from relpins_assets.graph_embeddings.twotower_lessons import SAMPLE, course_of, enough_to_learn
from relpins_assets.profile_signals import TwoTower
from relpins_assets.workspace import Workspace
from relpins_resources.collaborative.two_tower_network import Towers, load_towers
from relpins_resources.collaborative.two_tower_training import TwoTowerConfig, train_two_tower
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest

VERSION = "2"
"""Raised when the code of a fit gives other towers from the same catalog."""
TOWERS, FROZEN = "towers.npz", "frozen.json"
TAUGHT_BY = ("board_joins", "pin_joins", "raw_boards", "raw_interactions", "raw_users", "attribute_assignments")
TOLERANCE = 0.01
"""A refit may score so much lower on what is held out; less than that is chance as well."""


@dataclass(frozen=True)
class TwoTowerModel:
    """Fitted towers, and what their inputs stand for."""

    towers: Towers
    frozen: Frozen


def load_model(artefact: Artefact) -> TwoTowerModel | None:
    """The towers of a version; None where there was too little to learn from."""
    if not artefact.manifest["trained"]:
        return None
    told = json.loads((artefact.folder / FROZEN).read_text())
    return TwoTowerModel(
        load_towers(artefact.folder / TOWERS), Frozen(**{name: tuple(value) for name, value in told.items()})
    )


def config_of(settings: TwoTower) -> TwoTowerConfig:
    return TwoTowerConfig(
        dim=settings.dim,
        epochs=settings.epochs,
        batch=settings.batch,
        n_negatives=4 * settings.batch,
        id_dropout=settings.id_dropout,
        temperature=settings.temperature,
        corrects_sampling=settings.corrects_sampling,
        masks_known=settings.masks_known,
        board_groups=BOARD_GROUPS,
    )


def made_for(workspace: Workspace) -> dict[str, str]:
    """The spaces and settings that towers are made for, as their manifest names them."""
    spaces = {f"space of {name}": workspace.lake.table(name).path.name for name in SPACES}
    return {**spaces, "config": json.dumps(asdict(config_of(workspace.profile.twotower)), sort_keys=True)}


def model_version(workspace: Workspace) -> str:
    """Names all that a fit learns from by its content: two homes that hold the same name it the same."""
    lake, told = workspace.lake, {}
    for name in (*TAUGHT_BY, *SPACES):
        schema = lake.table(name).schema
        # fingerprints stand for vectors; those of raw rows also cover columns that an evaluation's cut leaves out
        left_out = {"vector", "fingerprint"} if schema.kind == "raw" else {"vector"}
        columns = [column for column in schema.stable_names if column not in left_out]
        row = f"to_json(struct_pack({', '.join(columns)}))"
        sums = f"count(*), sum(md5_number_lower({row})::HUGEINT)::VARCHAR"
        told[name] = list(lake.query(f"SELECT {sums} FROM {name}").to_pylist()[0].values())
    return digest(VERSION, made_for(workspace), workspace.profile.seed, told)


def is_usable(workspace: Workspace) -> Callable[[Artefact], bool]:
    """Whether an old version fits the profile and the spaces as they are now."""
    wanted = made_for(workspace)
    return lambda old: (
        wanted.items() <= old.manifest.items() and (old.manifest["trained"] or not enough_to_learn(workspace.lake))
    )


def fit_model(workspace: Workspace) -> Callable[[Path], Mapping[str, Any]]:
    """A function that fits towers into a folder and returns its report."""
    lake = workspace.lake

    def fit(folder: Path) -> Mapping[str, Any]:
        if not enough_to_learn(lake):
            return {"trained": False, "why": "too few saves to learn from", **made_for(workspace)}
        course = course_of(lake)
        trained = train_two_tower(
            course.pins, course.lessons, workspace.profile.seed, config_of(workspace.profile.twotower), course.judge()
        )
        trained.towers.save(folder / TOWERS)
        (folder / FROZEN).write_text(json.dumps(asdict(course.frozen)))
        judge = course.judge(course.pins.without_ids())
        return {
            "trained": True,
            "images": len(course.pins),
            "images with an own vector": len(course.frozen.join_ids),
            "saves to boards": int(course.lessons.boards.nnz),
            "users": int(course.lessons.users.shape[0]),
            "pairs from related feeds": len(course.lessons.pairs),
            "saves held out": len(course.held_out) if course.held_out else 0,
            "epoch": trained.epoch,
            "held-out NDCG@20 by epoch": [round(score, 4) for score in trained.scores],
            "held-out NDCG@20 without ids": round(judge(trained.towers), 4) if judge else None,
            **made_for(workspace),
        }

    return fit


def objection_to_towers(workspace: Workspace) -> Objection:
    """A refit is refused when it ranks saves held out of today's boards clearly worse than the towers before."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        if old is None or not old.manifest["trained"]:
            return None
        if not new.manifest["trained"]:
            return "there is too little to learn from now"
        scores = [held_out_score(workspace.lake, one) for one in (new, old)]
        if np.isnan(scores).any() or scores[0] >= scores[1] - TOLERANCE:
            return None
        return f"saves held out are found with an NDCG@20 of {scores[0]:.4f}, by the towers before of {scores[1]:.4f}"

    return objection


def held_out_score(lake: Lake, artefact: Artefact) -> float:
    """NDCG@20 of a version on the saves held out of today's boards; nan with too few of them."""
    model, course = load_model(artefact), course_of(lake)
    if model is None or course.held_out is None:
        return float("nan")
    return course.held_out.score(model.towers.of_pins(inputs_of(lake, lake.query(SAMPLE), model.frozen)))
