"""The Dagster half of the feeds."""

import dagster as dg
import pyarrow as pa
from pydantic import Field

from relpins_assets.feeds.affected import affected_feeds, touched_pins
from relpins_assets.feeds.inputs import FeedInputs, load_inputs
from relpins_assets.feeds.related import FEEDS_VERSION, related_feeds
from relpins_assets.feeds.retrieval import Search, exact_search, index_search
from relpins_assets.indexes.layers import open_index
from relpins_assets.pictures import sheet_of_feed
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
from relpins_resources.lake import Lake, Outcome
from relpins_resources.lake.fingerprints import digest

FULL, NEAREST = "related_pins_feeds", "related_pins_feeds.nearest"
INPUTS = ("clip_embeddings", "content_embeddings", "pin_joins")

# What a feed depends on through its own pin; what it depends on through others is affected.py's business.
WANTED_FEEDS = """
SELECT ? AS strategy, c.pin_id, c.fingerprint AS clip, t.fingerprint AS content, j.fingerprint AS joined,
       b.fingerprint AS boards
FROM clip_embeddings c JOIN content_embeddings t USING (pin_id)
JOIN (SELECT join_id, fingerprint, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
LEFT JOIN cooccurrence_candidates b USING (join_id)
"""


class FeedConfig(dg.Config):
    """How far a run goes over a catalog too large for every reached feed to be refreshed at once."""

    full_pass: bool = Field(
        default=False, description="refresh every feed that any change reached, not the nearest only"
    )


@wants("related_pins_feeds")
def wanted_related_pins_feeds(workspace: Workspace) -> Wanted:
    return wanted_feeds(workspace, full_pass=False)


def wanted_feeds(workspace: Workspace, *, full_pass: bool) -> Wanted:
    """What the feeds should be; a full pass takes in all that changed since the last one."""
    feeds = workspace.profile.feeds
    rows = workspace.lake.query(WANTED_FEEDS, [feeds.strategy])
    producer = digest(FEEDS_VERSION, feeds.model_dump(exclude={"nearest"}))
    return Wanted(rows, producer, _affected(workspace, is_exact(workspace) or full_pass))


@table_asset(
    "related_pins_feeds",
    "What to show beside each pin: candidates by look, description and shared boards, blended and spread out.",
    deps=[
        "clip_embeddings",
        "content_embeddings",
        "clip_index",
        "content_index",
        "cooccurrence_candidates",
        "pin_joins",
    ],
)
def related_pins_feeds(
    context: dg.AssetExecutionContext, workspace: WorkspaceParam, config: FeedConfig
) -> Materialized:
    lake, feeds, exact = workspace.lake, workspace.profile.feeds, is_exact(workspace)
    versions = lake.watermark(FULL, INPUTS).now()
    inputs = load_inputs(lake)
    wanted = wanted_feeds(workspace, full_pass=config.full_pass)
    for mark in (FULL, NEAREST):
        lake.watermark(mark, INPUTS).begin(digest(versions))
    searches = _searches(workspace, inputs, exact)

    def compute(batch: pa.Table) -> Outcome:
        return related_feeds(inputs, batch["pin_id"].to_pylist(), searches, feeds, digest(versions))

    report = refresh_asset(context, workspace, "related_pins_feeds", compute, batch_units=256, wanted=wanted)
    lake.watermark(NEAREST, INPUTS).set(versions)
    if exact or config.full_pass:
        lake.watermark(FULL, INPUTS).set(versions)
    metadata = {"mode": "exact" if exact else "bounded", **_metadata(lake, report.examples)}
    return reported(workspace, "related_pins_feeds", report, metadata)


def is_exact(workspace: Workspace) -> bool:
    """Whether the catalog is small enough to search exactly and to refresh every feed that a change reaches."""
    return workspace.lake.table("clip_embeddings").count() <= workspace.profile.feeds.exact_up_to


def _searches(workspace: Workspace, inputs: FeedInputs, exact: bool) -> tuple[Search, Search]:
    if exact:
        return exact_search(inputs, inputs.clip), exact_search(inputs, inputs.content)
    clip, content = open_index(workspace.lake, "clip_index"), open_index(workspace.lake, "content_index")
    if clip is None or content is None:
        raise dg.Failure("there is no index yet; materialise clip_index and content_index first")
    return index_search(inputs, inputs.clip, clip), index_search(inputs, inputs.content, content)


def _affected(workspace: Workspace, all_reached: bool) -> pa.Table:
    """Feeds that changes of other pins reach, less those that a killed run had already brought up to these inputs.

    A bounded run looks at what changed since the last run of any kind, and refreshes the nearest feeds; a full pass
    looks at what changed since the last full pass, so that what bounded runs left out is made up for.
    """
    lake = workspace.lake
    watermark = lake.watermark(FULL if all_reached else NEAREST, INPUTS)
    pools = lake.table("related_pins_pools").read()
    seen_inputs = digest(watermark.now())
    behind = pools.filter(pa.array([seen != seen_inputs for seen in pools["inputs"].to_pylist()], pa.bool_()))
    unit = ["strategy", "pin_id"]
    changes = watermark.changes()
    if changes is None:
        return behind.select(unit)
    # what a pass that was cut short left may be of inputs that were taken back since
    half_done = set(watermark.unfinished()) - {seen_inputs}
    left = behind.filter(pa.array([seen in half_done for seen in behind["inputs"].to_pylist()], pa.bool_())).select(
        unit
    )
    if not any(len(one) for one in changes.values()) or behind.num_rows == 0:
        return left
    inputs = load_inputs(lake)
    joins = lake.table("pin_joins").read(["join_id", "pin_ids"])
    nearest = None if all_reached else workspace.profile.feeds.nearest
    reached = affected_feeds(touched_pins(changes, inputs, joins), inputs, behind, nearest)
    return pa.concat_tables([reached, left])


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
