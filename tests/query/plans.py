"""Random plans in canonical form, for Hypothesis: expressions, stages and whole queries."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from relpins_resources.query.plan import (
    ARITHMETIC,
    CAST_TYPES,
    COMPARISON,
    LOGIC,
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Expr,
    In,
    Is,
    Items,
    Literal,
    Name,
    OrderKey,
    Param,
    Query,
    Score,
    Stage,
    Unary,
)
from relpins_resources.query.signatures import SIGNATURES
from relpins_resources.query.stages import ENCODERS, RERANKERS, RETRIEVERS, ArgumentSpec, StageSpec

SCORE = Name(("score",))
COLUMNS = ["price", "title", "item_id", "board_category", "_derived_popular_rank", "limit", "first", "select", "größe"]
PATHS = [
    *((one,) for one in COLUMNS),
    ("days_since_release",),
    ("user_category_affinity",),
    ("ranker",),
    ("query_item", "item_id"),
    ("query_item", "is_object_dominant"),
    ("user", "id"),
    ("user", "age"),
    ("pair", "hamming"),
    ("retrieval", "clip_rank"),
    ("retrieval", "my clip"),
    ("note", "email"),
    ("note", "from", "item"),
    ("item", "user", "name"),
    ("odd `name`",),
    ("a.b", "c"),
]
BIGGEST = 2**63 - 1
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["$item_id", "$$item_id", "$param.x", "it's", 'a "b" c', "--", "100%", "line\nbreak", "$5", "a\\b"]
    ),
)
parameters = st.sampled_from(["item_id", "user_id", "x", "param", "größe"]).map(Param)
numbers = st.one_of(
    st.integers(-BIGGEST, BIGGEST), st.integers(-3, 100), st.floats(allow_nan=False, allow_infinity=False)
)
literals = st.one_of(st.none(), st.booleans(), numbers, texts).map(Literal)
names = st.sampled_from(PATHS).map(Name)
embeddings = st.sampled_from(["clip_embedding", "twotower_embedding", "it's"]).map(Literal)


def is_number(one: Expr) -> bool:
    return isinstance(one, Literal) and isinstance(one.value, int | float) and not isinstance(one.value, bool)


def _in(value: Expr, among: Expr, negated: bool) -> In:
    single = isinstance(among, Items) and len(among.values) == 1 and isinstance(among.values[0], Param)
    return In(value, among.values[0] if single else among, negated)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Expressions one level above `inner`."""
    few = st.lists(inner, max_size=3).map(tuple)
    items = few.map(Items)
    return st.one_of(
        items,
        st.builds(Unary, st.just("-"), inner.filter(lambda one: not is_number(one))),
        st.builds(Unary, st.just("not"), inner),
        st.builds(Binary, st.sampled_from(ARITHMETIC), inner, inner),
        st.builds(Binary, st.sampled_from(COMPARISON), inner, inner),
        st.builds(Binary, st.sampled_from(LOGIC), inner, inner),
        st.builds(_in, inner, st.one_of(items, parameters, names), st.booleans()),
        st.builds(Between, inner, inner, inner, st.booleans()),
        st.builds(Is, inner, st.sampled_from(["null", "true", "false"]), st.booleans()),
        st.builds(Cast, inner, st.sampled_from(CAST_TYPES)),
        st.builds(Case, st.lists(st.tuples(inner, inner), min_size=1, max_size=3).map(tuple), inner),
        _calls(inner),
    )


PLAIN_FUNCTIONS = sorted(
    name
    for name, signature in SIGNATURES.items()
    if not signature.options and name not in ("truncate", "cross_encoder", "colbert_v2")
)


