"""The Dagster half of publishing."""

from datetime import timedelta

import dagster as dg

from relpins_assets.publish.gates import (
    collection_problems,
    feed_problems,
    recall_problems,
    space_problems,
    table_problems,
    word_problems,
)
from relpins_assets.refreshing import OWNERS, Materialized, WorkspaceParam

GATES = {
    "collection_integrity": collection_problems,
    "feed_integrity": feed_problems,
    "one_space": space_problems,
    "recall": recall_problems,
    "schema": table_problems,
    "words": word_problems,
}


@dg.asset(
    description="One published value. Names one version of every table, index and model; readers see nothing else.",
    deps=[
        "related_pins_feeds",
        "home_feeds",
        "clip_index",
        "content_index",
        "twotower_index",
        "pinclip_index",
        "lexical_index",
        "semantic_ids",
        "catalog_statistics",
        "search_intents",
        "attribute_assignments",
        "shopping_collections",
        "landing_pages",
        "rejected_rows",
    ],
    kinds={"snapshot"},
    owners=OWNERS,
    code_version="1",
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=48), warn_window=timedelta(hours=24)),
    check_specs=[dg.AssetCheckSpec(name, asset="published_snapshot", blocking=True) for name in GATES],
)
def published_snapshot(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Materialized:
    lake = workspace.lake
    problems = {name: gate(lake) for name, gate in GATES.items()}
    checks = [
        dg.AssetCheckResult(
            passed=not found,
            check_name=name,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"problems": found} if found else {},
        )
        for name, found in problems.items()
    ]
    if any(problems.values()):
        kept = lake.snapshots.current()
        context.log.error(f"not published: {problems}")
        return dg.MaterializeResult(metadata={"readers still see": kept.number if kept else 0}, check_results=checks)
    snapshot, is_new = lake.snapshots.publish(lake.candidate(workspace.as_of, workspace.profile.name))
    context.log.info(f"snapshot {snapshot.number} {'published' if is_new else 'unchanged'}")
    return dg.MaterializeResult(
        metadata={"snapshot": snapshot.number, "is new": is_new, "as of": snapshot.as_of.isoformat()},
        check_results=checks,
    )
