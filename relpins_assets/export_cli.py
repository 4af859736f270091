"""`relpins export`: what leaves a home as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relpins_assets.cli_options import DEFAULT_HOME, HomeOption, JsonOption, say

export_app = typer.Typer(help="Write what was published as files for others.", no_args_is_help=True)


@export_app.command()
def pages(
    directory: Annotated[Path, typer.Argument(help="folder to write; must be new, empty or an earlier export")],
    base_url: Annotated[str | None, typer.Option(help="where the folder will be served from")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write the published landing pages as static HTML, with sitemaps and a product feed."""
    from relpins_assets.export.site import export_pages

    say(export_pages(home, directory, base_url=base_url), as_json)


@export_app.command()
def coverage(
    file: Annotated[Path, typer.Argument(help="CSV file to write; one that is there is replaced")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write which searches today's collections answer, and the gaps, as CSV."""
    from relpins_assets.export.coverage_csv import export_coverage

    say(export_coverage(home, file), as_json)
