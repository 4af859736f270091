"""Which signals diversity(...) spreads by: `signals`, `text_encoding_embedding_ref` and `diversity_attributes`."""

from __future__ import annotations

import math

from relpins_resources.query.catalog import Catalog, Embedding
from relpins_resources.query.errors import nearest
from relpins_resources.query.reranking.base import RerankRequest
from relpins_resources.query.reranking.signals import SameAttribute, SemanticIds, SharedBoards, Signal, Weighted
from relpins_resources.query.reranking.values import value_codes

DEFAULT_SIGNALS = {
    "clip_embedding": 0.4,
    "content_embedding": 0.2,
    "pinclip_embedding": 0.2,
    "cooccurrence": 0.1,
    "semantic_id": 0.1,
}
TEXT_SIGNAL = "content_embedding"
ATTRIBUTES_SHARE = 0.5
"""Of the whole weight, what all attributes have together; the signals keep the rest."""
_ITEMWISE = ("cooccurrence", "semantic_id")


def chosen_signals(request: RerankRequest) -> list[Weighted]:
    """The signals that are built, with their weights; none if nothing is.

    What is declared but not built drops out, with a warning if the query names it. Raises QueryError for a signal or
    column that is unknown, a weight below 0, and weights that are all 0.
    """
    named = request.constant("signals") is not None
    weights = _given_weights(request) if named else _declared_defaults(request.catalog)
    weights = _with_text_embedding(request, weights)
    found = []
    for name, weight in weights.items():
        signal = _signal(request.catalog, name)
        if signal is not None and weight > 0:
            found.append(Weighted(signal, weight))
        elif signal is None and (named or name == request.constant("text_encoding_embedding_ref")):
            request.warnings.append(f"{name} is not built yet; diversity goes by the other signals")
    return found + _attributes(request, sum(one.weight for one in found))


def _given_weights(request: RerankRequest) -> dict[str, float]:
    """`clip_embedding:0.5, cooccurrence:0.1`; no number is a weight of 1."""
    weights: dict[str, float] = {}
    for part in request.text("signals").split(","):
        name, _, number = (text.strip() for text in part.partition(":"))
        weight = _weight(number)
        if weight is None:
            request.refuse("signals", f"has the weight {number!r} for {name!r}; give a number of at least 0")
        if name not in _ITEMWISE and name not in request.catalog.embeddings:
            known = [*request.catalog.embeddings, *_ITEMWISE]
            request.refuse("signals", f"names {name!r}, which is no signal{nearest(name, known)}")
        if name in weights:
            request.refuse("signals", f"names {name!r} twice; name each signal once")
        weights[name] = weight
    if not any(weights.values()):
        request.refuse("signals", "weighs every signal 0; give at least one a weight above 0")
    return weights


def _weight(number: str) -> float | None:
    try:
        weight = float(number) if number else 1.0
    except ValueError:
        return None
    return weight if math.isfinite(weight) and 0 <= weight <= 1e9 else None


def _declared_defaults(catalog: Catalog) -> dict[str, float]:
    return {name: weight for name, weight in DEFAULT_SIGNALS.items() if name in (*catalog.embeddings, *_ITEMWISE)}


def _with_text_embedding(request: RerankRequest, weights: dict[str, float]) -> dict[str, float]:
    """The given text embedding in place of the text signal, with its weight, or beside the others if there is none."""
    if request.constant("text_encoding_embedding_ref") is None:
        return weights
    name = request.text("text_encoding_embedding_ref")
    if name not in request.catalog.embeddings:
        known = nearest(name, request.catalog.embeddings)
        request.refuse("text_encoding_embedding_ref", f"names {name!r}, which is no embedding{known}")
    others = {one: weight for one, weight in weights.items() if one != TEXT_SIGNAL}
    added = weights.get(TEXT_SIGNAL, DEFAULT_SIGNALS[TEXT_SIGNAL]) if name != TEXT_SIGNAL else weights.get(name, 0.2)
    return others | {name: others.get(name, 0.0) + added}


def _signal(catalog: Catalog, name: str) -> Embedding | Signal | None:
    if name == "cooccurrence":
        return None if catalog.shares is None else SharedBoards(catalog.shares)
    if name == "semantic_id":
        return None if catalog.semantic_ids is None else SemanticIds(catalog.semantic_ids)
    return catalog.embedding(name)


def _attributes(request: RerankRequest, others: float) -> list[Weighted]:
    given = request.constant("diversity_attributes")
    names = [given] if isinstance(given, str) else list(given or ())
    share = others * ATTRIBUTES_SHARE / (1 - ATTRIBUTES_SHARE) if others else 1.0
    codes = [value_codes(request, "diversity_attributes", name) for name in names]
    return [Weighted(SameAttribute(one), share / len(names)) for one in codes]
