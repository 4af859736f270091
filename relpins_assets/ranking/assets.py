"""The Dagster half of the ranking."""

from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from relpins_assets.fitting import FitConfig, chosen_or_fitted
from relpins_assets.ranking.coec import action_weights, coec_rows
from relpins_assets.ranking.expected_rates import Rates, fit_rates
from relpins_assets.ranking.fit_ranker import fit_ranker
from relpins_assets.ranking.lessons import content_of, lesson_of
from relpins_assets.ranking.promotion import objection_to_ranker
from relpins_assets.ranking.reports import engagement_report, ranker_report, rates_report, triplets_report
from relpins_assets.ranking.shown import shown_counts, wanted_queries
from relpins_assets.ranking.triplets import BEST_AND_WORST, triplet_rows
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
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake, RefreshReport
from relpins_resources.lake.fingerprints import digest

RATES = "rates.parquet"
"""In the folder of an engagement_coec version: what is expected at each place."""
TRIPLETS = "triplets.parquet"
INPUTS = """
SELECT (SELECT [count(*), bit_xor(md5_number_lower(fingerprint))] FROM engagement_coec_queries)::VARCHAR AS engagement,
       (SELECT bit_xor(md5_number_lower(join_id || representative_pin_id)) FROM pin_joins)::VARCHAR AS images
"""


@wants("engagement_coec")
def wanted_engagement_coec(workspace: Workspace) -> Wanted | None:
    rates, ranking = workspace.lake.artefact("engagement_coec"), workspace.profile.ranking
    if rates is None:
        return None
    producer = digest("1", rates.version, action_weights(ranking), ranking.prior)
    return Wanted(wanted_queries(workspace.lake), producer)


