"""YAML as people write plans and front matter: its entries with their paths and places, so that an error points at one.

Values are JSON's (YAML 1.2): `no` and `on` are texts, so are `010`, `12:30` and `2026-06-01`. One document, no anchors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import yaml

from relpins_resources.query.errors import QueryError, nearest

DEEPEST = 40
"""Levels of mappings and lists, which bounds what reading them can recurse."""
LONGEST = 200_000
_RESOLVERS = (
    ("tag:yaml.org,2002:null", re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    ("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})"), list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"),
        list("-+.0123456789"),
    ),
)


class _Loader(yaml.SafeLoader):
    pass


class _Dumper(yaml.SafeDumper):
    pass


_Loader.yaml_implicit_resolvers = {}
_Dumper.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _RESOLVERS:
    _whole = re.compile(f"(?:{_pattern.pattern})$")
    _Loader.add_implicit_resolver(_tag, _whole, _first)
    _Dumper.add_implicit_resolver(_tag, _whole, _first)


def dump(value: Any) -> str:
    """Plain values as YAML that `read` gives back equal; mappings keep their order, a text stands on one line."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return text


def read(text: str, start: int = 0, end: int | None = None) -> Entry:
    """The one document in `text[start:end]`; places are those in the whole text.

    Raises:
        QueryError: it is not YAML, too long or too deep, or has several documents, an anchor or a tag.
    """
    part = text[start:end]
    if len(part) > LONGEST:
        raise QueryError(f"the YAML has {len(part)} characters; at most {LONGEST} are allowed")
    try:
        _refuse_odd(part, text, start)
        node = yaml.compose(part, Loader=_Loader)
    except OverflowError:
        raise QueryError("the YAML has an escape that is no letter", text, start) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"this is not YAML: {error.problem or error.context}"
        raise QueryError(problem, text, start + mark.index if mark else start) from None
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML does not take
        raise QueryError(f"this is not YAML: {str(error).splitlines()[0]}") from None
    return Entry(node if node is not None else _nothing(), "", text, start)


@dataclass(frozen=True)
class Entry:
    """One value of a document.

    Args:
        path: how it is reached from the root, such as `retrieve[0].similarity`.
        text: the whole text, in which the document begins at `start`.
    """

    node: yaml.Node
    path: str
    text: str
    start: int

    @property
    def at(self) -> int:
        """Where it stands in the text."""
        mark = self.node.start_mark
        return self.start + (mark.index if mark is not None else 0)

    @property
    def end(self) -> int:
        mark = self.node.end_mark
        return self.start + (mark.index if mark is not None else 0)

    def error(self, problem: str, at: int | None = None) -> QueryError:
        return QueryError(f"{self.path}: {problem}" if self.path else problem, self.text, self.at if at is None else at)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def mapping(self, known: Collection[str] | None = None) -> dict[str, Entry]:
        """Entries by key; nothing at all counts as empty. With `known`, other keys are refused."""
        if isinstance(self.node, yaml.ScalarNode) and self.value() is None:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"a mapping of keys to values is expected here, not {self._noun()}")
        found: dict[str, Entry] = {}
        for key_node, node in self.node.value:
            key = Entry(key_node, self.path, self.text, self.start)
            name = key.value() if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(name, str):
                raise key.error("a key must be a text")
            if known is not None and name not in known:
                raise key.error(f"there is no key {name!r} here{nearest(name, known)}")
            if name in found:
                raise key.error(f"{name} is given twice")
            found[name] = Entry(node, f"{self.path}.{name}" if self.path else name, self.text, self.start)
        return found

    def sequence(self) -> list[Entry]:
        """Entries of a list; anything else counts as a list of one, nothing as an empty one."""
        if not isinstance(self.node, yaml.SequenceNode):
            return [] if isinstance(self.node, yaml.ScalarNode) and self.value() is None else [self]
        return [Entry(node, f"{self.path}[{i}]", self.text, self.start) for i, node in enumerate(self.node.value)]

    def value(self) -> Any:
        """The value in plain types: None, bool, int, float, str, or lists and dicts of such."""
        if isinstance(self.node, yaml.MappingNode):
            return {name: entry.value() for name, entry in self.mapping().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [entry.value() for entry in self.sequence()]
        found = _Loader("").construct_object(self.node)
        if isinstance(found, float) and not math.isfinite(found):
            raise self.error(f"{self.node.value} is too large a number")
        return found

    def string(self, what: str = "a text") -> str:
        """The value, which must be a text."""
        found = self.value()
        if not isinstance(found, str):
            raise self.error(f"{what} is expected here, not {self._noun()}; put it in quotes if it is one")
        return found

    def places(self) -> list[int]:
        """Where in the text each character of this one stands, and where it ends.

        Its beginning for all of them where it is written otherwise than it reads: folded, or with escapes.
        """
        value, first = str(self.node.value), self.at
        style = self.node.style if isinstance(self.node, yaml.ScalarNode) else None
        at: list[int] | None = None
        if style in ("'", None, '"'):
            at = _aligned(value, self.text, first + (style is not None), doubled=style == "'")
        elif style == "|":
            at = _in_block(value, self.text, first)
        return at if at is not None else [first] * (len(value) + 1)

    def _noun(self) -> str:
        if self.is_mapping or self.is_list:
            return "a mapping" if self.is_mapping else "a list"
        return "nothing" if self.value() is None else repr(self.value())


def _aligned(value: str, text: str, at: int, *, doubled: bool) -> list[int] | None:
    """Places of a scalar on one line; None if it is written otherwise than it reads."""
    places = []
    for character in value:
        if at >= len(text) or text[at] != character:
            return None
        places.append(at)
        at += 2 if doubled and character == "'" else 1
    return [*places, at]


def _in_block(value: str, text: str, at: int) -> list[int] | None:
    """Places of a block after `|`, whose lines stand as they are below an indentation."""
    places: list[int] = []
    at = text.find("\n", at) + 1
    written = [len(line) - len(line.lstrip(" ")) for line in text[at:].split("\n") if line.strip()]
    indent = written[0] if written else 0
    for line in value.split("\n")[: value.count("\n") + (not value.endswith("\n"))]:
        here = at + (indent if line else 0)
        if not text.startswith(line, here):
            return None
        places += range(here, here + len(line) + 1)
        at = text.find("\n", here) + 1
    return places if len(places) > len(value) else [*places, places[-1] + 1] if places else None


def _refuse_odd(part: str, text: str, start: int) -> None:
    """Refuse what the language has no use for, before anything recurses over it."""
    depth = n_documents = 0
    for event in yaml.parse(part, Loader=_Loader):
        at = start + (event.start_mark.index if event.start_mark else 0)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        n_documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            raise QueryError(f"the YAML nests deeper than {DEEPEST} levels", text, at)
        if n_documents > 1:
            raise QueryError("there is more than one YAML document; write one", text, at)
        if isinstance(event, yaml.NodeEvent) and (isinstance(event, yaml.AliasEvent) or event.anchor is not None):
            raise QueryError("anchors and aliases are not taken; write the value out", text, at)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise QueryError(f"the tag {event.tag} is not taken; write the value alone", text, at)


def _nothing() -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:null", "", yaml.Mark("", 0, 0, 0, None, 0))
