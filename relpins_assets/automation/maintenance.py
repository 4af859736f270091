"""The maintenance job: old snapshots, versions that none names, leftovers of killed runs."""

import dagster as dg

from relpins_assets.refreshing import WorkspaceParam
from relpins_resources.lake.maintenance import maintain


@dg.op(description="Compact tables, drop versions and folders that no kept snapshot names.")
def tidy(context: dg.OpExecutionContext, workspace: WorkspaceParam) -> None:
    lake = workspace.lake
    current = lake.snapshots.current()
    is_published = current is not None and lake.candidate(current.as_of, current.profile).content() == current.content()
    report = maintain(lake, workspace.profile.automation.kept_snapshots)
    if current is not None and is_published:  # compaction gives tables new versions of the same rows
        lake.snapshots.publish(lake.candidate(current.as_of, current.profile))
    context.log.info(str(report))
    context.add_output_metadata(report.metadata())


@dg.job(description="Compact tables, drop versions and folders that no kept snapshot names.")
def maintenance() -> None:
    tidy()
