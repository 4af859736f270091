"""The Dagster half of the indexes."""

import dagster as dg

from relpins_assets.indexes.vector_index import vector_index
from relpins_assets.indexes.words import index_words, texts_of, wanted_words
from relpins_assets.refreshing import (
    Materialized,
    Wanted,
    WorkspaceParam,
    refresh_asset,
    reported,
    table_asset,
    wants,
)
from relpins_assets.workspace import Workspace

clip_index = vector_index("clip_index", "clip_embeddings", "look")
content_index = vector_index("content_index", "content_embeddings", "description")


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
