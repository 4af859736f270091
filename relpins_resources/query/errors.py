"""What is wrong with a query, and where in its text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from relpins_resources.errors import RelpinsError

NOWHERE = -1
"""Position of what stands in no text: a plan made in code or read from YAML."""


LONGEST_PROBLEM = 1_000
SHOWN_WIDTH = 160
"""Characters of a line that are shown around the place."""


class QueryError(RelpinsError):
    """The only error that a query's text, its plan or its parameters can raise.

    `position` counts characters from 0; `text` is the query it counts in. The message ends with the line of the text
    and a caret under the place, where both are known.
    """

    def __init__(self, problem: str, text: str | None = None, position: int = NOWHERE) -> None:
        if len(problem) > LONGEST_PROBLEM:  # a value that somebody gave may be of any size
            problem = f"{problem[:LONGEST_PROBLEM]}... ({len(problem):,} characters)"
        self.problem = problem
        self.text = text
        self.position = position
        super().__init__(problem + _shown(text, position))

    def within(self, text: str) -> QueryError:
        """The same error pointing into `text`, for callers that know it when the one who found it does not."""
        return self if self.text is not None else QueryError(self.problem, text, self.position)


def nearest(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """The end of an error about an unknown name: near ones if there are, else what there is."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name.lower(), [one.lower() for one in names], n=3)
    if near:
        return "; did you mean " + " or ".join(one for one in names if one.lower() in near) + "?"
    listed = ", ".join(names[:most]) + (", ..." if len(names) > most else "")
    return f"; known: {listed}" if names else ""


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Both from 1."""
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _shown(text: str | None, position: int) -> str:
    if text is None or not 0 <= position <= len(text):
        return ""
    line, column = line_and_column(text, position)
    whole = text.split("\n")[line - 1].replace("\t", " ").rstrip("\r")
    start = max(0, column - 1 - SHOWN_WIDTH // 2)
    shown = whole[start : start + SHOWN_WIDTH]
    return f" (line {line}, column {column})\n  {shown}\n  {' ' * (column - 1 - start)}^"
