"""A refit takes the place of the towers before unless it ranks hidden attributes clearly worse."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from assignment_world import small_catalog

from relpins_assets.assignment import assets
from relpins_assets.assignment.promotion import above_wrong, objection_to_dual
from relpins_assets.assignment.thresholds import Judged
from relpins_assets.workspace import Workspace
from relpins_resources.encoders.dual_encoder import load_dual_encoder
from relpins_resources.lake.artefacts import Artefact


def fitted(workspace: Workspace) -> Artefact:
    with dg.DagsterInstance.ephemeral() as instance:
        resource = dg.ResourceDefinition.hardcoded_resource(Workspace(workspace.home, workspace.profile))
        assert dg.materialize([assets.dual_encoder], resources={"workspace": resource}, instance=instance).success
    artefact = workspace.lake.artefact("dual_encoder")
    assert artefact is not None
    return artefact


def test_towers_that_forgot_everything_are_not_promoted(tmp_path: Path) -> None:
    workspace, _ = small_catalog(tmp_path)
    good = fitted(workspace)

    def spoil(folder: Path) -> dict[str, object]:
        (folder / "model").mkdir()
        for name in ("frozen.npz", "frozen.json"):
            (folder / "model" / name).write_bytes((good.folder / "model" / name).read_bytes())
        towers = load_dual_encoder(good.folder / "model" / "towers.npz")
        np.copyto(towers.phrase, np.random.default_rng(0).normal(size=towers.phrase.shape))
        towers.save(folder / "model" / "towers.npz")
        return {"trained": True}

    bad = workspace.lake.artefacts.make("dual_encoder", "spoilt", spoil)
    objection = objection_to_dual(workspace)
    assert "with the new towers" in str(objection(bad, good))
    assert objection(good, bad) is None
    assert objection(good, None) is None


def test_the_score_is_the_share_of_wrong_ones_below_each_true_one_within_its_key() -> None:
    cosines = np.array([0.9, 0.5, 0.1, 0.3, 0.2, 0.99])
    is_true = np.array([True, False, False, True, False, False])
    attributes = np.array([0, 0, 0, 0, 0, 1])  # the last is of another key, and no true one is beside it
    judged = Judged(attributes, cosines, np.zeros(6), is_true, np.ones(6))
    assert above_wrong(judged, np.array([0, 1])) == pytest.approx((3 / 3 + 2 / 3) / 2)
