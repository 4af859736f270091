"""The Dagster half of the candidates."""

import dagster as dg

from relpins_assets.candidates.board_sampling import wanted_joins
from relpins_assets.candidates.cooccurrence import count_histogram, relevance_by_count
from relpins_assets.candidates.random_walk import (
    TABLE as WALKS,
)
from relpins_assets.candidates.random_walk import (
    Walker,
    judge_walks,
    mark_of,
    outdated_walks,
    producer,
    wanted_walks,
)
from relpins_assets.candidates.shared_boards import SharedBoards
from relpins_assets.candidates.walk_graph import NAME as WALK_GRAPH
from relpins_assets.candidates.walk_graph import can_walk, fit_walk_graph, graph_version, made_with
from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.pictures import sheet_of_feed
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
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake, RefreshReport

SHOWN_ROWS = 5_000
"""The distribution on the asset's page is of so many images at most, those with the smallest ids."""
FEW = 10
"""Images that share boards with so few others have next to nothing but look and words to go by."""
BATCH = 1_000
"""Rows of 10,000 candidates each that are committed together."""


@wants("cooccurrence_candidates")
def wanted_candidates(workspace: Workspace) -> Wanted:
    settings = workspace.profile.cooccurrence
    rows = wanted_joins(workspace.lake, settings.max_board)
    return Wanted(rows, f"2:{settings.limit}:{settings.max_board}")


@table_asset(
    "cooccurrence_candidates",
    "Pictures that people saved to the same boards, most shared boards first. Of a very large board a sample counts.",
    deps=["board_joins", "pin_joins", "catalog_statistics", "clip_embeddings"],
    version="2",
)
def cooccurrence_candidates(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, settings = workspace.lake, workspace.profile.cooccurrence
    graph = SharedBoards.load(lake, settings.max_board)
    report = refresh_asset(
        context,
        workspace,
        "cooccurrence_candidates",
        lambda batch: graph.candidate_rows(batch, settings.limit),
        batch_units=BATCH,
    )
    metadata = _co_occurrence_metadata(lake, graph, settings.limit) if len(graph) else {}
    n_sampled = lake.table("board_joins").count(f"n_pins > {settings.max_board}")
    return reported(workspace, "cooccurrence_candidates", report, {"boards sampled": n_sampled, **metadata})


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
        f"images that share boards with fewer than {FEW} others": _n_thin(lake),
        "pairs by shared boards": dg.MetadataValue.md(
            as_markdown(histogram_chart(bars, "pairs by shared boards", is_log=True), "pairs by shared boards")
        ),
        "likeness by shared boards": dg.MetadataValue.md(
            as_markdown(histogram_chart(likeness, "mean cosine of their pictures"), "likeness by shared boards")
        ),
    }


def _n_thin(lake: Lake) -> int:
    """Images, of all there are, whose feeds fall back to look and words."""
    rows = lake.query("SELECT count(*) AS n FROM cooccurrence_candidates WHERE len(candidate_join_ids) >= ?", [FEW])
    return int(lake.table("pin_joins").count() - rows["n"][0].as_py())


@dg.asset(
    description="One graph per catalog. Images and the boards they stand on, for walks to run on: without boards of "
    "mixed topics, and of images on many boards without those least like them. Fitted when missing, and again by the "
    "nightly job.",
    deps=["board_joins", "pin_joins", "pin_topics"],
    kinds={"trained"},
    owners=OWNERS,
    code_version="1",
)
def walk_graph(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, walks = workspace.lake, workspace.profile.walks
    has_pairs = can_walk(lake)
    if not has_pairs and lake.artefact(WALK_GRAPH) is None:
        return dg.MaterializeResult(metadata={"images": 0, "graph": "none: no board has two images yet"})
    settings = made_with(lake, walks)
    fitted = chosen_or_fitted(
        workspace,
        WALK_GRAPH,
        lambda: graph_version(lake, walks),
        fit_walk_graph(lake, walks),
        refit=config.refit and has_pairs,
        is_usable=lambda old: (
            not has_pairs or (settings.items() <= old.manifest.items() and old.manifest["images"] > 0)
        ),
    )
    context.log.info(f"{WALK_GRAPH}: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    told: Metadata = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new}
    return dg.MaterializeResult(metadata={**told, **fitted.metadata()})


@wants(WALKS)
def wanted_random_walks(workspace: Workspace) -> Wanted | None:
    lake, artefact = workspace.lake, workspace.lake.artefact(WALK_GRAPH)
    if artefact is None:
        return None
    made = producer(artefact, workspace.profile.walks, workspace.profile.seed)
    return Wanted(wanted_walks(lake, artefact), made, outdated_walks(lake, artefact))


@table_asset(
    WALKS,
    "Pictures that random walks over boards come by from it (Pixie), most visits first.",
    deps=[WALK_GRAPH, "pin_joins", "cooccurrence_candidates"],
)
def random_walk_candidates(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, profile = workspace.lake, workspace.profile
    artefact = lake.artefact(WALK_GRAPH)
    if artefact is None:
        lake.table(WALKS).create()
        return reported(workspace, WALKS, RefreshReport(), {"walks": 0, "graph": "none: no board has two images yet"})
    versions = mark_of(lake).now()
    walker = Walker(lake, artefact, profile.walks, profile.seed)
    report = refresh_asset(context, workspace, WALKS, lambda batch: walker.rows(batch["join_id"]), batch_units=BATCH)
    mark_of(lake).set(versions)
    return reported(workspace, WALKS, report, {**judge_walks(lake), **_walk_sheet(lake)})


def _walk_sheet(lake: Lake) -> Metadata:
    """A picture and where walks from it lead."""
    rows = lake.query(f"""
        WITH one AS (SELECT join_id, [join_id] || candidate_join_ids[1:17] AS shown FROM {WALKS}
                     ORDER BY len(candidate_join_ids) DESC, join_id LIMIT 1),
        places AS (SELECT unnest(shown) AS join_id, generate_subscripts(shown, 1) AS place FROM one)
        SELECT representative_pin_id AS pin_id FROM places JOIN pin_joins USING (join_id) ORDER BY place""")
    shown = rows["pin_id"].to_pylist()
    return dict(sheet_of_feed(lake, shown[0], shown[1:], "an image and where walks from it lead")) if shown else {}
