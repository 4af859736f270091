"""The Dagster half of vocabulary."""

import dagster as dg
import pyarrow.parquet as pq

from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.refreshing import (
    Materialized,
    Wanted,
    WorkspaceParam,
    refresh_asset,
    reported,
    table_asset,
    wants,
)
from relpins_assets.vocabulary.curating import (
    CLUSTERS,
    FREQUENT,
    ROWS_FILE,
    VOCABULARY,
    clusters_fit,
    frequent_fit,
    vocabulary_fit,
)
from relpins_assets.vocabulary.curation_report import curated
from relpins_assets.vocabulary.edits import read_edits
from relpins_assets.vocabulary.frequent import load_frequent
from relpins_assets.vocabulary.intents import read_intents, read_otherwise, vocabulary_digest, wanted_intents
from relpins_assets.vocabulary.query_parsing import QueryParser
from relpins_assets.vocabulary.topic_fits import (
    CANDIDATES,
    JUDGED,
    TOPICS_FILE,
    candidates_fit,
    is_judged_alike,
    is_judged_out,
    is_said_enough,
    judged_fit,
)
from relpins_assets.vocabulary.topic_pictures import intents_shown
from relpins_assets.vocabulary.vocabulary import load_vocabulary
from relpins_assets.workspace import Workspace
from relpins_resources.lake import RefreshReport
from relpins_resources.lake.fingerprints import digest

INTENTS_VERSION = "1"
"""Raised when the code reads other things from the same query and vocabulary."""
READ_FROM = "search_intents_inputs"
"""What the home remembers: from what the table was last completed; nothing while a run is at it."""
READ_WITH = "search_intents_vocabulary"
"""What the home remembers: the vocabulary that the queries were last read with."""


@table_asset(
    "frequent_attributes",
    "What is said of enough images to be of use; what was cut, and why. Counted when missing, when the bounds or keys "
    "of the profile changed or another lexicon reads the pins, and again by the nightly job.",
    deps=["raw_attributes", "pin_joins"],
    kinds=["trained"],
)
def frequent_attributes(
    context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig
) -> Materialized:
    lake, fit = workspace.lake, frequent_fit(workspace)
    fitted = chosen_or_fitted(
        workspace,
        FREQUENT,
        fit.version,
        fit.write,
        refit=config.refit,
        is_usable=lambda old: (
            fit.made_for.items() <= old.manifest.items()
            and (old.manifest["values"] > 0 or lake.table("raw_attributes").count() == 0)
        ),
    )
    return curated(context, workspace, FREQUENT, fitted, lambda: load_frequent(fitted.artefact.folder).values)


