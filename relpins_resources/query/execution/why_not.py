"""Why a pin is not in an answer: the stage that dropped it, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from relpins_resources.query.catalog import MICRO, Hits, Ints
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.execution import Answer
from relpins_resources.query.execution.candidate_frame import CandidateFrame
from relpins_resources.query.expressions.evaluate import keeps
from relpins_resources.query.language.text import format_expression
from relpins_resources.query.plan import Binary, Expr, Literal, Query, Stage
from relpins_resources.query.retrieval.requests import CLOSED


def why_not(query: Query, answer: Answer, item_id: str, row: int = 0) -> dict[str, Any]:
    """What became of one item in one query of a batch.

    Returns item_id, `dropped_by` (retrieve, filter, order, the name of a reranker, slice; None if it is in the answer),
    `why` in words, and the figures behind it.

    Raises:
        QueryError: there is no such item in the catalog.
    """
    catalog = answer.entities.catalog
    item = int(catalog.positions([item_id])[0])
    if item < 0:
        raise QueryError(f"there is no item {item_id!r} in the catalog{nearest(item_id, catalog.item_ids[:50_000])}")
    if item in answer.items[row]:
        place = int(np.flatnonzero(answer.items[row] == item)[0]) + 1 + answer.offset
        return _told(item_id, None, f"it is there, at place {place}")
    if item not in answer.united[row]:
        return _not_retrieved(query, answer, item, item_id, row)
    if item not in answer.frame.items[row]:
        return _filtered(query, answer, item, item_id, row)
    return _outranked(query, answer, item, item_id, row)


def _told(item_id: str, stage: str | None, why: str, **figures: Any) -> dict[str, Any]:
    return {"item_id": item_id, "dropped_by": stage, "why": why, **figures}


def _not_retrieved(query: Query, answer: Answer, item: int, item_id: str, row: int) -> dict[str, Any]:
    catalog = answer.entities.catalog
    if not catalog.is_candidate[item]:
        join = catalog.columns["join_id"].data if "join_id" in catalog.columns else None
        same = [] if join is None else catalog.item_ids[(join == join[item]) & catalog.is_candidate].tolist()
        shown = f"; {same[0]} stands for it" if same else ""
        return _told(item_id, "retrieve", f"it carries the same image as another pin{shown}", stands_for_it=same)
    retrievers = [
        {"retriever": name, **_missed(stage, hits, answer, item, row)}
        for (name, hits), stage in zip(answer.hits.items(), query.retrievers, strict=True)
    ]
    short = "; ".join(f"{one['retriever']}: {one['why']}" for one in retrievers)
    return _told(item_id, "retrieve", f"no retriever named it ({short})", retrievers=retrievers)


def _missed(stage: Stage, hits: Hits, answer: Answer, item: int, row: int) -> dict[str, Any]:
    """What one retriever says of an item that it did not name."""
    where = stage.get("where")
    if where is not None and not isinstance(where, (tuple, Stage)):
        alone = CandidateFrame(answer.entities, np.full((answer.frame.shape[0], 1), item))
        kept = np.broadcast_to(keeps(where, alone), (answer.frame.shape[0], 1))
        if not kept[row, 0]:
            return {"why": f"its where does not hold: {format_expression(where)}"}
    if hits.floors is None or hits.anchors is None:
        n_found = int((hits.items[row] >= 0).sum())
        return {"why": f"not among the {n_found} that it gave" if n_found else "it gave none"}
    embedding = answer.entities.catalog.embedding(str(_text(stage)))
    if embedding is None or not embedding.has(np.array([item]))[0]:
        return {"why": "the item has no vector there"}
    vector = embedding.vectors(np.array([item])).astype(np.float64)[0]
    reached = np.rint(hits.anchors[row].astype(np.float64) @ vector * MICRO)
    floors = hits.floors[row]
    best = int(np.argmax(reached - floors))
    if floors[best] >= CLOSED:
        return {"why": "there is nothing to start from"}
    similarity, needed = float(reached[best]) / MICRO, float(floors[best]) / MICRO
    return {"why": f"similarity {similarity:.3f}, {needed:.3f} was needed", "similarity": similarity, "needed": needed}


def _text(stage: Stage) -> Any:
    found = stage.get("embedding_ref") or stage.get("text_embedding_ref") or Literal("content_embedding")
    return found.value if isinstance(found, Literal) else ""


def _filtered(query: Query, answer: Answer, item: int, item_id: str, row: int) -> dict[str, Any]:
    frame = CandidateFrame(answer.entities, answer.united, answer.hits)
    at = (row, int(np.flatnonzero(answer.united[row] == item)[0]))
    failed = [
        format_expression(part)
        for part in conjuncts(query.where)
        if not np.broadcast_to(keeps(part, frame), frame.shape)[at]
    ]
    if not failed:
        return _told(item_id, "filter", "it was shown before under this pagination key")
    return _told(item_id, "filter", f"WHERE does not hold: {' AND '.join(failed)}", failed=failed)


def conjuncts(predicate: Expr | None) -> Iterator[Expr]:
    """The parts of a predicate that must all hold."""
    if isinstance(predicate, Binary) and predicate.operator == "and":
        yield from conjuncts(predicate.left)
        yield from conjuncts(predicate.right)
    elif predicate is not None:
        yield predicate


def _outranked(query: Query, answer: Answer, item: int, item_id: str, row: int) -> dict[str, Any]:
    column = int(np.flatnonzero(answer.frame.items[row] == item)[0])
    is_by_score = query.score is not None and not query.order_by
    pool = answer.pool[row][answer.pool[row] >= 0]
    scores = answer.candidate_scores[row]
    shown = answer.offset + answer.limit
    in_pool = np.flatnonzero(pool == column)
    figures = {"score": float(scores[column])} if is_by_score else {}
    if not len(in_pool):
        last = f": score {scores[column]:.6f}, the last of them has {scores[pool[-1]]:.6f}" if is_by_score else ""
        needed = {"needed": float(scores[pool[-1]])} if is_by_score else {}
        why = f"it is not among the first {len(pool)} by the query's order, which are all that is looked at{last}"
        return _told(item_id, "order", why, **figures, **needed)
    place = int(in_pool[0]) + 1
    figures["place_before_reordering"] = place
    moved = _moved_out(answer, item, row, shown)
    if moved is not None:
        stage, before, after = moved
        to = f"place {after}" if after else "the end"
        why = f"it was at place {before}; {stage} moved it to {to}, {shown} are shown"
        return _told(item_id, stage, why, **figures)
    at = _place(answer.steps[-1][1], item, row) if answer.steps else place
    if at and at <= answer.offset:
        return _told(item_id, "slice", f"it is at place {at}, before OFFSET {answer.offset}", **figures)
    why = f"it is at place {at or place} in the order, {shown} are shown"
    if is_by_score:
        n_shown = min(shown, len(pool))
        figures["needed"] = float(scores[pool[n_shown - 1]])
        why += f": score {scores[column]:.6f}, place {n_shown} by score has {figures['needed']:.6f}"
    return _told(item_id, "slice", why, **figures)


def _moved_out(answer: Answer, item: int, row: int, shown: int) -> tuple[str, int, int] | None:
    """The last reranker that moved an item out of the rows shown, with its place before and after (0: none)."""
    found = None
    for (_, before), (kind, after) in pairwise([("order", answer.ordered), *answer.steps]):
        was, now = _place(before, item, row), _place(after, item, row)
        if 0 < was <= shown and not 0 < now <= shown:
            found = (kind, was, now)
    return found


def _place(items: Ints, item: int, row: int) -> int:
    """From 1; 0 for an item that is not there."""
    at = np.flatnonzero(items[row] == item)
    return int(at[0]) + 1 if len(at) else 0
