"""Running a query of the language on what a home has published: a saved one, a file, or a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.declared import declared_names
from relpins_assets.feeds.saved import saved_query, strategies
from relpins_assets.home import open_home
from relpins_assets.pagination import Pages
from relpins_assets.reading import published, why_unknown
from relpins_resources.errors import RelpinsError
from relpins_resources.query.catalog import Catalog
from relpins_resources.query.checking.dry_run import check_kinds
from relpins_resources.query.checking.names import Declared, check_names
from relpins_resources.query.checking.parameters import ParameterSpec, bind, parse_given, wanted_types
from relpins_resources.query.checking.saved import load_saved
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.execution import Answer, Batch, execute
from relpins_resources.query.execution.results import rows_of, stages_of
from relpins_resources.query.execution.why_not import why_not
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.language.text import format_query
from relpins_resources.query.plan import Query

ONE_WORD = re.compile(r"[\w.-]+")


class Reader:
    """A home's published snapshot, opened once and asked many times."""

    def __init__(self, home: Path) -> None:
        """Raises RelpinsError if nothing is published there."""
        self.home = home
        self.lake = published(home)
        assert self.lake.snapshot is not None, "a published lake is one of a snapshot"
        self.profile = open_home(home).profile
        self.catalog: Catalog = load_catalog(self.lake, self.profile, as_of=self.lake.snapshot.as_of)
        self.declared: Declared = declared_names(self.profile)

    def query(
        self,
        what: str,
        given: Sequence[str] | Mapping[str, Any] = (),
        *,
        explain: bool = False,
        why_not_item: str | None = None,
        pagination_key: str | None = None,
    ) -> dict[str, Any]:
        """Answer a query.

        Args:
            what: a saved query's name, a file that holds one, or the text itself.
            given: parameters, as `name=value` texts or as values by name.
            explain: say what each stage did, and why each item stands where it does.
            why_not_item: an item to be told about if it is missing.
            pagination_key: leave out what was shown under this key before.

        Returns:
            {"results": [...]}, with "warnings", "explanation" and "why_not" where there are any.

        Raises:
            QueryError: the query, its names or its parameters are wrong; it says where.
            RelpinsError: the pin that it is for is unknown or was rejected.
        """
        query, parameters, text = self.find(what)
        try:
            return self._answered(query, parameters, given, explain, why_not_item, pagination_key)
        except QueryError as error:
            raise error.within(text) from None

    def find(self, what: str) -> tuple[Query, Sequence[ParameterSpec], str]:
        """The plan, the declared parameters and the text of a saved query's name, a file, or a text."""
        if ONE_WORD.fullmatch(what):
            named = saved_query(self.home, self.profile, what)
            if named is not None:
                return named.query, named.parameters, named.text
            if not Path(what).is_file():
                known = strategies(self.home, self.profile)
                raise RelpinsError(f"{what!r} is no saved query and no file{nearest(what, known)}")
        if len(what) < 4096 and "\n" not in what and Path(what).is_file():
            saved = load_saved(Path(what))
            return saved.query, saved.parameters, saved.text
        return parse_query(what), (), what

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
        check_kinds(query, self.declared)
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
        warnings = [*bound.warnings, *self._warnings(query)]
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
        from relpins_assets.feeds.dependence import embeddings_of

        unbuilt = [name for name in embeddings_of(query) if self.catalog.embedding(name) is None]
        return [f"{name} is not built yet: it retrieves nothing and its terms are 0" for name in unbuilt]


def shown_ids(answer: Answer) -> list[str]:
    """The ids of one answer, best first."""
    row = answer.items[0]
    return [str(one) for one in answer.entities.catalog.item_ids[row[np.flatnonzero(row >= 0)]]]