@table_asset(
    "attribute_clusters",
    "Values of one key that mean the same: complete linkage on a distance of spelling, words and use, with pairs that "
    "never join; the most frequent form is canonical.",
    deps=["frequent_attributes", "raw_attributes", "clip_embeddings", "pin_joins"],
    kinds=["trained"],
)
def attribute_clusters(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    frequent = workspace.lake.artefact(FREQUENT)
    if frequent is None:
        raise dg.Failure("there are no frequent_attributes yet; materialise frequent_attributes first")
    fit = clusters_fit(workspace, frequent)
    fitted = chosen_or_fitted(
        workspace,
        CLUSTERS,
        fit.version,
        fit.write,
        refit=config.refit,
        is_usable=lambda old: fit.made_for.items() <= old.manifest.items(),
    )
    return curated(context, workspace, CLUSTERS, fitted, lambda: pq.read_table(fitted.artefact.folder / ROWS_FILE))


@table_asset(
    "attribute_vocabulary",
    "The curated attributes, versioned: an entry keeps its id by the members it shares with the version before. "
    "People's edits (`relpins vocabulary`, vocabulary_edits.yaml) make a new version at once.",
    deps=["attribute_clusters"],
    kinds=["trained"],
)
def attribute_vocabulary(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    frequent, clusters = workspace.lake.artefact(FREQUENT), workspace.lake.artefact(CLUSTERS)
    if frequent is None or clusters is None:
        raise dg.Failure("there are no attribute_clusters yet; materialise attribute_clusters first")
    fit = vocabulary_fit(workspace, frequent, clusters, read_edits(workspace.home))
    fitted = chosen_or_fitted(
        workspace,
        VOCABULARY,
        fit.version,
        fit.write,
        refit=False,
        is_usable=lambda old: fit.made_for.items() <= old.manifest.items(),
    )
    return curated(context, workspace, VOCABULARY, fitted, lambda: pq.read_table(fitted.artefact.folder / ROWS_FILE))


@wants("search_intents")
def wanted_search_intents(workspace: Workspace) -> Wanted:
    lake, vocabulary = workspace.lake, load_vocabulary(workspace.lake)
    rows = wanted_intents(lake)
    is_read_anew = lake.recall(READ_WITH) not in (None, vocabulary_digest(vocabulary))
    affected = read_otherwise(lake, rows, QueryParser(vocabulary)) if is_read_anew else None
    return Wanted(rows, INTENTS_VERSION, affected)


@table_asset(
    "search_intents",
    "What people search for, read by the vocabulary: attributes, category, price bounds, and what could not be read.",
    deps=["raw_searches", "attribute_vocabulary"],
)
def search_intents(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, table = workspace.lake, workspace.lake.table("search_intents")
    if lake.recall(READ_FROM) == _searched(workspace) and not table.is_outdated():
        return reported(workspace, "search_intents", RefreshReport(n_fresh=table.count()))
    lake.remember(READ_FROM, None)
    vocabulary = load_vocabulary(lake)
    parser = QueryParser(vocabulary)
    report = refresh_asset(
        context, workspace, "search_intents", lambda batch: read_intents(batch, parser), batch_units=20_000
    )
    lake.remember(READ_WITH, vocabulary_digest(vocabulary))
    lake.remember(READ_FROM, _searched(workspace))
    return reported(workspace, "search_intents", report, intents_shown(lake, vocabulary))


def _searched(workspace: Workspace) -> str:
    """Names all that the table follows from, and the table as it stands."""
    names = ("raw_searches", "attribute_vocabulary", "search_intents")
    return digest(INTENTS_VERSION, [workspace.lake.table(name).version() for name in names])


@table_asset(
    "topic_candidates",
    "Tuples of attributes that enough images carry, mined when missing, when the vocabulary changed, and again by the "
    "nightly job.",
    deps=["attribute_vocabulary", "raw_attributes", "pin_joins"],
    kinds=["trained"],
)
def topic_candidates(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    fit = candidates_fit(workspace, refit=config.refit)
    fitted = chosen_or_fitted(
        workspace,
        CANDIDATES,
        fit.version,
        fit.write,
        refit=config.refit,
        is_usable=lambda old: fit.made_for.items() <= old.manifest.items() and is_said_enough(old, workspace.lake),
    )
    return curated(context, workspace, CANDIDATES, fitted, lambda: pq.read_table(fitted.artefact.folder / TOPICS_FILE))


@table_asset(
    "judged_topics",
    "Whether a topic hangs together, whether people want it and say it so; near-duplicates are merged. Judged when "
    "missing, when the candidates or the judge changed, and again by the nightly job.",
    deps=["topic_candidates", "search_intents"],
    kinds=["trained"],
)
def judged_topics(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    candidates = workspace.lake.artefact(CANDIDATES)
    if candidates is None:
        raise dg.Failure("there are no topic_candidates yet; materialise topic_candidates first")
    fit = judged_fit(workspace, candidates, refit=config.refit)
    fitted = chosen_or_fitted(
        workspace,
        JUDGED,
        fit.version,
        fit.write,
        refit=config.refit,
        is_usable=lambda old: (
            fit.made_for.items() <= old.manifest.items()
            and is_judged_alike(old, fit.made_for["judge"], workspace.lake)
            and is_judged_out(old)
        ),
    )
    return curated(context, workspace, JUDGED, fitted, lambda: pq.read_table(fitted.artefact.folder / TOPICS_FILE))
