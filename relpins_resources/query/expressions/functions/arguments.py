"""The arguments of one call as its function sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relpins_resources.query.errors import QueryError
from relpins_resources.query.expressions.casts import taken_as
from relpins_resources.query.expressions.frame import Frame
from relpins_resources.query.expressions.values import Kind, Value
from relpins_resources.query.plan import Call, Expr, Literal, Node
from relpins_resources.query.signatures import SIGNATURES


@dataclass(frozen=True)
class Arguments:
    """Positional ones by number, options by name. The parser has checked how many there are and what they are called;
    a plan made in code is checked as far as it is needed."""

    call: Call
    frame: Frame
    evaluate: Callable[[Expr, Frame], Value]

    def __len__(self) -> int:
        return len(self.call.arguments)

    @property
    def name(self) -> str:
        return self.call.function

    def expression(self, at: int) -> Expr:
        """Raises `QueryError` if there is no such argument."""
        if at >= len(self):
            low = SIGNATURES[self.name].low
            raise self.error(f"{self.name} takes at least {low} arguments, received {len(self)}")
        return self.call.arguments[at]

    def value(self, at: int) -> Value:
        return self.evaluate(self.expression(at), self.frame)

    def taken(self, at: int, kind: Kind) -> Value:
        """The argument as a value of `kind`; an error at the argument if it is of another."""
        return taken_as(kind, self.value(at), self.name, self.expression(at))

    def all_taken(self, kind: Kind) -> list[Value]:
        self.expression(0)
        return [self.taken(at, kind) for at in range(len(self))]

    def option(self, name: str) -> Expr | None:
        """None if it is not given and has no default."""
        for given, held in self.call.options:
            if given == name:
                return held
        default = SIGNATURES[self.name].options.get(name)
        return None if default is None else Literal(default)

    def option_number(self, name: str) -> Value:
        held = self.option(name)
        assert held is not None
        return taken_as("number", self.evaluate(held, self.frame), f"{self.name}({name}=..)", held)

    def option_text(self, name: str) -> str:
        """A literal text: what decides which part of the snapshot is read is no parameter."""
        return self.text_of(self.option(name), name)

    def text_of(self, held: Expr | None, name: str) -> str:
        if isinstance(held, Literal) and isinstance(held.value, str):
            return held.value
        problem = f"{self.name} takes {name} as a text between quotes"
        raise self.error(problem if held is None else f"{problem}, not a computed value", held)

    def error(self, problem: str, node: Node | None = None) -> QueryError:
        return QueryError(problem, position=(node or self.call).at)
