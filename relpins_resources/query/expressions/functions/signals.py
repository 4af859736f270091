"""What a frame knows about the candidates: ranks, similarities, prebuilt filters, places in the union, the time."""

from __future__ import annotations

import numpy as np

from relpins_resources.query.expressions.functions.arguments import Arguments
from relpins_resources.query.expressions.nullable import NEVER, cleaned, constant, nulls
from relpins_resources.query.expressions.values import Value


def rank(given: Arguments) -> Value:
    """1 is the nearest candidate to the query entity; NULL without a vector."""
    return cleaned(given.frame.rank(given.option_text("embedding")))


def similarity(given: Arguments) -> Value:
    """The cosine of the candidate and the query entity; NULL without a vector."""
    return cleaned(given.frame.similarity(given.option_text("embedding")))


def rrf(given: Arguments) -> Value:
    """Reciprocal rank fusion, sum of 1 / (k + rank); a rank that is NULL adds 0, so it is never NULL.

    Cormack, Clarke and Buettcher, SIGIR 2009.
    """
    k = given.option_number("k")
    total = np.zeros((1, 1))
    for ranks in given.all_taken("number"):
        share = 1.0 / (k.data + ranks.data)
        total = total + np.where(ranks.is_null | k.is_null | ~np.isfinite(share), 0.0, share)
    return Value("number", total, NEVER)


def now_seconds(given: Arguments) -> Value:
    """Seconds since 1970 UTC at the snapshot's as_of."""
    return constant("number", given.frame.now)


def prebuilt(given: Arguments) -> Value:
    """A filter that the profile names: prebuilt('exclude_saved', input_user_id=$user_id)."""
    name = given.text_of(given.expression(0), "the filter's name").rsplit(":", 1)[-1]
    held = given.option("input_user_id")
    if held is None:
        return cleaned(given.frame.prebuilt(name, None))
    users = given.evaluate(held, given.frame)
    return cleaned(given.frame.prebuilt(name, nulls("text") if users.kind == "null" else users))


def truncate(given: Arguments) -> Value:
    """True for the first n candidates, in the order in which they were retrieved."""
    n = given.taken(0, "number")
    return Value("bool", np.arange(given.frame.shape[1])[None] < n.data, n.is_null)


def cross_encoder(given: Arguments) -> Value:
    """Models that read a query and an item together; none is configured yet, so this only says what to do."""
    raise given.error(
        f"{given.name} needs a model that reads the query and each item together (`pip install 'relpins[rerank]'`), and"
        " no profile can name one yet; rank by text_search(mode='vector') and similarity()"
    )
