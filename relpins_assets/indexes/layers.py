"""An index version brought up to a table of vectors: what is new goes into its delta, what went gets a tombstone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from relpins_resources.ann import LayeredIndex, ann_options
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import Table, vectors

RECALL_K, RECALL_FLOOR, RECALL_QUERIES = 10, 0.95, 200
"""What an index must find of the true neighbours, and of how many pins that is asked."""
HELD = "held.parquet"
"""In an index folder: the ids it can find, with the fingerprint of the vector each was indexed with."""


@dataclass(frozen=True)
class IndexRefresh:
    """The index as it is now, and what changed."""

    index: LayeredIndex
    artefact: Artefact
    n_upserted: int
    n_removed: int


def refresh_index(lake: Lake, name: str, embeddings: str, config: Mapping[str, Any], seed: int) -> IndexRefresh:
    """Make index `name` hold exactly the rows of the table `embeddings`, and choose that version.

    A version is an immutable folder. The next one hard-links the base, so writing it costs what changed; another vector
    space or another backend starts from nothing.
    """
    table = lake.table(embeddings)
    backend, options = ann_options(config)
    origin = {"space": table.path.name, "backend": backend, "options": options, "seed": seed}
    current = lake.index(name)
    if current is not None and current.manifest["origin"] != origin:
        current = None
    held = pq.read_table(current.folder / HELD) if current is not None else None
    version_of_table = table.version()
    wanted = table.read(["pin_id", "fingerprint"]).sort_by("pin_id")
    if current is not None and current.manifest["n_vectors"] == 0 and wanted.num_rows:
        current = None  # one of nothing may have been made before the length of vectors was known
    if current is not None and held is not None and held.equals(wanted):
        return IndexRefresh(LayeredIndex.open(current.folder / "layers"), current, 0, 0)
    version = digest(origin, wanted["pin_id"].to_pylist(), wanted["fingerprint"].to_pylist())
    upserts, removed = _difference(held, wanted)
    dim = table.vector_dim() or 1

    def write(folder: Path) -> dict[str, Any]:
        rows = table.read(["pin_id", "vector"]) if current is None else table.read_keys(upserts, ["pin_id", "vector"])
        given = (rows["pin_id"].to_pylist(), vectors(rows) if rows.num_rows else np.zeros((0, dim), np.float32))
        if current is None:
            LayeredIndex.create(folder / "layers", *given, backend, seed, **options)
        else:
            LayeredIndex.open(current.folder / "layers").updated(folder / "layers", given, removed.to_pylist())
        pq.write_table(wanted, folder / HELD)
        return {"origin": origin, "n_vectors": wanted.num_rows, "table version": version_of_table}

    made = lake.indexes.make(name, version, write)
    lake.choose("indexes", name, version)
    return IndexRefresh(LayeredIndex.open(made.folder / "layers"), made, len(upserts), len(removed))


def is_of(index: Artefact, table: Table) -> bool:
    """Whether an index holds exactly what a table of vectors does; during a run it may still be behind."""
    if index.manifest["origin"]["space"] != table.path.name or index.manifest["n_vectors"] != table.count():
        return False
    if index.manifest.get("table version") == table.version():
        return True
    return bool(pq.read_table(index.folder / HELD).equals(table.read(["pin_id", "fingerprint"]).sort_by("pin_id")))


def open_index(lake: Lake, name: str) -> LayeredIndex | None:
    """The chosen version of an index; None before the first."""
    artefact = lake.index(name)
    return None if artefact is None else LayeredIndex.open(artefact.folder / "layers")


def _difference(held: pa.Table | None, wanted: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Ids to index (new or changed), and ids to take out."""
    if held is None:
        return wanted["pin_id"].combine_chunks(), pa.array([], pa.string())
    mine, theirs = _pairs(wanted), _pairs(held)
    upserts = wanted["pin_id"].filter(pc.invert(pc.is_in(mine, value_set=theirs)))
    removed = held["pin_id"].filter(pc.invert(pc.is_in(held["pin_id"], value_set=wanted["pin_id"])))
    return upserts.combine_chunks(), removed.combine_chunks()


def _pairs(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["pin_id"], rows["fingerprint"], "|")
