"""Parameters of a query: what they may be, where their values come from. A value is bound, never spliced into text."""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from relpins_resources.query.checking.uses import stages_of
from relpins_resources.query.errors import NOWHERE, QueryError, nearest
from relpins_resources.query.expressions.values import Kind
from relpins_resources.query.plan import Binary, Expr, In, Items, Name, Param, Query, walk
from relpins_resources.query.stages import MOST_ROWS, ArgumentSpec

ParameterType: TypeAlias = Literal["string", "integer", "number", "boolean", "list", "any"]
PARAMETER_TYPES: tuple[ParameterType, ...] = get_args(ParameterType)
PARAMETER_NAME = re.compile(r"[^\W\d]\w*")
IDS_AND_TEXTS = ("input_item_id", "input_user_id", "input_text_query", "query")
"""Arguments declared as `value` that are never anything but a text."""

_OF_ARGUMENT: Mapping[str, ParameterType] = {
    "integer": "integer",
    "number": "number",
    "text": "string",
    "flag": "boolean",
    "embedding": "string",
}
_OF_COLUMN: Mapping[Kind, ParameterType] = {"text": "string", "number": "number", "bool": "boolean", "time": "string"}
MOST_NUMBER, MOST_DEPTH = 1e300, 16
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3
LIMIT = ArgumentSpec("LIMIT", "integer", low=1, high=MOST_ROWS)
OFFSET = ArgumentSpec("OFFSET", "integer", low=0, high=100 * MOST_ROWS)


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter as a saved query declares it. One that is not `required` is its default where it is not given, and
    may be given as null."""

    name: str
    type: ParameterType = "any"
    default: Any = None
    required: bool = True


@dataclass(frozen=True)
class Bound:
    """A value for every parameter that the query uses, and what to tell whoever gave them."""

    values: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def bind(query: Query, given: Mapping[str, Any], declared: Sequence[ParameterSpec] = ()) -> Bound:
    """The values that a query runs with: those given, else the declared defaults.

    A parameter that is declared nowhere takes any plain value, None too. What it is used for is checked as well: a
    number of rows must be one, whoever declared it. Whole floats become integers where integers are asked for.

    Raises:
        QueryError: a missing parameter, a value of another type, one out of the bounds of the argument it is used for;
            it points at the first use in the text.
    """
    specs = {spec.name: spec for spec in declared}
    values: dict[str, Any] = {}
    for param in _first_uses(query):
        spec = specs.get(param.name)
        if param.name in given:
            values[param.name] = _checked_type(given[param.name], spec or ParameterSpec(param.name), param.at)
        elif spec is not None and not spec.required:
            values[param.name] = _checked_type(spec.default, spec, param.at, "its default")
        else:
            raise QueryError(_missing(param.name, given), None, param.at)
    for use in _uses(query):
        values[use.param.name] = _checked_use(values[use.param.name], use)
    unused = [name for name in given if name not in values]
    return Bound(values, tuple(_unused(name, values) for name in unused))


def check_declared(query: Query, declared: Iterable[ParameterSpec]) -> tuple[str, ...]:
    """Check that declarations hold together with the query; returns a warning for each that it does not use.

    Raises:
        QueryError: a default that is not of its type, or out of the bounds of what the query uses it for.
    """
    specs = {spec.name: spec for spec in declared}
    first = {param.name: param for param in _first_uses(query)}
    for spec in specs.values():
        if spec.default is not None:
            at = first[spec.name].at if spec.name in first else NOWHERE
            _checked_type(spec.default, spec, at, "its default")
    for use in _uses(query):
        found = specs.get(use.param.name)
        if found is not None and found.default is not None:
            _checked_use(found.default, use)
    return tuple(_unused(name, first) for name in specs if name not in first)


def wanted_types(
    query: Query, declared: Iterable[ParameterSpec] = (), columns: Mapping[str, Kind] | None = None
) -> dict[str, ParameterType]:
    """The type that each parameter of a query asks for: as declared, else by what it is used for, else "any".

    Args:
        columns: the items' columns, which say what a parameter that is compared with one should be.
    """
    found: dict[str, set[ParameterType]] = {name.name: set() for name in _first_uses(query)}
    for use in _uses(query):
        found[use.param.name].add(use.type)
    for param, type_ in _compared(query, columns or {}):
        found[param.name].add(type_)
    types: dict[str, ParameterType] = {name: next(iter(one)) if len(one) == 1 else "any" for name, one in found.items()}
    return types | {spec.name: spec.type for spec in declared if spec.type != "any"}


def parse_given(text: str, types: Mapping[str, ParameterType] | None = None) -> tuple[str, Any]:
    """Name and value of one `name=value` from a command line.

    `null` is None. A string is taken as it stands; what asks for another type (or for none in particular) is read as
    JSON where it is JSON, and left to `bind` to refuse where it is not.

    Raises:
        QueryError: there is no `=`, or no name before it.
    """
    name, equals, value = text.partition("=")
    name = name.strip().removeprefix("$")
    if not equals or not PARAMETER_NAME.fullmatch(name):
        raise QueryError(f"a parameter is given as name=value, such as item_id=pin037; got {text!r}")
    return name, _parsed(value, (types or {}).get(name, "any"))


# ---- types of values


def _checked_type(value: Any, spec: ParameterSpec, at: int, what: str = "") -> Any:
    """The value as its type has it."""
    told = f"parameter {spec.name!r}: {what}" if what else f"parameter {spec.name!r}"
    if value is None:
        if spec.required and spec.type != "any":
            raise QueryError(f"{told} is null, and it is required; declare `required: false` to allow that", None, at)
        return None
    if not _is_plain(value):
        raise QueryError(
            f"{told} must be a text, a finite number, true, false, or a list of such; {_got(value)}", None, at
        )
    fitted = _fitted(value, spec.type)
    if fitted is None:
        raise QueryError(f"{told} must be of type {spec.type}; {_got(value)}", None, at)
    return fitted


def _fitted(value: Any, wanted: ParameterType) -> Any:
    """The value if it is of that type, whole floats as integers and tuples as lists; None if it is not."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == "integer":
        return int(value) if is_number and value == int(value) else None
    if wanted == "list" or isinstance(value, tuple):
        return list(value) if isinstance(value, list | tuple) and wanted in ("list", "any") else None
    fits = {"string": isinstance(value, str), "number": is_number, "boolean": isinstance(value, bool), "any": True}
    return value if fits[wanted] else None


