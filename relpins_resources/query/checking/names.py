"""Whether every name in a plan is declared: embeddings, columns, models, features, filters, retrievers.

Declared is not built: what a profile or schema declares may have no data yet, so that a query is checked before there
is any. Whether the kinds of values that names stand for go together is found in `dry_run.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from typing import Literal as OneOf

from relpins_resources.query.checking.declared import Declared
from relpins_resources.query.checking.dry_run import check_kinds
from relpins_resources.query.checking.uses import Used, stages_of
from relpins_resources.query.errors import NOWHERE, QueryError, nearest
from relpins_resources.query.plan import Argument, Call, Expr, Items, Literal, Name, Node, Query, Stage
from relpins_resources.query.signatures import SIGNATURES
from relpins_resources.query.stages import ArgumentSpec

__all__ = ["Declared", "check_expression", "check_names", "retriever_names"]

ENTITIES = ("item", "query_item", "user")
OF_CANDIDATES = ("days_since_release", "user_category_affinity")
"""Names that are no column and can be asked of every candidate."""
OF_RESULTS = ("item_id", "id", "score", "metadata", "explanation")
SCORE, RANK = "score", "_rank"
OF_ENTITY: Mapping[str, tuple[str, ...]] = {
    "text_encoding": ENTITIES,
    "pooled_text_encoding": ("user.recent_interactions",),
    "cross_encoder": ("item", "query_item"),
    "colbert_v2": ("item", "query_item"),
}
"""What stands first in the functions that take a whole entity."""

Place = OneOf["a retriever's where", "column_order", "WHERE", "score", "ORDER BY"]
BEFORE_CANDIDATES: tuple[Place, ...] = ("a retriever's where", "column_order")


def retriever_names(query: Query) -> list[str]:
    """What each retriever of FROM is called in `retrieval.NAME`, in order; all different.

    Its own `name`; without one, of similarity the embedding's name without `_embedding`, of any other its kind. A
    second one that would be called the same is NAME_2.

    Raises:
        QueryError: a name that is given twice, is no plain text, or ends in `_rank`, which `retrieval.NAME_rank` means.
    """
    given = [_given_name(stage) for stage in query.retrievers]
    taken: set[str] = set()
    for name, stage in zip(given, query.retrievers, strict=True):
        if name in taken:
            raise QueryError(f"two retrievers are named {name!r}; name them apart", None, stage.at)
        taken |= {name} if name is not None else set()
    names = []
    for name, stage in zip(given, query.retrievers, strict=True):
        called = name if name is not None else _first_free(_default_name(stage), taken)
        taken.add(called)
        names.append(called)
    return names


def check_names(query: Query, declared: Declared) -> None:
    """Check that a plan names nothing that is not declared, and that the kinds of what it names go together.

    Raises:
        QueryError: at the place of the first name that is not, with those nearest to it, or of an operation that cannot
            be; `error.within(text)` shows it in the query's text.
    """
    known = replace(declared, retrievers=retriever_names(query))
    for used in stages_of(query):
        for argument, value in used.arguments():
            _check_argument(used, argument, value, known)
        _check_text_encoder(used, known)
    if query.where is not None:
        check_expression(query.where, known, "WHERE")
    if query.score is not None:
        check_expression(query.score.expression, known, "score")
    for key in query.order_by:
        if key.key != Name((SCORE,)):
            check_expression(key.key, known, "ORDER BY")
        elif query.score is None:
            raise QueryError("ORDER BY score: the query has no score(expression='...')", None, key.key.at)
    places = query.select_at or (NOWHERE,) * len(query.select)
    for name, at in zip(query.select, places, strict=True):
        if name not in OF_RESULTS and name.split(".")[0] not in known.item_columns:
            _check_known("column to select", name, [*OF_RESULTS, *known.item_columns], Name((name,), at=at))
    check_kinds(query, known)


def check_expression(expression: Node, declared: Declared, place: Place = "WHERE") -> None:
    """Check the names of one expression; `place` says what may be asked there.

    Raises:
        QueryError: as `check_names`.
    """
    if isinstance(expression, Name):
        _check_name(expression, declared, place)
    elif isinstance(expression, Call):
        for node in _check_call(expression, declared, place):
            check_expression(node, declared, place)
    else:
        for node in _children(expression):
            check_expression(node, declared, place)


def _children(node: Node) -> Iterator[Node]:
    """The nodes right below one; those in tuples too."""
    waiting = [getattr(node, one.name) for one in reversed(fields(node))]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Node):
            yield part
        elif isinstance(part, tuple):
            waiting.extend(reversed(part))


# ---- names of retrievers


def _given_name(stage: Stage) -> str | None:
    given = stage.get("name")
    if given is None:
        return None
    if not isinstance(given, Literal) or not isinstance(given.value, str) or not given.value:
        raise QueryError(f"the name of {stage.kind}() must be a text written in the query", None, _at(given, stage))
    if given.value.endswith(RANK):
        problem = f"a retriever cannot be named {given.value!r}: retrieval.NAME{RANK} is the place in the list of NAME"
        raise QueryError(problem, None, _at(given, stage))
    return given.value


def _default_name(stage: Stage) -> str:
    embedding = stage.get("embedding_ref")
    if stage.kind == "similarity" and isinstance(embedding, Literal) and isinstance(embedding.value, str):
        return embedding.value.removesuffix("_embedding") or embedding.value
    return stage.kind


def _first_free(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


# ---- arguments of stages


def _check_argument(used: Used, argument: ArgumentSpec, value: Argument, declared: Declared) -> None:
    kind = used.spec.kind
    if argument.name == "entity_type" and isinstance(value, Literal) and value.value == "user":
        raise QueryError(f"{kind}() retrieves items; leave entity_type='user' out", None, _at(value, used.stage))
    if argument.kind == "embedding":
        known = declared.text_embeddings if argument.name.startswith("text_") else declared.embeddings
        _check_one_of(f"{argument.name} of {kind}()", value, known, used.stage)
    elif argument.kind == "predicate" and isinstance(value, Node):
        check_expression(value, declared, "a retriever's where")
    elif argument.kind == "columns" and isinstance(value, tuple):
        for key in value:
            _check_column_key(key.key, declared)
    elif kind == "quota" and argument.name == "column":
        _check_one_of("column of quota()", value, declared.item_columns, used.stage)
    elif argument.name == "diversity_attributes":
        for one in value.values if isinstance(value, Items) else (value,):
            _check_one_of("diversity_attributes", one, declared.item_columns, used.stage)
    elif argument.name == "signals":
        _check_signals(value, declared)
    elif argument.kind == "retriever" and not isinstance(value, Stage):
        _check_one_of(f"retriever of {kind}()", value, declared.retrievers, used.stage)


def _check_one_of(what: str, value: Argument, known: Collection[str], stage: Stage) -> None:
    if not isinstance(value, Literal) or not isinstance(value.value, str):
        raise QueryError(f"{what} must be a name written in the query, not a parameter", None, _at(value, stage))
    if value.value not in known:
        raise QueryError(
            f"{what} names {value.value!r}, which is not declared{nearest(value.value, known)}", None, _at(value, stage)
        )


def _check_signals(value: Argument, declared: Declared) -> None:
    """`clip_embedding:0.4, ...`; what else may be wrong with it is the reranker's to say."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        known = [*declared.embeddings, *declared.signals]
        for part in value.value.split(","):
            name = part.split(":")[0].strip()
            if name and name not in known:
                raise QueryError(f"there is no signal {name!r}{nearest(name, known)}", None, value.at)


