"""The maintenance job: old snapshots, versions that none names, leftovers of killed runs."""

import dagster as dg

from relpins_assets.refreshing import WorkspaceParam
from relpins_resources.lake.maintenance import maintain


@dg.op(description="Compact tables, drop versions and folders that no kept snapshot names.")
def tidy(context: dg.OpExecutionContext, workspace: WorkspaceParam) -> None:
    lake = workspace.lake
    newest = lake.snapshots.newest()
    is_published = newest is not None and lake.candidate(newest.as_of, newest.profile).content() == newest.content()
    report = maintain(lake, workspace.profile.automation.kept_snapshots)
    if newest is not None and is_published:  # compaction gives tables new versions of the same rows
        compacted = lake.candidate(newest.as_of, newest.profile)
        if compacted.content() != newest.content():
            lake.snapshots.renew(compacted)
    context.log.info(str(report))
    context.add_output_metadata(report.metadata())


@dg.job(description="Compact tables, drop versions and folders that no kept snapshot names.")
def maintenance() -> None:
    tidy()
