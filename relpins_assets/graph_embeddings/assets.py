"""The Dagster half of the graph embeddings."""

import dagster as dg

from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.graph_embeddings.pinclip_inputs import wanted_pinclip
from relpins_assets.graph_embeddings.pinclip_model import (
    fit_pinclip,
    objection_to_pinclip,
    pinclip_version,
    placing,
)
from relpins_assets.graph_embeddings.pinclip_model import is_usable as is_usable_pinclip
from relpins_assets.graph_embeddings.pinclip_reports import report_of_fit, report_of_vectors
from relpins_assets.graph_embeddings.twotower_model import (
    TwoTowerModel,
    fit_model,
    is_usable,
    load_model,
    model_version,
    objection_to_towers,
)
from relpins_assets.graph_embeddings.twotower_reports import report_of_pins, report_of_users
from relpins_assets.graph_embeddings.twotower_vectors import place_pins, place_users, wanted_users, wanted_vectors
from relpins_assets.indexes.vector_index import vector_index
from relpins_assets.refreshing import (
    OWNERS,
    Materialized,
    Metadata,
    Wanted,
    WorkspaceParam,
    refresh_asset,
    reported,
    table_asset,
    wants,
)
from relpins_assets.workspace import Workspace
from relpins_resources.lake.fingerprints import digest

TWOTOWER_VERSION = "1"
"""Raised when the code of the rows gives others from the same towers."""
TWOTOWER_SPACES = ("twotower_embeddings", "twotower_users")


@dg.asset(
    description="Two towers in one space: of pins by their own vector, look, description, categories and attributes, "
    "of users by what they saved. Fitted when missing, and again by the nightly job.",
    deps=[
        "board_joins",
        "pin_joins",
        "raw_boards",
        "raw_interactions",
        "raw_users",
        "raw_pins",
        "clip_embeddings",
        "content_embeddings",
        "attribute_assignments",
    ],
    kinds={"trained"},
    owners=OWNERS,
    code_version="1",
)
def twotower_model(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    fitted = chosen_or_fitted(
        workspace,
        "twotower_model",
        lambda: model_version(workspace),
        fit_model(workspace),
        refit=config.refit,
        objection=objection_to_towers(workspace),
        is_usable=is_usable(workspace),
    )
    for name in TWOTOWER_SPACES:
        workspace.lake.choose("spaces", name, fitted.artefact.version)
    context.log.info(f"twotower_model: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    told: Metadata = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new}
    return dg.MaterializeResult(metadata={**told, **fitted.metadata()})


def _towers(workspace: Workspace) -> TwoTowerModel:
    """The towers of this run; asked for only where there is a row to compute."""
    artefact = workspace.lake.artefact("twotower_model")
    model = load_model(artefact) if artefact is not None else None
    assert model is not None, "rows are wanted only where there are trained towers"
    return model


@wants("twotower_embeddings")
def wanted_twotower_embeddings(workspace: Workspace) -> Wanted | None:
    artefact = workspace.lake.artefact("twotower_model")
    if artefact is None:
        return None
    rows = wanted_vectors(workspace.lake, is_trained=artefact.manifest["trained"])
    return Wanted(rows, digest(TWOTOWER_VERSION, artefact.version))


@table_asset(
    "twotower_embeddings",
    "Near one another are pins that the same people save, and pins that look and read like those; a new pin is placed "
    "by its content. Empty while there are too few saves to learn from.",
    deps=["twotower_model", "clip_embeddings", "content_embeddings", "pin_joins", "raw_pins", "attribute_assignments"],
)
def twotower_embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake = workspace.lake
    report = refresh_asset(
        context,
        workspace,
        "twotower_embeddings",
        lambda batch: place_pins(batch, lake, _towers(workspace)),
        batch_units=5_000,
    )
    return reported(workspace, "twotower_embeddings", report, report_of_pins(lake, report.examples))


@wants("twotower_users")
def wanted_twotower_users(workspace: Workspace) -> Wanted | None:
    artefact = workspace.lake.artefact("twotower_model")
    if artefact is None:
        return None
    return Wanted(wanted_users(workspace.lake), digest(TWOTOWER_VERSION, artefact.version))


@table_asset(
    "twotower_users",
    "People who saved anything, placed among the pins by their last saves and by what is known of them.",
    deps=[
        "twotower_model",
        "twotower_embeddings",
        "pin_joins",
        "raw_boards",
        "raw_board_pins",
        "raw_interactions",
        "raw_users",
    ],
)
def twotower_users(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake = workspace.lake
    report = refresh_asset(
        context,
        workspace,
        "twotower_users",
        lambda batch: place_users(batch, lake, _towers(workspace)),
        batch_units=5_000,
    )
    return reported(workspace, "twotower_users", report, report_of_users(lake))


twotower_index = vector_index("twotower_index", "twotower_embeddings", "what people save")


PINCLIP_VERSION = "1"
"""Raised when the code of the rows gives others from the same encoder."""


@dg.asset(
    description="Image and words of a pin as one vector, near those of pins that boards hold beside it. Learns from "
    "images, their own words and boards; reads no board. Fitted when missing, and again by the nightly job.",
    deps=["board_joins", "pin_joins", "clip_embeddings", "enriched_descriptions", "raw_pins"],
    kinds={"trained"},
    owners=OWNERS,
    code_version="1",
)
def pinclip_model(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake = workspace.lake
    if lake.table("clip_embeddings").count() == 0 and lake.artefact("pinclip_model") is None:
        return dg.MaterializeResult(metadata={"why there is none": "no pin has a picture to learn from"})
    fitted = chosen_or_fitted(
        workspace,
        "pinclip_model",
        lambda: pinclip_version(workspace),
        fit_pinclip(workspace),
        refit=config.refit,
        objection=objection_to_pinclip(workspace),
        is_usable=is_usable_pinclip(workspace),
    )
    lake.choose("spaces", "pinclip_embeddings", fitted.artefact.version)
    context.log.info(f"pinclip_model: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    told: Metadata = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new}
    return dg.MaterializeResult(metadata={**told, **fitted.metadata(), **report_of_fit(fitted.artefact)})


@wants("pinclip_embeddings")
def wanted_pinclip_embeddings(workspace: Workspace) -> Wanted:
    artefact = workspace.lake.artefact("pinclip_model")
    version = artefact.version if artefact is not None else "none"
    return Wanted(wanted_pinclip(workspace.lake), digest(PINCLIP_VERSION, version))


@table_asset(
    "pinclip_embeddings",
    "Content alone makes it, so a pin has it as soon as it arrives and keeps it when it is saved.",
    deps=["pinclip_model", "clip_embeddings", "enriched_descriptions", "raw_pins"],
)
def pinclip_embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake = workspace.lake
    report = refresh_asset(context, workspace, "pinclip_embeddings", placing(workspace), batch_units=5_000)
    return reported(workspace, "pinclip_embeddings", report, report_of_vectors(lake, report.examples))


pinclip_index = vector_index("pinclip_index", "pinclip_embeddings", "look and words in one")
