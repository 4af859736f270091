"""The Dagster half of the indexes."""

import dagster as dg

from relpins_assets.indexes.layers import RECALL_FLOOR, RECALL_K, RECALL_QUERIES, IndexRefresh, refresh_index
from relpins_assets.indexes.words import index_words, texts_of, wanted_words
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


def _index(name: str, embeddings: str, what: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        description=f"Nearest pins by {what}: an immutable base, an exact delta of newer pins, and tombstones.",
        deps=[embeddings],
        kinds={"index"},
        owners=OWNERS,
        code_version="1",
        check_specs=[
            dg.AssetCheckSpec(
                "recall",
                asset=name,
                blocking=True,
                description=f"recall@{RECALL_K} against exact search is at least {RECALL_FLOOR}",
            )
        ],
    )
    def index(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
        refreshed = refresh_index(workspace.lake, name, embeddings, workspace.profile.ann, workspace.profile.seed)
        context.log.info(f"{name}: {refreshed.n_upserted} upserted, {refreshed.n_removed} removed")
        return dg.MaterializeResult(metadata=_metadata(refreshed), check_results=[_recall_check(refreshed)])

    return index


def _metadata(refreshed: IndexRefresh) -> Metadata:
    manifest = refreshed.index.manifest
    return {
        "dagster/row_count": len(refreshed.index),
        "upserted": refreshed.n_upserted,
        "removed": refreshed.n_removed,
        "version": refreshed.artefact.version,
        "backend": manifest["backend"],
        "base": manifest["n_base"],
        "delta": manifest["n_delta"],
        "tombstones": manifest["n_tombstones"],
    }


def _recall_check(refreshed: IndexRefresh) -> dg.AssetCheckResult:
    recall = refreshed.index.recall_at(RECALL_K, RECALL_QUERIES)
    return dg.AssetCheckResult(
        passed=recall >= RECALL_FLOOR,
        check_name="recall",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={f"recall@{RECALL_K}": round(recall, 4), "queries": RECALL_QUERIES},
    )


clip_index = _index("clip_index", "clip_embeddings", "look")
content_index = _index("content_index", "content_embeddings", "description")


@wants("lexical_index")
def wanted_lexical_index(workspace: Workspace) -> Wanted:
    return Wanted(wanted_words(workspace.lake), "1")


@table_asset(
    "lexical_index",
    "Everything written about it: titles, descriptions, tags, its boards' titles and what its pixels say, under a "
    "full-text index that answers by BM25.",
    deps=["enriched_descriptions", "pin_joins", "raw_pins"],
    kinds=["index"],
)
def lexical_index(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    report = refresh_asset(context, workspace, "lexical_index", texts_of, batch_units=20_000)
    workspace.lake.table("lexical_index").ensure_key_index()
    state = index_words(workspace.lake)
    metadata = {
        "segments": state.n_segments,
        "texts gone but counted": state.n_gone,
        "scores as if made anew": state.is_exact or state.n_texts == 0,
    }
    return reported(workspace, "lexical_index", report, metadata)
