"""A score as the sum of its addends: each counts, or counts 0 where it is NULL.

Addends are the parts of a sum in result position: `a + b - c` has three, and so has a CASE whose branches hold them.
What stands below a product, a quotient or a function is inside a term, where NULL goes through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relpins_resources.query.catalog import Booleans, Doubles
from relpins_resources.query.expressions.casts import taken_as
from relpins_resources.query.expressions.evaluate import condition, evaluated
from relpins_resources.query.expressions.frame import Frame
from relpins_resources.query.expressions.nullable import NEVER, truth, wide
from relpins_resources.query.language.text import format_expression
from relpins_resources.query.plan import Binary, Case, Expr, Unary

DECIMALS = 9
ROUNDED_BELOW = 2.0**22
"""Above it float64 has no nine decimals to round to."""
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Branch:
    """One branch of a CASE that leads to a term; `condition` None is the ELSE."""

    condition: Expr | None


@dataclass(frozen=True)
class Term:
    """One addend. `values` (b, u) have its sign already, NaN where it did not count: NULL, or on a branch not taken.

    `taken` (b, u) says where its branch was taken; `branches` are those from the outside in.
    """

    expression: Expr
    is_negated: bool
    branches: tuple[Branch, ...]
    taken: Booleans
    values: Doubles

    @property
    def text(self) -> str:
        """The addend as it would be written, with its minus."""
        return format_expression(Unary("-", self.expression) if self.is_negated else self.expression)

    @property
    def when(self) -> str | None:
        """The conditions under which it counts, as text; None if it always does."""
        conditions = [one.condition for one in self.branches]
        return " and ".join("otherwise" if one is None else format_expression(one) for one in conditions) or None


def score_terms(expr: Expr, frame: Frame) -> list[Term]:
    """The addends of a score in the order of its text; at least one.

    Raises `QueryError` at an addend that is no number.
    """
    everywhere = np.broadcast_to(np.ones((1, 1), bool), frame.shape)
    terms: list[Term] = []
    with np.errstate(all="ignore"):
        pending: list[tuple[Expr, bool, tuple[Branch, ...], Booleans]] = [(expr, False, (), everywhere)]
        while pending:  # no recursion: a sum may have hundreds of addends
            one, is_negated, branches, taken = pending.pop()
            if isinstance(one, Binary) and one.operator in ("+", "-"):
                pending.append((one.right, is_negated != (one.operator == "-"), branches, taken))
                pending.append((one.left, is_negated, branches, taken))
            elif isinstance(one, Unary) and one.operator == "-":
                pending.append((one.operand, not is_negated, branches, taken))
            elif isinstance(one, Case):
                inside = _branches(one, frame)
                pending += [(then, is_negated, (*branches, by), taken & on) for then, by, on in reversed(inside)]
            else:
                values = _values(one, is_negated, None if taken is everywhere else taken, frame)
                terms.append(Term(one, is_negated, branches, wide(taken, frame.shape), wide(values, frame.shape)))
    return terms


def score_of(terms: Sequence[Term]) -> Doubles:
    """(b, u) the sum of the terms that count: always finite, rounded to nine decimals."""
    total = np.zeros(terms[0].values.shape)
    with np.errstate(all="ignore"):
        for term in terms:
            total += np.where(np.isnan(term.values), 0.0, term.values)
        if not np.isfinite(total).all():
            total = _bounded_sum(terms)
        near = np.round(total, DECIMALS)
    scores: Doubles = np.where(np.abs(total) < ROUNDED_BELOW, near, total) + 0.0  # no negative zero
    return scores


def score(expr: Expr, frame: Frame) -> Doubles:
    """(b, u) `score_of(score_terms(expr, frame))`."""
    return score_of(score_terms(expr, frame))


def _bounded_sum(terms: Sequence[Term]) -> Doubles:
    """The sum with every step kept within what float64 holds; the plain sum wherever that stays within it."""
    total = np.zeros(terms[0].values.shape)
    for term in terms:
        total = np.clip(total + np.where(np.isnan(term.values), 0.0, term.values), -LARGEST, LARGEST)
    return total


def _branches(case: Case, frame: Frame) -> list[tuple[Expr, Branch, Booleans]]:
    """Each branch with where it is taken: the first whose condition is true."""
    left = np.ones((1, 1), bool)
    found: list[tuple[Expr, Branch, Booleans]] = []
    for when, then in case.branches:
        holds = truth(condition(evaluated(when, frame), "WHEN", when))
        found.append((then, Branch(when), left & holds))
        left = left & ~holds
    return [*found, (case.otherwise, Branch(None), left)]


def _values(expr: Expr, is_negated: bool, taken: Booleans | None, frame: Frame) -> Doubles:
    """An addend with its sign, NaN where it does not count; `taken` None is everywhere."""
    number = taken_as("number", evaluated(expr, frame), "a score", expr)
    data: Doubles = -number.data if is_negated else number.data
    if number.is_null is NEVER:
        return data if taken is None else np.where(taken, data, np.nan)
    return np.where(number.is_null if taken is None else number.is_null | ~taken, np.nan, data)
