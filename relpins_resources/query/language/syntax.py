"""From text to a syntax tree; where that fails is a `QueryError` at its place. What the tree means: `lowering.py`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Literal as OneOf
from typing import TypeAlias

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from relpins_resources.query.errors import QueryError
from relpins_resources.query.language.refusals import REFUSED, refused, unexpected_character, unexpected_token

Start: TypeAlias = OneOf["query", "whole", "keys"]
Branch: TypeAlias = Tree[Token] | Token

LONGEST = 100_000
"""Characters of a query."""
DEEPEST = 100
"""Levels of an expression."""
LOOKED_AT = 4
"""Tokens from the one that cannot stand there on, among which a word that the language refuses explains it."""
WRAPPERS = frozenset({"query", "selection", "aliased", "clause", "keys", "key", "named", "when"})
"""Nodes that make no level of their own."""

GRAMMAR = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
KEYWORDS = frozenset(word for line in GRAMMAR.splitlines() if line.startswith("%declare ") for word in line.split()[1:])
SAME_KEYWORD = {"TRY_CAST": "CAST"}


@dataclass(frozen=True)
class Source:
    """A text to parse. `places[i]` is where its character i stands in the whole query, for a text in quotes; one more
    than there are characters, the last being where the text ends."""

    text: str
    places: tuple[int, ...] | None = None

    def place(self, position: int) -> int:
        return position if self.places is None else self.places[position]

    def at(self, node: Branch) -> int:
        """Where the first character of a token or of a tree's first token stands in the whole query."""
        while isinstance(node, Tree):
            node = node.children[0]
        return self.place(node.start_pos or 0)

    def error(self, problem: str, node: Branch) -> QueryError:
        return QueryError(problem, position=self.at(node))


def read(source: Source, start: Start) -> Branch:
    """The tree of a text. Nothing here recurses, so no text is too deep for it; beyond DEEPEST it is refused."""
    if len(source.text) > LONGEST:
        raise QueryError(f"the query has {len(source.text)} characters; at most {LONGEST} are allowed")
    try:
        tree: Branch = _parser().parse(source.text, start=start)
    except UnexpectedInput as problem:
        raise _explained(problem, source) from None
    _refuse_too_deep(tree, source)
    return tree


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(
        GRAMMAR,
        start=["query", "whole", "keys"],
        parser="lalr",
        lexer="basic",
        lexer_callbacks={"PATH": _marked},
    )


def _marked(token: Token) -> Token:
    word = token.upper()
    word = SAME_KEYWORD.get(word, word)
    return token.update(type=word) if word in KEYWORDS else token


def _explained(problem: UnexpectedInput, source: Source) -> QueryError:
    if isinstance(problem, UnexpectedToken):
        return _misplaced(problem, source)
    position = problem.pos_in_stream or 0
    return QueryError(unexpected_character(source.text[position:]), position=source.place(position))


def _misplaced(problem: UnexpectedToken, source: Source) -> QueryError:
    ended = problem.token.type == "$END"
    position = len(source.text.rstrip()) if ended else problem.token.start_pos or 0
    before = _last(_tokens(source.text[:position]))
    near = islice(_tokens(source.text[position:]), LOOKED_AT)
    word = refused([before] if before is not None and refused([before]) else near)
    if word is not None:
        position = (word.start_pos or 0) + (0 if word is before else position)
        return QueryError(REFUSED[word.upper()], position=source.place(position))
    return QueryError(unexpected_token(problem.token, before, problem.accepts), position=source.place(position))


def _tokens(text: str) -> Iterator[Token]:
    """The tokens up to the first character that starts none."""
    try:
        yield from _parser().lex(text)
    except UnexpectedCharacters:
        return


def _last(tokens: Iterator[Token]) -> Token | None:
    return next(iter(deque(tokens, maxlen=1)), None)


def _refuse_too_deep(tree: Branch, source: Source) -> None:
    waiting: list[tuple[Branch, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, Token):
            continue
        depth += _levels(node)
        if depth > DEEPEST:
            raise source.error(f"the expression nests deeper than {DEEPEST} levels; shorten or split it", node)
        waiting.extend((child, depth) for child in node.children)


def _levels(node: Tree[Token]) -> int:
    """How many levels of the plan a node of the tree makes."""
    if node.data in WRAPPERS:
        return 0
    last = node.children[-1]
    if node.data == "unary" and isinstance(last, Token) and last.type == "NUMBER":
        return 0  # a negative number is one literal
    if node.data == "like":
        return len(node.children) - 2  # NOT LIKE is two
    return 2 if node.data == "case" and not is_tree(node.children[1], "when") else 1


def is_tree(node: Branch, data: str) -> bool:
    return isinstance(node, Tree) and node.data == data