@table_asset(
    "engagement_coec",
    "Clicks over the clicks that any pin would have had at the same places, and the same of all actions. Expected "
    "rates are fitted when missing, and again by the nightly job.",
    deps=["raw_interactions", "pin_joins"],
    kinds=["trained"],
)
def engagement_coec(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, ranking = workspace.lake, workspace.profile.ranking
    shown = wanted_queries(lake)
    if shown.num_rows == 0 and lake.artefact("engagement_coec") is None:
        for name in ("engagement_coec", "engagement_coec_queries"):
            lake.table(name).create()
        return reported(workspace, "engagement_coec", RefreshReport(), engagement_report(lake, ranking))
    fitted = chosen_or_fitted(
        workspace,
        "engagement_coec",
        lambda: digest("1", shown["query_join_id"].to_pylist(), shown["events"].to_pylist()),
        lambda folder: _fit_rates(workspace, folder),
        refit=config.refit and shown.num_rows > 0,
        is_usable=lambda old: old.manifest["impressions"] > 0 or shown.num_rows == 0,
    )
    context.log.info(f"engagement_coec: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    rates = Rates.of(pq.read_table(fitted.artefact.folder / RATES))
    report = refresh_asset(
        context,
        workspace,
        "engagement_coec",
        lambda batch: coec_rows(
            shown_counts(lake, batch["query_join_id"]), rates, action_weights(ranking), ranking.prior
        ),
        batch_units=5_000,
    )
    told = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new, **fitted.metadata()}
    return reported(
        workspace, "engagement_coec", report, {**told, **rates_report(rates), **engagement_report(lake, ranking)}
    )


def _fit_rates(workspace: Workspace, folder: Path) -> dict[str, Any]:
    counts = shown_counts(workspace.lake)
    pq.write_table(fit_rates(counts).table(), folder / RATES)
    random = pc.sum(counts["n_impressions"].filter(counts["is_randomised"])).as_py() or 0
    return {"impressions": pc.sum(counts["n_impressions"]).as_py() or 0, "of them in random order": random}


@table_asset(
    "ranking_triplets",
    "What a ranker learns from: the best and the worst of what was shown beside a pin, and the worst and a random one. "
    "Drawn when missing, and again by the nightly job.",
    deps=["engagement_coec", "pin_joins", "pin_images"],
    kinds=["trained"],
)
def ranking_triplets(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, least, seed = workspace.lake, workspace.profile.ranking.min_impressions, workspace.profile.seed
    fitted = chosen_or_fitted(
        workspace,
        "ranking_triplets",
        lambda: digest("1", seed, least, lake.query(INPUTS).to_pylist()),
        lambda folder: _draw_triplets(workspace, folder),
        refit=config.refit,
        is_usable=lambda old: (
            old.manifest["least impressions"] == least
            and (old.manifest["triplets"] > 0 or not _is_learnable(lake, least))
        ),
    )
    context.log.info(f"ranking_triplets: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    table, version = lake.table("ranking_triplets"), fitted.artefact.version
    frozen = pq.read_table(fitted.artefact.folder / TRIPLETS)
    pins = lake.table("pin_images").read(["pin_id"])["pin_id"]
    for name in ("query_pin_id", "better_pin_id", "worse_pin_id"):
        frozen = frozen.filter(pc.is_in(frozen[name], value_set=pins))
    is_behind = not table.exists() or not _in_order(table.read()).equals(_in_order(frozen))
    if is_behind:
        table.overwrite(frozen)
    report = RefreshReport(n_new=table.count() if is_behind else 0)
    told = {"version": version, "fitted in this run": fitted.is_new, **fitted.metadata(), **triplets_report(lake)}
    return reported(workspace, "ranking_triplets", report, told)


def _in_order(rows: pa.Table) -> pa.Table:
    schema = TABLES["ranking_triplets"]
    ordered = rows.select(schema.names).sort_by([(key, "ascending") for key in schema.key]).combine_chunks()
    return pa.table({name: ordered[name] for name in schema.names})  # whatever else the schemas say


def _draw_triplets(workspace: Workspace, folder: Path) -> dict[str, Any]:
    least = workspace.profile.ranking.min_impressions
    rows = triplet_rows(workspace.lake, least, workspace.profile.seed)
    pq.write_table(rows, folder / TRIPLETS)
    n_queries = pc.count_distinct(rows["query_pin_id"]).as_py()
    return {"triplets": rows.num_rows, "query pins": n_queries, "least impressions": least}


def _is_learnable(lake: Lake, least: int) -> bool:
    found: int = lake.query(BEST_AND_WORST, {"least": least}).num_rows
    return found > 0


@dg.asset(
    description="One model per catalog. Orders the candidates of a pin by what people did with what they were shown: "
    "a linear one that is a query, or boosted trees, whichever does better on held-out queries. Fitted when missing, "
    "and again by the nightly job.",
    deps=[
        "ranking_triplets",
        "engagement_coec",
        "raw_interactions",
        "raw_pins",
        "pin_images",
        "pin_joins",
        "catalog_statistics",
        "enriched_descriptions",
        "clip_embeddings",
        "content_embeddings",
        "pin_topics",
        "attribute_assignments",
        "cooccurrence_candidates",
        "random_walk_candidates",
        "twotower_embeddings",
        "pinclip_embeddings",
    ],
    kinds={"trained"},
    owners=OWNERS,
    code_version="1",
)
def ranker(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FitConfig) -> Materialized:
    lake, ranking, seed = workspace.lake, workspace.profile.ranking, workspace.profile.seed
    n_triplets, rates = lake.table("ranking_triplets").count(), lake.artefact("engagement_coec")
    if rates is None or (n_triplets == 0 and lake.artefact("ranker") is None):
        return dg.MaterializeResult(metadata={"trained": False, "why": "there are no ranking triplets to learn from"})
    lesson = cache(lambda: lesson_of(workspace, Rates.of(pq.read_table(rates.folder / RATES))))
    version = cache(lambda: digest("1", ranking.c, seed, content_of(lesson())))
    fitted = chosen_or_fitted(
        workspace,
        "ranker",
        version,
        lambda folder: fit_ranker(lesson(), ranking, seed, folder, version()),
        refit=config.refit and n_triplets > 0,
        objection=lambda new, old: objection_to_ranker(lesson, new, old),
        is_usable=lambda old: old.manifest["trained"] or n_triplets == old.manifest["triplets"],
    )
    context.log.info(f"ranker: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    told = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new, **fitted.metadata()}
    return dg.MaterializeResult(metadata={**told, **ranker_report(fitted.artefact)})
