"""Rows of random_walk_candidates: what walks from an image come by, without what has gone since the graph was fitted.

The walks run over the graph as it was, so that a row changes with nothing but the images on its own list: it is
computed again when one of them goes, and when one comes back that would stand there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.candidates.walk_graph import WalkGraph, images_of
from relpins_assets.profile_signals import Walks
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.watermarks import Watermark
from relpins_resources.walks.board_graph import Ints
from relpins_resources.walks.pixie import Visits, WalkLength, walk

TABLE = "random_walk_candidates"
THREADS = 2


def walk_length(walks: Walks) -> WalkLength:
    return WalkLength(walks.steps, walks.restart, walks.enough_pins, walks.enough_visits)


def producer(artefact: Artefact, walks: Walks, seed: int) -> str:
    """Names the graph and the walks over it; other ones make every row stale."""
    return digest("1", artefact.version, asdict(walk_length(walks)), walks.candidates, seed)


def wanted_walks(lake: Lake, artefact: Artefact) -> pa.Table:
    """One row per image of the graph that is still there (join_id)."""
    images = images_of(artefact)
    return pa.table({"join_id": images.filter(pc.is_in(images, value_set=_present(lake)))})


def mark_of(lake: Lake) -> Watermark:
    """Which images had been taken in when the table was last brought up to date."""
    return lake.watermark(TABLE, ("pin_joins",))


def outdated_walks(lake: Lake, artefact: Artefact) -> pa.Table:
    """Rows (join_id) that name an image which is gone, or keep out one that is back."""
    changes = mark_of(lake).changes()
    table = lake.table(TABLE)
    if (changes is not None and not any(len(one) for one in changes.values())) or not table.exists():
        return pa.table({"join_id": pa.array([], pa.string())})
    rows = table.read(["join_id", "candidate_join_ids", "withheld"]).combine_chunks()
    present = _present(lake)
    gone = _rows_with(rows["candidate_join_ids"], pc.invert, present)
    numbers = pc.index_in(present, value_set=images_of(artefact)).drop_null()
    back = _rows_with(rows["withheld"], lambda found: found, numbers)
    return rows.select(["join_id"]).filter(pa.array(gone | back))


def _rows_with(lists: pa.ChunkedArray, chosen: Any, values: pa.Array) -> npt.NDArray[np.bool_]:
    """(r,) whether any entry of each list is chosen by being among `values`, or by not being."""
    column = lists.combine_chunks()
    hit = chosen(pc.is_in(column.flatten(), value_set=values.cast(column.type.value_type)))
    found = np.zeros(len(column), bool)
    found[pc.list_parent_indices(column).filter(hit).to_numpy()] = True
    return found


def _present(lake: Lake) -> pa.Array:
    return lake.table("pin_joins").read(["join_id"])["join_id"].combine_chunks()


class Walker:
    """Walks over one graph, given what is still there."""

    def __init__(self, lake: Lake, artefact: Artefact, walks: Walks, seed: int) -> None:
        self.of = WalkGraph.open(artefact)
        self._length, self._most, self._seed = walk_length(walks), walks.candidates, seed
        self._is_present = pc.is_in(self.of.join_ids, value_set=_present(lake)).to_numpy(zero_copy_only=False)

    def rows(self, join_ids: pa.Array | pa.ChunkedArray) -> pa.Table:
        """Rows of the table for some images of the graph, without fingerprint."""
        at = pc.index_in(join_ids, value_set=self.of.join_ids).to_numpy(zero_copy_only=False).astype(np.int64)
        visits = walk(self.of.graph, at, self._seeds(join_ids.to_pylist()), self._length, threads=THREADS)
        is_listed, is_withheld = self._listed(visits)
        names = self.of.join_ids.take(pa.array(visits.items[is_listed]))
        counts = pa.array(visits.counts[is_listed], pa.float64())
        return pa.table(
            {
                "join_id": join_ids,
                "candidate_join_ids": _lists(names, is_listed, visits.indptr),
                "visits": _lists(counts, is_listed, visits.indptr),
                "n_steps": pa.array(visits.n_steps, pa.int64()),
                "n_boards": pa.array(self.of.graph.degrees[at], pa.int64()),
                "withheld": _lists(pa.array(visits.items[is_withheld], pa.int32()), is_withheld, visits.indptr),
            }
        )

    def _seeds(self, join_ids: Sequence[str]) -> npt.NDArray[np.uint64]:
        texts = (f"{self.of.version} {self._seed} {join_id}".encode() for join_id in join_ids)
        return np.array([int.from_bytes(hashlib.blake2b(one, digest_size=8).digest()) for one in texts], np.uint64)

    def _listed(self, visits: Visits) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """(v,) which visited images a row names: the first so many that are there; and which it would have named."""
        is_there = self._is_present[visits.items]
        before = np.concatenate([[0], np.cumsum(is_there)])
        place = before[:-1] - np.repeat(before[visits.indptr[:-1]], np.diff(visits.indptr))  # present ones ahead
        fits = place < self._most
        return is_there & fits, ~is_there & fits


def _lists(values: pa.Array, chosen: npt.NDArray[np.bool_], indptr: Ints) -> pa.Array:
    """(q,) lists of the values that stand where `chosen` holds, cut where the rows of `indptr` are."""
    offsets = np.concatenate([[0], np.cumsum(chosen)])[indptr]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


POPULAR_SHARE = 0.05
SHOWN = 10

# How far the lists are what everybody saves: of the first entries, those among the images on most boards.
POPULARITY = f"""
WITH ranked AS (SELECT join_id, percent_rank() OVER (ORDER BY n_boards DESC, join_id) < {POPULAR_SHARE} AS is_popular
                FROM {{degrees}}),
shown AS (SELECT unnest(candidate_join_ids[1:{SHOWN}]) AS join_id FROM {{lists}})
SELECT coalesce(avg(is_popular::INT), 0)::DOUBLE AS share FROM shown JOIN ranked USING (join_id)
"""
SIZES = f"""
SELECT count(*) AS "walks", coalesce(avg(len(candidate_join_ids)), 0)::DOUBLE AS "mean length of the lists",
       coalesce(avg(n_steps), 0)::DOUBLE AS "mean steps",
       coalesce(avg((n_steps < (SELECT max(n_steps) FROM {TABLE}))::INT), 0)::DOUBLE AS "share that had seen enough"
FROM {TABLE}
"""


def judge_walks(lake: Lake) -> dict[str, Any]:
    """What a person would ask of the table: how far walks went, and whether their lists are everybody's favourites.

    The share of the first ten that are among the 5 % of images on most boards, beside that of co-occurrence.
    """
    found: dict[str, Any] = lake.query(SIZES).to_pylist()[0]
    if found["walks"] == 0:
        return found
    for name, lists in (("walks", TABLE), ("co-occurrence", "cooccurrence_candidates")):
        rows = lake.query(POPULARITY.format(degrees="cooccurrence_candidates", lists=lists)).to_pylist()
        found[f"share of popular images in the first ten by {name}"] = rows[0]["share"]
    return found
