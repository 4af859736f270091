"""Running the graph in tests: real Dagster instances, real tables, and what it means that two homes are equal."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa

from relpins_assets.definitions import build_definitions
from relpins_assets.home import open_home
from relpins_assets.indexes.layers import open_index
from relpins_assets.indexes.words import open_lexical_index
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
COMPARED = [name for name, schema in TABLES.items() if schema.kind in ("derived", "ledger")]


def workspace_of(home: Path, source: Path | None, profile: str = "test") -> Workspace:
    return open_home(home, profile=profile, source=source).workspace()


def run(workspace: Workspace, job: str = "incremental", **config: object) -> dict[str, dict[str, object]]:
    """Run a job in this process; gives each asset's metadata by name."""
    defs = build_definitions(workspace)
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def(job).execute_in_process(instance=instance, run_config={**QUIET, **config})
    assert result.success
    return {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def content(lake: Lake, name: str) -> pa.Table:
    """A table's rows in order of key, without what two equal builds may differ in."""
    table = lake.table(name)
    return table.read(table.schema.stable_names).sort_by([(key, "ascending") for key in table.schema.key])


def differences(one: Lake, other: Lake, names: list[str] | None = None) -> list[str]:
    """Where two homes differ, a line each."""
    found = []
    for name in names or COMPARED:
        left, right = content(one, name), content(other, name)
        if left.num_rows != right.num_rows:
            found.append(f"{name}: {left.num_rows} rows against {right.num_rows}")
            continue
        for column in left.column_names:
            a, b = left[column].combine_chunks(), right[column].combine_chunks()
            if not a.equals(b):
                rows = [i for i, (x, y) in enumerate(zip(a.to_pylist(), b.to_pylist(), strict=True)) if x != y]
                keys = [left.select(list(TABLES[name].key)).slice(i, 1).to_pylist()[0] for i in rows[:3]]
                found.append(f"{name}.{column}: {len(rows)} rows differ, such as {keys}")
    return found + index_differences(one, other) + word_differences(one, other)


def index_differences(one: Lake, other: Lake) -> list[str]:
    """Indexes are equal if they find the same pins with the same scores, however they are layered."""
    found = []
    for name in sorted(folder.name for folder in one.indexes.root.iterdir()):
        artefact = one.index(name)
        assert artefact is not None
        embeddings = artefact.manifest["origin"]["space"].split("@")[0]
        left, right = open_index(one, name), open_index(other, name)
        assert left is not None
        assert right is not None
        if len(left) == len(right) == 0:  # a space that too small a catalog has no vectors in
            continue
        queries = vectors(content(one, embeddings))
        for a, b in zip(left.search(queries, 10), right.search(queries, 10), strict=True):
            if not (a == b).all():
                found.append(f"{name}: searches differ")
                break
    return found


def word_differences(one: Lake, other: Lake) -> list[str]:
    """Word search is equal if each word of the catalog finds the same pins with the same scores."""
    pins = np.array(sorted(content(one, "lexical_index")["pin_id"].to_pylist()), dtype=object)
    words = sorted({word for text in content(one, "lexical_index")["text"].to_pylist() for word in text.split()})
    left, right = open_lexical_index(one, pins), open_lexical_index(other, pins)
    assert left is not None
    assert right is not None
    a, b = (index.search(words, len(pins)) for index in (left, right))
    same = (a.items == b.items).all(1) & ((a.scores == b.scores) | (a.items < 0)).all(1)
    return [
        f"lexical_index: searches differ for {word!r}" for word, is_same in zip(words, same, strict=True) if not is_same
    ]
