"""A plan as YAML, for people and programs that would rather not write the language's text. Both say the same.

```yaml
select: [title, price]          # left out: every column
retrieve:
  - similarity:
      embedding_ref: clip_embedding
      encoder: {precomputed_item: {input_item_id: $item_id}}
      where: price < 100
where: item_id != $item_id
score:
  expression: 1.0 / (1.0 + rank(embedding="clip_embedding"))
order_by: [score DESC, price]   # left out: by score
reorder:
  - diversity: {strength: 0.3}
limit: $limit
```

Expressions are text in the query language. A text that is nothing but `$name` is a parameter, as it is in quotes there.
Reading goes through the query's text, so that all checks are those of the parser; each of its characters knows where in
the YAML it comes from.
"""

from __future__ import annotations

from typing import Any

from lark import Tree

from relpins_resources.query.errors import NOWHERE, QueryError
from relpins_resources.query.language import clauses
from relpins_resources.query.language.item_names import PLAIN, written
from relpins_resources.query.language.lowering import read_expression, read_keys
from relpins_resources.query.language.quoted import ESCAPED, parameter_name
from relpins_resources.query.language.syntax import Source, read
from relpins_resources.query.language.text import format_expression, format_order
from relpins_resources.query.language.yaml_text import Entry, dump
from relpins_resources.query.language.yaml_text import read as read_yaml
from relpins_resources.query.plan import Argument, Expr, Items, Literal, Name, OrderKey, Param, Query, Stage
from relpins_resources.query.stages import Role, stage_spec

KEYS = ("explain", "select", "retrieve", "where", "score", "order_by", "reorder", "limit", "offset")
OF_SCORE = ("expression", "input_user_id", "input_item_id")


def to_yaml(query: Query) -> str:
    """The plan as YAML, with what is left out in the plan left out too; `from_yaml` gives it back equal."""
    return dump(tree_of(query))


def from_yaml(text: str) -> Query:
    """The plan that YAML says; its positions are those in `text`.

    Raises:
        QueryError: it is not YAML, or says what the query language refuses; the message names the path to the place,
            such as `retrieve[0].similarity.limit`, and points at it.
    """
    return plan_of(read_yaml(text))


# ---- writing


def tree_of(query: Query) -> dict[str, Any]:
    """The plan in plain dicts, lists and scalars."""
    tree: dict[str, Any] = {"explain": True} if query.explain else {}
    if query.select:
        tree["select"] = list(query.select)
    tree["retrieve"] = [_stage_tree(one) for one in query.retrievers]
    if query.where is not None:
        tree["where"] = _expression_text(query.where)
    if query.score is not None:
        given = ((name, getattr(query.score, name)) for name in OF_SCORE[1:])
        users = {name: _value_tree(value) for name, value in given if value is not None}
        tree["score"] = {"expression": _expression_text(query.score.expression), **users}
    if query.order_by:
        tree["order_by"] = [_key_text(one) for one in query.order_by]
    if query.rerankers:
        tree["reorder"] = [_stage_tree(one) for one in query.rerankers]
    for name, rows in (("limit", query.limit), ("offset", query.offset)):
        if rows is not None:
            tree[name] = _value_tree(rows)
    return tree


def _key_text(key: OrderKey) -> str:
    """Of the score the best come first unless the text says otherwise, so it does."""
    ascending = key.key == Name(("score",)) and not key.descending and key.nulls_first is None
    return format_order([key]) + (" ASC" if ascending else "")


def _stage_tree(stage: Stage) -> Any:
    arguments = {name: _argument_tree(stage, name, value) for name, value in stage.arguments}
    return {stage.kind: arguments} if arguments else stage.kind


def _argument_tree(stage: Stage, name: str, value: Argument) -> Any:
    if isinstance(value, Stage):
        return {value.kind: _stage_tree(value)[value.kind] if value.arguments else {}}
    if isinstance(value, tuple):
        return [format_order([one]) for one in value]
    return _expression_text(value) if name == "where" else _value_tree(value)


def _expression_text(expression: Expr) -> str:
    text = format_expression(expression)
    return text if parameter_name(text) is None else f"({text})"


def _value_tree(value: Expr) -> Any:
    if isinstance(value, Param):
        return f"${value.name}"
    if isinstance(value, Items):
        return [_value_tree(one) for one in value.values]
    if not isinstance(value, Literal):
        raise QueryError("an argument of a stage is a value or a parameter, not an expression", None, value.at)
    text = value.value
    is_like_parameter = isinstance(text, str) and (parameter_name(text) is not None or ESCAPED.fullmatch(text))
    return f"${text}" if is_like_parameter else text


# ---- reading


def plan_of(root: Entry) -> Query:
    """The plan below one entry of a document.

    Raises:
        QueryError: as `from_yaml`.
    """
    text = _Text()
    try:
        _write_query(text, root.mapping(KEYS), root)
        source = Source("".join(text.parts), (*text.places, root.at))
        tree = read(source, "query")
        assert isinstance(tree, Tree)
        return clauses.query(tree, source)
    except QueryError as error:
        if error.text is not None:
            raise
        found = _deepest(root, error.position)
        raise found.error(error.problem, error.position if error.position != NOWHERE else None) from None


class _Text:
    """A query's text as it grows, and where in the YAML each of its characters comes from."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.places: list[int] = []

    def put(self, text: str, at: Entry) -> None:
        """Text that stands in the query alone; it points at an entry as a whole."""
        self.parts.append(text)
        self.places += [at.at] * len(text)

    def put_own(self, entry: Entry, text: str, *, is_quoted: bool) -> None:
        """An entry's own text, each character pointing at itself; a quote within quotes is doubled."""
        for character, place in zip(text, entry.places(), strict=False):
            doubled = character * 2 if is_quoted and character == "'" else character
            self.parts.append(doubled)
            self.places += [place] * len(doubled)

    def put_quoted(self, entry: Entry, text: str) -> None:
        self.put("'", entry)
        self.put_own(entry, text, is_quoted=True)
        self.put("'", entry)


