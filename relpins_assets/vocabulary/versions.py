"""The vocabulary made from clusters and edits: entries counted on the frozen carriers, ids kept from the one before."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from relpins_assets.vocabulary.editing import Entry
from relpins_assets.vocabulary.frequent import Frequent

SCHEMA = pa.schema(
    [
        ("attribute_id", pa.string()),
        ("key", pa.string()),
        ("value", pa.string()),
        ("members", pa.list_(pa.string())),
        ("n_pins", pa.int64()),
        ("idf", pa.float64()),
        ("edited", pa.string()),
    ]
)


def entries_of(clusters: pa.Table) -> list[Entry]:
    """An entry per cluster of attribute_clusters."""
    members: dict[tuple[str, str], list[str]] = {}
    for row in clusters.select(["key", "canonical", "value"]).to_pylist():
        members.setdefault((row["key"], row["canonical"]), []).append(row["value"])
    return [Entry(key, value, tuple(sorted(forms))) for (key, value), forms in sorted(members.items())]


def vocabulary_rows(entries: Sequence[Entry], frequent: Frequent, before: pa.Table | None) -> pa.Table:
    """Rows of attribute_vocabulary, in order of id.

    Args:
        frequent: whose carriers counts are taken of, so that an edit leaves the counts of all others as they are.
        before: rows of the version before, whose ids are kept; None for the first.
    """
    ids = keep_ids(entries, before)
    place = {(row["key"], row["value"]): at for at, row in enumerate(frequent.kept.to_pylist())}
    rows = []
    for entry, attribute_id in zip(entries, ids, strict=True):
        forms = np.array([place[entry.key, form] for form in entry.members if (entry.key, form) in place], np.int64)
        n_pins = len(frequent.images_of(forms))
        idf = round(math.log(max(1, len(frequent.join_ids)) / max(1, n_pins)), 9)
        named = {"attribute_id": attribute_id, "key": entry.key, "value": entry.value, "members": list(entry.members)}
        rows.append({**named, "n_pins": n_pins, "idf": idf, "edited": entry.edited})
    return pa.Table.from_pylist(sorted(rows, key=lambda row: str(row["attribute_id"])), schema=SCHEMA)


def keep_ids(entries: Sequence[Entry], before: pa.Table | None) -> list[str]:
    """The id of each entry: that of the old one it shares most members with, each old id once; else a new one.

    Among equal overlaps the one with the same canonical form keeps it, then the first by name.
    """
    old = before.to_pylist() if before is not None else []
    old_of = {(row["key"], form): row for row in old for form in row["members"]}
    shared: dict[tuple[int, str], int] = {}
    for at, entry in enumerate(entries):
        for form in entry.members:
            row = old_of.get((entry.key, form))
            if row is not None:
                shared[at, row["attribute_id"]] = shared.get((at, row["attribute_id"]), 0) + 1
    value_of = {row["attribute_id"]: row["value"] for row in old}
    ids: dict[int, str] = {}
    for at, attribute_id in sorted(
        shared, key=lambda one: (-shared[one], value_of[one[1]] != entries[one[0]].value, one[1], entries[one[0]].value)
    ):
        if at not in ids and attribute_id not in ids.values():
            ids[at] = attribute_id
    taken = set(ids.values())
    for at, entry in enumerate(entries):
        if at not in ids:
            ids[at] = _new_id(entry, taken)
            taken.add(ids[at])
    return [ids[at] for at in range(len(entries))]


def slug(value: str) -> str:
    """Letters and digits of any script, hyphens between."""
    plain = unicodedata.normalize("NFKD", value)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "-", plain).strip("-") or "x"


def _new_id(entry: Entry, taken: set[str]) -> str:
    name = f"{entry.key}/{slug(entry.value)}"
    number, tried = 2, name
    while tried in taken:
        number, tried = number + 1, f"{name}-{number}"
    return tried
