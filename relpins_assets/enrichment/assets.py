"""The Dagster half of enrichment."""

from typing import Any

import dagster as dg

from relpins_assets.enrichment.attribute_keys import attribute_keys
from relpins_assets.enrichment.attribute_report import attributes_told
from relpins_assets.enrichment.descriptions import describe, wanted_descriptions
from relpins_assets.enrichment.dominant_objects import ARTEFACT as FROZEN_SHARE
from relpins_assets.enrichment.dominant_objects import (
    counted,
    find_objects,
    fit_share,
    is_usable_share,
    objects_told,
    producer,
    share_version,
    told_of_queries,
    wanted_objects,
)
from relpins_assets.enrichment.lexicon_inputs import LEXICON, lexicon_for
from relpins_assets.enrichment.phrase_lexicon import load_lexicon
from relpins_assets.enrichment.raw_attributes import extract, wanted_attributes
from relpins_assets.enrichment.sampling import (
    ARTEFACT,
    choice,
    fit_sample,
    is_usable_sample,
    objection_to_sample,
    sample_version,
    sampled_images,
)
from relpins_assets.enrichment.source_trust import load_trust
from relpins_assets.enrichment.views import Viewing, failures_told, waiting_pins
from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.pictures import sheet_of_objects
from relpins_assets.refreshing import Materialized, Wanted, WorkspaceParam, refresh_asset, reported, table_asset, wants
from relpins_assets.workspace import Workspace
from relpins_resources.lake.fingerprints import digest


@wants("enriched_descriptions")
def wanted_enriched_descriptions(workspace: Workspace) -> Wanted:
    describer, viewer = workspace.describer, workspace.viewer
    if viewer is None:
        return Wanted(wanted_descriptions(workspace.lake), digest("2", describer.name, describer.version))
    sample = workspace.lake.artefact(ARTEFACT) if _is_sampled(workspace) else None
    parts = (viewer.name, viewer.version, sample.version if sample else None, workspace.may_ask)
    return Wanted(
        wanted_descriptions(workspace.lake, viewer.sources, _is_sampled(workspace)),
        digest("2", describer.name, describer.version, *parts),
        affected=waiting_pins(workspace.lake) if workspace.may_ask else None,
    )


@table_asset(
    "enriched_descriptions",
    "The pin's own words, or else what others wrote on the same picture, its boards' titles, what its pixels can "
    "honestly say, and what a model says that the profile puts beside them.",
    deps=["raw_pins", "raw_boards", "raw_board_pins", "pin_images", "pin_joins"],
    checks={"viewed": "every pin that a model was asked about has its view"},
)
def enriched_descriptions(
    context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig
) -> Materialized:
    lake, describer = workspace.lake, workspace.describer
    cache = workspace.cache(f"statements@{digest(describer.name, describer.version)}")
    sampled = _fit_sample(workspace, config.refit)
    viewing = _viewing(workspace)
    report = refresh_asset(
        context,
        workspace,
        "enriched_descriptions",
        lambda batch: describe(batch, lake, describer, cache, viewing),
    )
    table = lake.table("enriched_descriptions")
    n_untexted = table.count("own_text = ''")
    told = {
        "describer": describer.name,
        "pins without words of their own": n_untexted,
        "share of them": n_untexted / max(table.count(), 1),
        "examples": dg.MetadataValue.md(_examples(workspace)),
    }
    n_failed = table.count("failure IS NOT NULL") if viewing is not None else 0
    if n_failed:
        context.log.warning(
            f"enriched_descriptions: {n_failed} pins have no view: {failures_told(lake, 1)[0]['reason']}"
        )
    check = dg.AssetCheckResult(passed=not n_failed, check_name="viewed", severity=dg.AssetCheckSeverity.WARN)
    metadata = {**told, **sampled, **_views_told(workspace)}
    return reported(workspace, "enriched_descriptions", report, metadata, [check])


def _is_sampled(workspace: Workspace) -> bool:
    return workspace.viewer is not None and workspace.viewer.share < 1 and workspace.may_ask


def _fit_sample(workspace: Workspace, refit: bool) -> dict[str, Any]:
    """Choose the images to view where the profile asks for a share of them; what the choice says of itself."""
    images = sampled_images(workspace.lake) if _is_sampled(workspace) else None
    if workspace.viewer is None or images is None or images.num_rows == 0:
        return {}
    share, features = workspace.viewer.share, workspace.clip_encoder.features_version
    before = workspace.lake.artefact(ARTEFACT)
    fitted = chosen_or_fitted(
        workspace,
        ARTEFACT,
        sample_version(workspace, images, share, before),
        fit_sample(workspace, images, share, before),
        refit=refit,
        objection=objection_to_sample(),
        is_usable=lambda old: is_usable_sample(old, share, features),
    )
    return {f"sample: {name}": value for name, value in fitted.metadata().items()}


