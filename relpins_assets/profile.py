"""What a profile may say, and how one is read. A profile holds only what differs from the defaults here."""

from __future__ import annotations

import difflib
import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from relpins_assets.profile_section import MOST, Section
from relpins_assets.profile_signals import Cooccurrence, Objects, PinClip, Ranking, TwoTower, Walks
from relpins_resources.errors import RelpinsError

_KEY_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKEN_NAMES = ("none",)  # the kind of phrases that say nothing


class Images(Section):
    """Bounds on what is decoded and stored."""

    max_bytes: int = Field(50_000_000, gt=0)
    max_pixels: int = Field(60_000_000, gt=0)
    max_side: int = Field(1024, ge=16)


class Reading(Section):
    """How far a source is believed. `allow_deletes_over`: a larger share of a table gone in one run needs a yes."""

    allow_deletes_over: float = Field(0.2, gt=0, le=1)


class AttributeKey(Section):
    """One kind of attribute. `examples` show what a value of it looks like; they are no list of what may be found.

    `is_single`: a pin has one value of it at most.
    """

    description: str = ""
    examples: tuple[str, ...] = ()
    is_single: bool = False


class Attributes(Section):
    """What is asked of pins and kept of the answers.

    `keys` is the closed list of kinds; by default the shipped one. A key is one word, such as room_type: that is how
    answers and filters are read. A value is kept if at least `min_pins` images, and `min_share` of all, carry it.
    """

    keys: dict[str, AttributeKey] = {}
    min_pins: int = Field(5, ge=1, le=MOST)
    min_share: float = Field(1e-4, ge=0, lt=1)

    @field_validator("keys")
    @classmethod
    def _plain_names(cls, keys: dict[str, AttributeKey]) -> dict[str, AttributeKey]:
        odd = next((name for name in keys if not _KEY_NAME.fullmatch(name) or name in _TAKEN_NAMES), None)
        if odd is not None:
            raise ValueError(
                f"{odd[:60]!r} is no name of a key; give a word of at most 40 lower-case letters, digits and _ that "
                "begins with a letter, such as room_type, and is not 'none'"
            )
        return keys


class Topics(Section):
    """Which tuples of attributes may become collections."""

    min_pins: int = Field(6, ge=1, le=MOST)
    max_attributes: int = Field(4, ge=2, le=4)
    max_topics: int = Field(20_000, ge=1, le=MOST)
    min_score: float = Field(4.0, ge=1, le=5)
    min_each: float = Field(3.0, ge=1, le=5)


class Collections(Section):
    """How collections are filled, and which become pages: those whose pins score at least `min_score` on average."""

    min_pins: int = Field(6, ge=1, le=MOST)
    max_pins: int = Field(60, ge=1, le=MOST)
    diversity: float = Field(0.2, ge=0, le=1)
    min_score: float = Field(0.9, ge=0, le=1)
    site_name: str = "Collections"
    base_url: str = "https://example.com"

    @model_validator(mode="after")
    def _has_room(self) -> Collections:
        if self.max_pins < self.min_pins:
            raise ValueError(
                f"max_pins {self.max_pins} is below min_pins {self.min_pins}: no collection could be shown"
            )
        return self


class Feeds(Section):
    """Which saved queries are materialised, for every pin (`related`) and for every person (`home`).

    `parameters` are given to those that declare them. Up to `exact_up_to` pins searches are exact and every reached
    feed is refreshed at once, beyond that the `nearest`.
    """

    related: tuple[str, ...] = Field(("related_pins",), min_length=1)
    home: tuple[str, ...] = ("home_feed",)
    parameters: dict[str, Any] = {}
    exact_up_to: int = Field(50_000, ge=0)
    nearest: int = Field(200, ge=1)

    @field_validator("related", "home")
    @classmethod
    def _once_each(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(named)) < len(named):
            raise ValueError("a strategy is named twice; name each once")
        return named


class Evaluation(Section):
    """How a build is judged.

    `attribute_labels`: an answer key for attributes, a Parquet file (pin_id, key, value) within the source.
    """

    attribute_labels: str | None = None
    holdout_days: int = Field(14, ge=1)
    max_queries: int = Field(2_000, ge=1)


