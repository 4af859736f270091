"""What random walks came by, from the rows of random_walk_candidates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.feeds.item_columns import places
from relpins_assets.feeds.shares import ragged
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Ints, Scored, Walks

TABLE = "random_walk_candidates"


def walks_of(lake: Lake, join_ids: pa.Array, join_of: Ints, representatives: Ints) -> Callable[[], Walks] | None:
    """How to read the walks of each item, repins as their image; None while there are none.

    An image that is newer than the graph has no walk, and stands in nobody's.

    Args:
        join_ids: (j,) every image.
        join_of: (n,) place of each item's image among them.
        representatives: (j,) position of the item that stands for each image.
    """
    if lake.table(TABLE).count() == 0:
        return None
    found: list[Walks] = []

    def read() -> Walks:
        if not found:
            found.append(_read(lake, join_ids, join_of, representatives))
        return found[0]

    return read


def _read(lake: Lake, join_ids: pa.Array, join_of: Ints, representatives: Ints) -> Walks:
    rows = lake.table(TABLE).read(["join_id", "candidate_join_ids", "visits", "n_steps", "n_boards"]).combine_chunks()
    starts_from, lists = places(rows["join_id"], join_ids), rows["candidate_join_ids"].combine_chunks()
    others = places(lists.flatten(), join_ids)
    known = (others >= 0) & (starts_from >= 0)[pc.list_parent_indices(lists).to_numpy()]
    sizes = np.zeros(len(join_ids), np.int64)
    before = np.concatenate([[0], np.cumsum(known)])
    bounds = before[lists.offsets.to_numpy() - lists.offsets[0].as_py()]
    is_there = starts_from >= 0
    begins = np.zeros(len(join_ids), np.int64)
    begins[starts_from[is_there]] = bounds[:-1][is_there]
    sizes[starts_from[is_there]] = np.diff(bounds)[is_there]
    at, indptr = ragged(begins[join_of], (begins + sizes)[join_of])
    visits = rows["visits"].combine_chunks().flatten().to_numpy()[known]
    n_steps, degrees = np.zeros(len(join_ids), np.int64), np.zeros(len(join_ids), np.int64)
    n_steps[starts_from[is_there]] = rows["n_steps"].to_numpy()[is_there]
    degrees[starts_from[is_there]] = rows["n_boards"].to_numpy()[is_there]
    lists_of = Scored(indptr, representatives[others[known]][at], visits[at])
    return Walks(lists_of, n_steps[join_of], degrees[join_of])


WALKED = """
SELECT unnest(j.pin_ids) AS pin_id,
       md5(concat_ws('|', w.candidate_join_ids[1:$depth], w.visits[1:$depth], w.n_steps)) AS walked
FROM random_walk_candidates w JOIN pin_joins j USING (join_id)
"""


def lists_walked(lake: Lake, pin_ids: pa.ChunkedArray, depth: int) -> pa.Array:
    """(n,) a hash of the first `depth` images that each pin's walk came by; the same for all where `depth` is 0."""
    if depth == 0:
        return pa.array([""] * len(pin_ids), pa.string())
    rows = lake.query(WALKED, {"depth": depth})
    at = pc.index_in(pin_ids, value_set=rows["pin_id"].combine_chunks())
    return rows["walked"].combine_chunks().take(at.combine_chunks()).fill_null("")
