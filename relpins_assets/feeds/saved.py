"""The saved queries of a home, and those among them that the profile has materialised as feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from typing import Literal as OneOf

from relpins_assets.feeds.declared import declared_names
from relpins_assets.feeds.dependence import is_local
from relpins_assets.profile import Profile
from relpins_resources.errors import RelpinsError
from relpins_resources.lake.fingerprints import digest
from relpins_resources.query.checking.names import Declared, check_names
from relpins_resources.query.checking.parameters import bind
from relpins_resources.query.checking.saved import LOADERS, SavedQuery, load_saved, saved_queries
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.language.parser import parse_expression
from relpins_resources.query.language.text import format_query
from relpins_resources.query.plan import Call, Expr, Literal, Node, Query, rewritten

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
    for name, text in profile.filters.items():
        _check_filter(name, text, declared)
    known = saved_queries(SHIPPED, declared)
    if (home / OWN_FOLDER).is_dir():
        known |= saved_queries(home / OWN_FOLDER, declared)
    return known


def saved_query(home: Path, profile: Profile, name: str) -> SavedQuery | None:
    """One saved query of a home by its name, its file read again only when it has changed; None if there is none.

    Raises:
        RelpinsError: its file is no valid saved query.
    """
    for folder in (home / OWN_FOLDER, SHIPPED):
        found = [saved for path in _files(folder) if (saved := _unless_another(path, name)) is not None]
        if len(found) > 1:
            raise QueryError(f"{found[0].path} and {found[1].path} are both named {name!r}; rename one")
        if found:
            _check(found[0], declared_names(profile))
            return found[0]
    return None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in LOADERS and path.is_file())


def _unless_another(path: Path, name: str) -> SavedQuery | None:
    """The saved query of a file if it is the one of that name. One that cannot be read stands in its own way alone."""
    stat = path.stat()
    try:
        saved = _loaded(path, stat.st_mtime_ns, stat.st_size)
    except RelpinsError:
        if path.stem == name:
            raise
        return None
    return saved if saved.name == name else None


def _check_filter(name: str, text: str, declared: Declared) -> None:
    expression = parsed_filter(name, text)
    try:
        check_names(Query((), where=expression), declared)
    except QueryError as error:
        raise QueryError(f"filter {name!r} of the profile: {error.problem}", text, error.position) from None


def _check(saved: SavedQuery, declared: Declared) -> None:
    try:
        check_names(saved.query, declared)
    except QueryError as error:
        raise QueryError(f"{saved.path}: {error.problem}", saved.text, error.position) from None


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
    def is_local(self) -> bool:
        """Whether `affected.py` can say which of its feeds a change reaches."""
        for_all = all(value is None for name, value in self.values.items() if name == STARTS_FROM["home"])
        return self.starts_from == STARTS_FROM["related"] and for_all and is_local(self.query, self.starts_from)

    @property
    def version(self) -> str:
        """Another one gives other feeds."""
        return digest(format_query(self.query), dict(self.values))

    def limited(self, limit: int) -> Strategy:
        """The same with longer or shorter feeds, whatever its text says."""
        return replace(self, query=replace(self.query, limit=Literal(limit)))


def materialised(home: Path, profile: Profile, kind: OneOf["related", "home"]) -> list[Strategy]:
    """The strategies that the profile names for a kind of feed.

    Raises:
        RelpinsError: there is no saved query of that name, or it needs a parameter that neither the kind of feed nor
            `feeds.parameters` gives.
    """
    known, feeds = strategies(home, profile), profile.feeds
    named = feeds.related if kind == "related" else feeds.home
    return [_strategy(name, known, feeds.parameters, kind, profile.filters) for name in named]


def check_strategies(home: Path, profile: Profile) -> None:
    """Check every saved query of a home, and that those which the profile names can be materialised.

    Raises:
        RelpinsError: as `strategies` and `materialised`.
    """
    materialised(home, profile, "related")
    materialised(home, profile, "home")


def _strategy(
    name: str, known: Mapping[str, SavedQuery], given: Mapping[str, Any], kind: str, filters: Mapping[str, str]
) -> Strategy:
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
    query = with_filters(saved.query, filters)
    return Strategy(name, query, {key: value for key, value in bound.items() if key != starts_from}, starts_from)


def with_filters(query: Query, filters: Mapping[str, str]) -> Query:
    """The plan with the profile's filters in the place of their names, so that it says all that it depends on.

    Raises:
        QueryError: a filter is no valid predicate.
    """

    def expanded(node: Node) -> Node:
        if isinstance(node, Call) and node.function == "prebuilt" and isinstance(node.arguments[0], Literal):
            name = str(node.arguments[0].value)
            if name in filters:
                return parsed_filter(name, filters[name])
        return node

    found: Query = rewritten(query, expanded)
    return found


def parsed_filter(name: str, text: str) -> Expr:
    """A filter of the profile as an expression. Raises QueryError, naming it, if it is none."""
    try:
        return parse_expression(text)
    except QueryError as error:
        raise QueryError(f"filter {name!r} of the profile: {error.problem}", text, error.position) from None