def _is_plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in value)  # halves of letters, which nothing encodes
    if isinstance(value, bool | bytes) or value is None:
        return True
    if isinstance(value, int | float):
        return abs(value) < MOST_NUMBER  # false for NaN, and exact for whole numbers of any size
    if isinstance(value, list | tuple) and depth < MOST_DEPTH:
        return all(_is_plain(entry, depth + 1) for entry in value)
    if isinstance(value, Mapping) and depth < MOST_DEPTH:
        return all(isinstance(key, str) and _is_plain(entry, depth + 1) for key, entry in value.items())
    return False


# ---- what parameters are used for


@dataclass(frozen=True)
class _Use:
    """A parameter that is the whole value of an argument, or of LIMIT or OFFSET, or stands after IN."""

    param: Param
    argument: ArgumentSpec
    where: str

    @property
    def type(self) -> ParameterType:
        if self.argument.kind == "list":
            return "list"
        if self.argument.kind == "value" and self.argument.name in IDS_AND_TEXTS:
            return "string"
        return _OF_ARGUMENT.get(self.argument.kind, "any")


def _uses(query: Query) -> Iterator[_Use]:
    for used in stages_of(query):
        for argument, value in used.arguments():
            if isinstance(value, Param):
                yield _Use(value, argument, f"{argument.name} of {used.spec.kind}()")
    for argument, rows in ((LIMIT, query.limit), (OFFSET, query.offset)):
        if isinstance(rows, Param):
            yield _Use(rows, argument, argument.name)
    for name in ("input_user_id", "input_item_id"):
        given = getattr(query.score, name, None)
        if isinstance(given, Param):
            yield _Use(given, ArgumentSpec(name, "value"), f"{name} of score()")
    for node in walk(query):
        if isinstance(node, In) and isinstance(node.among, Param):
            yield _Use(node.among, ArgumentSpec("IN", "list"), "the list after IN")


def _checked_use(value: Any, use: _Use) -> Any:
    """The value as the argument takes it; None stands for the argument's default."""
    told, argument = f"parameter {use.param.name!r} is {use.where}", use.argument
    if value is None:
        return None
    if use.type == "list" and argument.name != "IN" and isinstance(value, str | int | float):
        return value  # one value where a list may stand
    fitted = _fitted(value, use.type)
    if fitted is None:
        raise QueryError(f"{told} and must be of type {use.type}; {_got(value)}", None, use.param.at)
    low, high = argument.low, argument.high
    if (low is not None and fitted < low) or (high is not None and fitted > high):
        raise QueryError(f"{told} and must be {_bounds(low, high)}; {_got(value)}", None, use.param.at)
    if argument.choices is not None and fitted.lower() not in argument.choices:
        known = nearest(fitted, argument.choices)
        raise QueryError(f"{told}, which cannot be {fitted!r}{known}", None, use.param.at)
    return fitted


def _compared(query: Query, columns: Mapping[str, Kind]) -> Iterator[tuple[Param, ParameterType]]:
    """Parameters that are compared with a column, and what its kind asks for."""
    for node in walk(query):
        if isinstance(node, Binary):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                wanted = _of_name(one, columns)
                if isinstance(other, Param) and wanted is not None:
                    yield other, wanted
        elif isinstance(node, In) and isinstance(node.among, Items):
            wanted = _of_name(node.value, columns)
            yield from ((one, wanted) for one in node.among.values if isinstance(one, Param) and wanted is not None)


def _of_name(node: Expr, columns: Mapping[str, Kind]) -> ParameterType | None:
    if not isinstance(node, Name) or len(node.path) == 0:
        return None
    column = node.path[-1]
    return "string" if column.endswith("_id") else _OF_COLUMN.get(columns.get(column, "null"))


def _first_uses(query: Query) -> list[Param]:
    first: dict[str, Param] = {}
    for node in walk(query):
        if isinstance(node, Param):
            first.setdefault(node.name, node)
    return list(first.values())


# ---- from the command line


def _parsed(text: str, wanted: ParameterType) -> Any:
    if text.strip().lower() == "null":
        return None
    if wanted == "string":
        return text
    try:
        value = json.loads(text.strip().lower() if wanted == "boolean" else text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, str) else value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


# ---- words


def _missing(name: str, given: Mapping[str, Any]) -> str:
    near = nearest(name, given) if given else ""
    told = ", ".join(sorted(given)) or "none"
    return f"parameter {name!r} is missing{near if near.startswith('; did') else ''}; given: {told}"


def _unused(name: str, used: Iterable[str]) -> str:
    return f"parameter {name!r} is not used by the query and was ignored{nearest(name, used)}"


def _got(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= MOST_NUMBER:
        return f"got a whole number of {value.bit_length()} bits"
    return f"got {_SHORT.repr(value)}"


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"
