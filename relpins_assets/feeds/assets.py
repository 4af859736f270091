"""The Dagster half of the feeds: saved queries, run in batch for every pin and every person."""

from collections.abc import Sequence

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from relpins_assets.feeds.batches import answer_for, feed_rows, pool_rows
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.saved import Strategy, materialised
from relpins_assets.feeds.staleness import FULL, INPUTS, NEAREST, is_exact, seen_inputs, wanted_feeds
from relpins_assets.pictures import sheet_of_feed
from relpins_assets.reading import BY_CONTENT
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
from relpins_resources.lake import Lake, Outcome, RefreshReport
from relpins_resources.lake.fingerprints import digest

BATCH = 1024
"""Feeds that are computed and committed together: a commit takes about as long however many they are."""
DEPS = (  # what nothing builds yet is no asset to depend on
    "raw_pins",
    "raw_boards",
    "raw_board_pins",
    "raw_interactions",
    "raw_users",
    "pin_joins",
    "catalog_statistics",
    "enriched_descriptions",
    "dominant_objects",
    "object_embeddings",
    "clip_embeddings",
    "content_embeddings",
    "semantic_ids",
    "clip_index",
    "content_index",
    "lexical_index",
    "cooccurrence_candidates",
    "random_walk_candidates",
    "pin_topics",
    "attribute_assignments",
    "twotower_embeddings",
    "twotower_users",
    "twotower_index",
    "pinclip_embeddings",
    "pinclip_index",
    "engagement_coec",
    "ranker",
)


BY_CONTENT_ALONE = f"""
SELECT coalesce(avg(is_by_content::INT), 0)::DOUBLE AS share FROM (
    SELECT bool_and(list_has_all({list(BY_CONTENT)}, retrieved_by)) AS is_by_content
    FROM related_pins_feeds GROUP BY strategy, pin_id)
"""
"""Feeds of pins that too few people saved: they fall back to what needs nobody's save."""


class FeedConfig(dg.Config):
    """How far a run goes over a catalog too large for every reached feed to be refreshed at once."""

    full_pass: bool = Field(
        default=False, description="refresh every feed that any change reached, not the nearest only"
    )


@wants("related_pins_feeds")
def wanted_related_pins_feeds(workspace: Workspace) -> Wanted:
    return wanted_feeds(workspace, related(workspace), "pin_id", full_pass=False)


@wants("home_feeds")
def wanted_home_feeds(workspace: Workspace) -> Wanted:
    return wanted_feeds(workspace, home(workspace), "user_id", full_pass=False)


def related(workspace: Workspace) -> list[Strategy]:
    return materialised(workspace.strategies_home, workspace.profile, "related")


def home(workspace: Workspace) -> list[Strategy]:
    return materialised(workspace.strategies_home, workspace.profile, "home")


@table_asset(
    "related_pins_feeds",
    "What to show beside each pin: the answers of the saved queries that the profile names.",
    deps=DEPS,
)
def related_pins_feeds(
    context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FeedConfig
) -> Materialized:
    lake, exact = workspace.lake, is_exact(workspace)
    versions = lake.watermark(FULL, INPUTS).now()
    for mark in (FULL, NEAREST):
        lake.watermark(mark, INPUTS).begin(digest(versions))
    report = _refreshed(context, workspace, "related_pins_feeds", related(workspace), "pin_id", config)
    lake.watermark(NEAREST, INPUTS).set(versions)
    if exact or config.full_pass:
        lake.watermark(FULL, INPUTS).set(versions)
    metadata = {"mode": "exact" if exact else "bounded", **_related_metadata(lake, report.examples)}
    return reported(workspace, "related_pins_feeds", report, metadata)


@table_asset(
    "home_feeds",
    "What to show each person first: near to what they saved lately, fresh, various, nothing they saved already.",
    deps=DEPS,
)
def home_feeds(context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FeedConfig) -> Materialized:
    report = _refreshed(context, workspace, "home_feeds", home(workspace), "user_id", config)
    return reported(workspace, "home_feeds", report, _home_metadata(workspace.lake))


def _refreshed(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    name: str,
    strategies: Sequence[Strategy],
    unit: str,
    config: FeedConfig,
) -> RefreshReport:
    """Refresh a table of feeds: the stale units of each strategy run as one query over a batch."""
    wanted = wanted_feeds(workspace, strategies, unit, full_pass=config.full_pass)
    inputs = {strategy.name: seen_inputs(workspace, strategy) for strategy in strategies}
    catalog = load_catalog(workspace.lake, workspace.profile, as_of=workspace.as_of)

    def compute(batch: pa.Table) -> Outcome:
        rows, pools = [], []
        for strategy in strategies:
            ids = batch.filter(pc.equal(batch["strategy"], strategy.name))[unit].to_pylist()
            if ids:
                answer = answer_for(strategy, catalog, ids)
                rows.append(feed_rows(answer, strategy, ids, unit))
                pools.append(pool_rows(answer, strategy, ids, unit, inputs[strategy.name]))
        return Outcome(pa.concat_tables(rows), pa.concat_tables(pools))

    return refresh_asset(context, workspace, name, compute, batch_units=BATCH, wanted=wanted)


def _related_metadata(lake: Lake, examples: list[str]) -> Metadata:
    lengths = lake.query("""
        SELECT count(*) AS feeds, coalesce(avg(n), 0) AS mean_length,
               coalesce(avg((n_cooccurring > 0)::INT), 0) AS with_boards
        FROM (SELECT count(*) AS n, count(cooccurrence_rank) AS n_cooccurring
              FROM related_pins_feeds GROUP BY strategy, pin_id)""").to_pylist()[0]
    by_content = lake.query(BY_CONTENT_ALONE)["share"][0].as_py()
    shown = examples[:1] or lake.query("SELECT min(pin_id) AS pin_id FROM related_pins_feeds")["pin_id"].to_pylist()
    if not shown[0]:
        return dict(lengths)
    feed = lake.query(
        "SELECT candidate_pin_id FROM related_pins_feeds WHERE pin_id = ? ORDER BY strategy, rank LIMIT 20", shown
    )
    return {
        "feeds": lengths["feeds"],
        "mean length": lengths["mean_length"],
        "share with a pin from shared boards": lengths["with_boards"],
        "share by look and words alone": by_content,
        **sheet_of_feed(lake, shown[0], feed["candidate_pin_id"].to_pylist(), "a pin and its feed"),
    }


def _home_metadata(lake: Lake) -> Metadata:
    found = lake.query("""
        SELECT count(*) AS feeds, coalesce(avg(n), 0) AS "mean length",
               coalesce(avg(is_popular::INT), 0) AS "share of people without saves",
               coalesce(sum(n) / nullif(count(DISTINCT strategy), 0), 0) AS entries
        FROM (SELECT strategy, count(*) AS n, bool_or(list_contains(retrieved_by, 'popular')) AS is_popular
              FROM home_feeds GROUP BY strategy, user_id)""").to_pylist()[0]
    shown = lake.query("SELECT count(DISTINCT candidate_pin_id) AS n FROM home_feeds")["n"].to_pylist()[0]
    return {**{name: float(value) for name, value in found.items()}, "pins shown to somebody": shown}
