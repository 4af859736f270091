"""The Dagster half of assignment."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import dagster as dg

from relpins_assets.assignment.assign import Scorer, assign, scorer
from relpins_assets.assignment.model import Dual, load_dual, phrase_vectors
from relpins_assets.assignment.promotion import objection_to_dual
from relpins_assets.assignment.reports import assignment_report, dual_report
from relpins_assets.assignment.training import enough_to_learn, fit_dual, single_valued, taught
from relpins_assets.assignment.wanted import SEEN, affected_pins, states_of, wanted_assignments
from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.refreshing import (
    OWNERS,
    Materialized,
    Wanted,
    WorkspaceParam,
    refresh_asset,
    reported,
    table_asset,
    wants,
)
from relpins_assets.vocabulary.vocabulary import load_vocabulary
from relpins_assets.workspace import Workspace
from relpins_resources.encoders.dual_training import DualConfig
from relpins_resources.lake.fingerprints import digest

SPACES = ("attribute_assignments", "product_embeddings")
VERSION = "1"
"""Raised when the code of a fit gives other towers or thresholds from the same catalog."""
ASSIGN_VERSION = "1"


@dg.asset(
    description="Two towers in one space: what a pin shows and says, and attribute phrases. "
    "Learns from raw attributes; fitted when missing, and again by the nightly job.",
    deps=["attribute_vocabulary", "raw_attributes", "clip_embeddings", "content_embeddings", "raw_pins"],
    kinds={"trained"},
    owners=OWNERS,
    code_version=VERSION,
)
def dual_encoder(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake = workspace.lake
    made_for = _made_for(workspace)
    names = ("raw_attributes", "attribute_vocabulary", "pin_joins", "enriched_descriptions", "raw_pins")
    versions = {name: lake.table(name).version() for name in (*names, "clip_embeddings", "content_embeddings")}
    fit = fit_dual(workspace, DualConfig(), {**made_for, "fitted on": versions})
    fitted = chosen_or_fitted(
        workspace,
        "dual_encoder",
        lambda: digest(VERSION, made_for, workspace.profile.seed, taught(lake)),
        fit,
        refit=config.refit,
        objection=objection_to_dual(workspace),
        is_usable=lambda old: (
            made_for.items() <= old.manifest.items() and (old.manifest["trained"] or not enough_to_learn(lake))
        ),
    )
    for name in SPACES:
        lake.choose("spaces", name, fitted.artefact.version)
    context.log.info(f"dual_encoder: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    told: dict[str, Any] = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new}
    return dg.MaterializeResult(metadata={**told, **fitted.metadata(), **dual_report(fitted.artefact)})


def _made_for(workspace: Workspace) -> dict[str, str]:
    """The spaces and phrases that towers are made for, as their manifest names them."""
    spaces = {
        f"space of {name}": workspace.lake.table(name).path.name for name in ("clip_embeddings", "content_embeddings")
    }
    return {**spaces, "sentences": workspace.sentence_encoder.version}


@wants("attribute_assignments")
def wanted_attribute_assignments(workspace: Workspace) -> Wanted | None:
    lake = workspace.lake
    artefact = lake.artefact("dual_encoder")
    if artefact is None:
        return None
    dual, attributes = load_dual(artefact), load_vocabulary(lake).attributes
    states, seen = states_of(dual, attributes), _seen(workspace, artefact.version)
    changed = {name for name in {*states, *seen} if states.get(name) != seen.get(name)}
    affected = affected_pins(lake, _scorer(workspace, dual), changed) if changed else None
    singles = [key for key, one in zip(dual.keys, single_valued(workspace, dual.keys), strict=True) if one]
    producer = digest(ASSIGN_VERSION, artefact.version, singles)
    return Wanted(wanted_assignments(lake), producer, affected)


def _seen(workspace: Workspace, version: str) -> dict[str, str]:
    """The attributes as the last complete pass saw them, none where nothing was assigned yet.

    Where the last pass was by other towers, those in the table count as seen otherwise than they are now.
    """
    lake = workspace.lake
    if lake.table("product_embeddings").count() == 0:
        return {}
    seen = lake.recall(SEEN) or {}
    if seen.get("dual encoder") == version:
        return dict(seen["attributes"])
    held = lake.query("SELECT DISTINCT attribute_id FROM attribute_assignments")
    return dict.fromkeys(held["attribute_id"].to_pylist(), "")


def _begin(workspace: Workspace, states: Mapping[str, Any]) -> None:
    """Remember, before the first commit, which attributes this pass sees otherwise than the one before.

    A kill in it leaves pins of both: whatever these attributes are by then, they count as changed again.
    """
    lake, attributes = workspace.lake, states["attributes"]
    if lake.table("product_embeddings").count() == 0:  # a kill leaves nothing of other attributes
        lake.remember(SEEN, states)
    elif lake.recall(SEEN) != states:
        seen = _seen(workspace, states["dual encoder"])
        begun = {one: seen[one] if seen.get(one) == attributes.get(one) else "" for one in {*attributes, *seen}}
        lake.remember(SEEN, {**states, "attributes": begun})


def _scorer(workspace: Workspace, dual: Dual) -> Scorer:
    attributes = load_vocabulary(workspace.lake).attributes
    keys = tuple(one.key for one in attributes)
    return scorer(dual, attributes, list(single_valued(workspace, keys)), lambda some: phrase_vectors(workspace, some))


@table_asset(
    "attribute_assignments",
    "What pins' sources say, as far as they are believed, and what the dual encoder infers beside it.",
    deps=["dual_encoder", "attribute_vocabulary", "raw_attributes", "clip_embeddings", "content_embeddings"],
)
def attribute_assignments(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake = workspace.lake
    artefact = lake.artefact("dual_encoder")
    if artefact is None:
        raise dg.Failure("there is no dual_encoder yet; materialise dual_encoder first")
    dual = load_dual(artefact)
    states = {"dual encoder": artefact.version, "attributes": states_of(dual, load_vocabulary(lake).attributes)}
    _begin(workspace, states)
    scored = cache(lambda: _scorer(workspace, dual))  # made when there is a pin to score
    report = refresh_asset(
        context, workspace, "attribute_assignments", lambda batch: assign(batch, lake, scored()), batch_units=2_000
    )
    if lake.recall(SEEN) != states:
        lake.remember(SEEN, states)
    return reported(workspace, "attribute_assignments", report, assignment_report(lake, report.n_computed > 0))
