"""The Dagster half of the candidates."""

import dagster as dg

from relpins_assets.candidates.cooccurrence import count_histogram, relevance_by_count
from relpins_assets.candidates.shared_boards import SharedBoards, wanted_joins
from relpins_assets.refreshing import (
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
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake

SHOWN_ROWS = 5_000
"""The distribution on the asset's page is of so many images at most, those with the smallest ids."""


@wants("cooccurrence_candidates")
def wanted_candidates(workspace: Workspace) -> Wanted:
    return Wanted(wanted_joins(workspace.lake), f"1:{workspace.profile.cooccurrence.limit}")


@table_asset(
    "cooccurrence_candidates",
    "Pictures that people saved to the same boards, most shared boards first.",
    deps=["raw_board_pins", "pin_joins", "clip_embeddings"],
)
def cooccurrence_candidates(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, limit = workspace.lake, workspace.profile.cooccurrence.limit
    graph = SharedBoards.load(lake)
    report = refresh_asset(
        context,
        workspace,
        "cooccurrence_candidates",
        lambda batch: graph.candidate_rows(batch["join_id"].to_pylist(), limit),
        batch_units=5_000,
    )
    metadata = _co_occurrence_metadata(lake, graph, limit) if graph.join_ids.size else {}
    return reported(workspace, "cooccurrence_candidates", report, metadata)


def _co_occurrence_metadata(lake: Lake, graph: SharedBoards, limit: int) -> Metadata:
    """How many pairs share one board, two, ...; and how alike they look, the more boards they share."""
    rows = graph.sample(SHOWN_ROWS)
    histogram = count_histogram(graph.blocks(rows, limit))
    n_pairs = sum(histogram.values())
    grown = relevance_by_count(graph.blocks(rows, limit), graph.look(lake))
    bars = {f"{count} boards": n for count, n in sorted(histogram.items())}
    likeness = {f"{one.shared_boards} boards": one.mean_cosine or 0.0 for one in grown}
    return {
        "pairs, from either side, of the images shown": n_pairs,
        "share of pairs on one board only": histogram.get(1, 0) / max(n_pairs, 1),
        "pairs by shared boards": dg.MetadataValue.md(
            as_markdown(histogram_chart(bars, "pairs by shared boards", is_log=True), "pairs by shared boards")
        ),
        "likeness by shared boards": dg.MetadataValue.md(
            as_markdown(histogram_chart(likeness, "mean cosine of their pictures"), "likeness by shared boards")
        ),
    }