def _write_query(text: _Text, keys: dict[str, Entry], root: Entry) -> None:
    is_explained = keys["explain"].value() if "explain" in keys else False
    if not isinstance(is_explained, bool):
        raise keys["explain"].error(f"explain is true or false, not {is_explained!r}")
    text.put("EXPLAIN SELECT " if is_explained else "SELECT ", keys.get("explain", root))
    _write_selection(text, keys, root)
    if "retrieve" in keys:
        text.put("\nFROM retrieve(", keys["retrieve"])
        _write_all(text, [(one, "retriever") for one in keys["retrieve"].sequence()])
        text.put(")", keys["retrieve"])
    if "where" in keys:
        where = keys["where"].string("an expression")
        read_expression(Source(where, tuple(keys["where"].places())))  # it is one, and nothing beside it
        text.put("\nWHERE ", keys["where"])
        text.put_own(keys["where"], where + "\n", is_quoted=False)
    if "order_by" in keys and keys["order_by"].sequence():
        text.put("\nORDER BY ", keys["order_by"])
        _write_keys(text, keys["order_by"], is_quoted=False)
    if "reorder" in keys and keys["reorder"].sequence():
        text.put("\nREORDER BY ", keys["reorder"])
        _write_all(text, [(one, "reranker") for one in keys["reorder"].sequence()])
    for name in ("limit", "offset"):
        if name in keys and keys[name].value() is not None:
            text.put(f"\n{name.upper()} ", keys[name])
            _write_value(text, keys[name])


def _write_selection(text: _Text, keys: dict[str, Entry], root: Entry) -> None:
    columns = keys["select"].sequence() if "select" in keys else []
    for place, entry in enumerate(columns):
        name = entry.string("the name of a column")
        if not all(name.split(".")):
            raise entry.error(f"{name!r} is no name of a column")
        parts = [written((one, "x"))[:-2] for one in name.split(".")] if "." in name else [written((name,))]
        text.put((", " if place else "") + ("*" if name == "*" else ".".join(parts)), entry)
    text.put("" if columns else "*", root)
    if "score" not in keys:
        return
    score = keys["score"]
    given = score.mapping(OF_SCORE) if score.is_mapping else {"expression": score}
    text.put(", score(", score)
    for place, (name, entry) in enumerate(given.items()):
        text.put((", " if place else "") + name + "=", entry)
        if name == "expression":
            text.put_quoted(entry, entry.string("an expression"))
        else:
            _write_value(text, entry)
    text.put(") AS score", score)


def _write_all(text: _Text, stages: list[tuple[Entry, Role]]) -> None:
    for place, (entry, role) in enumerate(stages):
        text.put(", " if place else "", entry)
        _write_stage(text, entry, role)


def _write_stage(text: _Text, entry: Entry, role: Role) -> None:
    """`{kind: {argument: value}}`, or the kind alone."""
    if not entry.is_mapping:
        entry, kind, arguments = entry, entry.string(f"a {role}"), {}
    else:
        stages = entry.mapping()
        if len(stages) != 1:
            raise entry.error(f"a {role} is one key with its arguments below it; these are {len(stages)}")
        [(kind, entry)] = stages.items()
        arguments = entry.mapping()
    _check_word(entry, kind, role)
    spec = stage_spec(role, kind)
    text.put(f"{kind}(", entry)
    for place, (name, value) in enumerate(arguments.items()):
        _check_word(value, name, "argument")
        text.put((", " if place else "") + name + "=", value)
        known = spec.argument(name) if spec is not None else None
        if value.is_mapping and known is not None and known.kind in ("encoder", "retriever"):
            _write_stage(text, value, "encoder" if known.kind == "encoder" else "retriever")
        elif known is not None and known.kind == "columns":
            text.put("'", value)
            _write_keys(text, value, is_quoted=True)
            text.put("'", value)
        else:
            _write_value(text, value)
    text.put(")", entry)


def _write_keys(text: _Text, entry: Entry, *, is_quoted: bool) -> None:
    for place, one in enumerate(entry.sequence()):
        key = one.string("a column, such as price DESC")
        read_keys(Source(key, tuple(one.places())))  # it is one key or several, and nothing beside them
        text.put(", " if place else "", one)
        text.put_own(one, key + "\n", is_quoted=is_quoted)


def _write_value(text: _Text, entry: Entry) -> None:
    if entry.is_mapping:
        raise entry.error("a value, a list or a parameter is expected here, not a mapping")
    if entry.is_list:
        text.put("[", entry)
        for place, one in enumerate(entry.sequence()):
            text.put(", " if place else "", one)
            _write_value(text, one)
        text.put("]", entry)
        return
    value = entry.value()
    if isinstance(value, str):
        text.put_quoted(entry, value)
    else:
        text.put(format_expression(Literal(value)), entry)


def _check_word(entry: Entry, word: str, what: str) -> None:
    if not PLAIN.fullmatch(word):
        raise entry.error(f"{word!r} is no {what}")


def _deepest(entry: Entry, position: int) -> Entry:
    """The innermost entry that holds a place; the entry itself where none below does."""
    below = list(entry.mapping().values()) if entry.is_mapping else entry.sequence() if entry.is_list else []
    for one in below:
        if one.at <= position <= one.end:
            return _deepest(one, position)
    return entry
