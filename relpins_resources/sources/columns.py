"""From a catalog's own column names to the layout's.

`columns:` of a profile comes in two styles, which mix: per table, `{pins: {item_id: pin_id}}`, or for every table
that has the column, `{item_id: pin_id, interaction_type: event}`. Theirs stands left, ours right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from relpins_resources.errors import RelpinsError
from relpins_resources.sources.layout import IMAGE_COLUMNS, INPUT_TABLES, InputTable

ColumnsConfig = Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True)
class Selection:
    """Which columns of a file are read: `names` maps theirs to ours; `unknown` are left out."""

    names: dict[str, str]
    unknown: tuple[str, ...]


class ColumnMap:
    """A checked `columns:` mapping. Raises RelpinsError for a table or column that the layout does not have."""

    def __init__(self, config: ColumnsConfig | None = None) -> None:
        entries = dict(config or {})
        self._everywhere = {theirs: ours for theirs, ours in entries.items() if isinstance(ours, str)}
        self._by_table = {table: dict(names) for table, names in entries.items() if isinstance(names, Mapping)}
        for theirs, ours in entries.items():
            if not isinstance(ours, str | Mapping):
                raise RelpinsError(f"columns: {theirs!r} maps to {ours!r}; write `theirs: ours` or `table: {{...}}`")
        _check_everywhere(self._everywhere)
        for table, names in self._by_table.items():
            _check_table(table, names)

    def of_table(self, table: str) -> Mapping[str, str]:
        """Only what is configured for this table by name, theirs to ours."""
        return self._by_table.get(table, {})

    def mapped(self, table: str) -> dict[str, str]:
        """Theirs to ours as configured for one table; the table's own entries go before those for every table."""
        known = INPUT_TABLES[table].column_names
        own = self._by_table.get(table, {})
        everywhere = {theirs: ours for theirs, ours in self._everywhere.items() if ours in known}
        return {**{t: o for t, o in everywhere.items() if o not in own.values()}, **own}

    def select(self, table: InputTable, file: str, found: Sequence[str]) -> Selection:
        """Choose the columns of one file.

        A mapped column goes before a column that has the layout's name already. Raises RelpinsError where two
        mapped columns give the same one, or where a required column is missing.
        """
        names: dict[str, str] = {}
        for theirs, ours in self.mapped(table.name).items():
            if theirs not in found:
                continue
            if ours in names.values():
                first = next(name for name, other in names.items() if other == ours)
                raise RelpinsError(f"columns: in {file} both {first!r} and {theirs!r} give {ours!r}; keep one")
            names[theirs] = ours
        for name in found:
            if name in table.column_names and name not in names and name not in names.values():
                names[name] = name
        _check_required(table, file, found, set(names.values()))
        return Selection(names, tuple(name for name in found if name not in names))


def _check_everywhere(names: Mapping[str, str]) -> None:
    for theirs, ours in names.items():
        if not any(ours in table.column_names for table in INPUT_TABLES.values()):
            known = sorted({name for table in INPUT_TABLES.values() for name in table.column_names})
            raise RelpinsError(
                f"columns: {theirs!r} maps to {ours!r}, a column of no input table; {suggestion(ours, known)}"
                f"known: {', '.join(known)}"
            )


def _check_table(table: str, names: Mapping[str, str]) -> None:
    if table not in INPUT_TABLES:
        raise unknown_table("columns", table)
    known = INPUT_TABLES[table].column_names
    seen: dict[str, str] = {}
    for theirs, ours in names.items():
        if ours not in known:
            raise RelpinsError(
                f"columns: {table}.{theirs} maps to {ours!r}, no column of {table}; "
                f"{suggestion(str(ours), known)}known: {', '.join(known)}"
            )
        if ours in seen:
            raise RelpinsError(f"columns: {table} maps both {seen[ours]!r} and {theirs!r} to {ours!r}; keep one")
        seen[ours] = theirs


def _check_required(table: InputTable, file: str, found: Sequence[str], ours: set[str]) -> None:
    for name in table.required:
        if name not in ours:
            raise _missing(f"required column {name!r}", name, table, file, found)
    # a file of deletions needs no images
    if table.name == "pins" and not ours & {*IMAGE_COLUMNS, "deleted"}:
        raise _missing("an image column, 'image_bytes' or 'image_url',", "image_url", table, file, found)


def _missing(what: str, name: str, table: InputTable, file: str, found: Sequence[str]) -> RelpinsError:
    match = nearest(name, found)
    hint = f"is it {match!r}? Then add `{match}: {name}`" if match else f"map yours to {name!r}"
    shown = ", ".join(found[:40]) + (", ..." if len(found) > 40 else "")
    return RelpinsError(
        f"{file}: {what} of {table.name} is missing; columns found: {shown or 'none'}; "
        f"{hint} under `columns: {table.name}:`"
    )


def unknown_table(where: str, table: str) -> RelpinsError:
    """The error for a table name the layout does not have, said the same way wherever one is configured."""
    return RelpinsError(
        f"{where}: {table!r} is no input table; {suggestion(table, list(INPUT_TABLES))}known: {', '.join(INPUT_TABLES)}"
    )


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name most like `name`, letter case and punctuation aside, or None."""
    plain = {_plain(other): other for other in reversed(known)}
    matches = get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[matches[0]] if matches else None


def suggestion(name: str, known: Sequence[str]) -> str:
    match = nearest(name, known)
    return f"did you mean {match!r}? " if match else ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