class Automation(Section):
    """When the graph runs by itself."""

    sensor_interval_s: int = Field(30, ge=5)
    nightly_cron: str = "0 3 * * *"
    maintenance_cron: str = "0 5 * * 0"
    kept_snapshots: int = Field(5, ge=1)


class Profile(Section):
    """Everything that a deployment decides.

    The clock is `as_of`: a day, `today`, or `source`: the day that the source says it stands for, else today.
    `columns`, `tables` and `sql` map a catalog's own names and shapes onto the input layout. `filters` are predicates
    that queries name by prebuilt('name').
    """

    name: str = "custom"
    as_of: date | Literal["today", "source"] = "source"
    columns: dict[str, str | dict[str, str]] = {}
    tables: dict[str, str] = {}
    sql: dict[str, str] = {}
    reading: Reading = Reading()
    images: Images = Images()
    describer: dict[str, Any] = {"backend": "pixels"}
    clip: dict[str, Any] = {"backend": "descriptor"}
    content: dict[str, Any] = {"backend": "sentence_transformers", "model": "bundled"}
    ann: dict[str, Any] = {"backend": "annoy"}
    attributes: Attributes = Attributes()
    judge: dict[str, Any] = {"backend": "statistical"}
    topics: Topics = Topics()
    collections: Collections = Collections()
    objects: Objects = Objects()
    cooccurrence: Cooccurrence = Cooccurrence()
    walks: Walks = Walks()
    twotower: TwoTower = TwoTower()
    pinclip: PinClip = PinClip()
    ranking: Ranking = Ranking()
    feeds: Feeds = Feeds()
    filters: dict[str, str] = {}
    evaluation: Evaluation = Evaluation()
    automation: Automation = Automation()
    seed: int = Field(0, ge=0, lt=2**32)


def shipped_profiles() -> list[str]:
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in files("relpins_assets.profiles").iterdir()
        if entry.name.endswith(".yaml")
    )


def load_profile(name_or_path: str) -> Profile:
    """Read a shipped profile by name, or one of the caller's own from a YAML file.

    Raises:
        RelpinsError: an unknown name, a file that is not YAML, an unknown key or a value out of bounds.
    """
    if name_or_path in shipped_profiles():
        text = files("relpins_assets.profiles").joinpath(f"{name_or_path}.yaml").read_text()
        return parse_profile(text, name_or_path, name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise RelpinsError(f"profile {name_or_path!r} is neither a file nor one of: {', '.join(shipped_profiles())}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RelpinsError(f"profile {path} cannot be read: {error}") from None
    return _with_own_prompts(parse_profile(text, path.stem, str(path)), path.parent)


def _with_own_prompts(profile: Profile, folder: Path) -> Profile:
    """Prompt files that a profile names lie beside it; shipped prompts are named without a folder or an ending."""

    def placed(section: dict[str, Any]) -> dict[str, Any]:
        prompt = section.get("prompt")
        beside = folder.resolve() / prompt if isinstance(prompt, str) else None
        return {**section, "prompt": str(beside)} if beside is not None and beside.is_file() else section

    return profile.model_copy(update={"describer": placed(profile.describer), "judge": placed(profile.judge)})


def parse_profile(text: str, name: str, origin: str) -> Profile:
    """A profile from YAML text; `origin` is named in errors."""
    try:
        value = yaml.safe_load(text) or {}
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
        AttributeError,
    ) as error:  # a day that no month has, `!!timestamp x`
        raise RelpinsError(f"profile {origin} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(value, dict):
        raise RelpinsError(f"profile {origin} must be a mapping of keys to values, got {type(value).__name__}")
    try:
        return Profile.model_validate({"name": name, **value})
    except ValidationError as error:
        raise RelpinsError(f"profile {origin}: {_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg']}, got {first['input']!r}"
    section = _section_at([str(part) for part in first["loc"][:-1]])
    known = sorted(section.model_fields)
    near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown key {where!r}{hint} (known: {', '.join(known)})"


def _section_at(parts: list[str]) -> type[BaseModel]:
    section: type[BaseModel] = Profile
    for part in parts:
        annotation = section.model_fields[part].annotation if part in section.model_fields else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            section = annotation
    return section
