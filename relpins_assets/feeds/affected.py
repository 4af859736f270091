"""Which feeds a change of the catalog reaches: those that would rank differently, and no others.

A feed is a function of its own pin and of the pins in its pool. So it is reached if a pin of its pool changed or
went, or if a pin that is new or changed is near enough to enter one of its candidate lists: at least as similar as the
last one in it, which every feed keeps as its floors. Its own pin's changes, boards' included, show in its fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.feeds.inputs import FeedInputs, Floats, Ints
from relpins_assets.feeds.retrieval import MICRO, NO_FLOOR
from relpins_resources.lake.watermarks import Changes

NEWCOMERS_AT_ONCE = 256


@dataclass(frozen=True)
class Touched:
    """Pins that changed in whatever a feed reads of its candidates: now there (`present`), or no more (`gone`)."""

    present: npt.NDArray[np.object_]
    gone: npt.NDArray[np.object_]

    @property
    def all_ids(self) -> pa.Array:
        return pa.array(np.concatenate([self.present, self.gone]), pa.string())


def touched_pins(changes: Mapping[str, Changes], inputs: FeedInputs, joins: pa.Table) -> Touched:
    """Pins whose vectors or join changed; `joins` has join_id and pin_ids of all joins as they are now."""
    moved = joins.filter(pc.is_in(joins["join_id"], value_set=changes["pin_joins"].upserted))
    members = pc.list_flatten(moved["pin_ids"])
    ids = set(members.to_pylist())
    for name in ("clip_embeddings", "content_embeddings"):
        ids |= set(changes[name].upserted.to_pylist()) | set(changes[name].gone.to_pylist())
    touched = np.array(sorted(ids), dtype=object)
    here = np.isin(touched, inputs.pin_ids) if len(touched) else np.zeros(0, bool)
    return Touched(touched[here], touched[~here])


def affected_feeds(touched: Touched, inputs: FeedInputs, pools: pa.Table, nearest: int | None = None) -> pa.Table:
    """Units (strategy, pin_id) of feeds that the touched pins reach.

    Args:
        touched: what changed since the feeds were last all fresh.
        inputs: the catalog as it is now.
        pools: related_pins_pools as stored (strategy, pin_id, pool, clip_floor, content_floor).
        nearest: of the feeds that a touched pin could enter, only so many where it is most similar; all if None.
    """
    holds = _holds_any(pools["pool"], touched.all_ids)
    enters = _could_enter(touched, inputs, pools, nearest) | _shares_boards(touched, inputs, pools)
    return pools.filter(pa.array(holds | enters)).select(["strategy", "pin_id"])


def _holds_any(lists: pa.ChunkedArray, ids: pa.Array) -> npt.NDArray[np.bool_]:
    """(f,) whether each list holds one of `ids`."""
    found = np.zeros(len(lists), bool)
    if len(lists) and len(ids):
        column = lists.combine_chunks()
        hits = pc.is_in(pc.list_flatten(column), value_set=ids).to_numpy(zero_copy_only=False)
        found[pc.list_parent_indices(column).to_numpy()[hits]] = True
    return found


def _could_enter(touched: Touched, inputs: FeedInputs, pools: pa.Table, nearest: int | None) -> npt.NDArray[np.bool_]:
    """(f,) whether a touched pin is now similar enough to enter one of each feed's lists."""
    here = inputs.positions(touched.present.tolist())
    newcomers = here[np.isin(here, inputs.candidates)]
    owners = np.array(pools["pin_id"].to_pylist(), dtype=object)
    entered = np.zeros(len(owners), bool)
    known = np.isin(owners, inputs.pin_ids)
    if len(newcomers) == 0 or not known.any():
        return entered
    queries = inputs.positions(owners[known].tolist())
    for vectors, floor in ((inputs.clip, "clip_floor"), (inputs.content, "content_floor")):
        floors = _floors(pools[floor])[known]
        for start in range(0, len(newcomers), NEWCOMERS_AT_ONCE):
            some = newcomers[start : start + NEWCOMERS_AT_ONCE]
            entered[known] |= _reach(inputs, vectors, queries, some, floors, nearest)
    return entered


def _shares_boards(touched: Touched, inputs: FeedInputs, pools: pa.Table) -> npt.NDArray[np.bool_]:
    """(f,) whether a candidate that no pool holds yet shares boards with each feed's pin.

    Its boards may have been taken in before its vectors were, by a run that built some stages only.
    """
    held = pc.list_flatten(pools["pool"].combine_chunks()).unique()
    ids = pa.array(touched.present, pa.string())
    unseen = inputs.positions(ids.filter(pc.invert(pc.is_in(ids, value_set=held))).to_pylist())
    joins = inputs.join_of[unseen[np.isin(unseen, inputs.candidates)]]
    starts, ends = inputs.cooccurrences.indptr[joins], inputs.cooccurrences.indptr[joins + 1]
    mates = [inputs.cooccurrences.others[start:end] for start, end in zip(starts, ends, strict=True)]
    near = np.isin(inputs.join_of, np.concatenate([np.empty(0, np.int64), *mates]))
    reached = pc.is_in(pools["pin_id"], value_set=pa.array(inputs.pin_ids[near], pa.string()))
    return np.asarray(reached.to_numpy(zero_copy_only=False) if isinstance(reached, pa.Array) else reached.to_numpy())


def _reach(
    inputs: FeedInputs, vectors: Floats, queries: Ints, newcomers: Ints, floors: Ints, nearest: int | None
) -> npt.NDArray[np.bool_]:
    micro = np.rint(vectors[queries].astype(np.float64) @ vectors[newcomers].astype(np.float64).T * MICRO).astype(
        np.int64
    )
    same_image = inputs.join_of[queries][:, None] == inputs.join_of[newcomers][None, :]
    enters: npt.NDArray[np.bool_] = np.logical_and(micro >= floors[:, None], np.logical_not(same_image))  # (f, m)
    if nearest is not None and nearest < len(micro):
        least = np.partition(np.where(enters, micro, NO_FLOOR), -nearest, axis=0)[-nearest]
        enters = np.logical_and(enters, micro >= least[None, :])
    reached: npt.NDArray[np.bool_] = np.logical_or.reduce(enters, axis=1)
    return reached


def _floors(column: pa.ChunkedArray) -> Ints:
    """Stored floors as millionths; NO_FLOOR where any pin would enter."""
    values = column.to_numpy()
    return np.where(np.isnan(values), NO_FLOOR, np.rint(np.nan_to_num(values) * MICRO)).astype(np.int64)
