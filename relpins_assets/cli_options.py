"""What all commands share: the options that most of them have, and how a result is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from relpins_assets.json_values import to_json

HomeOption = Annotated[
    Path, typer.Option("--home", help="folder that holds everything relpins writes", envvar="RELPINS_HOME")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
DEFAULT_HOME = Path(".relpins")


def say(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: as JSON, or a line per entry."""
    if as_json:
        print(to_json(value))
    else:
        for key, entry in value.items():
            print(f"{key}: {entry}")