def _check_column_key(key: Expr, declared: Declared) -> None:
    if not isinstance(key, Name):
        raise QueryError("column_order() orders by columns; order by an expression with ORDER BY", None, key.at)
    check_expression(key, declared, "column_order")


def _check_text_encoder(used: Used, declared: Declared) -> None:
    """A text can be searched for only in the space that it is encoded into."""
    if used.spec.kind != "text_encoder" or used.above is None:
        return
    own, searched = used.stage.get("text_embedding_ref"), used.above.get("embedding_ref")
    if own is None and searched is not None:
        _check_one_of(
            "embedding_ref of a similarity() with a text_encoder()", searched, declared.text_embeddings, used.above
        )
    elif own is not None and own != searched and isinstance(own, Literal) and isinstance(searched, Literal):
        problem = f"text_encoder() gives vectors of {own.value!r}, and similarity() searches {searched.value!r}"
        raise QueryError(f"{problem}; name one of them in both", None, own.at)


# ---- names in expressions


def _check_call(call: Call, declared: Declared, place: Place) -> list[Node]:
    """Check what a function names itself; returns those arguments that are expressions."""
    name, options = call.function, dict(call.options)
    if name not in SIGNATURES:
        raise QueryError(f"there is no function {name!r}{nearest(name, SIGNATURES)}", None, call.at)
    if name in ("rank", "truncate") and place in BEFORE_CANDIDATES:
        problem = f"{name}() asks about the candidates, and {place} is read before there are any; use it after FROM"
        raise QueryError(problem, None, call.at)
    for option in ("embedding", "embedding_ref"):
        if option in options:
            _check_written(f"{option} of {name}()", options.pop(option), declared.embeddings, call)
    arguments: list[Node] = list(call.arguments)
    if name == "prebuilt":
        _check_written("prebuilt()", arguments.pop(0), declared.filters, call)
    elif name in OF_ENTITY and arguments and isinstance(arguments[0], Name) and arguments[0].dotted in OF_ENTITY[name]:
        arguments.pop(0)
    return arguments + list(options.values())


