"""Every retriever, encoder and reranker of the language with its arguments: the one place where they are declared.

The parser, the canonical text, YAML, validation and the documentation read this table; `retrieval/` and `reranking/`
hold what each does. A new one is an entry here and a function there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from relpins_resources.query.plan import Scalar

Role = OneOf["retriever", "encoder", "reranker"]
Kind = OneOf[
    "integer", "number", "text", "flag", "value", "list", "predicate", "columns", "encoder", "retriever", "embedding"
]
"""What an argument takes: `value` is any literal or parameter, `predicate` a WHERE expression in quotes, `columns`
order keys, `embedding` the name of one that is declared; `list` also one value, or a parameter bound to a list."""


@dataclass(frozen=True)
class ArgumentSpec:
    """`default` None means: not given. Required ones have no default and must be given, by value or parameter."""

    name: str
    kind: Kind
    default: Scalar = None
    required: bool = False
    aliases: tuple[str, ...] = ()
    choices: Mapping[str, str] | None = None  # accepted spelling -> canonical one
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class StageSpec:
    """`positional` names the arguments that may come first without a name, in order."""

    kind: str
    role: Role
    doc: str
    arguments: tuple[ArgumentSpec, ...]
    positional: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    reads_clock: bool = False  # whether the same catalog can give something else on another day

    def argument(self, name: str) -> ArgumentSpec | None:
        """The argument of that name or alias, in any case; None if there is none."""
        wanted = name.lower()
        return next((one for one in self.arguments if wanted in (one.name, *one.aliases)), None)


MOST_ROWS = 1_000
MOST_CANDIDATES = 10_000


def _integer(name: str, default: int | None, low: int, high: int | None, *aliases: str) -> ArgumentSpec:
    return ArgumentSpec(name, "integer", default, aliases=aliases, low=low, high=high)


EMBEDDING = ArgumentSpec("embedding_ref", "embedding", required=True)
ITEM = ArgumentSpec("input_item_id", "value")
USER = ArgumentSpec("input_user_id", "value")
CROP = ArgumentSpec("object", "value")
NAME = ArgumentSpec("name", "text")
LIMIT = _integer("limit", 100, 1, MOST_CANDIDATES)
WHERE = ArgumentSpec("where", "predicate")
ENTITY = ArgumentSpec(
    "entity_type", "text", "item", choices={"item": "item", "items": "item", "user": "user", "users": "user"}
)
COMMON = (LIMIT, WHERE, NAME, ENTITY)
STRENGTH = ArgumentSpec("strength", "number", 0.5, low=0.0, high=1.0)
LOOKBACK = _integer("diversity_lookback_window", 30, 1, MOST_ROWS, "lookback", "lookback_window")
FEATURES = ArgumentSpec("input_item_features", "value", aliases=("item_features", "item_attributes"))

RETRIEVERS = (
    StageSpec(
        "similarity",
        "retriever",
        "nearest neighbours of what the encoder gives, in one embedding",
        (EMBEDDING, ArgumentSpec("encoder", "encoder", required=True), *COMMON),
        positional=("embedding_ref",),
    ),
    StageSpec(
        "text_search",
        "retriever",
        "by BM25 (lexical), or nearest to the encoded text (vector)",
        (
            ArgumentSpec("query", "value", required=True, aliases=("input_text_query", "text", "input_query")),
            ArgumentSpec("mode", "text", "lexical", choices={"lexical": "lexical", "vector": "vector"}),
            ArgumentSpec("text_embedding_ref", "embedding", "content_embedding"),
            _integer("fuzziness_edit_distance", 0, 0, 2, "fuzziness"),
            *COMMON,
        ),
        positional=("query",),
    ),
    StageSpec(
        "column_order",
        "retriever",
        "top by columns",
        (ArgumentSpec("columns", "columns", required=True), *COMMON),
        positional=("columns",),
    ),
    StageSpec("filter", "retriever", "any that match, in order of id", COMMON, positional=("where",)),
    StageSpec(
        "ids",
        "retriever",
        "a given list, in its order",
        (ArgumentSpec("item_ids", "list", required=True, aliases=("candidate_ids", "ids", "input_item_ids")), *COMMON),
        positional=("item_ids",),
        aliases=("candidate_ids",),
    ),
    StageSpec(
        "candidate_attributes",
        "retriever",
        "items that are not in the catalog, from their attributes",
        (ArgumentSpec("item_attributes", "list", required=True, aliases=("candidates",)), *COMMON),
        positional=("item_attributes",),
    ),
    StageSpec(
        "cooccurrence",
        "retriever",
        "pins that share boards with one, most first",
        (ArgumentSpec("input_item_id", "value", required=True), _integer("min_boards", 1, 1, None), *COMMON),
        positional=("input_item_id",),
    ),
    StageSpec(
        "random_walk",
        "retriever",
        "pins by visits of walks over boards",
        (ITEM, USER, *COMMON),
        positional=("input_item_id",),
    ),
    StageSpec(
        "memorised",
        "retriever",
        "pins that people engaged with from this one, by Memboost",
        (ArgumentSpec("input_item_id", "value", required=True), *COMMON),
        positional=("input_item_id",),
    ),
)

TRUNCATE = _integer("truncate_interactions", 10, 1, 1_000, "truncate")
POOLING = ArgumentSpec(
    "pooling_function",
    "text",
    "mean",
    aliases=("pool_fn", "pooling"),
    choices={"mean": "mean", "avg": "mean", "max": "max", "sum": "sum", "min": "min"},
)

ENCODERS = (
    StageSpec("precomputed_item", "encoder", "the item's own vector", (ITEM, CROP), ("input_item_id",)),
    StageSpec("precomputed_user", "encoder", "the user's own vector", (USER,), ("input_user_id",)),
    StageSpec(
        "item_attribute_pooling",
        "encoder",
        "the item's vector, or that of a pin not indexed yet, from its image or text",
        (ITEM, FEATURES, CROP),
        ("input_item_id",),
    ),
    StageSpec(
        "user_attribute_pooling",
        "encoder",
        "the mean vector of items whose columns have the values of the user's attributes",
        (USER, ArgumentSpec("input_user_features", "value", aliases=("user_features",))),
        ("input_user_id",),
    ),
    StageSpec(
        "interaction_pooling",
        "encoder",
        "the user's recent saves, pooled",
        (USER, TRUNCATE, POOLING),
        ("input_user_id",),
    ),
    StageSpec(
        "interaction_round_robin",
        "encoder",
        "the user's recent saves in clusters, one list each, dealt in turn",
        (USER, TRUNCATE, _integer("num_clusters", 5, 1, 50)),
        ("input_user_id",),
    ),
    StageSpec(
        "text_encoder",
        "encoder",
        "a text, encoded into the embedding",
        (
            ArgumentSpec("input_text_query", "value", aliases=("query", "text", "input_query")),
            ArgumentSpec("text_embedding_ref", "embedding", aliases=("embedding_ref",)),
        ),
        ("input_text_query",),
    ),
)

RERANKERS = (
    StageSpec(
        "diversity",
        "reranker",
        "each pick adds something to the last few",
        (
            STRENGTH,
            LOOKBACK,
            _integer("diversity_lookforward_window", 30, 1, MOST_CANDIDATES, "lookforward", "lookforward_window"),
            ArgumentSpec("diversity_attributes", "list", aliases=("attributes",)),
            ArgumentSpec("text_encoding_embedding_ref", "embedding"),
            ArgumentSpec("method", "text", "ssd", choices={"ssd": "ssd", "mmr": "mmr", "dpp": "dpp"}),
            ArgumentSpec("signals", "text"),
            _integer("pool", None, 1, MOST_CANDIDATES),
        ),
        positional=("strength",),
    ),
    StageSpec(
        "exploration",
        "reranker",
        "weaves in items from outside the candidates",
        (
            STRENGTH,
            ArgumentSpec("retriever", "retriever"),
            _integer("diversity_lookback_window", 20, 1, MOST_ROWS, "lookback", "lookback_window"),
            _integer("seed", 0, 0, None),
        ),
        positional=("strength",),
        reads_clock=True,  # it prefers what is new
    ),
    StageSpec(
        "boosted",
        "reranker",
        "weaves in items by their `boost` column",
        (STRENGTH, ArgumentSpec("retriever", "retriever")),
        positional=("strength",),
        aliases=("boost",),
    ),
    StageSpec(
        "quota",
        "reranker",
        "no more than so many of one value in any window",
        (
            ArgumentSpec("column", "text", required=True),
            _integer("at_most", 3, 1, None),
            _integer("window", 10, 1, None),
        ),
        positional=("column",),
    ),
)

STAGES = RETRIEVERS + ENCODERS + RERANKERS
_BY_NAME = {(one.role, name): one for one in STAGES for name in (one.kind, *one.aliases)}


def stage_spec(role: Role, name: str) -> StageSpec | None:
    """The stage of that role by its name or alias, in any case; None if there is none."""
    return _BY_NAME.get((role, name.lower()))


def stage_names(role: Role) -> list[str]:
    return [one.kind for one in STAGES if one.role == role]
