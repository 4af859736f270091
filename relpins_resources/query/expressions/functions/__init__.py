"""The functions of the expression language, by their canonical names; `signatures.py` declares their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relpins_resources.query.expressions.functions import lists, numeric, signals, texts, vectors
from relpins_resources.query.expressions.functions.arguments import Arguments
from relpins_resources.query.expressions.values import Value

FUNCTIONS: Mapping[str, Callable[[Arguments], Value]] = {
    "rank": signals.rank,
    "similarity": signals.similarity,
    "rrf": signals.rrf,
    "text_encoding": vectors.text_encoding,
    "pooled_text_encoding": vectors.pooled_text_encoding,
    "cosine_similarity": vectors.cosine_similarity,
    "dot": vectors.dot,
    "haversine_distance": numeric.haversine_distance,
    "coalesce": numeric.coalesce,
    "nullif": numeric.nullif,
    "now_seconds": signals.now_seconds,
    "abs": numeric.elementwise("abs"),
    "sqrt": numeric.elementwise("sqrt"),
    "log": numeric.elementwise("log"),
    "exp": numeric.elementwise("exp"),
    "floor": numeric.elementwise("floor"),
    "ceil": numeric.elementwise("ceil"),
    "round": numeric.rounded,
    "pow": numeric.pow_,
    "min": numeric.least,
    "max": numeric.greatest,
    "lower": texts.lower,
    "upper": texts.upper,
    "length": texts.length,
    "regexp_match": texts.regexp_match,
    "array_has": lists.array_has,
    "array_has_any": lists.array_has_any,
    "array_has_all": lists.array_has_all,
    "json_value": lists.json_value,
    "prebuilt": signals.prebuilt,
    "truncate": signals.truncate,
    "cross_encoder": signals.cross_encoder,
    "colbert_v2": signals.cross_encoder,
}

__all__ = ["FUNCTIONS", "Arguments"]
