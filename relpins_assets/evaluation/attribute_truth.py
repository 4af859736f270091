"""Whether an attribute is true of a pin, by an answer key beside the source. Evaluation alone reads it.

The key is `_truth/pin_attributes.parquet` of a sample world, or the Parquet file that the profile names: columns
pin_id, key, value, in canonical spellings. An attribute is judged by the form that people see, its canonical one, never
by what it was merged with: a vocabulary that merges too much must not be right by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq

from relpins_assets.vocabulary.price_bands import PRICE_BAND, bound_of
from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_assets.workspace import Workspace
from relpins_resources.describers.attribute_values import normalised_value
from relpins_resources.errors import RelpinsError
from relpins_resources.sample_world.vocabulary import SYNONYMS
from relpins_resources.sources import FolderSource

COLUMNS = ("pin_id", "key", "value")
CLOSED = ("color", "material", "fit", "shape", "style", "season", "occasion", "brand")
"""Keys of which the answer key knows every value: what it does not name is wrong. Of others it may lack the word."""


@dataclass(frozen=True)
class AttributeTruth:
    """What is true of every pin that the answer key knows: the values of a pin, in one spelling, under any key.

    Pins that it does not name are judged by nothing: of them nothing is right or wrong. Which key a word is filed
    under makes no claim wrong ("travel" may be an occasion or a category).
    """

    of_pin: Mapping[str, frozenset[str]]
    keys: frozenset[str]
    bands: Mapping[str, str]

    @cached_property
    def values(self) -> frozenset[str]:
        """Every value that the answer key has a word for."""
        return frozenset().union(*self.of_pin.values())

    def can_judge(self, attribute: Attribute) -> bool:
        """Whether the answer key could say that it is true of some pin."""
        if attribute.key in self.keys and attribute.key in (*CLOSED, PRICE_BAND):
            return True
        return any(_same(value, _canonical(attribute.value)) for value in self.values)

    def holds(self, pin_id: str, attribute: Attribute) -> bool:
        """Whether it is true of a pin: the value itself, a more telling one ("forest green" is green), or its short
        form ("sage" is sage green). A price bound is, if the pin's own band lies under it, in its own currency."""
        if attribute.key == PRICE_BAND:
            return _is_within(self.bands.get(pin_id, ""), attribute.value)
        value = _canonical(attribute.value)
        return any(_same(said, value) for said in self.of_pin.get(pin_id, frozenset()))


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
    said: dict[str, set[str]] = {}
    for row in rows:
        said.setdefault(row["pin_id"], set()).add(_canonical(row["value"]))
    bands = {row["pin_id"]: row["value"] for row in rows if row["key"] == PRICE_BAND}
    of_pin = {pin: frozenset(found) for pin, found in said.items()}
    return AttributeTruth(of_pin, frozenset(row["key"] for row in rows), bands)


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


def _same(said: str, asked: str) -> bool:
    return said == asked or said.endswith(f" {asked}") or asked.startswith(f"{said} ")


def _is_within(band: str, bound: str) -> bool:
    own, asked = bound_of(band), bound_of(bound)
    if own is None or asked is None:
        return _FIGURE.findall(band) == _FIGURE.findall(bound) and band.startswith("over") == bound.startswith("over")
    return own[1] <= asked[1]


_FIGURE = re.compile(r"\d+")  # answer keys state bounds in the pin's own currency, whatever sign they write


def _spelling(value: str) -> str:
    return (normalised_value(value) or value.casefold()).replace("-", " ")


_CANONICAL = {_spelling(form): _spelling(canonical) for canonical, forms in SYNONYMS.items() for form in forms}
"""The sample world's spellings; in other worlds a value stands for itself."""


def _canonical(value: str) -> str:
    spelt = _spelling(value)
    return _CANONICAL.get(spelt, spelt)
