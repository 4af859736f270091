"""What a model says of one pin, read strictly: closed keys, normalised values, bounded lengths. It is only data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, create_model, field_validator

from relpins_resources.chat import Malformed, parsed_as, strict_schema
from relpins_resources.describers.attribute_values import normalised_value
from relpins_resources.describers.base import KeyTold
from relpins_resources.describers.words import usable_text

MAX_DESCRIPTION_CHARS = 600
MAX_ATTRIBUTES = 40
MAX_VALUES_OF_A_KEY = 8
MAX_OBJECTS = 12
_GIVEN_AT_MOST = 400  # what is looked at of a list that never ends


@dataclass(frozen=True)
class View:
    """What a model says of one pin.

    Attributes:
        description: one to three sentences in plain characters; empty if none were asked for.
        attributes: (key, value), each once; keys of the closed list, values as `normalised_value` writes them.
        objects: things seen, most important first.
        n_dropped: what it said beside that and was left out: unknown keys, values that are none, repetitions.
    """

    description: str
    attributes: tuple[tuple[str, str], ...] = ()
    objects: tuple[str, ...] = ()
    n_dropped: int = 0

    def attributes_json(self) -> str:
        return json.dumps([{"key": key, "value": value} for key, value in self.attributes], ensure_ascii=False)

    def objects_json(self) -> str:
        return json.dumps(list(self.objects), ensure_ascii=False)


class Said(BaseModel):
    """One attribute as a model gives it."""

    key: str
    value: str

    @field_validator("value", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def view_schema(keys: Iterable[str], outputs: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer with these outputs, whose keys are of the closed list."""
    fields: dict[str, Any] = {name: (_FIELDS[name], ...) for name in outputs}
    schema = strict_schema(create_model("View", **fields))
    if "attributes" in outputs:
        schema["properties"]["attributes"]["items"]["properties"]["key"]["enum"] = sorted(keys)
    return schema


def read_view(text: str, keys: Mapping[str, KeyTold], outputs: Sequence[str]) -> View:
    """A model's answer as a view.

    Raises:
        Malformed: it is no JSON object of the shape asked for, or says nothing though a description is asked for.
    """
    said = parsed_as(_Answer, text)
    description = usable_text(said.description)[:MAX_DESCRIPTION_CHARS].strip() if "description" in outputs else ""
    attributes, n_bad = _attributes(said.attributes if "attributes" in outputs else [], keys)
    objects, n_other = _objects(said.objects if "objects" in outputs else [])
    if "description" in outputs and not (description or attributes or objects):
        raise Malformed("it says nothing: description, attributes and objects are missing or empty")
    return View(description, attributes, objects, n_bad + n_other)


def _attributes(said: Sequence[Any], keys: Mapping[str, KeyTold]) -> tuple[tuple[tuple[str, str], ...], int]:
    kept: dict[tuple[str, str], None] = {}
    n_of: dict[str, int] = {}
    given = [pair for one in said[:_GIVEN_AT_MOST] for pair in _pairs(one)]
    for name, text in given[:_GIVEN_AT_MOST]:
        key = name.strip().casefold().replace(" ", "_")
        value = normalised_value(text) if key in keys else None
        most = 1 if key in keys and keys[key].is_single else MAX_VALUES_OF_A_KEY
        is_new = value is not None and (key, value) not in kept and n_of.get(key, 0) < most
        if is_new and value is not None and len(kept) < MAX_ATTRIBUTES:
            kept[key, value] = None
            n_of[key] = n_of.get(key, 0) + 1
    return tuple(kept), max(len(given), len(said)) - len(kept)


def _pairs(one: Any) -> list[tuple[str, str]]:
    """(key, value) of one entry; a list of values counts one by one, what is no pair counts as one that is dropped."""
    if not isinstance(one, dict):
        return [("", "")]
    key, value = one.get("key"), one.get("value")
    values = value if isinstance(value, list) else [value]
    return [(key if isinstance(key, str) else "", _as_text(each)) for each in values] or [("", "")]


def _objects(said: Sequence[Any]) -> tuple[tuple[str, ...], int]:
    values = [normalised_value(_as_text(one)) for one in said[:_GIVEN_AT_MOST]]
    kept = tuple(dict.fromkeys(value for value in values if value is not None))[:MAX_OBJECTS]
    return kept, len(said) - len(kept)


def _as_text(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


class _Answer(BaseModel):
    """An answer as it is read: lenient in its entries, which are looked at one by one, strict in its shape."""

    description: str = ""
    attributes: list[Any] = Field(default_factory=list)
    objects: list[Any] = Field(default_factory=list)

    @field_validator("attributes", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """Some models give {"color": "red"} or {"color": ["red", "blue"]}."""
        return [{"key": key, "value": one} for key, one in value.items()] if isinstance(value, dict) else value

    @field_validator("description", "attributes", "objects", mode="before")
    @classmethod
    def _absent(cls, value: Any, info: Any) -> Any:
        return value if value is not None else ("" if info.field_name == "description" else [])


_FIELDS: dict[str, Any] = {"description": str, "attributes": list[Said], "objects": list[str]}
