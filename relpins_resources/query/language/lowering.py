"""Expressions and order keys: from the syntax tree to the plan, in canonical form. Calls of functions: `calls.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lark import Token, Tree

from relpins_resources.query.errors import nearest
from relpins_resources.query.language.calls import Given, call, is_function
from relpins_resources.query.language.item_names import canonical_path, parts
from relpins_resources.query.language.quoted import content, parameter_name, plain
from relpins_resources.query.language.refusals import shortened
from relpins_resources.query.language.syntax import Branch, Source, read
from relpins_resources.query.plan import (
    Between,
    Binary,
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
    Unary,
)

BIGGEST = 2**63 - 1
CAST_TYPES = {
    **dict.fromkeys(("int", "integer", "bigint", "smallint", "tinyint", "int64", "int32", "long"), "int"),
    **dict.fromkeys(("float", "double", "real", "decimal", "numeric", "number", "float64", "float32"), "float"),
    **dict.fromkeys(("string", "varchar", "text", "char", "utf8"), "string"),
    **dict.fromkeys(("bool", "boolean"), "bool"),
    **dict.fromkeys(("timestamp", "datetime", "timestamptz"), "timestamp"),
}
OPERATORS = {"==": "=", "<>": "!="}


def read_expression(source: Source) -> Expr:
    """The plan of a text that is one expression."""
    return expression(read(source, "whole"), source)


def read_keys(source: Source) -> tuple[OrderKey, ...]:
    """The keys of a text like `price DESC, rating`."""
    tree = read(source, "keys")
    return tuple(order_key(one, source) for one in children(tree))


def expression(node: Branch, source: Source) -> Expr:
    """The plan of an expression's tree."""
    if isinstance(node, Token):
        return _LEAVES[node.type](node, source)
    return _MAKERS[node.data](node.children, source)


def order_key(node: Branch, source: Source) -> OrderKey:
    """Ascending and with NULLs last unless the text says otherwise."""
    value, *words = children(node)
    types = {one.type for one in words if isinstance(one, Token)}
    descending, first = "DESC" in types, True if "FIRST" in types else None
    return OrderKey(expression(value, source), descending, first, at=source.at(value))


def children(node: Branch) -> Sequence[Branch]:
    assert isinstance(node, Tree)
    return node.children


def token(node: Branch) -> Token:
    assert isinstance(node, Token)
    return node


# ---- leaves


def _number(node: Token, source: Source) -> Expr:
    text = node.value
    if text.isdigit():
        if len(text.lstrip("0")) > len(str(BIGGEST)) or int(text) > BIGGEST:
            raise source.error(
                f"{shortened(text)} does not fit into 64 bits; write it as {text[:1]}e{len(text) - 1}", node
            )
        return Literal(int(text), at=source.at(node))
    value = float(text)
    if value == float("inf"):
        raise source.error(f"{shortened(text)} is too large a number; at most 1.7e308", node)
    return Literal(value, at=source.at(node))


def _text(node: Token, source: Source) -> Expr:
    text = content(node, source).text
    name = parameter_name(text)
    return Literal(plain(text), at=source.at(node)) if name is None else Param(name, at=source.at(node))


def _parameter(node: Token, source: Source) -> Expr:
    name = parameter_name(node.value)
    assert name is not None
    return Param(name, at=source.at(node))


def _name(node: Token, source: Source) -> Expr:
    return Name(canonical_path(parts(node.value)), at=source.at(node))


_LEAVES: Mapping[str, Callable[[Token, Source], Expr]] = {
    "NUMBER": _number,
    "TEXT": _text,
    "PARAM": _parameter,
    "PATH": _name,
    "TRUE": lambda node, source: Literal(True, at=source.at(node)),
    "FALSE": lambda node, source: Literal(False, at=source.at(node)),
    "NULL": lambda node, source: Literal(None, at=source.at(node)),
}


# ---- operators


def _binary(parts_: Sequence[Branch], source: Source) -> Expr:
    left, sign, right = parts_
    operator = token(sign).value.lower()
    operator = OPERATORS.get(operator, operator)
    return Binary(operator, expression(left, source), expression(right, source), at=source.at(sign))


def _unary(parts_: Sequence[Branch], source: Source) -> Expr:
    sign, operand = parts_
    value = expression(operand, source)
    operator = token(sign).value.lower()
    number = value.value if isinstance(value, Literal) else None
    if operator == "-" and isinstance(number, int | float) and not isinstance(number, bool):
        return Literal(-number, at=source.at(sign))
    return value if operator == "+" else Unary(operator, value, at=source.at(sign))


