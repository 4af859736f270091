"""Queries in files: `.sql` with YAML front matter between two lines `---`, or `.yaml` with the plan itself.

```
---
description: what looks like a pin, and what people save with it
parameters:
  item_id: {type: string}
  limit: {type: integer, default: 20}
---
SELECT * FROM similarity(...) LIMIT $limit
```

A YAML file has the same keys, and the plan (see `yaml_form.py`) under `plan`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relpins_resources.errors import RelpinsError
from relpins_resources.query.checking.names import Declared, check_names
from relpins_resources.query.checking.parameters import PARAMETER_NAME, PARAMETER_TYPES, ParameterSpec, check_declared
from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.language.yaml_form import plan_of
from relpins_resources.query.language.yaml_text import Entry, read
from relpins_resources.query.plan import Query

FENCE = "---"
ABOUT = ("name", "description", "parameters")


@dataclass(frozen=True)
class SavedQuery:
    """A query with a name. `text` is such that the plan's positions are those of the file: in a `.sql` file empty lines
    stand for its front matter. `warnings` are for its author."""

    name: str
    description: str
    parameters: tuple[ParameterSpec, ...]
    query: Query
    text: str
    path: Path
    warnings: tuple[str, ...] = ()


def saved_queries(folder: Path, declared: Declared | None = None) -> dict[str, SavedQuery]:
    """Every saved query of a folder by its name, in order of name.

    Raises:
        RelpinsError: there is no such folder, two files of one name, or a file that `load_saved` refuses.
    """
    if not folder.is_dir():
        raise RelpinsError(f"there is no folder {folder} of saved queries")
    found: dict[str, SavedQuery] = {}
    for path in sorted(one for one in folder.iterdir() if one.suffix in LOADERS and one.is_file()):
        saved = load_saved(path, declared)
        if saved.name in found:
            raise QueryError(f"{found[saved.name].path} and {path} are both named {saved.name!r}; rename one")
        found[saved.name] = saved
    return dict(sorted(found.items()))


def load_saved(path: Path, declared: Declared | None = None) -> SavedQuery:
    """One saved query, checked: its text, its parameters and, with `declared`, the names it uses.

    Raises:
        QueryError: anything wrong with it; the message names the file, the line in it, and points at the place.
        RelpinsError: the file cannot be read, or is of another kind.
    """
    loader = LOADERS.get(path.suffix)
    if loader is None:
        raise RelpinsError(f"{path} is no saved query; its name must end in {', '.join(LOADERS)}")
    text = _text_of(path)
    try:
        saved = loader(text, path)
        if declared is not None:
            check_names(saved.query, declared)
        return saved
    except QueryError as error:
        shown = error.text if error.text is not None else _lines_kept(text, path)
        raise QueryError(f"{path}: {error.problem}", shown, error.position) from None


def _from_sql(text: str, path: Path) -> SavedQuery:
    front, body_at = _front_matter(text)
    about = read(text, *front) if front else read("")
    query_text = "\n" * text.count("\n", 0, body_at) + text[body_at:]
    return _saved(about, about.mapping(ABOUT), parse_query(query_text), query_text, path)


def _from_yaml(text: str, path: Path) -> SavedQuery:
    root = read(text)
    keys = root.mapping((*ABOUT, "plan"))
    if "plan" not in keys:
        raise root.error("there is no key `plan`, which holds the query")
    return _saved(root, keys, plan_of(keys["plan"]), text, path)


LOADERS: dict[str, Callable[[str, Path], SavedQuery]] = {".sql": _from_sql, ".yaml": _from_yaml, ".yml": _from_yaml}


def _saved(about: Entry, keys: dict[str, Entry], query: Query, text: str, path: Path) -> SavedQuery:
    name = keys["name"].string() if "name" in keys else path.stem
    if not name.strip():
        raise about.error("the name is empty")
    description = keys["description"].string() if "description" in keys else ""
    declared = keys["parameters"].mapping() if "parameters" in keys else {}
    parameters = tuple(_parameter(key, entry) for key, entry in declared.items())
    warnings = check_declared(query, parameters)
    return SavedQuery(name, description.strip(), parameters, query, text, path, warnings)


def _parameter(name: str, entry: Entry) -> ParameterSpec:
    """`name: {type, default, required, description}`, or `name: type`; nothing said means any type, and required."""
    if not PARAMETER_NAME.fullmatch(name):
        raise entry.error(f"a parameter cannot be called {name!r}; use letters, digits and _")
    said = entry.mapping(("type", "default", "required", "description")) if entry.is_mapping else {}
    type_entry = said.get("type", None if entry.is_mapping else entry)
    written = type_entry.value() if type_entry is not None else None
    kind = "any" if written is None else written
    if type_entry is not None and kind not in PARAMETER_TYPES:
        raise type_entry.error(f"there is no type {kind!r}{nearest(str(kind), PARAMETER_TYPES)}")
    default = said["default"].value() if "default" in said else None
    required = said["required"].value() if "required" in said else "default" not in said
    if not isinstance(required, bool):
        raise said["required"].error(f"required is true or false, not {required!r}")
    if required and default is not None:
        raise entry.error("it is required and has a default; drop one of the two")
    return ParameterSpec(name, next(one for one in PARAMETER_TYPES if one == kind), default, required)


def _front_matter(text: str) -> tuple[tuple[int, int] | None, int]:
    """Where the front matter begins and ends, and where the query begins."""
    lines = text.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    if first == len(lines) or lines[first].rstrip() != FENCE:
        return None, 0
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for i in range(first + 1, len(lines)):
        if lines[i].rstrip() == FENCE:
            return (starts[first + 1], starts[i]), starts[i + 1]
    raise QueryError(f"the front matter that begins here has no end; close it with a line {FENCE}", text, starts[first])


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RelpinsError(f"{path} is no text in UTF-8") from None
    except OSError as error:
        raise RelpinsError(f"{path} cannot be read: {error.strerror}") from None


def _lines_kept(text: str, path: Path) -> str:
    """The text that positions of a loaded plan count in."""
    if path.suffix != ".sql":
        return text
    body_at = _front_matter(text)[1]
    return "\n" * text.count("\n", 0, body_at) + text[body_at:]
