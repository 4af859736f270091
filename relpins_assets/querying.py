"""Running a query of the language on what a home has published: a saved one, a file, or a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.declared import declared_names
from relpins_assets.feeds.dependence import embeddings_of
from relpins_assets.feeds.saved import saved_query, strategies
from relpins_assets.home import open_home
from relpins_assets.pagination import Pages
from relpins_assets.reading import published, why_unknown
from relpins_resources.errors import RelpinsError
from relpins_resources.query.catalog import Catalog
from relpins_resources.query.checking.names import Declared, check_names
from relpins_resources.query.checking.parameters import ParameterSpec, bind, parse_given, wanted_types
from relpins_resources.query.checking.saved import load_saved
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.execution import Answer, Batch, execute
from relpins_resources.query.execution.results import rows_of, stages_of
from relpins_resources.query.execution.why_not import why_not
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.language.text import format_query
from relpins_resources.query.plan import Name, Query, walk

A_QUERY = re.compile(r"\s*(--|select\b|explain\b)", re.IGNORECASE)
A_NAME = re.compile(r"[\w.-]+")
LONGEST_SHOWN = 80


def _is_unbuilt(retriever: str, catalog: Catalog) -> bool:
    read_from = {"random_walk": catalog.walks, "memorised": catalog.memorised}
    return retriever in read_from and read_from[retriever] is None


class Reader:
    """A home's published snapshot, opened once and asked many times."""

    def __init__(self, home: Path) -> None:
        """Raises RelpinsError if nothing is published there."""
        self.home = home
        self.lake = published(home)
        assert self.lake.snapshot is not None, "a published lake is one of a snapshot"
        self.profile = open_home(home).profile
        self.catalog: Catalog = load_catalog(self.lake, self.profile, as_of=self.lake.snapshot.as_of)
        self.catalog.pictures_below = open_home(home).source_path
        self.declared: Declared = declared_names(self.profile)

    def query(
        self,
        what: str,
        given: Sequence[str] | Mapping[str, Any] = (),
        *,
        explain: bool = False,
        why_not_item: str | None = None,
        pagination_key: str | None = None,
        return_metadata: bool = True,
    ) -> dict[str, Any]:
        """Answer a query.

        Args:
            what: a saved query's name, a file that holds one, or the text itself.
            given: parameters, as `name=value` texts or as values by name.
            explain: say what each stage did, and why each item stands where it does.
            why_not_item: an item to be told about if it is missing.
            pagination_key: leave out what was shown under this key before.
            return_metadata: say the rank that each signal gave each item, and which retrievers named it.

        Returns:
            {"results": [...]}, with "warnings", "explanation" and "why_not" where there are any.

        Raises:
            QueryError: the query, its names or its parameters are wrong; it says where.
            RelpinsError: the pin that it is for is unknown or was rejected.
        """
        query, parameters, text = self.find(what)
        try:
            found = self._answered(query, parameters, given, explain, why_not_item, pagination_key)
        except QueryError as error:
            raise error.within(text) from None
        if not return_metadata:
            found["results"] = [{name: one[name] for name in one if name != "metadata"} for one in found["results"]]
        return found

    def find(self, what: str) -> tuple[Query, Sequence[ParameterSpec], str]:
        """The plan, the declared parameters and the text of a saved query's name, a file, or a text."""
        what = what.removeprefix("\ufeff")
        if A_QUERY.match(what):
            return parse_query(what), (), what
        named = saved_query(self.home, self.profile, what) if A_NAME.fullmatch(what) else None
        if named is None and _is_file(what):
            named = load_saved(Path(what))
        if named is None:
            known = strategies(self.home, self.profile)
            shown = what if len(what) <= LONGEST_SHOWN else f"{what[:LONGEST_SHOWN]}..."
            raise QueryError(
                f"{shown!r} is no saved query, no file, and no text of a query, which starts with SELECT"
                f"{nearest(shown, known)}"
            )
        return named.query, named.parameters, named.text

    def _answered(
        self,
        query: Query,
        parameters: Sequence[ParameterSpec],
        given: Sequence[str] | Mapping[str, Any],
        explain: bool,
        why_not_item: str | None,
        pagination_key: str | None,
    ) -> dict[str, Any]:
        check_names(query, self.declared)
        if not isinstance(given, Mapping):
            types = wanted_types(query, parameters, self.declared.item_columns)
            given = dict(parse_given(one, types) for one in given)
        bound = bind(query, given, parameters)
        pages = Pages(self.home / "pagination")
        shown = pages.shown(pagination_key) if pagination_key else []
        leave_out = self.catalog.positions(shown)
        answer = execute(query, self.catalog, Batch(1, bound.values), leave_out=leave_out[leave_out >= 0])
        self._check_item_is_known(answer)
        explained = explain or query.explain
        found: dict[str, Any] = {"results": rows_of(query, answer, explained=explained)}
        warnings = [*bound.warnings, *self._warnings(query), *answer.warnings]
        if warnings:
            found["warnings"] = warnings
        if explained:
            found["explanation"] = {"plan": format_query(query), "stages": stages_of(query, answer)}
        if why_not_item is not None:
            found["why_not"] = why_not(query, answer, why_not_item)
        if pagination_key:
            pages.add(pagination_key, [entry["item_id"] for entry in found["results"]])
        return found

    def _check_item_is_known(self, answer: Answer) -> None:
        item_id = answer.entities.item_ids[0]
        if item_id is not None and answer.entities.items[0] < 0 and not answer.entities.has_features:
            raise RelpinsError(why_unknown(self.lake, str(item_id)))

    def _warnings(self, query: Query) -> list[str]:
        """What the plan names and nothing has built yet."""
        catalog = self.catalog
        spaces = [name for name in embeddings_of(query) if catalog.embedding(name) is None]
        retrievers = [stage.kind for stage in query.retrievers if _is_unbuilt(stage.kind, catalog)]
        names = [node.path for node in walk(query) if isinstance(node, Name)]
        models = [path[0] for path in names if path[0] in self.declared.models and not self._has_model(path[0])]
        features = [".".join(path) for path in names if path[0] == "pair" and path[1] not in catalog.pair_features]
        unbuilt = dict.fromkeys([*spaces, *retrievers, *models, *features])
        known = {} if catalog.people is None else catalog.people.attributes
        asked = [path[1] for path in names if path[0] == "user" and len(path) > 1]
        people = dict.fromkeys(name for name in asked if name not in known)
        return [
            *(f"{name} is not built yet: it retrieves nothing and its terms are 0" for name in unbuilt),
            *(f"nothing is known of people under {name!r}{nearest(name, known)}" for name in people),
        ]

    def _has_model(self, name: str) -> bool:
        return name in self.catalog.models or self.catalog.embedding(f"{name}_embedding") is not None


def _is_file(what: str) -> bool:
    try:
        return Path(what).is_file()
    except (OSError, ValueError):  # longer than a name may be, or with a NUL in it
        return False