def _check_written(what: str, value: Node, known: Collection[str], call: Call) -> None:
    at = value.at if value.at >= 0 else call.at
    if not isinstance(value, Literal) or not isinstance(value.value, str):
        raise QueryError(f"{what} must be a name written in the query", None, at)
    if value.value not in known:
        raise QueryError(f"{what} names {value.value!r}, which is not declared{nearest(value.value, known)}", None, at)


def _check_name(name: Name, declared: Declared, place: Place) -> None:
    head, rest = name.path[0], name.path[1:]
    if head == "retrieval":
        _check_retrieval(name, declared, place)
    elif head == "item" and rest:  # a column that is called as an entity: item.user
        _check_column("column", rest, declared, name)
    elif head in ENTITIES and not rest and head not in declared.item_columns:
        raise QueryError(
            f"{head} stands for a whole entity; name one of its columns, such as {head}.title", None, name.at
        )
    elif head == "pair":
        _check_known("pair feature", ".".join(rest), declared.pair_features, name)
    elif head == "user" and rest:
        if declared.user_columns is not None:
            _check_known("column of users", rest[0], declared.user_columns, name)
    elif head == "query_item" and rest:
        _check_column("query_item column", rest, declared, name)
    elif name.path not in _special(declared):
        _check_column("column", name.path, declared, name)


def _special(declared: Declared) -> set[tuple[str, ...]]:
    return {(one,) for one in (*OF_CANDIDATES, *declared.models)}


def _check_column(what: str, path: tuple[str, ...], declared: Declared, name: Name) -> None:
    if path == (OF_CANDIDATES[0],):
        return
    extra = () if what.startswith("query_item") else (*OF_CANDIDATES, *declared.models)
    _check_known(what, path[0], (*declared.item_columns, *extra), name)
    kind = declared.item_columns.get(path[0])
    if len(path) > 1 and kind in ("number", "bool", "time", "vector"):
        raise QueryError(f"{path[0]} is a {kind}, there is no {'.'.join(path[1:])!r} in it", None, name.at)


def _check_retrieval(name: Name, declared: Declared, place: Place) -> None:
    if place in BEFORE_CANDIDATES:
        raise QueryError(
            f"{name.dotted} is known of candidates, and {place} is read before there are any", None, name.at
        )
    wanted = ".".join(name.path[1:])
    if wanted not in declared.retrievers and wanted.removesuffix(RANK) not in declared.retrievers:
        known = [*declared.retrievers, *(one + RANK for one in declared.retrievers)]
        raise QueryError(
            f"no retriever of FROM is called {wanted.removesuffix(RANK)!r}{nearest(wanted, known)}", None, name.at
        )


def _check_known(what: str, name: str, known: Collection[str], node: Node) -> None:
    if name not in known:
        raise QueryError(f"there is no {what} {name!r}{nearest(name, known)}", None, node.at)


def _at(value: object, stage: Stage) -> int:
    return value.at if isinstance(value, Node) and value.at >= 0 else stage.at
