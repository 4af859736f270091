"""A catalog with items that are not in it, made from their attributes for one batch of queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from relpins_resources.query.catalog import (
    Booleans,
    Catalog,
    Column,
    Columns,
    Doubles,
    Embedding,
    Floats,
    Hits,
    Ints,
    LexicalIndex,
    Scored,
    Shares,
    Walks,
)
from relpins_resources.query.errors import QueryError
from relpins_resources.query.json_text import parsed
from relpins_resources.query.plan import Query
from relpins_resources.query.retrieval.features import IMAGES, PATHS, TEXTS, Pin, encode_pins, parse_pin
from relpins_resources.query.retrieval.requests import Bindings

KIND = "candidate_attributes"
IDS = ("item_id", "pin_id", "id")
ALIASES = {"board_category": ("category",), "category": ("board_category",)}


class ExtendedCatalog(Catalog):
    """The items of a catalog, then those of some attributes; only the first are candidates of other retrievers."""

    base: Catalog
    place_of: Mapping[str, int]

    def positions(self, item_ids: Sequence[Any]) -> Ints:
        return self.base.positions(item_ids)

    def given(self, attributes: Mapping[str, Any]) -> int:
        """The position of the item of these attributes: the catalog's own where it has one of that id."""
        known = self.base.positions([_id_of(attributes)])[0]
        return int(known) if known >= 0 else len(self.base) + self.place_of[_key(attributes)]


def with_given_items(catalog: Catalog, query: Query, batch: Bindings) -> Catalog:
    """The catalog that a query runs over: with the items that its `candidate_attributes` describe, if it has any.

    Raises:
        QueryError: what is given describes no items.
    """
    stages = [stage for stage in query.stages if stage.kind == KIND]
    if not stages:
        return catalog
    lists = [parse_items(one, stage.at) for stage in stages for one in batch.values(stage.get("item_attributes"))]
    distinct: dict[str, Mapping[str, Any]] = {}
    for item in (one for items in lists for one in items):
        distinct.setdefault(_key(item), item)  # of two with one id the first counts
    unknown = [key for key, item in distinct.items() if catalog.positions([_id_of(item)])[0] < 0]
    keys = sorted(unknown, key=lambda key: (_named(distinct[key]), key))  # so that ties break by id
    return _extended(catalog, {key: distinct[key] for key in keys}, stages[0].at)


def parse_items(given: Any, at: int) -> list[Mapping[str, Any]]:
    """Attributes of items from a list of mappings, from one, or from the JSON text of either; none from None."""
    if isinstance(given, str):
        try:
            given = parsed(given)
        except ValueError as error:
            raise QueryError(f"item_attributes is text and no JSON: {error}", position=at) from None
    items = [] if given is None else given if isinstance(given, (list, tuple)) else [given]
    for item in items:
        if not isinstance(item, Mapping):
            raise QueryError(
                f"item_attributes holds {item!r}; give a list of mappings such as {{'item_id': ..., 'title': ...}}",
                position=at,
            )
    return list(items)


def _extended(base: Catalog, items: Mapping[str, Mapping[str, Any]], at: int) -> Catalog:
    new = list(items.values())
    ids = np.array([_named(item) for item in new], dtype=object)
    given = {field.name: getattr(base, field.name) for field in fields(Catalog) if field.init}
    given.pop("_remembered")
    given["item_ids"] = np.concatenate([base.item_ids, ids])
    given["is_candidate"] = np.concatenate([base.is_candidate, np.zeros(len(new), bool)])
    given["columns"] = Columns({name: partial(_column, base, name, new, at) for name in base.columns})
    pins = [_pin(item, at, base.pictures_below) for item in new]
    given["embeddings"] = {
        name: None if one is None else _ExtendedEmbedding(base, one, pins, at) for name, one in base.embeddings.items()
    }
    given["shares"] = None if base.shares is None else _shares(base.shares, len(new))
    walks = base.walks
    given["walks"] = None if walks is None else lambda: _walks(walks(), len(new))
    memorised = base.memorised
    given["memorised"] = None if memorised is None else lambda: _scored(memorised(), len(new))
    given["lexical"] = None if base.lexical is None else _ExtendedLexical(base.lexical, len(base))
    if base.semantic_ids is not None:
        given["semantic_ids"] = np.pad(base.semantic_ids, ((0, len(new)), (0, 0)), constant_values=-1)
    images = base.images
    if images is not None:
        given["images"] = lambda item: images(item) if item < len(base) else pins[item - len(base)].image or b""
    given["models"] = {name: partial(_model, one, len(base)) for name, one in base.models.items()}
    given["pair_features"] = {name: partial(_feature, one, len(base)) for name, one in base.pair_features.items()}
    extended = ExtendedCatalog(**given)
    extended.base, extended.place_of = base, {key: place for place, key in enumerate(items)}
    return extended