def _choice(parts_: Sequence[Branch], source: Source) -> Expr:
    then, sign, condition, _, otherwise = parts_
    branch = (expression(condition, source), expression(then, source))
    return Case((branch,), expression(otherwise, source), at=source.at(sign))


def _is(parts_: Sequence[Branch], source: Source) -> Expr:
    what = token(parts_[-1]).value.lower()
    return Is(expression(parts_[0], source), what, len(parts_) == 4, at=source.at(parts_[1]))


def _like(parts_: Sequence[Branch], source: Source) -> Expr:
    left, right, sign = expression(parts_[0], source), expression(parts_[-1], source), parts_[-2]
    found = Binary(token(sign).value.lower(), left, right, at=source.at(sign))
    return Unary("not", found, at=source.at(parts_[1])) if len(parts_) == 4 else found


def _in(parts_: Sequence[Branch], source: Source) -> Expr:
    value, among = expression(parts_[0], source), expression(parts_[-1], source)
    if isinstance(among, Literal):
        raise source.error("IN takes a list, a parameter or a column of lists; write IN (...)", parts_[-1])
    if isinstance(among, Items) and len(among.values) == 1 and isinstance(among.values[0], Param):
        among = among.values[0]  # `IN ($ids)`: what is bound may be one value or a list
    return In(value, among, len(parts_) == 4, at=source.at(parts_[1]))


def _between(parts_: Sequence[Branch], source: Source) -> Expr:
    value, (low, _, high) = parts_[0], parts_[-3:]
    negated = len(parts_) == 6
    return Between(
        expression(value, source), expression(low, source), expression(high, source), negated, at=source.at(parts_[1])
    )


# ---- forms


def _items(parts_: Sequence[Branch], source: Source) -> Expr:
    mark, *values = parts_
    return Items(tuple([expression(one, source) for one in values]), at=source.at(mark))


def _array(parts_: Sequence[Branch], source: Source) -> Expr:
    mark, *keys = parts_
    for one in keys:
        if len(children(one)) > 1:
            raise source.error("an order (ASC, DESC, NULLS) stands in ORDER BY or in columns=", children(one)[1])
    return Items(tuple([expression(children(one)[0], source) for one in keys]), at=source.at(mark))


def _cast(parts_: Sequence[Branch], source: Source) -> Expr:
    written = token(parts_[-1])
    kind = CAST_TYPES.get(written.lower())
    if kind is None:
        known = nearest(shortened(written), CAST_TYPES, most=30)
        raise source.error(f"CAST knows no type {shortened(written)}{known}", written)
    return Cast(expression(parts_[1], source), kind, at=source.at(parts_[0]))


def _case(parts_: Sequence[Branch], source: Source) -> Expr:
    whens = [one for one in parts_ if isinstance(one, Tree) and one.data == "when"]
    subject = None if parts_[1] is whens[0] else expression(parts_[1], source)
    branches = []
    for one in whens:
        sign, condition, _, value = one.children
        when = expression(condition, source)
        if subject is not None:
            when = Binary("=", subject, when, at=source.at(sign))
        branches.append((when, expression(value, source)))
    has_else = isinstance(parts_[-3], Token) and parts_[-3].type == "ELSE"
    otherwise = expression(parts_[-2], source) if has_else else Literal(None)
    return Case(tuple(branches), otherwise, at=source.at(parts_[0]))


def _call(parts_: Sequence[Branch], source: Source) -> Expr:
    function, *arguments = parts_
    path = parts(token(function).value)
    given = [_given(one, source) for one in arguments if not _is_star(one)]
    for one in arguments:
        if _is_star(one) and is_function(path):
            raise source.error("* is no argument; it stands for all columns, in SELECT alone", one)
    return call(path, given, source.at(function))


def _is_star(node: Branch) -> bool:
    return isinstance(node, Token) and node.type == "STAR"


def _given(node: Branch, source: Source) -> Given:
    if isinstance(node, Tree) and node.data == "named":
        name, _, value = node.children
        return Given(token(name).value, expression(value, source), source.at(name))
    return Given(None, expression(node, source), source.at(node))


_MAKERS: Mapping[str, Callable[[Sequence[Branch], Source], Expr]] = {
    "binary": _binary,
    "unary": _unary,
    "choice": _choice,
    "is_test": _is,
    "like": _like,
    "in_test": _in,
    "between": _between,
    "items": _items,
    "array": _array,
    "cast": _cast,
    "case": _case,
    "call": _call,
}
