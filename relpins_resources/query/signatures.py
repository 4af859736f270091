"""Every function of the expression language and its arguments: the one place where they are declared.

The parser checks calls against this table and resolves aliases; `functions/` computes them. A new function is an
entry here and one there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from relpins_resources.query.plan import Scalar

MANY = 64
MODELS = ("ranker", "twotower")
"""Names that stand for the score of a trained model."""


@dataclass(frozen=True)
class Signature:
    """`low` to `high` positional arguments; `options` may be named: name -> default, None where it must be given.

    `may_lead` names options that may also be given by position, after the positional ones.
    """

    low: int
    high: int
    options: Mapping[str, Scalar] = field(default_factory=dict)
    may_lead: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


SIGNATURES: Mapping[str, Signature] = {
    "rank": Signature(0, 0, {"embedding": None}, ("embedding",)),
    "similarity": Signature(0, 0, {"embedding": None}, ("embedding",)),
    "rrf": Signature(1, MANY, {"k": 60}),
    "text_encoding": Signature(1, 1, {"embedding_ref": None}, ("embedding_ref",)),
    "pooled_text_encoding": Signature(1, 1, {"pool_fn": "mean", "embedding_ref": None}),
    "cosine_similarity": Signature(2, 2),
    "dot": Signature(2, 2),
    "haversine_distance": Signature(4, 4),
    "coalesce": Signature(1, MANY, aliases=("ifnull",)),
    "nullif": Signature(2, 2),
    "now_seconds": Signature(0, 0),
    "abs": Signature(1, 1),
    "sqrt": Signature(1, 1),
    "log": Signature(1, 1, aliases=("ln",)),
    "exp": Signature(1, 1),
    "floor": Signature(1, 1),
    "ceil": Signature(1, 1),
    "round": Signature(1, 2),
    "pow": Signature(2, 2, aliases=("power",)),
    "min": Signature(1, MANY, aliases=("least",)),
    "max": Signature(1, MANY, aliases=("greatest",)),
    "lower": Signature(1, 1),
    "upper": Signature(1, 1),
    "length": Signature(1, 1, aliases=("len",)),
    "regexp_match": Signature(2, 2, aliases=("regexp_matches", "regexp_like")),
    "array_has": Signature(2, 2, aliases=("array_contains", "list_contains")),
    "array_has_any": Signature(2, 2),
    "array_has_all": Signature(2, 2),
    "json_value": Signature(2, 2),
    "prebuilt": Signature(1, 1, {"input_user_id": None}),  # the one option that may be left out
    "truncate": Signature(1, 1),
    "cross_encoder": Signature(2, 2),
    "colbert_v2": Signature(2, 2),
}
ALIASES = {alias: name for name, signature in SIGNATURES.items() for alias in signature.aliases}


def function_name(written: str) -> str | None:
    """The canonical name of a function written in any case, by name or alias; None if there is none."""
    name = written.lower()
    return name if name in SIGNATURES else ALIASES.get(name)
