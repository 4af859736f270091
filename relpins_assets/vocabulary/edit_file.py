"""Writing the edit file: one entry more or less, and all that a person wrote around it left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from relpins_assets.vocabulary.edits import Edit, edits_path, parse_edits, read_edits
from relpins_resources.errors import RelpinsError
from relpins_resources.lake.files import folder_lock, write_text

HEADING = """\
# What people decided about the vocabulary. Entries apply in their order, with the next build; later ones win.
# An attribute is named by its key and any of its forms. Written by hand or by `relpins vocabulary`:
#
#   - merge: [style/boho, style/bohemian]    # one attribute from now on, called as the first
#     into: bohemian                         # unless another name is said
#   - split: style/bohemian                  # these forms become an attribute of their own
#     forms: [boho chic]
#   - rename: style/bohemian                 # only its name changes
#     to: boho
#   - ban: mood/nice                         # it is no attribute at all
"""


def add_edit(home: Path, edit: Edit) -> None:
    """Append an edit to the file of a home, which is made if need be.

    Raises:
        RelpinsError: the file as it is cannot be read.
    """
    with folder_lock(home):
        wanted = (*read_edits(home), edit)
        path = edits_path(home)
        text = path.read_text(encoding="utf-8") if path.exists() else f"{HEADING}\nedits:\n"
        _write(path, [_appended(text, edit)], wanted)


def remove_edit(home: Path, number: int | None = None) -> Edit:
    """Take an edit out of the file, the last one by default; returns it.

    Args:
        number: its place in the file, from 1.

    Raises:
        RelpinsError: there is no such edit, or the file cannot be read.
    """
    with folder_lock(home):
        edits = read_edits(home)
        if not edits:
            raise RelpinsError(f"{edits_path(home)} holds no edit to undo")
        place = len(edits) if number is None else number
        if not 1 <= place <= len(edits):
            raise RelpinsError(f"there is no edit {place}; {edits_path(home)} holds 1 to {len(edits)}")
        text = edits_path(home).read_text(encoding="utf-8")
        _write(edits_path(home), [_without(text, place - 1)], edits[: place - 1] + edits[place:])
        return edits[place - 1]


def _write(path: Path, texts: list[str | None], wanted: tuple[Edit, ...]) -> None:
    """Write the first text that says what is wanted; failing all, the comments that led the file, and the edits."""
    for text in texts:
        if text is not None and _says(text, wanted):
            write_text(path, text)
            return
    led = path.read_text(encoding="utf-8") if path.exists() else HEADING
    comments = [line for line in led.splitlines() if line.lstrip().startswith("#")]
    body = "".join(_entry(edit, "  ") for edit in wanted)
    write_text(path, "\n".join([*comments, "", "edits:" if wanted else "edits: []", body]))


def _says(text: str, wanted: tuple[Edit, ...]) -> bool:
    try:
        return parse_edits(text, "") == wanted
    except RelpinsError:
        return False


def _appended(text: str, edit: Edit) -> str:
    lines = text.splitlines()
    dashes = [len(line) - len(line.lstrip()) for line in lines if line.lstrip().startswith("- ")]
    return f"{text.rstrip()}\n{_entry(edit, ' ' * (dashes[0] if dashes else 2))}"


def _without(text: str, place: int) -> str | None:
    """The text less the lines of one entry of a list in block style; comments after the entry stay."""
    root = yaml.compose(text)
    if not isinstance(root, yaml.MappingNode):
        return None
    entries: list[Any] = next((value.value for key, value in root.value if key.value == "edits"), [])
    lines = text.splitlines(keepends=True)
    first = entries[place].start_mark.line
    last = entries[place].end_mark.line if entries[place].end_mark.column == 0 else entries[place].end_mark.line + 1
    following = entries[place + 1].start_mark.line if place + 1 < len(entries) else len(lines)
    last = min(last, following)
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return "".join(lines[:first] + lines[last:])


def _entry(edit: Edit, indent: str) -> str:
    given: dict[str, Any] = {edit.verb: list(edit.names) if edit.verb == "merge" else edit.names[0]}
    if edit.forms:
        given["forms"] = list(edit.forms)
    if edit.value is not None:
        given["to" if edit.verb == "rename" else "into"] = edit.value
    lines = [f"{name}: {_flow(value)}" for name, value in given.items()]
    return "".join(f"{indent}{'- ' if line is lines[0] else '  '}{line}\n" for line in lines)


def _flow(value: Any) -> str:
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=100_000).strip()
    return text[1:-1]
