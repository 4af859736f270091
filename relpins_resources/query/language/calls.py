"""Calls of the expression language, checked against `signatures.py` and brought into canonical form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.language.item_names import ENTITIES
from relpins_resources.query.language.refusals import shortened
from relpins_resources.query.plan import Call, Expr, Literal, Name, Param
from relpins_resources.query.signatures import ALIASES, SIGNATURES, Signature, function_name
from relpins_resources.query.stages import STAGES

AGGREGATES = frozenset({"count", "sum", "avg", "mean", "median", "stddev", "variance"})
WINDOWS = frozenset({"row_number", "dense_rank", "lag", "lead", "ntile", "first_value", "last_value", "percent_rank"})
POOLINGS = {"mean": "mean", "avg": "mean", "max": "max", "sum": "sum", "min": "min"}
REFERENCE = "ref:data.filters:"
HISTORY = ("user", "recent_interactions")


@dataclass(frozen=True)
class Given:
    """One argument as it stands in the text; `name` None is one by position."""

    name: str | None
    value: Expr
    at: int


def call(path: tuple[str, ...], given: Sequence[Given], at: int) -> Expr:
    """The plan of `path(given)`. Raises QueryError for an unknown function or argument, or one too many or too few."""
    if len(path) == 2 and path[0].lower() == "retrieval":
        return _of_retrieval(path[1], given, at)
    name = function_name(path[0])
    if name is None or not is_function(path):
        raise QueryError(_unknown(".".join(path)), position=at)
    signature = SIGNATURES[name]
    arguments, options = _placed(name, signature, given, at)
    arguments = [_argument(name, value) for value in arguments]
    options = {option: _option(name, option, value) for option, value in options.items()}
    kept = [(option, options[option]) for option in sorted(options) if not _is_default(signature, option, options)]
    return Call(name, tuple(arguments), tuple(kept), at=at)


def is_function(path: tuple[str, ...]) -> bool:
    """Whether the language has a function of that name; those of `retrieval` apart."""
    return len(path) == 1 and function_name(path[0]) is not None


def _of_retrieval(method: str, given: Sequence[Given], at: int) -> Expr:
    """get_score("N", d) is coalesce(retrieval.N, d); get_rank the same with retrieval.N_rank."""
    ending = {"get_score": "", "get_rank": "_rank"}.get(method.lower())
    if ending is None:
        known = nearest(method, ["get_score", "get_rank"])
        raise QueryError(f"retrieval has no function {shortened(method)}(){known}", position=at)
    who = f"retrieval.{method.lower()}"
    values = {one.name or ("name", "default", "?")[min(place, 2)]: one for place, one in enumerate(given)}
    named = values.get("name")
    if named is None or len(values) != len(given) or values.keys() - {"name", "default"}:
        raise QueryError(f'{who}() takes the name of a retriever and a default: {who}("clip", 0.0)', position=at)
    column = Name(("retrieval", _text(f"{who}: the name of the retriever", named.value) + ending), at=at)
    return Call("coalesce", (column, values["default"].value), at=at) if "default" in values else column


def _unknown(name: str) -> str:
    lower, shown = name.lower(), shortened(name)
    if lower in AGGREGATES:
        return f"{shown}() over rows is not in the language: an expression is about one candidate"
    if lower in WINDOWS:
        return f'window functions ({shown}()) are not in the language; use rank(embedding="...") or retrieval.NAME_rank'
    if lower == "score":
        return "score() stands in SELECT or in ORDER BY, and only once in a query"
    for one in STAGES:
        if lower in (one.kind, *one.aliases):
            where = {"retriever": "FROM", "reranker": "REORDER BY", "encoder": "encoder= of similarity()"}[one.role]
            return f"{shown}() is no function of an expression: it stands in {where}"
    return f"unknown function {shown}(){nearest(shown, [*SIGNATURES, *ALIASES])}"


def _placed(name: str, signature: Signature, given: Sequence[Given], at: int) -> tuple[list[Expr], dict[str, Expr]]:
    """Arguments by position and options by name."""
    arguments: list[Expr] = []
    options: dict[str, Expr] = {}
    for place, one in enumerate(given):
        if one.name is None and any(other.name for other in given[:place]):
            raise QueryError(f"{name}(): an argument without a name stands before those with one", position=one.at)
        if one.name is None and len(arguments) < signature.high:
            arguments.append(one.value)
            continue
        option = _option_name(name, signature, one, options)
        if option in options:
            raise QueryError(f"{name}(): {option} is given twice", position=one.at)
        options[option] = one.value
    missing = [
        one
        for one, default in signature.options.items()
        if default is None and one not in options and name != "prebuilt"
    ]
    if len(arguments) < signature.low or missing:
        raise QueryError(f"{name}() takes {_takes(signature)}, not {_received(given)}", position=at)
    return arguments, options


def _option_name(name: str, signature: Signature, one: Given, options: dict[str, Expr]) -> str:
    if one.name is None:
        free = [option for option in signature.may_lead if option not in options]
        if not free:
            raise QueryError(f"{name}() takes {_takes(signature)}; this is one more", position=one.at)
        return free[0]
    if one.name.lower() not in signature.options:
        known = nearest(one.name, signature.options) if signature.options else "; it takes none by name"
        raise QueryError(f"{name}() has no argument {shortened(one.name)}{known}", position=one.at)
    return one.name.lower()


def _takes(signature: Signature) -> str:
    low, high = signature.low, signature.high
    by_place = f"{low}" if low == high else f"{low} to {high}" if high < 64 else f"{low} or more"
    counted = f"{by_place} argument{'s' if by_place != '1' else ''}" if high else ""
    named = ", ".join(f"{one}=" for one in signature.options)
    return " and ".join(part for part in (counted, named) if part) or "no argument"


def _received(given: Sequence[Given]) -> str:
    names = [one.name for one in given if one.name]
    counted = len(given) - len(names)
    return (str(counted) if counted or not names else "") + (" and " if counted and names else "") + ", ".join(names)


def _is_default(signature: Signature, option: str, options: dict[str, Expr]) -> bool:
    default = signature.options[option]
    return default is not None and options[option] == Literal(default)


def _argument(name: str, value: Expr) -> Expr:
    """The arguments of a few functions are more than any expression."""
    if name == "text_encoding":
        _entity(name, value, ENTITIES)
    elif name in ("cross_encoder", "colbert_v2") and isinstance(value, Name):
        _entity(name, value, ("item", "query_item"))
    elif name == "pooled_text_encoding" and not (isinstance(value, Name) and value.path == HISTORY):
        raise QueryError(f"{name}() pools user.recent_interactions, nothing else", position=value.at)
    elif name == "prebuilt":
        return Literal(_text("prebuilt(): the name of the filter", value).removeprefix(REFERENCE), at=value.at)
    elif name == "truncate" and not isinstance(value, Param):
        number = value.value if isinstance(value, Literal) else None
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise QueryError("truncate() takes a number of items, 0 or more, or a parameter", position=value.at)
    return value


def _entity(name: str, value: Expr, entities: Sequence[str]) -> None:
    if not (isinstance(value, Name) and len(value.path) == 1 and value.path[0] in entities):
        raise QueryError(f"{name}() is about one of {', '.join(entities)}", position=value.at)


def _option(name: str, option: str, value: Expr) -> Expr:
    if option in ("embedding", "embedding_ref"):
        return Literal(_text(f"{name}(): {option}", value), at=value.at)
    if option == "pool_fn":
        written = _text(f"{name}(): {option}", value)
        if written.lower() not in POOLINGS:
            raise QueryError(
                f"{name}(): {option}={shortened(written)!r} is unknown{nearest(written, POOLINGS)}", position=value.at
            )
        return Literal(POOLINGS[written.lower()], at=value.at)
    if not isinstance(value, Literal | Param):
        raise QueryError(f"{name}(): {option} takes a value or a parameter, not an expression", position=value.at)
    if option == "k" and isinstance(value, Literal):
        number = value.value
        if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
            raise QueryError(f"{name}(): k takes a number above 0, not {number!r}", position=value.at)
        return Literal(60, at=value.at) if number == 60 else value
    return value


def _text(what: str, value: Expr) -> str:
    if isinstance(value, Literal) and isinstance(value.value, str) and value.value:
        return value.value
    raise QueryError(f'{what} takes a text that stands in the query, like "clip_embedding"', position=value.at)
