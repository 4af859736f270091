"""intent_coverage as a CSV file for people: a line per query and per cell, largest gaps first."""

from __future__ import annotations

import csv
import os
import uuid
from pathlib import Path
from typing import Any

from relpins_assets.reading import published
from relpins_resources.errors import RelpinsError

COLUMNS = ("kind", "gap_rank", "name", "segment", "n_searches", "covered", "topic_id", "collection")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS = """
    SELECT c.kind, c.gap_rank, c.name, c.segment, c.n_searches, c.covered, c.topic_id, t.query AS collection
    FROM intent_coverage c LEFT JOIN judged_topics t USING (topic_id)
    ORDER BY c.kind DESC, c.gap_rank NULLS LAST, c.n_searches DESC, c.name"""


def export_coverage(home: Path, file: Path) -> dict[str, Any]:
    """Write the published coverage to `file`, over what is there, in one step; returns what was written.

    A name that a spreadsheet would take for a formula gets an apostrophe in front: queries are what anybody typed.

    Raises:
        RelpinsError: nothing was published, the file cannot be written, or it is a folder.
    """
    if file.is_dir():
        raise RelpinsError(f"{file} is a folder; name a file to write, such as {file / 'coverage.csv'}")
    if not file.parent.is_dir():
        raise RelpinsError(f"{file.parent} is no folder; make it first")
    rows = published(home).query(_ROWS).to_pylist()
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}.draft")
    try:
        with draft.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows([_cell(row[name]) for name in COLUMNS] for row in rows)
        os.replace(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    gaps = sum(row["gap_rank"] is not None for row in rows)
    return {"file": str(file), "rows": len(rows), "gaps": gaps}


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
