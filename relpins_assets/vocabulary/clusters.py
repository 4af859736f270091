"""Values of one key that mean the same: complete linkage on the mixed distance, spellings of one value joined first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from relpins_assets.vocabulary.distances import CUT, Distances, Encode, distances
from relpins_assets.vocabulary.frequent import Frequent
from relpins_assets.vocabulary.spelling import spelling_key
from relpins_assets.vocabulary.use import Use, read_use, use_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MAX_FORMS = 3_000
"""Of one key; rarer ones beyond it join their spellings only."""


def find_clusters(
    frequent: Frequent,
    vectors: Floats,
    is_seen: npt.NDArray[np.bool_],
    encode: Encode,
    is_single: Callable[[str], bool],
) -> pa.Table:
    """Rows of attribute_clusters.

    Args:
        vectors: (images, d) unit vectors of the looks of `frequent.join_ids`, zero where unknown.
        is_seen: (images,) whether its look is known.
        encode: unit vectors of texts.
        is_single: whether a pin has one value of that key at most.
    """
    names = frequent.kept.to_pylist()
    group, heads = spelling_groups(names)
    keys = [names[head]["key"] for head in heads]
    use = read_use(frequent, group, keys, vectors, is_seen)
    rows: list[dict[str, object]] = []
    for key in sorted(set(keys)):
        groups = np.array([place for place, one in enumerate(keys) if one == key], np.int64)
        rows += _rows_of_key(names, group, groups, heads, use, encode, is_single(key))
    rows.sort(key=lambda row: (str(row["key"]), str(row["value"])))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("value", pa.string()),
        ("canonical", pa.string()),
        ("n_pins", pa.int64()),
        *((name, pa.float64()) for name in ("distance", "form_distance", "text_distance", "use_distance")),
    ]
)


def complete_linkage(mixed: Floats, cut: float = CUT) -> Ints:
    """(n,) a cluster number of each of n values: no two of a cluster are farther apart than `cut`."""
    if len(mixed) < 2:
        return np.zeros(len(mixed), np.int64)
    tree = linkage(squareform(mixed, checks=False), method="complete")
    return np.asarray(fcluster(tree, cut, criterion="distance"), np.int64)


def spelling_groups(names: list[dict[str, object]]) -> tuple[Ints, list[int]]:
    """The group of each form by its spelling, and of each group the most frequent form."""
    keys = [(str(one["key"]), spelling_key(str(one["value"]))) for one in names]
    place = {key: at for at, key in enumerate(sorted(set(keys)))}
    group = np.array([place[key] for key in keys], np.int64)
    heads: dict[int, int] = {}
    for at in sorted(range(len(names)), key=lambda at: _rank(names[at])):
        heads.setdefault(int(group[at]), at)
    return group, [heads[at] for at in range(len(place))]


def _rank(one: dict[str, object]) -> tuple[int, str]:
    """The most frequent first, ties by name."""
    return -int(str(one["n_pins"])), str(one["value"])


def _rows_of_key(
    names: list[dict[str, object]],
    group: Ints,
    groups: Ints,
    heads: list[int],
    use: Use,
    encode: Encode,
    is_single: bool,
) -> list[dict[str, object]]:
    by_rank = groups[np.argsort([_rank(names[heads[at]])[0] for at in groups], kind="stable")]
    groups, rarer = np.sort(by_rank[:MAX_FORMS]), set(by_rank[MAX_FORMS:].tolist())
    values = [str(names[heads[at]]["value"]) for at in groups]
    found = distances(values, use_of(use, groups), encode, is_single)
    cluster = complete_linkage(found.mixed)
    rows = []
    for number in np.unique(cluster):
        places = np.flatnonzero(cluster == number)
        forms = [(at, place) for place in places for at in np.flatnonzero(group == groups[place])]
        best, best_place = min(forms, key=lambda one: _rank(names[one[0]]))
        rows += [_row(names[at], names[best], found, int(place), int(best_place)) for at, place in forms]
    alone = [(names[at], names[heads[head]]) for at, head in enumerate(group.tolist()) if head in rarer]
    return rows + [_row(form, head, found, -1, -1) for form, head in alone]


def _row(
    form: dict[str, object], canonical: dict[str, object], found: Distances, at: int, to: int
) -> dict[str, object]:
    parts = {"distance": found.mixed, "form_distance": found.form, "text_distance": found.text}
    told = {name: float(matrix[at, to]) for name, matrix in {**parts, "use_distance": found.use}.items()}
    return {**form, "canonical": canonical["value"], **(told if at != to else dict.fromkeys(told, 0.0))}
