"""The Dagster half of vocabulary."""

import dagster as dg
import pyarrow.parquet as pq

from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.refreshing import Materialized, WorkspaceParam, table_asset
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


@table_asset(
    "frequent_attributes",
    "What is said of enough images to be of use; what was cut, and why. Counted when missing, when the bounds of the "
    "profile changed, and again by the nightly job.",
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
