"""What people get of whom nothing is known: the popular pins, category by category. No error, and no empty feed."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.catalog import Booleans, Ints
from relpins_resources.query.execution.entities import Entities
from relpins_resources.query.plan import Literal, Query, Stage
from relpins_resources.query.retrieval.popular import popular_by_category
from relpins_resources.query.stages import LIMIT

OF_USERS = ("precomputed_user", "user_attribute_pooling", "interaction_pooling", "interaction_round_robin")


def without_history(query: Query, entities: Entities, united: Ints) -> tuple[Ints, Booleans]:
    """The candidates (b, u), and (b,) which queries had none because they start from a user of whom nothing is known.

    Those get the popular pins instead, as many as their first retriever would have given.
    """
    nothing: Booleans = np.logical_not(np.any(united >= 0, axis=1))
    if not nothing.any() or not starts_from_users(query):
        return united, np.zeros(len(united), bool)
    limit = query.retrievers[0].get("limit") or Literal(LIMIT.default)
    popular = popular_by_category(entities.catalog, int(entities.batch.one(limit, "limit")))
    width = max(united.shape[1], len(popular))
    wide = np.pad(united, ((0, 0), (0, width - united.shape[1])), constant_values=-1)
    wide[nothing, : len(popular)] = popular
    return wide, nothing


def starts_from_users(query: Query) -> bool:
    """Whether a retriever of the plan asks what is near to a user."""

    def asks(stage: Stage) -> bool:
        encoder = stage.get("encoder")
        by_user = isinstance(encoder, Stage) and encoder.kind in OF_USERS
        return by_user or (stage.kind == "random_walk" and stage.get("input_user_id") is not None)

    return any(asks(stage) for stage in query.retrievers)
