"""The asset of an index over a table of vectors, whatever the space."""

import dagster as dg

from relpins_assets.indexes.layers import RECALL_FLOOR, RECALL_K, RECALL_QUERIES, IndexRefresh, refresh_index
from relpins_assets.refreshing import OWNERS, Materialized, Metadata, WorkspaceParam


def vector_index(name: str, embeddings: str, what: str) -> dg.AssetsDefinition:
    """The asset of index `name` over table `embeddings`, which holds `what` the nearest pins are near by."""

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
