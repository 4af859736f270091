"""The Dagster half of the feeds."""

import dagster as dg
import pyarrow as pa

from relpins_assets.feeds.affected import affected_feeds, touched_pins
from relpins_assets.feeds.inputs import load_inputs
from relpins_assets.feeds.related import FEEDS_VERSION, related_feeds
from relpins_assets.feeds.retrieval import exact_search
from relpins_assets.pictures import sheet_of_feed
from relpins_assets.refreshing import Materialized, Metadata, Wanted, WorkspaceParam, refresh_asset, reported, table_asset, wants
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake, Outcome
from relpins_resources.lake.fingerprints import digest

INPUTS = ("clip_embeddings", "content_embeddings", "pin_joins")

# What a feed depends on through its own pin; what it depends on through others is affected.py's business.
WANTED_FEEDS = """
SELECT ? AS strategy, c.pin_id, c.fingerprint AS clip, t.fingerprint AS content, j.fingerprint AS joined,
       b.fingerprint AS boards
FROM clip_embeddings c JOIN content_embeddings t USING (pin_id)
JOIN (SELECT join_id, fingerprint, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
LEFT JOIN cooccurrence_candidates b USING (join_id)
"""


@wants("related_pins_feeds")
def wanted_feeds(workspace: Workspace) -> Wanted:
    feeds = workspace.profile.feeds
    rows = workspace.lake.query(WANTED_FEEDS, [feeds.strategy])
    return Wanted(rows, digest(FEEDS_VERSION, feeds.model_dump()), _affected(workspace))


@table_asset(
    "related_pins_feeds",
    "What to show beside each pin: candidates by look, description and shared boards, blended and spread out.",
    deps=["clip_embeddings", "content_embeddings", "clip_index", "content_index", "cooccurrence_candidates", "pin_joins"],
)
def related_pins_feeds(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake, feeds = workspace.lake, workspace.profile.feeds
    watermark = lake.watermark("related_pins_feeds", INPUTS)
    versions = watermark.now()
    inputs = load_inputs(lake)
    searches = (exact_search(inputs, inputs.clip), exact_search(inputs, inputs.content))

    def compute(batch: pa.Table) -> Outcome:
        return related_feeds(inputs, batch["pin_id"].to_pylist(), searches, feeds, digest(versions))

    report = refresh_asset(context, workspace, "related_pins_feeds", compute, batch_units=256)
    watermark.set(versions)
    return reported(workspace, "related_pins_feeds", report, _metadata(lake, report.examples))


def _affected(workspace: Workspace) -> pa.Table:
    """Feeds that changes of other pins reach, less those that a killed run had already brought up to these inputs."""
    lake = workspace.lake
    watermark = lake.watermark("related_pins_feeds", INPUTS)
    pools = lake.table("related_pins_pools").read()
    seen_inputs = digest(watermark.now())
    behind = pools.filter(pa.array([seen != seen_inputs for seen in pools["inputs"].to_pylist()], pa.bool_()))
    changes = watermark.changes()
    if changes is None:
        return behind.select(["strategy", "pin_id"])
    if not any(len(one) for one in changes.values()) or behind.num_rows == 0:
        return behind.select(["strategy", "pin_id"]).slice(0, 0)
    inputs = load_inputs(lake)
    joins = lake.table("pin_joins").read(["join_id", "pin_ids"])
    return affected_feeds(touched_pins(changes, inputs, joins), inputs, behind)


def _metadata(lake: Lake, examples: list[str]) -> Metadata:
    lengths = lake.query("""
        SELECT count(*) AS feeds, coalesce(avg(n), 0) AS mean_length,
               coalesce(avg((n_cooccurring > 0)::INT), 0) AS with_boards
        FROM (SELECT count(*) AS n, count(cooccurrence_rank) AS n_cooccurring
              FROM related_pins_feeds GROUP BY strategy, pin_id)""").to_pylist()[0]
    shown = examples[:1] or lake.query("SELECT min(pin_id) AS pin_id FROM related_pins_feeds")["pin_id"].to_pylist()
    if not shown[0]:
        return dict(lengths)
    feed = lake.query("SELECT candidate_pin_id FROM related_pins_feeds WHERE pin_id = ? ORDER BY rank", shown)
    picture = sheet_of_feed(lake, shown[0], feed["candidate_pin_id"].to_pylist(), "a pin and its feed")
    return {
        "feeds": lengths["feeds"],
        "mean length": lengths["mean_length"],
        "share with a pin from shared boards": lengths["with_boards"],
        **picture,
    }
