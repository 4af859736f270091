"""What people decided about the vocabulary: the edit file of a home, read and checked; nothing here applies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shown
from typing import Any

import yaml

from relpins_assets.enrichment.attribute_values import normalised_value
from relpins_resources.errors import RelpinsError
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest

EDITS_FILE = "vocabulary_edits.yaml"
VERBS = {
    "merge": ("into",),
    "split": ("forms",),
    "rename": ("to",),
    "ban": (),
}
"""What an entry may say, and what else it then needs; `into` may be left out."""
FORMAT = (
    "merge: [key/form, key/form] | split: key/form with forms: [form] | rename: key/form with to: form | ban: key/form"
)


@dataclass(frozen=True)
class Edit:
    """One decision, in the order of the file.

    `names` are attributes as key/form, any of whose forms will do. `forms` are those that `split` takes out; `value`
    is the new canonical form of `rename`, and of `merge` where one is said.
    """

    verb: str
    names: tuple[str, ...]
    forms: tuple[str, ...] = ()
    value: str | None = None

    def __str__(self) -> str:
        tail = f" with forms {', '.join(self.forms)}" if self.forms else ""
        tail += f" {'to' if self.verb == 'rename' else 'into'} {self.value}" if self.value else ""
        return f"{self.verb} {', '.join(self.names)}{tail}"


def edits_path(home: Path) -> Path:
    return home / EDITS_FILE


def read_edits(home: Path) -> tuple[Edit, ...]:
    """The edits of a home, none where there is no file.

    Raises:
        RelpinsError: the file is not as its format says, with the place and what is allowed.
    """
    path = edits_path(home)
    if not path.exists():
        return ()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RelpinsError(f"{path} cannot be read: {error}") from None
    return parse_edits(text, str(path))


def parse_edits(text: str, origin: str) -> tuple[Edit, ...]:
    """Edits from YAML text; `origin` is named in errors."""
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError) as error:  # the last for `!!timestamp x`
        raise RelpinsError(f"{origin} is not YAML: {str(error).splitlines()[0]}") from None
    if value is None:
        return ()
    if not isinstance(value, dict) or set(value) - {"edits"}:
        raise RelpinsError(f"{origin} must hold one list under `edits:`, each entry one of: {FORMAT}")
    entries = value.get("edits") or []
    if not isinstance(entries, list):
        raise RelpinsError(f"{origin}: `edits` must be a list, got {type(entries).__name__}")
    return tuple(_edit(entry, f"{origin}, edit {at}") for at, entry in enumerate(entries, 1))


def edits_digest(edits: tuple[Edit, ...]) -> str:
    """Names what the edits say; comments and layout do not count."""
    return digest("1", *((one.verb, one.names, one.forms, one.value) for one in edits))


def waiting_edits(home: Path, made: Artefact | None) -> str | None:
    """What the edit file says that the vocabulary was not made with, or why it cannot be read; None if nothing waits.

    Args:
        made: the version of the vocabulary that there is; None before the first.
    """
    if made is None:
        return None
    try:
        said = edits_digest(read_edits(home))
    except RelpinsError as error:
        return str(error)
    return None if made.manifest["edits"] == said else said


def split_name(name: str, origin: str) -> tuple[str, str]:
    """Key and form of key/form, the form as values are written.

    Raises:
        RelpinsError: it has no key or no usable form.
    """
    key, slash, form = name.partition("/")
    value = normalised_value(form) if slash else None
    if not key.strip() or value is None:
        raise RelpinsError(f"{origin}: {shown(name)} must be key/form, such as style/bohemian: at most three words")
    return key.strip().casefold(), value


def _edit(entry: Any, origin: str) -> Edit:
    if not isinstance(entry, dict):
        raise RelpinsError(f"{origin}: got {shown(entry)}; allowed: {FORMAT}")
    verbs = [verb for verb in VERBS if verb in entry]
    if len(verbs) != 1:
        raise RelpinsError(f"{origin}: got {_shown(entry)}; each entry says one of {', '.join(VERBS)}: {FORMAT}")
    verb = verbs[0]
    unknown = [shown(name) for name in entry if name not in (verb, *VERBS[verb])]
    if unknown:
        raise RelpinsError(f"{origin}: {verb} does not take {', '.join(unknown)}; allowed: {FORMAT}")
    names = _texts(entry[verb], origin, verb)
    names = tuple("/".join(split_name(name, origin)) for name in names)
    if verb == "merge" and len(set(names)) < 2:
        raise RelpinsError(f"{origin}: merge takes two attributes or more, got {len(set(names))}")
    if verb != "merge" and len(names) != 1:
        raise RelpinsError(f"{origin}: {verb} takes one attribute, got {len(names)}")
    if len({name.partition("/")[0] for name in names}) > 1:
        raise RelpinsError(f"{origin}: merge stays within one key, got {', '.join(names)}")
    return Edit(verb, names, _forms(entry, verb, origin), _value(entry, verb, names[0].partition("/")[0], origin))


def _forms(entry: Mapping[str, Any], verb: str, origin: str) -> tuple[str, ...]:
    if verb != "split":
        return ()
    given = _texts(entry.get("forms"), origin, "forms")
    forms = [normalised_value(form) for form in given]
    if not forms or None in forms:
        raise RelpinsError(f"{origin}: split needs `forms`, a list of the forms to take out, got {shown(given)}")
    return tuple(dict.fromkeys(form for form in forms if form is not None))


def _value(entry: Mapping[str, Any], verb: str, key: str, origin: str) -> str | None:
    name = {"rename": "to", "merge": "into"}.get(verb)
    given = entry.get(name) if name else None
    if given is None and verb != "rename":
        return None
    text = given.removeprefix(f"{key}/") if isinstance(given, str) else ""
    value = normalised_value(text)
    if value is None:
        raise RelpinsError(f"{origin}: `{name}` must be a form of one to three words, got {shown(given)}")
    return value


def _texts(given: Any, origin: str, name: str) -> tuple[str, ...]:
    several = [given] if isinstance(given, str) else given
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        raise RelpinsError(f"{origin}: `{name}` must be a text or a list of texts, got {shown(given)}")
    return tuple(several)


def _shown(entry: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{shown(key)}: ..." for key in list(entry)[:6]) + "}"
