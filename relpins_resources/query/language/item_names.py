"""Names in expressions in their one canonical spelling."""

from __future__ import annotations

import re

from relpins_resources.query.language.syntax import KEYWORDS, SAME_KEYWORD

ENTITIES = ("item", "user", "query_item")
ROOTS = frozenset({*ENTITIES, "pair", "retrieval"})
ITEM_ID = {"pin_id": "item_id", "id": "item_id"}
PART = re.compile(r"[^\W\d]\w*|`(?:[^`]|``)+`")
PLAIN = re.compile(r"[^\W\d]\w*")


def parts(written: str) -> tuple[str, ...]:
    """The parts of a dotted name as it stands in the text."""
    return tuple(one[1:-1].replace("``", "`") if one[0] == "`" else one for one in PART.findall(written))


def canonical_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """`item.x` is x, pin_id and id are item_id. An item's column that is called as an entity keeps its `item.`."""
    if path[0] == "item" and len(path) > 1 and not (len(path) > 2 and path[1] in ROOTS) and path[1:] != ("item",):
        path = path[1:]
    place = 1 if path[0] == "query_item" and len(path) == 2 else 0
    if len(path) == place + 1:
        return (*path[:place], ITEM_ID.get(path[place], path[place]))
    return path


def written(path: tuple[str, ...]) -> str:
    """A name as it stands in a query: parts that are no plain name, or alone a word of the language, in backticks."""
    if len(path) == 1 and is_keyword(path[0]):
        return f"`{path[0]}`"
    return ".".join(one if PLAIN.fullmatch(one) else "`" + one.replace("`", "``") + "`" for one in path)


def written_column(dotted: str) -> str:
    """A column of SELECT as it stands in a query."""
    path = dotted.split(".")
    return written((dotted,) if "" in path else tuple(path))


def is_keyword(word: str) -> bool:
    return SAME_KEYWORD.get(word.upper(), word.upper()) in KEYWORDS
