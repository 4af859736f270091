"""The curated vocabulary as a value: what the attributes are, and which form means which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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


def load_vocabulary(lake: Lake) -> Vocabulary:
    """The vocabulary of a lake as it stands; empty before the first was made."""
    names = ["attribute_id", "key", "value", "members", "n_pins", "idf"]
    rows = lake.table("attribute_vocabulary").read(names).sort_by("attribute_id").to_pylist()
    return Vocabulary(tuple(Attribute(**{**row, "members": tuple(row["members"])}) for row in rows))
