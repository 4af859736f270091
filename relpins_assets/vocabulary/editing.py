"""Carrying edits out on clusters of forms: what each one changes, and which cannot be carried out and why."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from relpins_assets.vocabulary.edits import Edit, split_name
from relpins_resources.errors import RelpinsError

N_NEAR = 3


@dataclass(frozen=True)
class Entry:
    """One attribute in the making: the forms that mean it, the canonical one, and the last edit that made it so."""

    key: str
    value: str
    members: tuple[str, ...]
    edited: str | None = None


class Unmet(RelpinsError):
    """An edit that the vocabulary as it is has no place for."""


def apply_edits(entries: Sequence[Entry], edits: Sequence[Edit]) -> tuple[list[Entry], dict[Edit, str]]:
    """The entries after all edits in their order, and why each that could not be carried out could not."""
    out, idle = list(entries), {}
    for edit in edits:
        try:
            out = apply_edit(out, edit)
        except Unmet as why:
            idle[edit] = str(why)
    return out, idle


def apply_edit(entries: Sequence[Entry], edit: Edit) -> list[Entry]:
    """The entries after one edit.

    Raises:
        Unmet: it names a form that no entry has, or asks for what cannot be; the message names what is near.
    """
    named = [_find(entries, name, edit) for name in edit.names]
    return {"merge": _merge, "split": _split, "rename": _rename, "ban": _ban}[edit.verb](list(entries), edit, named)


def _merge(entries: list[Entry], edit: Edit, named: list[Entry]) -> list[Entry]:
    distinct = list(dict.fromkeys(named))
    if len(distinct) < 2:
        raise Unmet(f"{edit}: they are one attribute already, {distinct[0].key}/{distinct[0].value}")
    value = edit.value or distinct[0].value
    _assert_free(entries, distinct, value, edit)
    members = sorted({*(form for one in distinct for form in one.members), value})
    merged = Entry(distinct[0].key, value, tuple(members), str(edit))
    return [merged if one is distinct[0] else one for one in entries if one not in distinct[1:]]


def _split(entries: list[Entry], edit: Edit, named: list[Entry]) -> list[Entry]:
    (whole,) = named
    missing = [form for form in edit.forms if form not in whole.members]
    if missing:
        raise Unmet(f"{edit}: {whole.key}/{whole.value} has no form {', '.join(missing)}; its forms: {_listed(whole)}")
    left = tuple(form for form in whole.members if form not in edit.forms)
    if not left:
        raise Unmet(f"{edit}: that would leave nothing of {whole.key}/{whole.value}; its forms: {_listed(whole)}")
    value = whole.value if whole.value in left else left[0]
    parts = [Entry(whole.key, value, left, str(edit)), Entry(whole.key, edit.forms[0], edit.forms, str(edit))]
    return [part for one in entries for part in (parts if one is whole else [one])]


def _rename(entries: list[Entry], edit: Edit, named: list[Entry]) -> list[Entry]:
    (old,) = named
    assert edit.value is not None, "parsed edits that rename say how"
    _assert_free(entries, named, edit.value, edit)
    members = tuple(sorted({*old.members, edit.value}))
    return [replace(one, value=edit.value, members=members, edited=str(edit)) if one is old else one for one in entries]


def _ban(entries: list[Entry], edit: Edit, named: list[Entry]) -> list[Entry]:
    return [one for one in entries if one is not named[0]]


def _find(entries: Sequence[Entry], name: str, edit: Edit) -> Entry:
    key, form = split_name(name, str(edit))
    found = [one for one in entries if one.key == key and form in one.members]
    if found:
        return found[0]
    of_key = {form: one for one in entries if one.key == key for form in one.members}
    if not of_key:
        keys = ", ".join(sorted({one.key for one in entries})) or "none"
        raise Unmet(f"{edit}: no attribute has the key {key!r}; keys: {keys}")
    elsewhere = [f"{one.key}/{form}" for one in entries if one.key != key and form in one.members]
    near = [f"{key}/{one}" for one in difflib.get_close_matches(form, sorted(of_key), N_NEAR, 0.5)]
    hint = f"; near it: {', '.join([*near, *elsewhere])}" if near or elsewhere else ""
    raise Unmet(f"{edit}: there is no attribute {name}{hint}; `relpins vocabulary list --key {key}` shows all")


def _assert_free(entries: Sequence[Entry], own: Sequence[Entry], value: str, edit: Edit) -> None:
    taken = [one for one in entries if one.key == own[0].key and value in one.members and one not in own]
    if taken:
        raise Unmet(f"{edit}: {value!r} is a form of {taken[0].key}/{taken[0].value}; merge the two instead")


def _listed(entry: Entry) -> str:
    return ", ".join(entry.members)
