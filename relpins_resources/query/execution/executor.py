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
from relpins_resources.query.reranking.base import Ranking
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
    wanted = offset + limit
    with watch.over("retrieve"):
        found = list(retrieved) if retrieved is not None else [hits_of(one, entities) for one in query.retrievers]
    hits = dict(zip(retriever_names(query), found, strict=True))
    with watch.over("unite"):
        united, is_popular = without_history(query, entities, union([one.items for one in found], batch.size))
    with watch.over("filter"):
        frame = _filtered(query, CandidateFrame(entities, united, hits), leave_out)
    with watch.over("score"):
        terms, scores = _scored(query, frame, is_popular)
    with watch.over("order"):
        pool = ordered(query, frame, scores, max(POOL_PER_ROW * limit, SMALLEST_POOL, wanted), is_popular)
        is_by_score = (query.score is not None and not query.order_by) | is_popular
        first = ranking_of(frame, np.where(is_by_score[:, None], scores, np.nan), pool)
    reordering = Reordering(query, frame, united, entities, [])
    steps = _reordered(reordering, first, wanted, watch)
    last = steps[-1][1] if steps else first
    rows = slice(offset, wanted)
    source = last.source[:, rows]
    return Answer(
        items=last.items[:, rows],
        scores=np.where(source >= 0, at_columns(scores, source), last.scores[:, rows]),
        source=source,
        united=united,
        frame=frame,
        candidate_scores=scores,
        pool=pool,
        terms=terms,
        hits=hits,
        is_popular=is_popular,
        limit=limit,
        offset=offset,
        milliseconds=watch.stages,
        entities=entities,
        warnings=list(dict.fromkeys(reordering.warnings)),
        ordered=first.items,
        steps=[(kind, ranking.items) for kind, ranking in steps],
    )


def _filtered(query: Query, frame: CandidateFrame, leave_out: Ints | None) -> CandidateFrame:
    """The candidates that WHERE keeps, without those shown before."""
    if query.where is not None:
        frame = CandidateFrame(frame.entities, kept(frame.items, keeps(query.where, frame)), frame.hits)
    if leave_out is not None and len(leave_out):
        frame = CandidateFrame(frame.entities, kept(frame.items, ~np.isin(frame.items, leave_out)), frame.hits)
    return frame


def _reordered(reordering: Reordering, ranking: Ranking, wanted: int, watch: Stopwatch) -> list[tuple[str, Ranking]]:
    """Each reranker in turn, and the ranking as it left it.

    One that is followed by another orders some more rows than are wanted, for what the next leaves out or moves down.
    """
    steps: list[tuple[str, Ranking]] = []
    stages = reordering.query.rerankers
    for stage in stages:
        with watch.over(stage.kind):
            ahead = 0 if stage is stages[-1] else max(wanted, AHEAD)
            ranking = reordering.reranked(stage, ranking, wanted + ahead)
        steps.append((stage.kind, ranking))
    return steps


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
