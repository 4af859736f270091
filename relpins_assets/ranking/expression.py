"""The linear ranker as a score expression of the query language, and as a query that runs it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from relpins_assets.ranking.ranker import MEMBOOST
from relpins_resources.query.catalog import Doubles

EXPRESSION = "ranker.sql"
"""In the folder of a ranker that is fitted."""
QUERY = """---
description: The candidates of learned, in the order of the linear ranker of version {version}.
parameters:
  item_id: {{type: string, required: true}}
  candidates: {{type: integer, default: 200}}
  limit: {{type: integer, default: 20}}
---
{named}SELECT *
FROM retrieve(
    similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    cooccurrence($item_id, limit=$candidates),
    memorised($item_id, limit=$candidates)
)
WHERE join_id != query_item.join_id
ORDER BY score(
    expression='
        {expression}
    '
)
LIMIT $limit
"""


def linear_expression(names: Sequence[str], weights: Doubles, gamma: float) -> str:
    """The score of a pair as a sum of `pair.*` terms, in the order of the names.

    A term whose feature is not known of a pair counts 0, as it does in the model.
    """
    terms = [(float(weight), name) for name, weight in zip(names, weights, strict=True) if weight]
    terms += [(gamma, MEMBOOST)] if gamma else []
    if not terms:
        return "0.0"
    parts = [
        f"{'-' if weight < 0 else '+'} {np.format_float_positional(abs(weight), trim='-')} * pair.{name}"
        for weight, name in terms
    ]
    return "\n        ".join([parts[0].removeprefix("+ "), *parts[1:]])


def query_of(expression: str, crossed: Sequence[tuple[str, str]], version: str) -> str:
    """A saved query that orders the candidates of `learned` by an expression.

    Args:
        crossed: the features that are the look in one category, and which it is.
    """
    named = "".join(
        f"-- pair.{feature}: the look, of query pins in {' '.join(category.split())}\n" for feature, category in crossed
    )  # a category is any text of the source, and a comment ends with its line
    return QUERY.format(version=version, expression=expression, named=named)
