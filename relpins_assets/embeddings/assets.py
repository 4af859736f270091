"""The Dagster half of embeddings."""

import dagster as dg
import pyarrow as pa

from relpins_assets.embeddings.object_embeddings import embed_objects, wanted_crops
from relpins_assets.embeddings.pin_topics import (
    centres_of,
    fit_topics,
    give_topics,
    judge_topics,
    objection_to_topics,
    topic_sample,
    topic_sizes,
    topics_version,
    wanted_topics,
)
from relpins_assets.embeddings.promotion import LEAST_HELD_OUT, held_out, objection_to
from relpins_assets.embeddings.semantic_ids import (
    codebooks_of,
    codebooks_version,
    fit_semantic_ids,
    fitting_images,
    give_ids,
    judge_ids,
    objection_to_codebooks,
    space_of,
    wanted_semantic_ids,
)
from relpins_assets.embeddings.vectors import (
    MODEL,
    embed_images,
    embed_texts,
    fit_clip_model,
    image_features,
    model_inputs,
    own_texts,
    training_pins,
    wanted_images,
    wanted_texts,
)
from relpins_assets.fitting import FitConfig, Objection, chosen_or_fitted
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
from relpins_assets.workspace import Workspace
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import RefreshReport
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest


@dg.asset(
    description="One model per catalog. Turns an image, and where it can a text query, into a vector. "
    "Fitted when missing, and again by the nightly job.",
    deps=["pin_joins", "raw_pins"],
    kinds={"trained"},
    owners=OWNERS,
    code_version="1",
)
def clip_model(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, encoder, sentences = workspace.lake, workspace.clip_encoder, workspace.sentence_encoder
    pins = training_pins(lake)
    if pins.num_rows == 0 and lake.chosen("artefacts", "clip_model") is None:
        raise dg.Failure("no pin has a usable image, so there is nothing to fit; see rejected_rows for the reasons")
    version = digest(
        encoder.features_version,
        sentences.version,
        workspace.profile.clip,
        workspace.profile.seed,
        pins["jpeg_hash"].to_pylist(),
        pins["title"].to_pylist(),
        pins["description"].to_pylist(),
    )
    cache = workspace.cache(f"image_features@{encoder.features_version}")
    fit = fit_clip_model(workspace, cache)
    made_for = model_inputs(encoder, sentences, workspace.profile.clip)
    fitted = chosen_or_fitted(
        workspace,
        "clip_model",
        version,
        fit,
        refit=config.refit and pins.num_rows > 0,
        objection=_objection(workspace, pins),
        is_usable=lambda old: made_for.items() <= old.manifest.items(),
    )
    lake.choose("spaces", "clip_embeddings", fitted.artefact.version)
    model = encoder.load(fitted.artefact.folder / MODEL, sentences)
    context.log.info(f"clip_model: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    return dg.MaterializeResult(
        metadata={
            "what made the vectors": model.description,
            "version": fitted.artefact.version,
            "fitted in this run": fitted.is_new,
            "answers text queries": model.supports_text,
            "dimensions": model.dim,
            **fitted.metadata(),
        }
    )


def _objection(workspace: Workspace, pins: pa.Table) -> Objection:
    """A refitted model is promoted when it is not worse than the old one, scored on the same held-out pins of now."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        encoder, sentences = workspace.clip_encoder, workspace.sentence_encoder
        if old is None:
            return None
        texts = own_texts(pins)
        at = held_out(pins["jpeg_hash"].to_pylist(), texts)
        if len(at) < LEAST_HELD_OUT:
            return None
        cache = workspace.cache(f"image_features@{encoder.features_version}")
        features = image_features(pins.take(pa.array(at)), workspace.lake, encoder, cache)
        text_vectors = sentences.encode([texts[i] for i in at])
        models = [encoder.load(one.folder / MODEL, sentences) for one in (new, old)]
        return objection_to(models[0], models[1], features, text_vectors)

    return objection


@wants("clip_embeddings")
def wanted_clip_embeddings(workspace: Workspace) -> Wanted | None:
    model = workspace.lake.artefact("clip_model")
    if model is None:
        return None
    return Wanted(wanted_images(workspace.lake), digest("1", model.version))


@table_asset("clip_embeddings", "What the pin's picture looks like.", deps=["clip_model", "pin_images"])
def clip_embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, encoder = workspace.lake, workspace.clip_encoder
    artefact = lake.artefact("clip_model")
    if artefact is None:
        raise dg.Failure("there is no clip_model yet; materialise clip_model first")
    model = encoder.load(artefact.folder / MODEL, workspace.sentence_encoder)
    cache = workspace.cache(f"image_features@{encoder.features_version}")
    report = refresh_asset(
        context,
        workspace,
        "clip_embeddings",
        lambda batch: embed_images(batch, lake, encoder, model, cache),
    )
    metadata = {"encoder": model.description, "space": artefact.version, "dimensions": model.dim}
    return reported(workspace, "clip_embeddings", report, metadata)


@wants("object_embeddings")
def wanted_object_embeddings(workspace: Workspace) -> Wanted | None:
    model = workspace.lake.artefact("clip_model")
    if model is None:
        return None
    return Wanted(wanted_crops(workspace.lake), digest("1", model.version))


@table_asset(
    "object_embeddings",
    "What each object of a picture looks like by itself, in the space of clip_embeddings.",
    deps=["clip_model", "dominant_objects", "pin_images"],
)
def object_embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, encoder = workspace.lake, workspace.clip_encoder
    artefact = lake.artefact("clip_model")
    if artefact is None:
        raise dg.Failure("there is no clip_model yet; materialise clip_model first")
    lake.choose("spaces", "object_embeddings", artefact.version)
    model = encoder.load(artefact.folder / MODEL, workspace.sentence_encoder)
    cache = workspace.cache(f"image_features@{encoder.features_version}")
    report = refresh_asset(
        context,
        workspace,
        "object_embeddings",
        lambda batch: embed_objects(batch, lake, encoder, model, cache),
    )
    n_objects, n_pins = report.n_fresh + report.n_computed, lake.table("dominant_object_pins").count()
    metadata = {"space": artefact.version, "dimensions": model.dim, "objects a pin": n_objects / max(n_pins, 1)}
    return reported(workspace, "object_embeddings", report, metadata)


@wants("content_embeddings")
def wanted_content_embeddings(workspace: Workspace) -> Wanted:
    return Wanted(wanted_texts(workspace.lake), digest("1", workspace.sentence_encoder.version))


@table_asset("content_embeddings", "What the pin's enriched description says.", deps=["enriched_descriptions"])
def content_embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, encoder = workspace.lake, workspace.sentence_encoder
    lake.choose("spaces", "content_embeddings", encoder.version)
    cache = workspace.cache(f"sentences@{encoder.version}")
    report = refresh_asset(
        context,
        workspace,
        "content_embeddings",
        lambda batch: embed_texts(batch, encoder, cache),
    )
    metadata = {"encoder": encoder.name, "space": encoder.version, "dimensions": encoder.dim}
    return reported(workspace, "content_embeddings", report, metadata)


@wants("semantic_ids")
def wanted_ids(workspace: Workspace) -> Wanted | None:
    codebooks = workspace.lake.artefact("semantic_ids")
    if codebooks is None:
        return None
    return Wanted(wanted_semantic_ids(workspace.lake), digest("1", codebooks.version))


@table_asset(
    "semantic_ids",
    "The look as three small numbers, coarse to fine; pins that look alike share the first. "
    "Codebooks are fitted when missing, with a new space of clip vectors, and again by the nightly job.",
    deps=["clip_embeddings", "raw_pins"],
    kinds=["trained"],
)
def semantic_ids(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, seed = workspace.lake, workspace.profile.seed
    space, images = space_of(lake), fitting_images(lake)
    if images.num_rows == 0 and lake.artefact("semantic_ids") is None:
        lake.table("semantic_ids").create()
        return reported(workspace, "semantic_ids", RefreshReport())
    fitted = chosen_or_fitted(
        workspace,
        "semantic_ids",
        codebooks_version(lake, images, seed),
        fit_semantic_ids(lake, images, seed),
        refit=config.refit and images.num_rows > 0,
        objection=objection_to_codebooks(lake, images),
        is_usable=lambda old: old.manifest["space"] == space or images.num_rows == 0,
    )
    codebooks = codebooks_of(fitted.artefact)
    context.log.info(f"semantic_ids: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    report = refresh_asset(
        context, workspace, "semantic_ids", lambda batch: give_ids(batch, lake, codebooks), batch_units=5_000
    )
    metadata = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new, **fitted.metadata()}
    return reported(workspace, "semantic_ids", report, {**metadata, **judge_ids(lake)})


@wants("pin_topics")
def wanted_pin_topics(workspace: Workspace) -> Wanted | None:
    centres = workspace.lake.artefact("pin_topics")
    if centres is None:
        return None
    return Wanted(wanted_topics(workspace.lake), digest("1", centres.version))


@table_asset(
    "pin_topics",
    "What its description is about, as nearest clusters of descriptions. Clusters are fitted when missing, with a new "
    "space of content vectors, and again by the nightly job.",
    deps=["content_embeddings", "raw_pins"],
    kinds=["trained"],
)
def pin_topics(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, seed = workspace.lake, workspace.profile.seed
    sample, space = topic_sample(lake), lake.table("content_embeddings").path.name
    if sample.num_rows == 0 and lake.artefact("pin_topics") is None:
        lake.table("pin_topics").create()
        return reported(workspace, "pin_topics", RefreshReport(), {"topics": "none: no pin has a description"})
    fitted = chosen_or_fitted(
        workspace,
        "pin_topics",
        lambda: topics_version(lake, sample, seed),
        fit_topics(lake, sample, seed),
        refit=config.refit and sample.num_rows > 0,
        objection=objection_to_topics(lake, sample),
        is_usable=lambda old: old.manifest["space"] == space or sample.num_rows == 0,
    )
    centres = centres_of(fitted.artefact)
    report = refresh_asset(
        context, workspace, "pin_topics", lambda batch: give_topics(batch, lake, centres), batch_units=5_000
    )
    chart = as_markdown(histogram_chart(topic_sizes(lake), "pins by nearest topic"), "pins by nearest topic")
    metadata = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new, **fitted.metadata()}
    sizes = {"largest topics": dg.MetadataValue.md(chart)}
    return reported(workspace, "pin_topics", report, {**metadata, **judge_topics(lake), **sizes})
