"""An answer as people and programs read it: rows with the ranks that made each score, and why it stands there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from relpins_resources.query.catalog import Catalog, Column
from relpins_resources.query.execution import Answer
from relpins_resources.query.expressions.values import Value
from relpins_resources.query.plan import Call, Literal, Name, Query, walk

SHOWN = (
    "title",
    "image_url",
    "board_category",
    "description",
    "link",
    "price",
    "currency",
    "merchant_tags",
    "visual_description",
    "created_at",
)
"""Columns of `SELECT *`, where the catalog has them; further ones come by name."""


def rows_of(query: Query, answer: Answer, row: int = 0, *, explained: bool = False) -> list[dict[str, Any]]:
    """The results of one query of a batch, best first.

    Each has item_id and id, the columns selected, score, and metadata: the rank that each signal of the score gave,
    and the retrievers that named it. `explained` adds the terms of each score.
    """
    catalog = answer.entities.catalog
    names = [one for one in query.select or SHOWN if one not in ("item_id", "score") and one in catalog.columns]
    signals = _signals(query)
    results = []
    for place, item in enumerate(answer.items[row]):
        if item < 0:
            continue
        item_id = str(catalog.item_ids[item])
        column = int(answer.source[row, place])
        result: dict[str, Any] = {"item_id": item_id, "id": item_id}
        result |= {name: cell(catalog.columns[name], int(item)) for name in names}
        result["score"] = _score(answer, row, place, column)
        result["metadata"] = _metadata(answer, signals, row, column)
        if explained:
            result["explanation"] = _explanation(answer, row, column)
        results.append(result)
    return results


def _score(answer: Answer, row: int, place: int, column: int) -> float | None:
    """The query's score; without one, that of the first retriever that named the item."""
    if answer.terms or answer.is_popular[row] or column < 0:
        return _finite(answer.scores[row, place])
    found = (number_at(answer.frame.retrieval_score(name), row, column) for name in answer.hits)
    return next((float(one) for one in found if one is not None), None)


def cell(column: Column, item: int) -> Any:
    """One value of a column as JSON holds it; times as ISO text."""
    if column.is_null[item]:
        return None
    value = column.data[item]
    if column.kind == "time":
        try:
            return datetime.fromtimestamp(float(value), UTC).isoformat()
        except (OverflowError, OSError, ValueError):  # beyond the years that a calendar has
            return float(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def _signals(query: Query) -> list[tuple[str, str, str]]:
    """(name in the metadata, what it is, of which embedding or retriever) of every rank that the score reads."""
    found: dict[str, tuple[str, str, str]] = {}
    for node in walk(query.score):
        if isinstance(node, Call) and node.function in ("rank", "similarity"):
            embedding = dict(node.options)["embedding"]
            assert isinstance(embedding, Literal), "the parser takes a text only"
            name = f"{short(str(embedding.value))}_{node.function}"
            found[name] = (name, node.function, str(embedding.value))
        elif isinstance(node, Name) and node.path[0] == "retrieval" and node.path[1].endswith("_rank"):
            found[node.path[1]] = (node.path[1], "retrieval", node.path[1].removesuffix("_rank"))
    return list(found.values())


def short(embedding: str) -> str:
    """`clip_embedding` as metadata and retrievers call it: clip."""
    return embedding.removesuffix("_embedding")


def _metadata(answer: Answer, signals: list[tuple[str, str, str]], row: int, column: int) -> dict[str, Any]:
    if column < 0:
        return {**{name: None for name, _, _ in signals}, "retrieved_by": [], "woven_in": True}
    frame = answer.frame
    values: dict[str, Any] = {}
    for name, what, of in signals:
        asked = {"rank": frame.rank, "similarity": frame.similarity}.get(what)
        if asked is None and of not in answer.hits:
            continue
        values[name] = number_at(asked(of) if asked else frame.retrieval_rank(of), row, column)
    item = answer.frame.items[row, column]
    values["retrieved_by"] = [name for name, hits in answer.hits.items() if (hits.items[row] == item).any()]
    if answer.is_popular[row]:
        values["retrieved_by"] = ["popular"]
    return values


def number_at(value: Value, row: int, column: int) -> int | float | None:
    """One number of a value, whole ones as int; None for NULL."""

    def at(array: Any) -> Any:
        return array[min(row, array.shape[0] - 1), min(column, array.shape[1] - 1)]

    if at(value.is_null):
        return None
    number = float(at(value.data))
    return int(number) if number == int(number) else number


def _explanation(answer: Answer, row: int, column: int) -> dict[str, Any]:
    if column < 0:
        return {"terms": [], "note": "woven in from outside the candidates"}
    by_score = np.flatnonzero(answer.pool[row] == column)
    return {
        "terms": [
            {"term": term.text, "value": _finite(np.broadcast_to(term.values, answer.frame.shape)[row, column]) or 0.0}
            for term in answer.terms
            if np.broadcast_to(term.taken, answer.frame.shape)[row, column]
        ],
        "place_before_reordering": int(by_score[0]) + 1 if len(by_score) else None,
    }


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def stages_of(query: Query, answer: Answer, row: int = 0) -> list[dict[str, Any]]:
    """What each stage took in and gave out for one query of a batch, with the milliseconds of the batch."""

    def count(items: Any) -> int:
        return int((items[row] >= 0).sum())

    spent: Mapping[str, float] = {name: round(ms, 3) for name, ms in answer.milliseconds.items()}
    found = [
        {"stage": "retrieve", "retriever": name, "kind": stage.kind, "out": count(hits.items)}
        for (name, hits), stage in zip(answer.hits.items(), query.retrievers, strict=True)
    ]
    n_found = sum(one["out"] for one in found if isinstance(one["out"], int))
    n_united, n_kept, n_pool = count(answer.united), count(answer.frame.items), count(answer.pool)
    note = {"note": "nothing is known of the user: the popular pins, category by category"}
    stages = [
        *found,
        {"stage": "retrieve", "ms": spent["retrieve"]},
        {"stage": "unite", "in": n_found, "out": n_united, "ms": spent["unite"]}
        | (note if answer.is_popular[row] else {}),
        {"stage": "filter", "in": n_united, "out": n_kept, "ms": spent["filter"]},
        {"stage": "score", "in": n_kept, "out": n_kept, "ms": spent["score"]},
        {"stage": "order", "in": n_kept, "out": n_pool, "ms": spent["order"]},
    ]
    for stage in query.rerankers:
        stages.append({"stage": stage.kind, "in": n_pool, "out": n_pool, "ms": spent[stage.kind]})
    n_shown = count(answer.items)
    return [*stages, {"stage": "slice", "limit": answer.limit, "offset": answer.offset, "in": n_pool, "out": n_shown}]


def empty_columns(catalog: Catalog, names: list[str]) -> list[str]:
    """Columns that are declared but hold nothing in this catalog."""
    return [name for name in names if name in catalog.columns and catalog.columns[name].is_null.all()]
