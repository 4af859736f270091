"""Whether an attribute is true of a pin, by an answer key beside the source. Evaluation alone reads it.

The key is `_truth/pin_attributes.parquet` of a sample world, or the Parquet file that the profile names: columns
pin_id, key, value, in canonical spellings. An attribute is judged by the form that people see, its canonical one, never
by what it was merged with: a vocabulary that merges too much must not be right by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from relpins_assets.collections.price_bands import PRICE_BAND, bound_of
from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_assets.workspace import Workspace
from relpins_resources.describers.attribute_values import normalised_value
from relpins_resources.errors import RelpinsError
from relpins_resources.sample_world.vocabulary import SYNONYMS
from relpins_resources.sources import FolderSource

COLUMNS = ("pin_id", "key", "value")
THINGS = ("category", "room", "object", "topic")
"""Keys that name what is seen: which of them a word is filed under makes no claim wrong."""


@dataclass(frozen=True)
class AttributeTruth:
    """What is true of every pin that the key knows: per pin its (key, value) pairs, values in one spelling."""

    of_pin: Mapping[str, frozenset[tuple[str, str]]]
    keys: frozenset[str]

    def can_judge(self, attribute: Attribute) -> bool:
        """Whether the key says anything of such attributes."""
        return bool(self.keys.intersection(_same_keys(attribute.key)))

    def holds(self, pin_id: str, attribute: Attribute) -> bool:
        """Whether the attribute is true of a pin; a price bound is, if the pin's own band lies under it."""
        said = self.of_pin.get(pin_id, frozenset())
        if attribute.key == PRICE_BAND:
            return any(key == PRICE_BAND and _is_within(value, attribute.value) for key, value in said)
        value = _canonical(attribute.value)
        return any((key, value) in said for key in _same_keys(attribute.key))


def attribute_truth(workspace: Workspace) -> AttributeTruth | None:
    """The answer key of a workspace's source; None where there is none.

    Raises:
        RelpinsError: the profile names a file that is not there, or that lacks a column.
    """
    path = _path(workspace)
    if path is None:
        return None
    missing = set(COLUMNS) - set(pq.read_schema(path).names)
    if missing:
        raise RelpinsError(f"{path} has no column {sorted(missing)[0]!r}; an answer key has {', '.join(COLUMNS)}")
    rows = pq.read_table(path, columns=list(COLUMNS)).to_pylist()
    said: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        said.setdefault(row["pin_id"], set()).add((row["key"], _canonical(row["value"])))
    return AttributeTruth({pin: frozenset(found) for pin, found in said.items()}, frozenset(r["key"] for r in rows))


def truth_state(workspace: Workspace) -> tuple[str, int, int] | None:
    """Names the answer key as it stands, without reading it; None where there is none."""
    path = _path(workspace)
    return None if path is None else (path.name, path.stat().st_size, path.stat().st_mtime_ns)


def _path(workspace: Workspace) -> Path | None:
    root = workspace.source.root if isinstance(workspace.source, FolderSource) else None
    if root is None:
        return None
    named = workspace.profile.evaluation.attribute_labels
    if named is None:
        own = root / "_truth" / "pin_attributes.parquet"
        return own if own.is_file() else None
    if not (root / named).is_file():
        raise RelpinsError(f"evaluation.attribute_labels names {named!r}, and {root} has no such file")
    return root / named


def _same_keys(key: str) -> tuple[str, ...]:
    return THINGS if key in THINGS else (key,)


def _is_within(band: str, bound: str) -> bool:
    own, asked = bound_of(band), bound_of(bound)
    if own is None or asked is None:
        return band == bound
    return own[0] == asked[0] and own[1] <= asked[1]


def _spelling(value: str) -> str:
    return (normalised_value(value) or value.casefold()).replace("-", " ")


_CANONICAL = {_spelling(form): _spelling(canonical) for canonical, forms in SYNONYMS.items() for form in forms}
"""The sample world's spellings; in other worlds a value stands for itself."""


def _canonical(value: str) -> str:
    spelt = _spelling(value)
    return _CANONICAL.get(spelt, spelt)
