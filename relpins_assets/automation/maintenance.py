"""The maintenance job: old snapshots, versions that none names, leftovers of killed runs."""

import dagster as dg

from relpins_assets.refreshing import WorkspaceParam
from relpins_resources.lake.maintenance import maintain


@dg.op(description="Compact tables, drop versions and folders that no kept snapshot names.")
def tidy(context: dg.OpExecutionContext, workspace: WorkspaceParam) -> None:
    report = maintain(workspace.lake, workspace.profile.automation.kept_snapshots)
    context.log.info(str(report))
    context.add_output_metadata(report.metadata())


@dg.job(description="Compact tables, drop versions and folders that no kept snapshot names.")
def maintenance() -> None:
    tidy()
