"""What there is to name in a query: what a profile and a schema declare, whether or not it has data yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from relpins_resources.query.expressions.values import Kind
from relpins_resources.query.signatures import MODELS


@dataclass(frozen=True)
class Declared:
    """Names, and the kinds of columns.

    Args:
        text_embeddings: those of `embeddings` that a text can be encoded into.
        filters: what `prebuilt('name')` may name.
        user_columns: None where they are whatever the source says of its users.
        signals: what `diversity(signals=...)` may name besides embeddings.
        retrievers: what an expression may name after `retrieval.`; `check_names` sees to it.
    """

    embeddings: Collection[str]
    item_columns: Mapping[str, Kind]
    text_embeddings: Collection[str] = ()
    models: Collection[str] = MODELS
    pair_features: Collection[str] = ()
    filters: Collection[str] = ()
    user_columns: Mapping[str, Kind] | None = None
    signals: Collection[str] = ("cooccurrence", "semantic_id")
    retrievers: Collection[str] = ()
