"""The curated vocabulary as a value: what the attributes are, and which form means which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from relpins_assets.vocabulary.spelling import spelling_key
from relpins_resources.lake import Lake


@dataclass(frozen=True)
class Attribute:
    """One entry of the vocabulary."""

    attribute_id: str
    key: str
    value: str
    members: tuple[str, ...]
    n_pins: int
    idf: float


@dataclass(frozen=True)
class Vocabulary:
    """Every attribute, in order of id."""

    attributes: tuple[Attribute, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        """Place of each attribute_id."""
        return {attribute.attribute_id: place for place, attribute in enumerate(self.attributes)}

    @cached_property
    def of_form(self) -> dict[tuple[str, str], str]:
        """The attribute_id that a key and a form of its value mean."""
        return {(one.key, form): one.attribute_id for one in self.attributes for form in one.members}

    def __getitem__(self, attribute_id: str) -> Attribute:
        return self.attributes[self.position[attribute_id]]

    def __contains__(self, attribute_id: str) -> bool:
        return attribute_id in self.position

    def __len__(self) -> int:
        return len(self.attributes)


THINGS = ("category", "object", "room", "department")
"""Kinds that name what something is of; one word can stand under several: a kitchen is a room and a category."""


def same_things(attributes: Sequence[Attribute]) -> dict[str, tuple[str, ...]]:
    """Per attribute id, the ids of things that have a form in common with it, itself included, in order."""
    of_spelling: dict[str, list[str]] = {}
    for one in attributes:
        if one.key in THINGS:
            for spelling in sorted({spelling_key(form) for form in one.members}):
                of_spelling.setdefault(spelling, []).append(one.attribute_id)
    same: dict[str, set[str]] = {one.attribute_id: {one.attribute_id} for one in attributes}
    for ids in of_spelling.values():
        for attribute_id in ids:
            same[attribute_id].update(ids)
    return {attribute_id: tuple(sorted(ids)) for attribute_id, ids in same.items()}


def load_vocabulary(lake: Lake) -> Vocabulary:
    """The vocabulary of a lake as it stands; empty before the first was made."""
    names = ["attribute_id", "key", "value", "members", "n_pins", "idf"]
    rows = lake.table("attribute_vocabulary").read(names).sort_by("attribute_id").to_pylist()
    return Vocabulary(tuple(Attribute(**{**row, "members": tuple(row["members"])}) for row in rows))
