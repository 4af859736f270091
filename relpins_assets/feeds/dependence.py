"""What the feeds of a strategy depend on, read from its plan: this decides which of them a change makes stale.

A *local* plan's feed is a function of its query pin and of the pins that its retrievers named, and a further pin can
enter it only by being near enough to that query pin: `affected.py` then finds the feeds that a change reaches. Only
what is named here counts as local. Any other plan (one that asks what is popular, matches words, filters by columns,
weaves in from the whole catalog) is refreshed as a whole when anything it could read has changed. A plan that reads the
clock is refreshed when the day turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relpins_assets.feeds.spaces import SPACES
from relpins_resources.query.plan import Call, Literal, Name, Param, Query, Stage, walk
from relpins_resources.query.stages import LIMIT, STAGES

LOCAL_COLUMNS = ("item_id", "join_id", "n_boards")
"""Columns of a pin that change only with its join or its boards."""
LOCAL_FEATURES = (("pair", "memboost"),)
"""Features of two pins that change only with a row of the query pin."""
LOCAL_OF_QUERY = (("query_item", "is_object_dominant"),)
"""Columns that are local of the query pin, and not of a candidate."""
OWN_ROWS = {"engagement": ("memorised", *LOCAL_FEATURES), "dominance": LOCAL_OF_QUERY}
"""Rows of the query pin that few plans read, by their name in a feed's inputs: the retrievers and names that do."""
LOCAL_ENCODERS = ("precomputed_item", "item_attribute_pooling")
LOCAL_FUNCTIONS = ("rank", "similarity", "rrf", "coalesce", "abs", "sqrt", "log", "exp", "round", "min", "max")
CLOCK_COLUMNS, CLOCK_FUNCTIONS = ("days_since_release",), ("now_seconds",)
CLOCK_NAMES = (("pair", "age"),)
CLOCK_STAGES = tuple(stage.kind for stage in STAGES if stage.reads_clock)
SPREAD_BY = {"cooccurrence": "cooccurrence_candidates", "semantic_id": "semantic_ids"}
"""Tables of the signals of diversity that are no embedding."""


def is_local(query: Query, starts_from: str) -> bool:
    """Whether a feed changes only with its own pin, its candidates, and pins near enough to be one.

    Args:
        starts_from: the parameter that names the pin (or person) that a feed is for.
    """
    own = Param(starts_from)
    for_own = query.score is None or query.score.input_item_id in (None, own)
    diverse = all(one.kind == "diversity" and one.get("diversity_attributes") is None for one in query.rerankers)
    retrieved = all(_is_local_retriever(stage, own) for stage in query.retrievers)
    return for_own and diverse and retrieved and all(_is_local_node(node) for node in walk(query))


def _is_local_retriever(stage: Stage, own: Param) -> bool:
    """Whether it starts from the feed's own pin and from nothing else."""
    if stage.get("where") is not None:
        return False
    if stage.kind in ("cooccurrence", "memorised"):
        return stage.get("input_item_id") == own
    if stage.kind == "random_walk":
        return stage.get("input_item_id") == own and stage.get("input_user_id") is None
    encoder = stage.get("encoder")
    return (
        stage.kind == "similarity"
        and isinstance(encoder, Stage)
        and encoder.kind in LOCAL_ENCODERS
        and encoder.arguments == (("input_item_id", own),)
    )


def _is_local_node(node: object) -> bool:
    if isinstance(node, Name):
        head, *rest = node.path
        if head == "retrieval" or node.path == ("score",) or node.path in (*LOCAL_FEATURES, *LOCAL_OF_QUERY):
            return True
        return (rest[0] if head == "query_item" and rest else head) in LOCAL_COLUMNS
    return not isinstance(node, Call) or node.function in LOCAL_FUNCTIONS


def reads_clock(query: Query) -> bool:
    """Whether the same catalog can give another feed on another day."""
    return any(
        (isinstance(node, Name) and (node.path[-1] in CLOCK_COLUMNS or node.path in CLOCK_NAMES))
        or (isinstance(node, Call) and node.function in CLOCK_FUNCTIONS)
        or (isinstance(node, Stage) and node.kind in CLOCK_STAGES)
        for node in walk(query)
    )


def own_rows(query: Query) -> set[str]:
    """Which of OWN_ROWS the plan reads."""
    stages = {stage.kind for stage in query.stages}
    names = {node.path for node in walk(query) if isinstance(node, Name)}
    return {row for row, readers in OWN_ROWS.items() if any(one in stages or one in names for one in readers)}


def embeddings_of(query: Query) -> list[str]:
    """Embeddings that the plan names, in order of first mention."""
    found = []
    for node in walk(query):
        if isinstance(node, Stage):
            found += [node.get("embedding_ref"), node.get("text_embedding_ref")]
        elif isinstance(node, Call):
            found += [dict(node.options).get("embedding"), dict(node.options).get("embedding_ref")]
    return list(dict.fromkeys(str(one.value) for one in found if isinstance(one, Literal)))


def walk_depth(query: Query, values: Mapping[str, Any]) -> int:
    """How much of its pin's walk a feed reads: as many images as its deepest such retriever gives; 0 without one."""
    limits = [stage.get("limit") or LIMIT.default for stage in query.retrievers if stage.kind == "random_walk"]
    bound = [values.get(one.name, LIMIT.high) if isinstance(one, Param) else one for one in limits]
    given = [one.value if isinstance(one, Literal) else one for one in bound]
    return max((int(one) for one in given if isinstance(one, (int, float))), default=0)


def similarity_spaces(query: Query) -> list[str]:
    """The embedding of each similarity retriever, in order: what a local feed's floors are floors of."""
    refs = [stage.get("embedding_ref") for stage in query.retrievers if stage.kind == "similarity"]
    return [str(one.value) for one in refs if isinstance(one, Literal)]


def touching_tables(query: Query) -> tuple[str, ...]:
    """Tables whose changed rows, of pins among a local feed's candidates, can change that feed."""
    signals = [_signals(stage) for stage in query.rerankers if stage.kind == "diversity"]

    def spreads(signal: str) -> bool:
        return any(named is None or signal in named for named in signals)

    named = embeddings_of(query)
    vectors = [space.table for name, space in SPACES.items() if name in named or spreads(name)]
    spread = [table for signal, table in SPREAD_BY.items() if spreads(signal)]
    counts = any(isinstance(node, Name) and node.path == ("n_boards",) for node in walk(query))
    boards = [SPREAD_BY["cooccurrence"]] if counts else []
    return tuple(dict.fromkeys(["pin_joins", *vectors, *spread, *boards]))


def _signals(stage: Stage) -> str | None:
    """The signals that a diversity names; None where it takes the usual ones, which are all there are."""
    named = stage.get("signals")
    other = stage.get("text_encoding_embedding_ref")
    if not isinstance(named, Literal):
        return None
    return f"{named.value} {other.value if isinstance(other, Literal) else ''}"
