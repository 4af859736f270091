"""What the feeds of a strategy depend on, read from its plan: this decides which of them a change makes stale.

A *local* plan's feed is a function of its query pin and of the pins that its retrievers named, and a further pin can
enter it only by being near enough: `affected.py` then finds the feeds that a change reaches. Any other plan (one that
asks what is popular, matches words, filters by columns, weaves in from the whole catalog) is refreshed as a whole when
anything it could read has changed. A plan that reads the clock is refreshed when the day turns.
"""

from __future__ import annotations

from relpins_resources.query.plan import Call, Literal, Name, Query, Stage, walk

LOCAL_COLUMNS = ("item_id", "join_id", "n_boards")
"""Columns of a pin that change only with its join or its boards."""
LOCAL_ENCODERS = ("precomputed_item", "item_attribute_pooling")
CLOCK = ("days_since_release",)


def is_local(query: Query) -> bool:
    """Whether a feed changes only with its own pin, its candidates, and pins near enough to be one."""
    retrievers = all(_is_local_retriever(stage) for stage in query.retrievers)
    rerankers = all(
        stage.kind == "diversity" and stage.get("diversity_attributes") is None for stage in query.rerankers
    )
    return retrievers and rerankers and all(_is_local_node(node) for node in walk(query))


def _is_local_retriever(stage: Stage) -> bool:
    if stage.get("where") is not None:
        return False
    if stage.kind == "cooccurrence":
        return True
    encoder = stage.get("encoder")
    return stage.kind == "similarity" and isinstance(encoder, Stage) and encoder.kind in LOCAL_ENCODERS


def _is_local_node(node: object) -> bool:
    if isinstance(node, Name):
        head, *rest = node.path
        if head == "retrieval" or node.path == ("score",):
            return True
        return (rest[0] if head == "query_item" and rest else head) in LOCAL_COLUMNS and head != "user"
    if isinstance(node, Call):
        return node.function not in ("prebuilt", "now_seconds")
    return True


def reads_clock(query: Query) -> bool:
    """Whether the same catalog gives another feed on another day."""
    return any(
        (isinstance(node, Name) and node.path[-1] in CLOCK)
        or (isinstance(node, Call) and node.function == "now_seconds")
        for node in walk(query)
    )


def embeddings_of(query: Query) -> list[str]:
    """Embeddings that the plan names, in order of first mention."""
    found = []
    for node in walk(query):
        if isinstance(node, Stage):
            found += [node.get("embedding_ref"), node.get("text_embedding_ref")]
        elif isinstance(node, Call):
            found += [dict(node.options).get("embedding"), dict(node.options).get("embedding_ref")]
    return list(dict.fromkeys(str(one.value) for one in found if isinstance(one, Literal)))


def similarity_spaces(query: Query) -> list[str]:
    """The embedding of each similarity retriever, in order: what a local feed's floors are floors of."""
    refs = [stage.get("embedding_ref") for stage in query.retrievers if stage.kind == "similarity"]
    return [str(one.value) for one in refs if isinstance(one, Literal)]


def touching_tables(query: Query) -> tuple[str, ...]:
    """Tables whose changed rows, of pins among a local feed's candidates, can change that feed."""
    vectors = tuple(f"{name}s" for name in embeddings_of(query))
    signals = [_signals(stage) for stage in query.rerankers if stage.kind == "diversity"]
    spread = tuple(table for signal, table in SPREAD_BY.items() if any(one is None or signal in one for one in signals))
    in_signals = tuple(f"{name}s" for name in EMBEDDINGS if any(one is None or name in one for one in signals))
    counts = any(isinstance(node, Name) and node.path == ("n_boards",) for node in walk(query))
    boards = ("cooccurrence_candidates",) if counts else ()
    return tuple(dict.fromkeys(("pin_joins", *vectors, *in_signals, *spread, *boards)))


EMBEDDINGS = ("clip_embedding", "content_embedding", "twotower_embedding", "pinclip_embedding")
SPREAD_BY = {"cooccurrence": "cooccurrence_candidates", "semantic_id": "semantic_ids"}


def _signals(stage: Stage) -> str | None:
    """The signals that a diversity names; None where it takes the usual ones, which are all there are."""
    named = stage.get("signals")
    other = stage.get("text_encoding_embedding_ref")
    if not isinstance(named, Literal):
        return None
    return f"{named.value} {other.value if isinstance(other, Literal) else ''}"