class _ExtendedEmbedding(Embedding):
    """The items' own vectors, then those of new items, encoded when they are first asked for."""

    def __init__(self, base: Catalog, embedding: Embedding, pins: Sequence[Pin], at: int) -> None:
        self.name, self.dim = embedding.name, embedding.dim
        self._base = embedding
        self._n = len(base)
        self._encode = partial(_encoded, base, embedding, pins, at)

    @cached_property
    def _new(self) -> tuple[Floats, Booleans]:
        return self._encode()

    def has(self, items: Ints) -> Booleans:
        is_new = items >= self._n
        found = self._base.has(np.where(is_new, -1, items))
        if is_new.any():
            found[is_new] = self._new[1][items[is_new] - self._n]
        return found

    def vectors(self, items: Ints) -> Floats:
        is_new = items >= self._n
        found = self._base.vectors(np.where(is_new, -1, items))
        if is_new.any():
            found[is_new] = self._new[0][items[is_new] - self._n]
        return found

    def search(self, queries: Floats, limit: int, allowed: Booleans | None = None) -> tuple[Ints, Ints]:
        return self._base.search(queries, limit, None if allowed is None else allowed[..., : self._n])

    def user_vectors(self, user_ids: Sequence[str | None]) -> tuple[Floats, Booleans]:
        return self._base.user_vectors(user_ids)

    @property
    def has_user_vectors(self) -> bool:
        return self._base.has_user_vectors


class _ExtendedLexical(LexicalIndex):
    def __init__(self, base: LexicalIndex, n_items: int) -> None:
        self._base = base
        self._n = n_items

    def search(
        self, texts: Sequence[str | None], limit: int, fuzziness: int = 0, allowed: Booleans | None = None
    ) -> Hits:
        return self._base.search(texts, limit, fuzziness, None if allowed is None else allowed[..., : self._n])


def _encoded(base: Catalog, embedding: Embedding, pins: Sequence[Pin], at: int) -> tuple[Floats, Booleans]:
    """Vectors of new items: where an embedding sees pictures their words are no substitute."""
    sees = embedding.name in base.encoders.image
    return encode_pins(base, embedding, [Pin(pin.image) if sees else pin for pin in pins], at)


def _pin(item: Mapping[str, Any], at: int, below: Path | None) -> Pin:
    known = {name: item[name] for name in (*IMAGES, *PATHS, *TEXTS) if item.get(name)}
    try:
        return (parse_pin(known, at, below) or Pin()) if known else Pin()
    except QueryError:
        if "image_url" not in known:
            raise
    del known["image_url"]  # a column of the item as well: it need not lead to a picture
    return (parse_pin(known, at, below) or Pin()) if known else Pin()


def _id_of(item: Mapping[str, Any]) -> Any:
    return next((str(item[name]) for name in IDS if item.get(name) is not None), None)


def _named(item: Mapping[str, Any]) -> str:
    return str(_id_of(item) or f"given:{_key(item)}")


def _key(item: Mapping[str, Any]) -> str:
    """Its id; of an item without one, all that it says."""
    item_id = _id_of(item)
    return f"id {item_id}" if item_id is not None else json.dumps(dict(item), sort_keys=True, default=repr)


def _column(base: Catalog, name: str, items: Sequence[Mapping[str, Any]], at: int) -> Column:
    """A column of the catalog with the new items' values below it; NULL where an item gives none."""
    column = base.columns[name]
    if name == "item_id":
        values: list[Any] = [_named(item) for item in items]
    else:
        values = [next((item[one] for one in (name, *ALIASES.get(name, ())) if one in item), None) for item in items]
    data = np.empty(len(items), column.data.dtype)
    for i, value in enumerate(values):
        data[i] = _EMPTY[column.kind] if value is None else _converted(value, column.kind, name, at)
    is_null = np.array([value is None for value in values], bool)
    return Column(column.kind, np.concatenate([column.data, data]), np.concatenate([column.is_null, is_null]))


def _converted(value: Any, kind: str, name: str, at: int) -> Any:
    try:
        if kind == "number":
            return float(value)
        if kind == "time":
            return _seconds(value)
    except (TypeError, ValueError, pa.ArrowInvalid):
        raise QueryError(f"item_attributes has {name} = {value!r}; column {name} is a {kind}", position=at) from None
    if kind == "bool":
        return bool(value)
    if kind == "list":
        return list(value) if isinstance(value, (list, tuple)) else [value]
    return str(value) if kind == "text" else value


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    array = pa.array([str(value)]).cast(pa.timestamp("us", tz="UTC" if _has_zone(str(value)) else None))
    return float(array.cast(pa.int64())[0].as_py()) / 1e6


def _has_zone(text: str) -> bool:
    return text.endswith("Z") or "+" in text[10:] or "-" in text[10:]


_EMPTY: Mapping[str, Any] = {
    "number": 0.0,
    "bool": False,
    "text": "",
    "time": 0.0,
    "list": [],
    "object": None,
    "null": 0.0,
}


def _shares(shares: Shares, n_new: int) -> Shares:
    indptr = np.concatenate([shares.indptr, np.full(n_new, shares.indptr[-1])])
    return Shares(indptr, shares.others, shares.counts, np.concatenate([shares.n_boards, np.zeros(n_new, np.int64)]))


def _walks(walks: Walks, n_new: int) -> Walks:
    n_steps, degrees = (np.pad(of_items, (0, n_new)) for of_items in (walks.n_steps, walks.degrees))
    return Walks(_scored(walks.lists, n_new), n_steps, degrees)


def _scored(lists: Scored, n_new: int) -> Scored:
    return Scored(np.pad(lists.indptr, (0, n_new), mode="edge"), lists.others, lists.scores)


def _model(
    model: Callable[[Ints, Ints, Ints], Doubles], n_items: int, items: Ints, queries: Ints, users: Ints
) -> Doubles:
    return np.where(items < n_items, model(np.where(items < n_items, items, -1), queries, users), np.nan)


def _feature(feature: Callable[[Ints, Ints], Doubles], n_items: int, items: Ints, queries: Ints) -> Doubles:
    return np.where(items < n_items, feature(np.where(items < n_items, items, -1), queries), np.nan)
