"""Which feeds there should be, and which of those that are there a change made stale."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.enrichment.dominant_objects import is_informative
from relpins_assets.feeds.affected import BY_JOIN, affected_feeds, touched_pins
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.dependence import (
    OWN_ROWS,
    own_rows,
    reads_clock,
    similarity_spaces,
    touching_tables,
    walk_depth,
)
from relpins_assets.feeds.people import USERS as EVERYONE
from relpins_assets.feeds.saved import Strategy
from relpins_assets.feeds.spaces import SPACES
from relpins_assets.feeds.walks import lists_walked
from relpins_assets.refreshing import Wanted
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest

FEEDS_VERSION = "2"
"""Raised when the code of this stage gives other feeds from the same plans and inputs."""
FULL, NEAREST = "related_pins_feeds", "related_pins_feeds.nearest"
VECTORS = tuple(space.table for space in SPACES.values())
INPUTS = (*VECTORS, "semantic_ids", *BY_JOIN)
"""What local feeds read of their candidates."""
READ_OF = {"pin_joins": ("pin_ids",)}
"""Where local feeds read a part of a row only: what is said of an image does not touch them."""
READ_BY_ANY = (
    *INPUTS,
    *(space.users for space in SPACES.values() if space.users is not None),
    "raw_pins",
    "raw_users",
    "raw_boards",
    "raw_board_pins",
    "raw_interactions",
    "enriched_descriptions",
    "lexical_index",
    "random_walk_candidates",
    "pin_images",
    "pin_topics",
    "product_embeddings",  # with it attribute_assignments
    "engagement_coec_queries",
    "dominant_object_pins",
    "object_embeddings",
)
"""What a plan can read besides; catalog_statistics are frozen, and named by their version."""
SAYS_MORE = {"random_walk_candidates": ", withheld"}
"""Columns that say what a row holds where its fingerprint does not say it all."""
ARTEFACTS = ("catalog_statistics", "clip_model", "semantic_ids", "pinclip_model", "ranker", "dominant_objects")

# What a feed depends on through its own pin; what it depends on through others is affected.py's business.
PINS = f"""
SELECT j.pin_id, [j.join_id] || j.pin_ids AS joined, b.fingerprint AS boards, e.fingerprint AS engagement,
       CASE WHEN d.is_dominant THEN 'yes' END AS dominance,
       {", ".join(f"{table}.fingerprint AS {table}" for table in VECTORS)}
FROM (SELECT join_id, pin_ids, unnest(pin_ids) AS pin_id FROM pin_joins) j
LEFT JOIN cooccurrence_candidates b USING (join_id)
LEFT JOIN engagement_coec_queries e ON e.query_join_id = j.join_id
LEFT JOIN dominant_object_pins d USING (pin_id)
{" ".join(f"LEFT JOIN {table} USING (pin_id)" for table in VECTORS)}
"""
# people by content: the fingerprint of a raw row also covers columns that an evaluation's cut leaves out
USERS = f"""
WITH saves AS (
    SELECT owner_id AS user_id, pin_id, saved_at FROM raw_board_pins JOIN raw_boards USING (board_id)
    UNION ALL SELECT user_id, pin_id, created_at FROM raw_interactions WHERE event = 'save'
)
SELECT user_id, any_value(u.attributes) AS attributes,
       string_agg(concat_ws('|', pin_id, saved_at), ' ' ORDER BY pin_id, saved_at) AS saved
