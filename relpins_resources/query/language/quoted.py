"""Texts in quotes: what they hold and where it stands, parameters in quotes, and writing them back."""

from __future__ import annotations

import re

from lark import Token

from relpins_resources.query.language.syntax import Source

PARAMETER = re.compile(r"\$(?:(?:param|parameter)s?\.)?([^\W\d]\w*)", re.IGNORECASE)
ESCAPED = re.compile(r"\$\$+[^\W\d][\w.]*")


def content(token: Token, source: Source) -> Source:
    """The text between the quotes, each character with its place in the whole query; a doubled quote is one."""
    inner = token.value[1:-1]
    mark = token.value[0]
    start = (token.start_pos or 0) + 1
    characters, places = [], []
    position = 0
    while position < len(inner):
        characters.append(inner[position])
        places.append(source.place(start + position))
        position += 2 if inner[position] == mark else 1
    return Source("".join(characters), (*places, source.place(start + len(inner))))


def parameter_name(written: str) -> str | None:
    """The name in `$name`, `$param.name`, `$parameter.name`; None if the text is anything else or more than that."""
    found = PARAMETER.fullmatch(written)
    return found[1] if found else None


def plain(text: str) -> str:
    """The value of a text that is no parameter: `$$name` stands for the text `$name`."""
    return text[1:] if ESCAPED.fullmatch(text) else text


def quote(text: str, mark: str) -> str:
    """A text in quotes as it is written in a query, so that it reads back as this very text."""
    if parameter_name(text) is not None or ESCAPED.fullmatch(text):
        text = "$" + text
    return mark + text.replace(mark, mark * 2) + mark


def quote_expression(text: str) -> str:
    """An expression as an argument; one that is nothing but a parameter in brackets, else it would be its value."""
    return "'" + (f"({text})" if parameter_name(text) is not None else text).replace("'", "''") + "'"
