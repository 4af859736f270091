"""The columns of a users file that the layout does not name, gathered as one JSON text per row."""

import json
from typing import Any

import pyarrow as pa

from relpins_resources.sources.cell_types import to_text
from relpins_resources.sources.reading import MALFORMED

_ATTRIBUTES = "attributes"


def with_attributes(rows: pa.Table, known: tuple[str, ...]) -> pa.Table:
    """`rows` with every column outside `known` put into `attributes`, a JSON object of texts, keys sorted.

    Columns without a value in a row are left out of its object; a row without any has null. An `attributes` column
    of the file is kept beside them where it holds an object, and under its own name where it does not.
    """
    names = [name for name in rows.column_names if name not in known and name != MALFORMED]
    texts = {name: to_text(rows[name]).values.to_pylist() for name in names}
    own = to_text(rows[_ATTRIBUTES]).values.to_pylist() if _ATTRIBUTES in rows.column_names else None
    objects = []
    for i in range(rows.num_rows):
        entries = _own_entries(own[i]) if own is not None else {}
        entries.update({name: column[i] for name, column in texts.items() if column[i]})
        objects.append(json.dumps(entries, ensure_ascii=False, sort_keys=True) if entries else None)
    kept = rows.drop_columns([name for name in rows.column_names if name in names or name == _ATTRIBUTES])
    return kept.append_column(_ATTRIBUTES, pa.array(objects, pa.string()))


def _own_entries(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        entries = json.loads(text)
    except ValueError:
        entries = text
    return entries if isinstance(entries, dict) else {_ATTRIBUTES: text}