FROM ({EVERYONE}) LEFT JOIN raw_users u USING (user_id) LEFT JOIN saves s USING (user_id)
GROUP BY user_id
"""


def is_exact(workspace: Workspace) -> bool:
    """Whether the catalog is small enough to search exactly and to refresh every feed that a change reaches."""
    n_pins = workspace.lake.query("SELECT coalesce(sum(n_pins), 0)::BIGINT AS n FROM pin_joins")["n"][0].as_py()
    return bool(n_pins <= workspace.profile.feeds.exact_up_to)


def wanted_feeds(workspace: Workspace, strategies: Sequence[Strategy], unit: str, *, full_pass: bool) -> Wanted:
    """What a table of feeds should hold: a row per strategy and pin, or user; and the units that others make stale.

    Args:
        unit: "pin_id" for related feeds, "user_id" for home feeds.
        full_pass: take in all that changed since the last full pass, as an exact catalog always does.
    """
    found = workspace.lake.query(PINS if unit == "pin_id" else USERS)
    rows = [_rows_of(strategy, found, workspace) for strategy in strategies]
    all_reached = is_exact(workspace) or full_pass
    ledger = workspace.lake.table("related_pins_pools" if unit == "pin_id" else "home_pools")
    pools = ledger.read()
    affected = [_affected(workspace, strategy, pools, unit, all_reached) for strategy in strategies]
    key = [pa.field("strategy", pa.string()), pa.field(unit, pa.string())]
    wanted = pa.concat_tables(rows) if rows else found.slice(0, 0).add_column(0, key[0], [pa.array([], pa.string())])
    return Wanted(wanted, FEEDS_VERSION, pa.concat_tables(affected) if affected else pa.schema(key).empty_table())


def _rows_of(strategy: Strategy, found: pa.Table, workspace: Workspace) -> pa.Table:
    n = found.num_rows
    read = own_rows(strategy.query) - (set() if is_informative(workspace.lake) else {"dominance"})
    for name in set(OWN_ROWS).intersection(found.column_names) - read:  # what this plan never reads
        found = found.set_column(found.column_names.index(name), name, pa.nulls(n, pa.string()))
    if "pin_id" in found.column_names:
        depth = walk_depth(strategy.query, strategy.values)
        found = found.append_column("walked", lists_walked(workspace.lake, found["pin_id"], depth))
    day = workspace.as_of.isoformat() if reads_clock(strategy.query) else ""
    for name, value in (("day", day), ("plan", strategy.version), ("strategy", strategy.name)):
        found = found.add_column(0, name, pa.array([value] * n, pa.string()))
    return found


def seen_inputs(workspace: Workspace, strategy: Strategy) -> str:
    """Names the inputs that feeds computed now are of: two different states of the catalog never share a name."""
    if strategy.is_local:
        return digest(workspace.lake.watermark(FULL, INPUTS).now())
    return catalog_digest(workspace.lake)


def catalog_digest(lake: Lake) -> str:
    """A hash of everything that a plan can read, whatever versions it was written in."""
    parts = [
        f"(SELECT [count(*), bit_xor(hash(fingerprint{SAYS_MORE.get(name, '')}))] FROM {name}) AS {name}"
        for name in READ_BY_ANY
    ]
    artefacts = [lake.chosen("artefacts", name) for name in ARTEFACTS]
    return digest(lake.query(f"SELECT {', '.join(parts)}").to_pylist()[0], artefacts)


def _affected(workspace: Workspace, strategy: Strategy, pools: pa.Table, unit: str, all_reached: bool) -> pa.Table:
    """Units of one strategy that other pins' changes reach, less those that a killed run had brought up to date."""
    pools = pools.filter(pa.array([name == strategy.name for name in pools["strategy"].to_pylist()], pa.bool_()))
    seen = seen_inputs(workspace, strategy)
    behind = pools.filter(pa.array([one != seen for one in pools["inputs"].to_pylist()], pa.bool_()))
    if strategy.is_local:
        return _reached(workspace, strategy, behind, seen, all_reached)
    reached = behind if all_reached else _showing_what_is_gone(workspace.lake, strategy, behind, unit)
    return reached.select(["strategy", unit])


def _showing_what_is_gone(lake: Lake, strategy: Strategy, behind: pa.Table, unit: str) -> pa.Table:
    """Those among the feeds `behind` that show a pin which is no more: they cannot wait for the full pass."""
    feeds = "related_pins_feeds" if unit == "pin_id" else "home_feeds"
    shown = lake.query(
        f"SELECT DISTINCT {unit} FROM {feeds} WHERE strategy = ? AND candidate_pin_id NOT IN "
        "(SELECT unnest(pin_ids) FROM pin_joins)",
        [strategy.name],
    )
    return behind.filter(pc.is_in(behind[unit], value_set=shown[unit].combine_chunks()))


def _reached(workspace: Workspace, strategy: Strategy, behind: pa.Table, seen: str, all_reached: bool) -> pa.Table:
    """Of a local strategy: the feeds among those `behind` that a change reaches.

    A bounded run looks at what changed since the last run of any kind, and refreshes the nearest feeds; a full pass
    looks at what changed since the last full pass, so that what bounded runs left out is made up for.
    """
    lake, key = workspace.lake, ["strategy", "pin_id"]
    watermark = lake.watermark(FULL if all_reached else NEAREST, INPUTS, READ_OF)
    changes = watermark.changes()
    if changes is None:
        return behind.select(key)
    # what a pass that was cut short left may be of inputs that were taken back since
    half_done = set(watermark.unfinished()) - {seen}
    left = behind.filter(pa.array([one in half_done for one in behind["inputs"].to_pylist()], pa.bool_())).select(key)
    changes = {name: one for name, one in changes.items() if name in touching_tables(strategy.query)}
    if not any(len(one) for one in changes.values()) or behind.num_rows == 0:
        return left
    catalog = load_catalog(lake, workspace.profile, as_of=workspace.as_of)
    joins = lake.table("pin_joins").read(["join_id", "pin_ids"])
    built = [name for name in similarity_spaces(strategy.query) if catalog.embedding(name) is not None]
    nearest = None if all_reached else workspace.profile.feeds.nearest
    touched = touched_pins(changes, catalog, joins)
    return pa.concat_tables([affected_feeds(touched, catalog, behind, built, nearest), left])
