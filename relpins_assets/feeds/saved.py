"""The saved queries of a home, and those among them that the profile has materialised as feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from relpins_assets.profile import Feeds
from relpins_resources.errors import RelpinsError
from relpins_resources.lake.fingerprints import digest
from relpins_resources.query.errors import nearest
from relpins_resources.query.parameters import bind
from relpins_resources.query.plan import Query
from relpins_resources.query.saved import SavedQuery, saved_queries
from relpins_resources.query.text import format_query

OWN_FOLDER = "strategies"
"""Below a home: saved queries of its own; one with a shipped one's name goes before it."""
STARTS_FROM = {"related": "item_id", "home": "user_id"}
"""The parameter that a feed of each kind is for."""


def strategies(home: Path) -> dict[str, SavedQuery]:
    """Every saved query that a home knows, by name: the shipped ones and its own.

    Raises:
        RelpinsError: a file is no valid saved query; the error names it and the place in it.
    """
    shipped = saved_queries(Path(str(files("relpins_assets.feeds") / "strategies")))
    own = home / OWN_FOLDER
    return {**shipped, **(saved_queries(own) if own.is_dir() else {})}


@dataclass(frozen=True)
class Strategy:
    """A saved query that is materialised as feeds, with the values it gets besides the pin or user it is for."""

    name: str
    query: Query
    values: Mapping[str, Any]
    starts_from: str

    @property
    def version(self) -> str:
        """Another one gives other feeds."""
        return digest(format_query(self.query), dict(self.values))

    def with_values(self, **values: Any) -> Strategy:
        """The same with other values for parameters that it has."""
        return Strategy(self.name, self.query, {**self.values, **values}, self.starts_from)


def materialised(home: Path, feeds: Feeds, kind: Literal["related", "home"]) -> list[Strategy]:
    """The strategies that the profile names for a kind of feed.

    Raises:
        RelpinsError: there is no saved query of that name, or it needs a parameter that neither the kind of feed nor
            `feeds.parameters` gives.
    """
    known = strategies(home)
    return [
        _strategy(name, known, feeds.parameters, kind) for name in (feeds.related if kind == "related" else feeds.home)
    ]


def _strategy(name: str, known: Mapping[str, SavedQuery], given: Mapping[str, Any], kind: str) -> Strategy:
    if name not in known:
        raise RelpinsError(f"feeds.{kind} names the strategy {name!r}, which is no saved query{nearest(name, known)}")
    saved, starts_from = known[name], STARTS_FROM[kind]
    declared = {spec.name for spec in saved.parameters}
    if starts_from not in declared:
        raise RelpinsError(f"strategy {name} has no parameter {starts_from}, so it gives no {kind} feeds")
    values = {key: value for key, value in given.items() if key in declared}
    lacking = [spec.name for spec in saved.parameters if spec.required and spec.name not in {starts_from, *values}]
    if lacking:
        raise RelpinsError(
            f"strategy {name} needs {', '.join(lacking)} besides {starts_from}; give it a default, or a value under"
            f" feeds.parameters"
        )
    bound = bind(saved.query, {**values, starts_from: ""}, saved.parameters).values
    return Strategy(name, saved.query, {key: value for key, value in bound.items() if key != starts_from}, starts_from)
