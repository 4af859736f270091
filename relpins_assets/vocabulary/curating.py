"""The three artefacts of curation: which version each has, what it was made from, what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.enrichment.attribute_keys import attribute_keys
from relpins_assets.enrichment.lexicon_inputs import LEXICON
from relpins_assets.fitting import version_before
from relpins_assets.vocabulary.clusters import find_clusters
from relpins_assets.vocabulary.distances import METHOD
from relpins_assets.vocabulary.editing import apply_edits
from relpins_assets.vocabulary.edits import EDITS_FILE, Edit, edits_digest
from relpins_assets.vocabulary.frequent import Floats, find_frequent, load_frequent, save_frequent
from relpins_assets.vocabulary.versions import entries_of, vocabulary_rows
from relpins_assets.workspace import Workspace
from relpins_resources.ann import snap
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vectors

FREQUENT, CLUSTERS, VOCABULARY = "frequent_attributes", "attribute_clusters", "attribute_vocabulary"
ROWS_FILE = "rows.parquet"
Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """How one artefact would be made now: what names it, how, and what an old version must say to be kept."""

    version: str
    write: Callable[[Path], Manifest]
    made_for: Manifest


def frequent_fit(workspace: Workspace) -> Fit:
    lake, settings = workspace.lake, workspace.profile.attributes
    said_by = {"keys": sorted(attribute_keys(workspace.profile)), "lexicon": lake.chosen("artefacts", LEXICON)}
    made_for = {"min_pins": settings.min_pins, "min_share": settings.min_share, **said_by}
    inputs = {name: lake.table(name).version() for name in ("raw_attributes", "pin_joins")}

    def write(folder: Path) -> Manifest:
        found = find_frequent(lake, settings.min_pins, settings.min_share)
        save_frequent(found, folder)
        told = {"values": found.values.num_rows, "kept": found.kept.num_rows, "images": len(found.join_ids)}
        return {**made_for, **told, "fitted on": inputs}

    return Fit(digest("1", made_for, inputs), write, made_for)


def clusters_fit(workspace: Workspace, frequent: Artefact) -> Fit:
    lake, encoder = workspace.lake, workspace.sentence_encoder
    singles = sorted(key for key, one in attribute_keys(workspace.profile).items() if one.is_single)
    made_for = {"method": METHOD, "frequent": frequent.version, "sentences": encoder.version, "single": singles}
    space = lake.table("clip_embeddings")

    def write(folder: Path) -> Manifest:
        found = load_frequent(frequent.folder)
        looks, is_seen = looks_of(lake, found.join_ids)
        cache = workspace.cache(f"sentences@{encoder.version}")

        def encode(texts: Any) -> Any:
            given = list(texts)
            hashes = [digest(text) for text in given]
            return snap(cache.vectors(hashes, lambda at: encoder.encode([given[i] for i in at])))

        rows = find_clusters(found, looks, is_seen, encode, lambda key: key in singles)
        pq.write_table(rows, folder / ROWS_FILE)
        n_clusters = rows.group_by(["key", "canonical"]).aggregate([]).num_rows
        return {**made_for, "forms": rows.num_rows, "clusters": n_clusters, "looks": space.path.name}

    return Fit(digest("1", made_for, space.path.name, space.version()), write, made_for)


def vocabulary_fit(workspace: Workspace, frequent: Artefact, clusters: Artefact, edits: tuple[Edit, ...]) -> Fit:
    """The next version; it depends on the one before, whose ids it keeps.

    Raises:
        RelpinsError: while it is made, if an edit that no version before knew names what there is not.
    """
    made_for = {"clusters": clusters.version, "edits": edits_digest(edits)}
    parent = version_before(workspace, VOCABULARY)
    made_from = digest("1", made_for, parent.version if parent else None)

    def write(folder: Path) -> Manifest:
        entries, idle = apply_edits(entries_of(pq.read_table(clusters.folder / ROWS_FILE)), edits)
        known = parent.manifest["edits said"] if parent is not None else []
        wrong = [why for edit, why in idle.items() if str(edit) not in known]
        if wrong and clusters.manifest["forms"]:
            raise RelpinsError(f"{EDITS_FILE}: {wrong[0]}")
        before = pq.read_table(parent.folder / ROWS_FILE) if parent is not None else None
        rows = vocabulary_rows(entries, load_frequent(frequent.folder), before)
        pq.write_table(rows, folder / ROWS_FILE)
        told = {"parent": parent.version if parent else None, "edit file": EDITS_FILE if edits else None}
        said = {"edits said": [str(one) for one in edits], "edits without effect": list(idle.values())}
        return {**made_for, **told, **said, "attributes": rows.num_rows}

    return Fit(made_from, write, made_for)


def looks_of(lake: Lake, join_ids: tuple[str, ...]) -> tuple[Floats, np.ndarray[Any, np.dtype[np.bool_]]]:
    """How images look: unit vectors (n, d) of their representatives, zero where there is none, and which there are."""
    rows = lake.query("""
        SELECT j.join_id, c.vector FROM pin_joins j JOIN clip_embeddings c ON c.pin_id = j.representative_pin_id""")
    given = vectors(rows)
    looks = np.zeros((len(join_ids), given.shape[1] if len(given) else 1))
    place = {join_id: at for at, join_id in enumerate(join_ids)}
    at = np.array([place.get(join_id, -1) for join_id in rows["join_id"].to_pylist()], np.int64)
    is_seen = np.zeros(len(join_ids), bool)
    if len(given):
        looks[at[at >= 0]] = snap(given[at >= 0])
        is_seen[at[at >= 0]] = True
    return looks, is_seen


def holds(lake: Lake, name: str, version: str) -> bool:
    """Whether table `name` holds the rows of this version of its artefact."""
    table = lake.table(name)
    return lake.recall(f"{name}_version") == [version, table.count()] and table.exists() and not table.is_outdated()


def bring_up(lake: Lake, name: str, version: str, rows: Callable[[], pa.Table]) -> bool:
    """Have table `name` hold the rows of this version; whether it did not yet."""
    lake.table(name).create()
    if holds(lake, name, version):
        return False
    lake.table(name).overwrite(rows())
    lake.remember(f"{name}_version", [version, lake.table(name).count()])
    return True
