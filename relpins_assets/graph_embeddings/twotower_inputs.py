"""What the two towers see: of a pin its look, description, categories and attributes; of a user what JSON says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.collaborative.two_tower_network import Pins
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

Floats = npt.NDArray[np.float32]
SPACES = ("clip_embeddings", "content_embeddings")
GROUPS = (*SPACES, "categories", "attributes")
BOARD_GROUPS = (GROUPS.index("categories"),)
"""What boards say: a new pin comes without it."""
MOST_COLUMNS, MOST_VALUES, LEAST_USERS = 256, 50, 2
"""Values of user columns that are learnt; a column of more values than that names people or days, not kinds."""

WANTED = """
WITH joined AS (SELECT join_id, unnest(pin_ids) AS pin_id, categories, category_weights FROM pin_joins),
said AS (
    SELECT pin_id, list(attribute_id ORDER BY attribute_id) AS attributes,
           list(round(confidence, 4) ORDER BY attribute_id) AS confidences
    FROM attribute_assignments GROUP BY pin_id)
SELECT c.pin_id, j.join_id, c.fingerprint AS image, coalesce(t.fingerprint, '') AS content,
       CASE WHEN len(j.categories) > 0 THEN j.categories
            WHEN p.board_category IS NOT NULL THEN [p.board_category] ELSE [] END AS categories,
       CASE WHEN len(j.categories) > 0 THEN j.category_weights
            WHEN p.board_category IS NOT NULL THEN [1.0] ELSE [] END AS category_weights,
       coalesce(s.attributes, []) AS attributes, coalesce(s.confidences, []) AS confidences
FROM clip_embeddings c JOIN joined j USING (pin_id) LEFT JOIN content_embeddings t USING (pin_id)
LEFT JOIN raw_pins p USING (pin_id) LEFT JOIN said s USING (pin_id)
"""
"""One row per pin with an image: all that the item tower reads, vectors by their fingerprint."""


@dataclass(frozen=True)
class Frozen:
    """What the columns of the towers' inputs stand for, as it was when they were fitted.

    Attributes:
        join_ids: images with an own vector, in its order.
        columns: of users, as "name=value".
    """

    categories: tuple[str, ...]
    attributes: tuple[str, ...]
    columns: tuple[str, ...]
    join_ids: tuple[str, ...]


def inputs_of(lake: Lake, rows: pa.Table, frozen: Frozen) -> Pins:
    """Rows of WANTED as the item tower takes them, in their order."""
    own = {join_id: place for place, join_id in enumerate(frozen.join_ids)}
    return Pins(
        (
            *(vectors_of(lake, name, rows["pin_id"].to_pylist()) for name in SPACES),
            weights_of(rows["categories"], rows["category_weights"], frozen.categories),
            weights_of(rows["attributes"], rows["confidences"], frozen.attributes),
        ),
        np.array([own.get(join_id, -1) for join_id in rows["join_id"].to_pylist()], np.int64),
    )


def vectors_of(lake: Lake, name: str, pin_ids: Sequence[str]) -> Floats:
    """(n, d) vectors of a table in the order asked for, zeros where it has none."""
    table = lake.table(name)
    rows = table.read_keys(pin_ids, ["pin_id", "vector"])
    out = np.zeros((len(pin_ids), table.vector_dim() or 1), np.float32)
    at = {pin_id: place for place, pin_id in enumerate(pin_ids)}
    if rows.num_rows:
        out[[at[pin_id] for pin_id in rows["pin_id"].to_pylist()]] = vectors(rows)
    return out


def weights_of(names: pa.ChunkedArray, weights: pa.ChunkedArray, known: Sequence[str]) -> Floats:
    """(n, m) the weight that each list gives each known name, as unit rows; zeros where it names none of them."""
    lists = names.combine_chunks()
    places = pc.index_in(lists.flatten(), value_set=pa.array(list(known), pa.string()))
    columns = places.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    given = weights.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    out = np.zeros((len(lists), len(known)))
    is_known = columns >= 0
    out[rows[is_known], columns[is_known]] = given[is_known]
    lengths = np.linalg.norm(out, axis=1, keepdims=True)
    unit: Floats = np.divide(out, lengths, out=np.zeros_like(out), where=lengths > 0).astype(np.float32)
    return unit


def distinct_names(lists: pa.ChunkedArray) -> tuple[str, ...]:
    """Every name that any of the lists holds, in order."""
    return tuple(sorted(set(pc.list_flatten(lists).to_pylist())))


def values_of(attributes: str | None) -> list[str]:
    """What the JSON of a user says, as "name=value"; numbers with a fraction, lists and objects are passed over."""
    try:
        said = json.loads(attributes) if attributes else {}
    except ValueError:
        return []
    pairs: Iterable[tuple[str, Any]] = said.items() if isinstance(said, dict) else ()
    return [f"{name}={value}" for name, value in sorted(pairs) if isinstance(value, (str, bool, int))]


def learnt_columns(users: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Values of columns worth an own weight: said of several users, of columns with few values; the commonest."""
    counts: dict[str, int] = {}
    for said in users:
        for one in said:
            counts[one] = counts.get(one, 0) + 1
    of_column: dict[str, int] = {}
    for one in counts:
        name = one.partition("=")[0]
        of_column[name] = of_column.get(name, 0) + 1
    kept = [
        one for one, count in counts.items() if count >= LEAST_USERS and of_column[one.partition("=")[0]] <= MOST_VALUES
    ]
    return tuple(sorted(sorted(kept, key=lambda one: (-counts[one], one))[:MOST_COLUMNS]))


def column_matrix(users: Sequence[Sequence[str]], columns: Sequence[str]) -> Floats:
    """(u, c) 1 where a column says so of a user."""
    at = {name: place for place, name in enumerate(columns)}
    out = np.zeros((len(users), len(columns)), np.float32)
    for row, said in enumerate(users):
        out[row, [at[one] for one in said if one in at]] = 1.0
    return out