def _calls(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    def plain(name: str) -> st.SearchStrategy[Call]:
        low, high = SIGNATURES[name].low, min(SIGNATURES[name].high, 4)
        return st.lists(inner, min_size=low, max_size=high).map(lambda given: Call(name, tuple(given)))

    def options(**given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries({}, optional=given).map(lambda one: tuple(sorted(one.items())))

    def needed(name: str) -> st.SearchStrategy[Any]:
        return embeddings.map(lambda one: ((name, one),))

    entity = st.sampled_from(["item", "user", "query_item"]).map(lambda one: (Name((one,)),))
    history = st.just((Name(("user", "recent_interactions")),))
    pooled = st.sampled_from([(), (("pool_fn", Literal("max")),)])
    k = st.one_of(st.integers(1, 59), st.floats(0.5, 50)).map(Literal)
    return st.one_of(
        st.sampled_from(PLAIN_FUNCTIONS).flatmap(plain),
        st.builds(Call, st.sampled_from(["rank", "similarity"]), st.just(()), needed("embedding")),
        st.builds(Call, st.just("rrf"), st.lists(inner, min_size=1, max_size=3).map(tuple), options(k=k)),
        st.builds(Call, st.just("text_encoding"), entity, needed("embedding_ref")),
        st.builds(lambda a, b, c: Call("pooled_text_encoding", a, b + c), history, needed("embedding_ref"), pooled),
        st.builds(
            Call,
            st.just("prebuilt"),
            st.just((Literal("exclude_saved"),)),
            options(input_user_id=st.one_of(parameters, literals)),
        ),
        st.builds(
            Call, st.just("truncate"), st.one_of(parameters, st.integers(0, 500).map(Literal)).map(lambda x: (x,))
        ),
        st.builds(Call, st.just("cross_encoder"), parameters.map(lambda one: (Name(("item",)), one))),
    )


expressions = st.recursive(st.one_of(literals, parameters, names), _grown, max_leaves=10)


# ---- stages


scalars = st.one_of(literals, parameters)
values = st.one_of(scalars, st.lists(scalars, max_size=3).map(lambda given: Items(tuple(given))))
order_keys = st.builds(OrderKey, names, st.booleans(), st.sampled_from([None, True]))


def _argument(spec: ArgumentSpec, deep: bool) -> st.SearchStrategy[Any]:
    if spec.kind in ("integer", "number"):
        low, high = spec.low or 0, spec.high if spec.high is not None else 1_000_000
        kind = st.integers(int(low), int(high)) if spec.kind == "integer" else st.floats(low, high)
        return st.one_of(kind.map(Literal), parameters)
    if spec.kind in ("text", "embedding"):
        choices = sorted(set(spec.choices.values())) if spec.choices else None
        return (st.sampled_from(choices) if choices else texts.filter(bool)).map(Literal)
    if spec.kind == "value":
        return values
    if spec.kind == "list":
        return st.one_of(parameters, st.lists(scalars, max_size=3).map(lambda given: Items(tuple(given))))
    if spec.kind == "predicate":
        return expressions
    if spec.kind == "columns":
        return st.lists(order_keys, min_size=1, max_size=3).map(tuple)
    if spec.kind == "encoder":
        return stages(ENCODERS, deep=False)
    assert spec.kind == "retriever"
    named = texts.filter(bool).map(Literal)
    return st.one_of(named, stages(RETRIEVERS, deep=False)) if deep else named


def _is_left_out(spec: ArgumentSpec, value: Any) -> bool:
    return not spec.required and value == Literal(spec.default)


@st.composite
def stages(draw: st.DrawFn, specs: tuple[StageSpec, ...], deep: bool = True) -> Stage:
    """A stage of those, with all required arguments and a few others."""
    spec = draw(st.sampled_from(specs))
    chosen = draw(st.sets(st.sampled_from([one.name for one in spec.arguments]), max_size=4))
    given = []
    for one in spec.arguments:
        if one.required or one.name in chosen:
            value = draw(_argument(one, deep))
            given += [] if _is_left_out(one, value) else [(one.name, value)]
    return Stage(spec.kind, tuple(given))


# ---- queries


entities = st.one_of(st.none(), st.one_of(parameters, texts.map(Literal), st.integers(0, 99).map(Literal)))
scores = st.builds(Score, expressions, entities, entities)


@st.composite
def orders(draw: st.DrawFn, has_score: bool) -> tuple[OrderKey, ...]:
    """Order keys; the score is among them at most once, and never alone and descending."""
    keys = draw(st.lists(st.builds(OrderKey, expressions, st.booleans(), st.sampled_from([None, True])), max_size=2))
    if has_score and draw(st.booleans()):
        keys.insert(draw(st.integers(0, len(keys))), OrderKey(SCORE, draw(st.booleans())))
    return () if keys == [OrderKey(SCORE, descending=True)] else tuple(keys)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """A whole plan."""
    score = draw(st.none() | scores)
    selectable = [".".join(one) for one in PATHS if one[0] not in ("retrieval", "odd `name`", "a.b")]
    return Query(
        retrievers=tuple(draw(st.lists(stages(RETRIEVERS), min_size=1, max_size=3))),
        select=tuple(draw(st.lists(st.sampled_from(selectable), max_size=3, unique=True))),
        where=draw(st.none() | expressions),
        score=score,
        order_by=draw(orders(score is not None)),
        rerankers=tuple(draw(st.lists(stages(RERANKERS), max_size=2))),
        limit=draw(st.one_of(st.none(), parameters, st.integers(1, 1000).map(Literal))),
        offset=draw(st.one_of(st.none(), parameters, st.integers(1, 10_000).map(Literal))),
        explain=draw(st.booleans()),
    )
