"""Rerankers in turn, over the best of the scored candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles, Hits, Ints
from relpins_resources.query.errors import QueryError
from relpins_resources.query.execution.arrays import at_columns
from relpins_resources.query.execution.candidate_frame import CandidateFrame
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.execution.retrieving import hits_of
from relpins_resources.query.expressions.evaluate import keeps
from relpins_resources.query.plan import Query, Stage
from relpins_resources.query.reranking import RERANKERS
from relpins_resources.query.reranking.base import Ranking, RerankRequest
from relpins_resources.query.retrieval.requests import argument_default


def ranking_of(frame: CandidateFrame, scores: Doubles, pool: Ints) -> Ranking:
    """The candidates at columns `pool` (b, p), as rerankers take them."""
    items = np.where(pool >= 0, at_columns(frame.items, pool), -1)
    return Ranking(items, np.where(pool >= 0, at_columns(scores, pool), np.nan), pool)


@dataclass(frozen=True)
class Reordering:
    """What rerankers may ask of the query that they are part of."""

    query: Query
    frame: CandidateFrame
    united: Ints
    entities: Entities
    warnings: list[str]

    def reranked(self, stage: Stage, ranking: Ranking, wanted: int) -> Ranking:
        entities = self.entities
        request = RerankRequest(
            catalog=entities.catalog,
            stage=stage,
            ranking=ranking,
            wanted=wanted,
            query_items=entities.items,
            users=entities.users,
            constant=lambda name: argument_default(stage, name, entities.batch),
            fetch=lambda named: self._fetched(stage, named),
            candidates=self.united,
            keeps=self._keeps,
            warnings=self.warnings,
        )
        return RERANKERS[stage.kind](request)

    def _fetched(self, stage: Stage, named: Stage | str | None) -> Hits:
        if isinstance(named, Stage):
            return hits_of(named, self.entities)
        if named is None or named not in self.frame.hits:
            known = ", ".join(self.frame.hits)
            raise QueryError(f"{stage.kind} names the retriever {named!r}; FROM has: {known}", position=stage.at)
        return self.frame.hits[named]

    def _keeps(self, items: Ints) -> Booleans:
        """(b, m) which items WHERE lets pass."""
        if self.query.where is None:
            return items >= 0
        frame = CandidateFrame(self.entities, items, self.frame.hits)
        return np.broadcast_to(keeps(self.query.where, frame), items.shape) & (items >= 0)
