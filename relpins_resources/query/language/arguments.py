"""Retrievers, encoders and rerankers: their arguments checked against `stages.py` and brought into canonical form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lark import Token, Tree

from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.language.lowering import children, expression, order_key, read_expression, read_keys, token
from relpins_resources.query.language.quoted import content, parameter_name
from relpins_resources.query.language.refusals import shortened
from relpins_resources.query.language.syntax import Branch, Source, is_tree
from relpins_resources.query.plan import Argument, Expr, Items, Literal, Name, OrderKey, Param, Scalar, Stage
from relpins_resources.query.stages import ArgumentSpec, Role, StageSpec, stage_names, stage_spec


@dataclass(frozen=True)
class Written:
    """One argument in the text; `name` None is one by position."""

    name: str | None
    value: Branch
    at: int


def stage(node: Branch, source: Source, role: Role, more: Sequence[Written] = ()) -> Stage:
    """The plan of `kind(...)`, or of a kind by its name alone. `more` are arguments written elsewhere for it."""
    written, arguments = called(node, source)
    return stage_of(written, [*arguments, *more], node, source, role)


def stage_of(written: str, arguments: Sequence[Written], node: Branch, source: Source, role: Role) -> Stage:
    """The plan of a stage from its name and arguments; `node` is where it stands."""
    spec = stage_spec(role, written) if written else None
    if spec is None:
        raise source.error(_unknown_stage(role, written), node)
    return Stage(spec.kind, _filled(spec, arguments, source, source.at(node)), at=source.at(node))


def called(node: Branch, source: Source) -> tuple[str, list[Written]]:
    """Name and arguments of a call; of a bare or quoted name that and none; ("", []) of anything else."""
    if isinstance(node, Token):
        if node.type == "TEXT":
            return content(node, source).text, []
        return (node.value, []) if node.type == "PATH" else ("", [])
    if node.data != "call":
        return "", []
    function, *arguments = node.children
    return token(function).value, [_written(one, source) for one in arguments]


def _written(node: Branch, source: Source) -> Written:
    if is_tree(node, "named"):
        name, _, value = children(node)
        return Written(token(name).value.lower(), value, source.at(name))
    return Written(None, node, source.at(node))


def _unknown_stage(role: Role, written: str) -> str:
    known = stage_names(role)
    example = {"retriever": "similarity(...)", "encoder": "precomputed_item(...)", "reranker": "diversity(...)"}[role]
    if not written:
        return f"a {role} is written as a call, like {example}; known: {', '.join(known)}"
    others: tuple[Role, ...] = ("retriever", "encoder", "reranker")
    for other in others:
        if stage_spec(other, written):
            return f"{shortened(written)} is a {other}, not a {role}; known: {', '.join(known)}"
    article = "an" if role == "encoder" else "a"
    return f"{shortened(written)} is not {article} {role}{nearest(shortened(written), known)}"


# ---- which argument is which


def _filled(spec: StageSpec, written: Sequence[Written], source: Source, at: int) -> tuple[tuple[str, Argument], ...]:
    placed, others = _placed(spec, _spliced(spec, written, source))
    values: dict[str, Argument] = {}
    for one in spec.arguments:
        if one.name not in placed:
            continue
        value = placed[one.name].value
        if one.kind == "encoder":
            values[one.name] = stage(value, source, "encoder", others)
        else:
            values[one.name] = _KINDS[one.kind](f"{spec.kind}(): {one.name}", value, one, source)
    missing = [one.name for one in spec.arguments if one.required and one.name not in values]
    if missing:
        raise QueryError(f"{spec.kind}() needs {' and '.join(missing)}", position=at)
    return tuple((one.name, values[one.name]) for one in spec.arguments if not _is_default(one, values))


def _spliced(spec: StageSpec, written: Sequence[Written], source: Source) -> list[Written]:
    """`mode=vector(text_embedding_ref='x')` is `mode='vector', text_embedding_ref='x'`."""
    result: list[Written] = []
    for one in written:
        known = spec.argument(one.name) if one.name else None
        if known is not None and known.choices and is_tree(one.value, "call"):
            function, *_ = children(one.value)
            result += [replace(one, value=function), *called(one.value, source)[1]]
        else:
            result.append(one)
    return result


def _placed(spec: StageSpec, written: Sequence[Written]) -> tuple[dict[str, Written], list[Written]]:
    """Arguments by their canonical names, and those that are for the encoder."""
    placed: dict[str, Written] = {}
    others: list[Written] = []
    takes_encoder = spec.argument("encoder") is not None
    for place, one in enumerate(written):
        known = _by_place(spec, place, written) if one.name is None else spec.argument(one.name)
        if known is None and takes_encoder and _is_of_encoders(one.name or ""):
            others.append(one)
        elif known is None:
            names = [argument.name for argument in spec.arguments]
            near = nearest(shortened(one.name or ""), names, most=len(names))
            raise QueryError(f"{spec.kind}() has no argument {shortened(one.name or '')}{near}", position=one.at)
        elif known.name in placed:
            raise QueryError(f"{spec.kind}(): {known.name} is given twice", position=one.at)
        else:
            placed[known.name] = one
    return placed, others


def _by_place(spec: StageSpec, place: int, written: Sequence[Written]) -> ArgumentSpec:
    at = written[place].at
    if any(one.name for one in written[:place]):
        raise QueryError(f"{spec.kind}(): an argument without a name stands before those with one", position=at)
    if place >= len(spec.positional):
        names = ", ".join(one.name for one in spec.arguments)
        raise QueryError(f"{spec.kind}(): this argument needs its name; known: {names}", position=at)
    known = spec.argument(spec.positional[place])
    assert known is not None
    return known


def _is_of_encoders(name: str) -> bool:
    specs = [stage_spec("encoder", kind) for kind in stage_names("encoder")]
    return any(one is not None and one.argument(name) is not None for one in specs)


def _is_default(known: ArgumentSpec, values: Mapping[str, Argument]) -> bool:
    value = values.get(known.name)
    return value is None or (not known.required and value == Literal(known.default))


# ---- what an argument may be


def problem_with(known: ArgumentSpec, value: Scalar) -> str | None:
    """What is wrong with a value of an argument of kind integer, number or flag; None if nothing is."""
    if known.kind == "flag":
        return None if isinstance(value, bool) else f"takes TRUE or FALSE, not {_shown(value)}"
    is_number = isinstance(value, int if known.kind == "integer" else int | float) and not isinstance(value, bool)
    if is_number and isinstance(value, int | float) and _is_within(known, value):
        return None
    wanted = "a whole number" if known.kind == "integer" else "a number"
    return f"takes {wanted}{_bounds(known)}, not {_shown(value)}"


def _is_within(known: ArgumentSpec, value: float) -> bool:
    return (known.low is None or value >= known.low) and (known.high is None or value <= known.high)


def _bounds(known: ArgumentSpec) -> str:
    if known.low is None:
        return ""
    return f" from {known.low:g}" + (f" to {known.high:g}" if known.high is not None else "")


def _shown(value: Scalar) -> str:
    if isinstance(value, str):
        return repr(shortened(value))
    return "NULL" if value is None else str(value).upper() if isinstance(value, bool) else repr(value)


def plain_value(what: str, node: Branch, source: Source) -> Literal | Param | Items:
    """A literal, a parameter or a list of them."""
    if not is_tree(node, "call"):
        value = expression(node, source)
        if isinstance(value, Literal | Param):
            return value
        if isinstance(value, Items) and all(_is_plain(one) for one in value.values):
            return value
        if isinstance(value, Name):
            raise source.error(f"{what} takes a value, not a name; a text stands in quotes: '{value.dotted}'", node)
    raise source.error(f"{what} takes a value or a parameter, not an expression", node)


def _is_plain(value: Expr) -> bool:
    return isinstance(value, Literal | Param) or (
        isinstance(value, Items) and all(_is_plain(one) for one in value.values)
    )


def _any(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    return plain_value(what, node, source)


def _counted(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    value = plain_value(what, node, source)
    if isinstance(value, Param):
        return value
    problem = problem_with(known, value.value) if isinstance(value, Literal) else "takes one value, not a list"
    if problem:
        raise source.error(f"{what} {problem}", node)
    assert isinstance(value, Literal)
    if known.kind == "number" and isinstance(value.value, int):
        return replace(value, value=float(value.value))
    return value


def _list(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    value = plain_value(what, node, source)
    return Items((value,), at=value.at) if isinstance(value, Literal) else value


def _text(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    if isinstance(node, Token) and node.type == "PATH":
        value: Expr = Literal(node.value, at=source.at(node))
    else:
        value = plain_value(what, node, source)
    if not (isinstance(value, Literal) and isinstance(value.value, str) and value.value):
        problem = "a parameter could change the plan" if isinstance(value, Param) else "this is none"
        raise source.error(f"{what} takes a text that stands in the query; {problem}", node)
    if known.choices is None:
        return value
    chosen = known.choices.get(value.value.lower())
    if chosen is None:
        near = nearest(shortened(value.value), known.choices)
        raise source.error(f"{what} is one of {', '.join(known.choices)}, not {_shown(value.value)}{near}", node)
    return replace(value, value=chosen)


def quoted_text(what: str, node: Branch, source: Source) -> Source:
    """The text of an argument that is an expression itself."""
    if not (isinstance(node, Token) and node.type == "TEXT"):
        raise source.error(f"{what} takes an expression in quotes that stands in the query", node)
    inner = content(node, source)
    if parameter_name(inner.text) is not None:
        raise source.error(f"{what} takes an expression, not a parameter: a value never changes the plan", node)
    if not inner.text.strip():
        raise source.error(f"{what} is empty; leave it out or write an expression", node)
    return inner


def _predicate(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    return read_expression(quoted_text(what, node, source))


def _columns(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    keys: tuple[OrderKey, ...]
    if isinstance(node, Tree) and node.data == "array":
        keys = tuple(order_key(one, source) for one in node.children[1:])
    elif isinstance(node, Token) and node.type == "PATH":
        keys = (OrderKey(expression(node, source), at=source.at(node)),)
    else:
        keys = read_keys(quoted_text(what, node, source))
    for one in keys:
        if not isinstance(one.key, Name):
            raise QueryError(f"{what} takes names of columns, like 'price DESC, rating'", position=one.at)
    if not keys:
        raise source.error(f"{what} is empty; name at least one column", node)
    return keys


def _retriever(what: str, node: Branch, known: ArgumentSpec, source: Source) -> Argument:
    return stage(node, source, "retriever") if is_tree(node, "call") else _text(what, node, known, source)


_KINDS: Mapping[str, Callable[[str, Branch, ArgumentSpec, Source], Argument]] = {
    "integer": _counted,
    "number": _counted,
    "flag": _counted,
    "text": _text,
    "embedding": _text,
    "value": _any,
    "list": _list,
    "predicate": _predicate,
    "columns": _columns,
    "retriever": _retriever,
}
