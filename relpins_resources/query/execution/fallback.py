"""What people get of whom nothing is known: the popular pins, category by category. No error, and no empty feed."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Ints
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.execution.retrieving import allowed_by
from relpins_resources.query.plan import Literal, Query, Stage
from relpins_resources.query.retrieval.popular import popular_by_category
from relpins_resources.query.stages import LIMIT

OF_USERS = ("precomputed_user", "user_attribute_pooling", "interaction_pooling", "interaction_round_robin")


def without_history(query: Query, entities: Entities, united: Ints) -> tuple[Ints, Booleans]:
    """The candidates (b, u), and (b,) which queries had none because they start from a user of whom nothing is known.

    Those get the popular pins that their first retriever's `where` lets through, as many as it would have given.
    """
    nothing: Booleans = np.logical_not(np.any(united >= 0, axis=1))
    if not nothing.any() or not starts_from_users(query):
        return united, np.zeros(len(united), bool)
    nothing &= np.array([len(history) == 0 for history in entities.histories(1)])
    first = query.retrievers[0]
    limit = int(entities.batch.one(first.get("limit") or Literal(LIMIT.default), "limit"))
    allowed = allowed_by(first, entities)
    popular = popular_by_category(entities.catalog, limit if allowed is None else len(entities.catalog))
    wide = np.full((len(united), max(united.shape[1], limit)), -1, np.int64)
    wide[:, : united.shape[1]] = united
    for row in np.flatnonzero(nothing):
        open_ones = popular if allowed is None else popular[(allowed if allowed.ndim == 1 else allowed[row])[popular]]
        wide[row, : len(open_ones[:limit])] = open_ones[:limit]
    return wide, nothing


def starts_from_users(query: Query) -> bool:
    """Whether a retriever of the plan asks what is near to a user."""

    def asks(stage: Stage) -> bool:
        encoder = stage.get("encoder")
        by_user = isinstance(encoder, Stage) and encoder.kind in OF_USERS
        return by_user or (stage.kind == "random_walk" and stage.get("input_user_id") is not None)

    return any(asks(stage) for stage in query.retrievers)
