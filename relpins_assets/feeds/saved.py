"""The saved queries of a home, and those among them that the profile has materialised as feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from relpins_assets.feeds.declared import declared_names
from relpins_assets.profile import Profile
from relpins_resources.errors import RelpinsError
from relpins_resources.lake.fingerprints import digest
from relpins_resources.query.checking.dry_run import check_kinds
from relpins_resources.query.checking.names import check_names
from relpins_resources.query.checking.parameters import bind
from relpins_resources.query.checking.saved import LOADERS, SavedQuery, load_saved, saved_queries
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.language.text import format_query
from relpins_resources.query.plan import Query

SHIPPED = Path(str(files("relpins_assets.feeds") / "strategies"))
OWN_FOLDER = "strategies"
"""Below a home: saved queries of its own; one with a shipped one's name goes before it."""
STARTS_FROM = {"related": "item_id", "home": "user_id"}
"""The parameter that a feed of each kind is for."""


def strategies(home: Path, profile: Profile) -> dict[str, SavedQuery]:
    """Every saved query that a home knows, by name, checked: the shipped ones and its own.

    Raises:
        RelpinsError: a file is no valid saved query; the error names it and the place in it.
    """
    declared = declared_names(profile)
    known = saved_queries(SHIPPED, declared)
    if (home / OWN_FOLDER).is_dir():
        known |= saved_queries(home / OWN_FOLDER, declared)
    for saved in known.values():
        try:
            check_kinds(saved.query, declared)
        except QueryError as error:
            raise QueryError(f"{saved.path}: {error.problem}", saved.text, error.position) from None
    return known


def saved_query(home: Path, profile: Profile, name: str) -> SavedQuery | None:
    """One saved query of a home by its name, its file read again only when it has changed; None if there is none.

    Raises:
        RelpinsError: its file is no valid saved query.
    """
    for folder in (home / OWN_FOLDER, SHIPPED):
        for path in (folder / f"{name}{suffix}" for suffix in LOADERS):
            if path.is_file():
                stat = path.stat()
                saved = _loaded(path, stat.st_mtime_ns, stat.st_size)
                check_names(saved.query, declared_names(profile))
                if saved.name == name:
                    return saved
    return strategies(home, profile).get(name)  # a file may give its query another name than its own


@lru_cache(maxsize=256)
def _loaded(path: Path, mtime_ns: int, size: int) -> SavedQuery:
    return load_saved(path)


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


def materialised(home: Path, profile: Profile, kind: Literal["related", "home"]) -> list[Strategy]:
    """The strategies that the profile names for a kind of feed.

    Raises:
        RelpinsError: there is no saved query of that name, or it needs a parameter that neither the kind of feed nor
            `feeds.parameters` gives.
    """
    known, feeds = strategies(home, profile), profile.feeds
    named = feeds.related if kind == "related" else feeds.home
    return [_strategy(name, known, feeds.parameters, kind) for name in named]


def check_strategies(home: Path, profile: Profile) -> None:
    """Check every saved query of a home, and that those which the profile names can be materialised.

    Raises:
        RelpinsError: as `strategies` and `materialised`.
    """
    materialised(home, profile, "related")
    materialised(home, profile, "home")


def _strategy(name: str, known: Mapping[str, SavedQuery], given: Mapping[str, Any], kind: str) -> Strategy:
    if name not in known:
        raise RelpinsError(f"feeds.{kind} names the strategy {name!r}, which is no saved query{nearest(name, known)}")
    saved, starts_from = known[name], STARTS_FROM[kind]
    declared = {spec.name for spec in saved.parameters}
    if starts_from not in declared:
        raise RelpinsError(f"strategy {name} has no parameter {starts_from}, so it gives no {kind} feeds; name another")
    values = {key: value for key, value in given.items() if key in declared}
    lacking = [spec.name for spec in saved.parameters if spec.required and spec.name not in {starts_from, *values}]
    if lacking:
        raise RelpinsError(
            f"strategy {name} needs {', '.join(lacking)} besides {starts_from}; give it a default, or a value under"
            f" feeds.parameters"
        )
    try:
        bound = bind(saved.query, {**values, starts_from: ""}, saved.parameters).values
    except QueryError as error:
        raise RelpinsError(f"strategy {name} with feeds.parameters: {error.problem}") from None
    return Strategy(name, saved.query, {key: value for key, value in bound.items() if key != starts_from}, starts_from)
