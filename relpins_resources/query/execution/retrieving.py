"""The candidate lists of each retriever, pre-filtered."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Hits
from relpins_resources.query.execution.batch import Batch
from relpins_resources.query.execution.candidate_frame import CandidateFrame
from relpins_resources.query.execution.entities import Entities, request_for
from relpins_resources.query.expressions.evaluate import keeps
from relpins_resources.query.plan import Call, Expr, Name, Param, Stage, walk
from relpins_resources.query.retrieval.requests import argument_default
from relpins_resources.query.retrieval.retrievers import RETRIEVERS
from relpins_resources.query.signatures import MODELS

CELLS_AT_ONCE = 1 << 24
"""Items times queries that a pre-filter is computed for together."""
OF_THE_QUERY = ("query_item", "user", "pair", "user_category_affinity", *MODELS)
OF_THE_ITEM = (
    *("coalesce", "nullif", "abs", "sqrt", "log", "exp", "floor", "ceil", "round", "pow", "min", "max", "now_seconds"),
    *("lower", "upper", "length", "regexp_match", "array_has", "array_has_any", "array_has_all", "json_value"),
    "haversine_distance",
)
"""Functions that give an item one value in all queries of a batch; of any other that is not taken for granted."""


def hits_of(stage: Stage, entities: Entities) -> Hits:
    """The lists of one retriever for each query.

    Raises:
        QueryError: a value bound to one of its arguments is not what the argument takes.
    """
    limit = int(argument_default(stage, "limit", entities.batch))
    allowed = allowed_by(stage, entities)
    return RETRIEVERS[stage.kind](request_for(entities.catalog, entities.batch, stage, limit=limit, allowed=allowed))


def allowed_by(stage: Stage, entities: Entities) -> Booleans | None:
    """(n,) or (b, n) the items that a retriever's `where` lets through; None for all."""
    where = stage.get("where")
    if where is None:
        return None
    assert not isinstance(where, (tuple, Stage)), "the parser makes a predicate of `where`"
    everything = np.arange(len(entities.catalog))[None, :]
    if not _is_of_each_query(where, entities.batch):
        shared: Booleans = keeps(where, CandidateFrame(entities, everything))[0]
        return shared
    n_rows = max(1, CELLS_AT_ONCE // max(everything.size, 1))
    parts = []
    for start in range(0, entities.batch.size, n_rows):
        some = Entities(entities.query, entities.catalog, entities.batch.part(slice(start, start + n_rows)))
        items = np.broadcast_to(everything, (some.batch.size, everything.size))
        parts.append(np.broadcast_to(keeps(where, CandidateFrame(some, items)), items.shape))
    return np.concatenate(parts)


def _is_of_each_query(where: Expr, batch: Batch) -> bool:
    """Whether a predicate may hold for an item in one query of the batch and not in another."""
    if batch.size == 1:
        return False
    return any(
        (isinstance(node, Param) and node.name in batch.varying)
        or (isinstance(node, Name) and node.path[0] in OF_THE_QUERY)
        or (isinstance(node, Call) and node.function not in OF_THE_ITEM)
        for node in walk(where)
    )
