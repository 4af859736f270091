"""What ranks in a query: score(), ORDER BY and the rerankers, in either dialect, and the aliases that tie them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lark import Token, Tree

from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.language.arguments import Written, called, plain_value, quoted_text, stage_of
from relpins_resources.query.language.item_names import canonical_path, parts
from relpins_resources.query.language.lowering import children, expression, order_key, read_expression, token
from relpins_resources.query.language.refusals import shortened
from relpins_resources.query.language.syntax import Branch, Source, is_tree
from relpins_resources.query.plan import Expr, Items, Literal, Name, OrderKey, Score, Stage, walk
from relpins_resources.query.stages import stage_spec

SCORE = Name(("score",))
SCORE_ARGUMENTS = ("expression", "input_user_id", "input_item_id")


@dataclass(frozen=True)
class Ranked:
    """The parts of a plan that this module makes."""

    select: tuple[str, ...]
    select_at: tuple[int, ...]
    score: Score | None
    order_by: tuple[OrderKey, ...]
    rerankers: tuple[Stage, ...]


@dataclass(frozen=True)
class _Reranker:
    """`of` is what its `score=` names, None if it has none."""

    stage: Stage
    of: Token | None
    alias: str | None


@dataclass
class _Gathered:
    """What SELECT and ORDER BY have said so far."""

    source: Source
    score: Score | None = None
    score_aliases: set[str] = field(default_factory=set)
    rerankers: list[_Reranker] = field(default_factory=list)
    columns: list[Token] = field(default_factory=list)
    all_columns: bool = False

    def named(self, alias: str) -> _Reranker | None:
        return next((one for one in self.rerankers if one.alias == alias), None)

    def is_score(self, name: str) -> bool:
        return self.score is not None and (name in self.score_aliases or name == "score")

    def aliases(self) -> list[str]:
        return [*self.score_aliases, *(one.alias for one in self.rerankers if one.alias)]


def ranking(selected: Sequence[Branch], keys: Sequence[Branch], reorder: Sequence[Branch], source: Source) -> Ranked:
    """The ranking of a query from the parts of SELECT, the keys of ORDER BY and those of REORDER BY."""
    found = _Gathered(source)
    for node in selected:
        _select(node, found)
    for key in keys:
        if _kind(children(key)[0], source) == "score":
            _add_score(children(key)[0], None, found)
    order_by, last = _order(keys, found)
    chain = _chain(last, found) if last is not None else []
    for key in reorder:
        chain.append(_reordered(key, chain, found))
    columns = _columns(found)
    stages = tuple(one.stage for one in chain)
    return Ranked(tuple(columns), tuple(columns.values()), found.score, order_by, stages)


def _kind(node: Branch, source: Source) -> str | None:
    """`score`, `reranker` or None for what a part of SELECT or ORDER BY calls."""
    if not is_tree(node, "call"):
        return None
    written = called(node, source)[0].lower()
    return "score" if written == "score" else "reranker" if stage_spec("reranker", written) else None


# ---- SELECT


def _select(node: Branch, found: _Gathered) -> None:
    value, alias = node, None
    if isinstance(node, Tree) and node.data == "aliased":
        value, _, alias = node.children[0], None, token(node.children[2])
        _refuse_taken(alias, found)
    kind = _kind(value, found.source)
    if kind == "score":
        _add_score(value, alias, found)
    elif kind == "reranker":
        found.rerankers.append(_reranker(value, alias, found))
    elif isinstance(value, Token) and value.type == "STAR":
        found.all_columns = True
    elif isinstance(value, Token) and value.type == "PATH" and alias is None:
        found.columns.append(value)
    elif alias is not None and isinstance(value, Token):
        raise found.source.error("only score() and rerankers take an alias; a column keeps its name", alias)
    else:
        expression(value, found.source)  # what is wrong with it comes first
        raise found.source.error("SELECT takes columns, *, score(...) and rerankers like diversity(...)", value)


def _refuse_taken(alias: Token, found: _Gathered) -> None:
    if alias.value in found.aliases():
        raise found.source.error(f"the alias {shortened(alias)} is taken", alias)


def _add_score(node: Branch, alias: Token | None, found: _Gathered) -> None:
    if found.score is not None:
        raise found.source.error(
            "a query has one score(); add the two expressions up, or refer to it by its alias", node
        )
    found.score = _score(node, found.source)
    if alias is not None:
        found.score_aliases.add(alias.value)


def _score(node: Branch, source: Source) -> Score:
    given: dict[str, Written] = {}
    for place, one in enumerate(called(node, source)[1]):
        name = one.name or SCORE_ARGUMENTS[0]
        if (one.name is None and place > 0) or name in given:
            what = f"{name} is given twice" if one.name else "only the expression may stand without a name"
            raise QueryError(f"score(): {what}", position=one.at)
        if name not in SCORE_ARGUMENTS:
            raise QueryError(
                f"score() has no argument {shortened(name)}{nearest(name, SCORE_ARGUMENTS)}", position=one.at
            )
        given[name] = one
    if "expression" not in given:
        raise source.error("score() needs expression='...'", node)
    text = quoted_text("score(): expression", given["expression"].value, source)
    user, item = (_entity(name, given, source) for name in SCORE_ARGUMENTS[1:])
    return Score(read_expression(text), user, item, at=source.at(node))


def _entity(name: str, given: dict[str, Written], source: Source) -> Expr | None:
    if name not in given:
        return None
    value = plain_value(f"score(): {name}", given[name].value, source)
    if isinstance(value, Items):
        raise source.error(f"score(): {name} takes one id, not a list", given[name].value)
    return None if value == Literal(None) else value


def _reranker(node: Branch, alias: Token | None, found: _Gathered) -> _Reranker:
    written, arguments = called(node, found.source)
    scores = [one for one in arguments if one.name == "score"]
    if len(scores) > 1:
        raise QueryError(f"{written}(): score is given twice", position=scores[1].at)
    of = scores[0].value if scores else None
    if of is not None and not (isinstance(of, Token) and of.type == "PATH"):
        raise found.source.error("score= names the alias of a score() or of a reranker", of)
    rest = [one for one in arguments if one.name != "score"]
    made = stage_of(written, rest, node, found.source, "reranker")
    return _Reranker(made, of if isinstance(of, Token) else None, alias.value if alias is not None else None)


def _columns(found: _Gathered) -> dict[str, int]:
    """The columns selected, each with its place; none for all of them."""
    names: dict[str, int] = {}
    for one in found.columns:
        if found.named(one.value) is not None:
            raise found.source.error(f"{one.value} is an order, not a column; name it in ORDER BY", one)
        name = ".".join(canonical_path(parts(one.value)))
        names.setdefault("score" if found.is_score(one.value) else name, found.source.at(one))
    return {} if found.all_columns else names


# ---- ORDER BY


def _order(keys: Sequence[Branch], found: _Gathered) -> tuple[tuple[OrderKey, ...], _Reranker | None]:
    """The keys, and the reranker that is the last to order: the one that ORDER BY names, or the last of SELECT."""
    order: list[OrderKey] = []
    for key in keys:
        node, *words = children(key)
        named = found.named(node.value) if isinstance(node, Token) else None
        if named is not None:
            if len(keys) > 1 or any(isinstance(one, Token) and one.type != "DESC" for one in words):
                raise found.source.error("the order that a reranker makes stands alone, best first", key)
            return (), named
        order.append(_key(key, found))
    if order and found.rerankers:
        names = " or ".join(one.alias for one in found.rerankers if one.alias) or "REORDER BY"
        raise QueryError(f"SELECT has a reranker that ORDER BY does not use; order by {names}", position=order[0].at)
    if len(order) == 1 and order[0] == OrderKey(SCORE, descending=True):
        order = []
    return tuple(order), found.rerankers[-1] if found.rerankers else None


def _key(key: Branch, found: _Gathered) -> OrderKey:
    node, *words = children(key)
    kind = _kind(node, found.source)
    if kind == "reranker":
        raise found.source.error(
            "a reranker stands in REORDER BY, or in SELECT with an alias that ORDER BY names", node
        )
    if kind == "score" or (isinstance(node, Token) and node.type == "PATH" and found.is_score(node.value)):
        is_ascending = any(isinstance(one, Token) and one.type == "ASC" for one in words)
        return OrderKey(Name(SCORE.path, at=found.source.at(node)), not is_ascending, at=found.source.at(node))
    made = order_key(key, found.source)
    for one in walk(made):
        if one == SCORE and found.score is None:
            raise QueryError("ORDER BY score: the query has no score(expression='...')", position=one.at)
        if isinstance(one, Name) and one.dotted in {*found.aliases(), "score"}:
            problem = f"{one.dotted} is an alias, not a column; put the arithmetic into the expression of score()"
            raise QueryError(problem, position=one.at)
    return made


# ---- rerankers


def _chain(last: _Reranker, found: _Gathered) -> list[_Reranker]:
    """The rerankers of SELECT in the order in which they apply."""
    chain = [last]
    while (before := _before(chain[-1], found)) is not None:
        if before in chain:
            raise found.source.error("these rerankers score by each other; one must score by score()", _of(chain[-1]))
        chain.append(before)
    for one in found.rerankers:
        if one not in chain:
            raise QueryError(f"nothing uses this {one.stage.kind}(); ORDER BY names the last", position=one.stage.at)
    return chain[::-1]


def _of(one: _Reranker) -> Token:
    assert one.of is not None
    return one.of


def _before(one: _Reranker, found: _Gathered) -> _Reranker | None:
    if one.of is None:
        place = found.rerankers.index(one)
        return found.rerankers[place - 1] if place else None
    return _referred(one.of, found)


def _referred(name: Token, found: _Gathered) -> _Reranker | None:
    if found.is_score(name.value):
        return None
    named = found.named(name.value)
    if named is None:
        known = nearest(shortened(name), found.aliases())
        raise found.source.error(f"score={shortened(name)}: no score() or reranker has that alias{known}", name)
    return named


def _reordered(key: Branch, chain: Sequence[_Reranker], found: _Gathered) -> _Reranker:
    node, *words = children(key)
    if words:
        raise found.source.error("REORDER BY takes no direction: a reranker orders best first", words[0])
    if not is_tree(node, "call"):
        raise found.source.error("REORDER BY takes rerankers, like diversity(...)", node)
    made = _reranker(node, None, found)
    if made.of is not None and _referred(made.of, found) not in [*chain[-1:], None]:
        raise found.source.error("REORDER BY goes on from the order before it; score= cannot name another", made.of)
    return made
