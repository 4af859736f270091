"""A table that takes a look at everything to make, kept beside the versions of what it was made from."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest

MADE_OF = b"made of"


def state_of(lake: Lake, tables: Sequence[str], *settings: object) -> str:
    """Names the versions of these tables as they stand, and some settings."""
    return digest([(lake.table(name).path.name, lake.table(name).version()) for name in tables], *settings)


def kept_table(path: Path, state: str) -> pa.Table | None:
    """The table kept in that file, if it was made from this state; None otherwise."""
    if not path.is_file():
        return None
    found = (pq.read_schema(path).metadata or {}).get(MADE_OF)
    return pq.read_table(path).replace_schema_metadata() if found == state.encode() else None


def keep_table(path: Path, state: str, rows: pa.Table) -> None:
    """Keep `rows` for the next run, in place of what was kept; a kill leaves the old ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    pq.write_table(rows.replace_schema_metadata({MADE_OF: state.encode()}), aside)
    os.replace(aside, path)