def _viewing(workspace: Workspace) -> Viewing | None:
    viewer = workspace.viewer
    if viewer is None:
        return None
    answers = workspace.answers(f"views@{viewer.version}")
    sample = workspace.lake.artefact(ARTEFACT) if _is_sampled(workspace) else None
    chosen = choice(workspace, sample) if sample is not None else lambda pins: [True] * pins.num_rows
    return Viewing(viewer, answers, chosen, workspace.may_ask)


def _views_told(workspace: Workspace) -> dict[str, Any]:
    """What was viewed, what was not and why, and what this run spent."""
    viewer, lake = workspace.viewer, workspace.lake
    if viewer is None:
        return {}
    table, waiting = lake.table("enriched_descriptions"), waiting_pins(lake)
    stopped = viewer.stopped()
    return {
        "viewed by": f"{viewer.name}: {viewer.model}",
        "pins with a view": table.count("attributes IS NOT NULL"),
        "pins without a view": table.count("failure IS NOT NULL"),
        "pins to be tried again": waiting.num_rows if waiting is not None else 0,
        **({"stopped early": stopped} if stopped else {}),
        "why without a view": dg.MetadataValue.json(failures_told(lake)),
        **viewer.usage(),
    }


@wants("raw_attributes")
def wanted_raw_attributes(workspace: Workspace) -> Wanted | None:
    lexicon = workspace.lake.artefact(LEXICON)
    if lexicon is None:
        return None
    keys = attribute_keys(workspace.profile)
    return Wanted(wanted_attributes(workspace.lake), digest("1", lexicon.version, list(keys)))


@table_asset(
    "raw_attributes",
    "What titles, descriptions, tags, boards, columns and pixels say of the pin, by a lexicon of phrases that is "
    "learnt from the catalog. The lexicon is fitted when missing, and again by the nightly job.",
    deps=[
        "enriched_descriptions",
        "raw_pins",
        "raw_boards",
        "raw_board_pins",
        "pin_joins",
        "raw_searches",
    ],
    kinds=["trained"],
)
def raw_attributes(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    fitted = lexicon_for(workspace, refit=config.refit)
    artefact, keys = fitted.artefact, attribute_keys(workspace.profile)
    lexicon, trust = load_lexicon(artefact.folder), load_trust(artefact.folder)
    context.log.info(f"phrase_lexicon: version {artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    report = refresh_asset(
        context,
        workspace,
        "raw_attributes",
        lambda batch: extract(batch, lexicon, trust, keys),
        batch_units=2_000,
    )
    told = {"lexicon": artefact.version, "fitted in this run": fitted.is_new, **fitted.metadata()}
    return reported(workspace, "raw_attributes", report, {**told, **attributes_told(workspace.lake)})


@wants("dominant_objects")
def wanted_dominant_objects(workspace: Workspace) -> Wanted:
    return Wanted(wanted_objects(workspace.lake), producer(workspace))


@table_asset(
    "dominant_objects",
    "Where the objects of each picture are, and whether one of them is what the picture is of. The share of images "
    "that have such a one is frozen: when missing, and again by the nightly job.",
    deps=["pin_images"],
    kinds=["trained"],
)
def dominant_objects(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, detector, rule = workspace.lake, workspace.detector, workspace.profile.objects
    cache = workspace.cache(f"objects@{detector.version}")
    report = refresh_asset(
        context, workspace, "dominant_objects", lambda batch: find_objects(batch, lake, detector, cache, rule)
    )
    told = {**_freeze_share(workspace, config.refit), **objects_told(lake, detector)}
    told |= told_of_queries(lake.artefact(FROZEN_SHARE), detector)
    sheet = sheet_of_objects(lake, report.examples, "objects of the first pins of this run, dominant ones framed bold")
    return reported(workspace, "dominant_objects", report, {**told, **sheet})


def _freeze_share(workspace: Workspace, refit: bool) -> dict[str, Any]:
    """Freeze the share of images with a dominant object, where there are images; what the frozen one says."""
    n_images, _ = counted(workspace.lake)
    if n_images == 0:
        return {}
    fitted = chosen_or_fitted(
        workspace,
        FROZEN_SHARE,
        lambda: share_version(workspace),
        fit_share(workspace),
        refit=refit,
        is_usable=is_usable_share(workspace),
    )
    return {f"frozen: {name}": value for name, value in fitted.metadata().items()}


def _examples(workspace: WorkspaceParam) -> str:
    rows = workspace.lake.query("SELECT pin_id, description FROM enriched_descriptions ORDER BY md5(pin_id) LIMIT 5")
    return "\n".join(f"- `{_shown(row['pin_id'])}`: `{_shown(row['description'])}`" for row in rows.to_pylist())


def _shown(text: str) -> str:
    """A catalog's words as they are: in a code span nothing is rendered."""
    return " ".join(text.replace("`", "'").split())[:200]
