"""Which feeds of a local strategy a change of the catalog reaches: those that could rank differently, and no others.

Such a feed is a function of its own pin and of the pins that its retrievers named. So it is reached if one of those
changed or went, or if a pin that is new or changed is near enough to enter one of its candidate lists: at least as
similar as the last one in it, which every feed keeps as its floors. Its own pin's changes, boards' included, show in
its fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake.watermarks import Changes
from relpins_resources.query.catalog import MICRO, NO_FLOOR, Booleans, Catalog, Embedding, Ints

NEWCOMERS_AT_ONCE = 256
BY_JOIN = ("pin_joins", "cooccurrence_candidates")
"""Tables with a row per join; the others that feeds read have a row per pin."""


@dataclass(frozen=True)
class Touched:
    """Pins that changed in whatever a feed reads of its candidates: now there (`present`), or no more (`gone`)."""

    present: npt.NDArray[np.object_]
    gone: npt.NDArray[np.object_]

    @property
    def all_ids(self) -> pa.Array:
        return pa.array(np.concatenate([self.present, self.gone]), pa.string())


def touched_pins(changes: Mapping[str, Changes], catalog: Catalog, joins: pa.Table) -> Touched:
    """Pins of whom a row changed or went; `joins` has join_id and pin_ids of all joins as they are now."""
    by_join = [changes[name] for name in BY_JOIN if name in changes]
    # an image that stands on no board any more has lost its row there, and is still an image
    moved = pa.chunked_array([part for one in by_join for part in (one.upserted, one.gone)], pa.string())
    members = pc.list_flatten(joins.filter(pc.is_in(joins["join_id"], value_set=moved))["pin_ids"])
    ids = set(members.to_pylist())
    for name in changes.keys() - set(BY_JOIN):
        ids |= set(changes[name].upserted.to_pylist()) | set(changes[name].gone.to_pylist())
    touched = np.array(sorted(ids), dtype=object)
    here = catalog.positions(touched.tolist()) >= 0
    return Touched(touched[here], touched[~here])


def affected_feeds(
    touched: Touched, catalog: Catalog, pools: pa.Table, spaces: Sequence[str], nearest: int | None = None
) -> pa.Table:
    """Units (strategy, pin_id) of feeds that the touched pins reach.

    Args:
        touched: what changed since the feeds were last all fresh.
        catalog: as it is now.
        pools: related_pins_pools of one strategy as stored (strategy, pin_id, pool, floors).
        spaces: the embedding of each similarity retriever that was there, in the order of the floors.
        nearest: of the feeds that a touched pin could enter, only so many where it is most similar; all if None.
    """
    holds = _holds_any(pools["pool"], touched.all_ids)
    enters = _could_enter(touched, catalog, pools, spaces, nearest) | _shares_boards(touched, catalog, pools)
    return pools.filter(pa.array(holds | enters)).select(["strategy", "pin_id"])


def _holds_any(lists: pa.ChunkedArray, ids: pa.Array) -> Booleans:
    """(f,) whether each list holds one of `ids`."""
    found = np.zeros(len(lists), bool)
    if len(lists) and len(ids):
        column = lists.combine_chunks()
        hits = pc.is_in(pc.list_flatten(column), value_set=ids).to_numpy(zero_copy_only=False)
        found[pc.list_parent_indices(column).to_numpy()[hits]] = True
    return found


def _could_enter(
    touched: Touched, catalog: Catalog, pools: pa.Table, spaces: Sequence[str], nearest: int | None
) -> Booleans:
    """(f,) whether a touched pin is now similar enough to enter one of each feed's lists."""
    here = catalog.positions(touched.present.tolist())
    newcomers = here[catalog.is_candidate[here]]
    owners = catalog.positions(pools["pin_id"].to_pylist())
    entered = np.zeros(len(owners), bool)
    if len(newcomers) == 0:
        return entered
    floors = _floors(pools["floors"], len(spaces))
    for space, floor in zip(spaces, floors, strict=True):
        embedding = catalog.embedding(space)
        if embedding is None:
            continue
        can = (owners >= 0) & embedding.has(owners)
        some = newcomers[embedding.has(newcomers)]
        for start in range(0, len(some), NEWCOMERS_AT_ONCE):
            block = some[start : start + NEWCOMERS_AT_ONCE]
            entered[can] |= _reach(embedding, owners[can], block, floor[can], nearest)
    return entered


def _reach(embedding: Embedding, queries: Ints, newcomers: Ints, floors: Ints, nearest: int | None) -> Booleans:
    dots = embedding.vectors(queries).astype(np.float64) @ embedding.vectors(newcomers).astype(np.float64).T
    micro = np.rint(dots * MICRO).astype(np.int64)
    enters: Booleans = micro >= floors[:, None]  # (f, m)
    if nearest is not None and nearest < len(micro):
        least = np.partition(np.where(enters, micro, NO_FLOOR), -nearest, axis=0)[-nearest]
        enters = enters & (micro >= least[None, :])
    reached: Booleans = np.logical_or.reduce(enters, axis=1)
    return reached


def _shares_boards(touched: Touched, catalog: Catalog, pools: pa.Table) -> Booleans:
    """(f,) whether a candidate that no pool holds yet shares boards with each feed's pin.

    Its boards may have been taken in before the rest of it was, by a run that built some stages only.
    """
    reached = np.zeros(pools.num_rows, bool)
    if catalog.shares is None:
        return reached
    held = pc.list_flatten(pools["pool"].combine_chunks()).unique()
    ids = pa.array(touched.present, pa.string())
    unseen = catalog.positions(ids.filter(pc.invert(pc.is_in(ids, value_set=held))).to_pylist())
    unseen = unseen[catalog.is_candidate[unseen]]
    if len(unseen) == 0:
        return reached
    owners = catalog.positions(pools["pin_id"].to_pylist())
    is_mate = np.zeros(len(catalog), bool)
    is_mate[
        np.repeat(np.arange(len(catalog)), np.diff(catalog.shares.indptr))[np.isin(catalog.shares.others, unseen)]
    ] = True
    return (owners >= 0) & is_mate[owners]


def _floors(column: pa.ChunkedArray, n_spaces: int) -> Ints:
    """(n_spaces, f) stored floors as millionths; NO_FLOOR where any pin would enter, or where none was kept."""
    floors = np.full((n_spaces, len(column)), NO_FLOOR, np.int64)
    for row, stored in enumerate(column.to_pylist()):
        for space, floor in enumerate(stored[:n_spaces]):
            if floor is not None:
                floors[space, row] = round(floor * MICRO)
    return floors
