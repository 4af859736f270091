"""`relpins vocabulary`: seeing which attributes there are, and deciding otherwise. Edits are lines of a file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from relpins_assets.cli_options import DEFAULT_HOME, HomeOption, JsonOption, say

vocabulary_app = typer.Typer(
    help="List the attributes, and merge, split, rename or ban them; the next build applies it.", no_args_is_help=True
)
Named = Annotated[str, typer.Argument(metavar="KEY/FORM", help="an attribute by its key and any of its forms")]


@vocabulary_app.command("list")
def list_(
    key: Annotated[str | None, typer.Option(help="one kind of attribute only")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Print every attribute, the images that carry it, and the forms that mean it."""
    from relpins_assets.vocabulary.reviewing import list_vocabulary, print_vocabulary

    found = list_vocabulary(home, key)
    if as_json:
        say(found, as_json=True)
    else:
        print_vocabulary(found)


@vocabulary_app.command()
def merge(
    names: Annotated[list[str], typer.Argument(metavar="KEY/FORM...", help="two attributes of one key, or more")],
    into: Annotated[str | None, typer.Option(help="what the one is called; as the first by default")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make several attributes one."""
    _edit(home, {"merge": names, **({"into": into} if into is not None else {})}, as_json)


@vocabulary_app.command()
def split(
    name: Named,
    forms: Annotated[list[str], typer.Argument(metavar="FORM...", help="forms that become an attribute of their own")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take forms out of an attribute."""
    _edit(home, {"split": name, "forms": forms}, as_json)


@vocabulary_app.command()
def rename(
    name: Named,
    to: Annotated[str, typer.Argument(metavar="FORM", help="what it is called from now on")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Call an attribute otherwise; its id stays."""
    _edit(home, {"rename": name, "to": to}, as_json)


@vocabulary_app.command()
def ban(name: Named, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Take an attribute out of the vocabulary."""
    _edit(home, {"ban": name}, as_json)


@vocabulary_app.command()
def undo(
    number: Annotated[int | None, typer.Argument(help="which edit of the file, from 1; the last by default")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take an edit out of the edit file."""
    from relpins_assets.vocabulary.reviewing import undo_edit

    say(undo_edit(home, number), as_json)


def _edit(home: HomeOption, entry: dict[str, Any], as_json: bool) -> None:
    from relpins_assets.vocabulary.reviewing import make_edit

    say(make_edit(home, entry), as_json)
