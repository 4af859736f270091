"""One plan over one catalog for a batch of queries: each stage takes what the one before it left.

retrieve (each retriever to its own limit) -> unite -> filter -> score -> order -> reorder -> slice. All stages work on
(b, u) arrays and no query sees another, so that a batch gives what one query gives alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from relpins_resources.query.catalog import Booleans, Catalog, Doubles, Hits, Ints
from relpins_resources.query.checking.names import retriever_names
from relpins_resources.query.errors import QueryError
from relpins_resources.query.execution.arrays import at_columns, kept, union
from relpins_resources.query.execution.batch import Batch
from relpins_resources.query.execution.candidate_frame import CandidateFrame
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.execution.fallback import without_history
from relpins_resources.query.execution.ordering import ordered
from relpins_resources.query.execution.reordering import Reordering, ranking_of
from relpins_resources.query.execution.retrieving import hits_of
from relpins_resources.query.expressions.evaluate import keeps
from relpins_resources.query.expressions.terms import Term, score_of, score_terms
from relpins_resources.query.plan import Argument, Query
from relpins_resources.query.retrieval.extended import with_given_items
from relpins_resources.query.stages import MOST_ROWS

DEFAULT_LIMIT = 20
SMALLEST_POOL = 200
POOL_PER_ROW = 10
AHEAD = 20


@dataclass
class Stopwatch:
    """Milliseconds of each stage, in order."""

    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def over(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.stages[stage] = self.stages.get(stage, 0.0) + (time.perf_counter() - started) * 1000


@dataclass(frozen=True)
class Answer:
    """What b queries gave, and every stage that led there.

    `items` (b, k) positions best first, -1 pads; `scores` (b, k); `source` (b, k) column of each in `frame.items`, -1
    for one woven in from outside the candidates. `united` (b, v) are the candidates before the filter; `frame` holds
    those after it; `candidate_scores` (b, u) theirs; `pool` (b, p) the columns that reordering saw.
    """

    items: Ints
    scores: Doubles
    source: Ints
    united: Ints
    frame: CandidateFrame
    candidate_scores: Doubles
    pool: Ints
    terms: list[Term]
    hits: Mapping[str, Hits]
    is_popular: Booleans  # (b,) answered with what is popular, for want of a history
    limit: int
    offset: int
    milliseconds: Mapping[str, float]
    entities: Entities
    warnings: Sequence[str]  # what rerankers could not do
    ordered: Ints  # (b, p) items before reordering
    steps: Sequence[tuple[str, Ints]]  # each reranker, and the items as it left them


def execute(
    query: Query,
    catalog: Catalog,
    batch: Batch,
    *,
    retrieved: Sequence[Hits] | None = None,
    leave_out: Ints | None = None,
) -> Answer:
    """Run a plan whose names were checked and whose parameters are bound.

    Args:
        retrieved: candidate lists made before, one per retriever of the plan; retrieval is left out then.
        leave_out: items that were shown before and are not wanted again.

    Raises:
        QueryError: what the plan asks cannot be done with these values: a limit out of bounds, types that do not
            compare, a text for which there is no encoder.
    """
    watch = Stopwatch()
    entities = Entities(query, with_given_items(catalog, query, batch), batch)
    limit, offset = row_bounds(query, batch)
    with watch.over("retrieve"):
        found = list(retrieved) if retrieved is not None else [hits_of(one, entities) for one in query.retrievers]
    names = retriever_names(query)
    hits = dict(zip(names, found, strict=True))
    with watch.over("unite"):
        united = union([one.items for one in found], batch.size)
        united, is_popular = without_history(query, entities, united)
    with watch.over("filter"):
        frame = CandidateFrame(entities, united, hits)
        if query.where is not None:
            frame = CandidateFrame(entities, kept(united, keeps(query.where, frame)), hits)
        if leave_out is not None and len(leave_out):
            frame = CandidateFrame(entities, kept(frame.items, ~np.isin(frame.items, leave_out)), hits)
    with watch.over("score"):
        terms, scores = _scored(query, frame, is_popular)
    with watch.over("order"):
        wanted = offset + limit
        pool = ordered(query, frame, scores, max(POOL_PER_ROW * limit, SMALLEST_POOL, wanted), is_popular)
        is_by_score = (query.score is not None and not query.order_by) | is_popular
        ranking = ranking_of(frame, np.where(is_by_score[:, None], scores, np.nan), pool)
    reordering = Reordering(query, frame, united, entities, [])
    in_order, steps = ranking.items, []
    for stage in query.rerankers:
        with watch.over(stage.kind):
            # one that is followed by another orders some more, for what the next one leaves out or moves down
            is_last = stage is query.rerankers[-1]
            ranking = reordering.reranked(stage, ranking, wanted if is_last else wanted + max(wanted, AHEAD))
            steps.append((stage.kind, ranking.items))
    rows = slice(offset, wanted)
    source = ranking.source[:, rows]
    return Answer(
        ranking.items[:, rows],
        np.where(source >= 0, at_columns(scores, source), ranking.scores[:, rows]),
        source,
        united,
        frame,
        scores,
        pool,
        terms,
        hits,
        is_popular,
        limit,
        offset,
        watch.stages,
        entities,
        list(dict.fromkeys(reordering.warnings)),
        in_order,
        steps,
    )


def row_bounds(query: Query, batch: Batch) -> tuple[int, int]:
    """LIMIT and OFFSET as they are bound."""
    limit = _whole(batch, query.limit, "LIMIT", DEFAULT_LIMIT, 1, MOST_ROWS)
    return limit, _whole(batch, query.offset, "OFFSET", 0, 0, 100 * MOST_ROWS)


def _whole(batch: Batch, expression: Argument | None, what: str, default: int, low: int, high: int) -> int:
    value = batch.one(expression, what)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        at = expression.at if not isinstance(expression, tuple) and expression is not None else -1
        raise QueryError(f"{what} is {value!r}; give a whole number from {low} to {high}", position=at)
    if not low <= value <= high:
        at = expression.at if not isinstance(expression, tuple) and expression is not None else -1
        raise QueryError(f"{what} {int(value)} is out of range; give {low} to {high}", position=at)
    return int(value)


def _scored(query: Query, frame: CandidateFrame, is_popular: Booleans) -> tuple[list[Term], Doubles]:
    """The terms of the score, and the score (b, u): 0 where the query has none, -inf for padding."""
    terms = [] if query.score is None else score_terms(query.score.expression, frame)
    scores = np.broadcast_to(score_of(terms), frame.shape) if terms else np.zeros(frame.shape)
    if is_popular.any():  # nothing tells their candidates apart but how popular they are
        by_place = 1.0 / (1.0 + np.arange(1, frame.shape[1] + 1))
        scores = np.where(is_popular[:, None], by_place[None, :], scores)
    return terms, np.where(frame.items >= 0, scores, -np.inf)
