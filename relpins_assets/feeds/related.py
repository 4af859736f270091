"""Feeds of a batch of pins as rows: what is recommended at each rank, and the pool and floors that each came from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from relpins_assets.feeds.blend import Pools, diversified, floor_value, pool
from relpins_assets.feeds.inputs import FeedInputs, Ints
from relpins_assets.feeds.retrieval import MICRO, Search
from relpins_assets.profile import Feeds
from relpins_resources.lake import Outcome

FEEDS_VERSION = "1"
"""Raised when the code below gives other feeds from the same inputs."""


def related_feeds(
    inputs: FeedInputs, pin_ids: list[str], searches: tuple[Search, Search], feeds: Feeds, seen_inputs: str
) -> Outcome:
    """Rows of related_pins_feeds and of related_pins_pools for a batch of pins.

    Args:
        pin_ids: the pins whose feeds are wanted.
        searches: by look and by description.
        seen_inputs: names the versions of the inputs, kept with each pool.
    """
    pools = pool(inputs, inputs.positions(pin_ids), *searches, feeds)
    columns = diversified(inputs, pools, feeds.diversity, feeds.limit)
    return Outcome(
        feed_rows(inputs, pools, columns, feeds.strategy), pool_rows(inputs, pools, feeds.strategy, seen_inputs)
    )


def feed_rows(inputs: FeedInputs, pools: Pools, columns: Ints, strategy: str) -> pa.Table:
    """Rows of related_pins_feeds: `columns` (b, limit) are each feed's candidates in order, -1 for none."""
    row, rank = np.nonzero(columns >= 0)
    at = (row, columns[row, rank])

    def ranks(values: Ints) -> pa.Array:
        return pa.array(values[at], pa.int32(), mask=values[at] == 0)

    named = (
        ("clip", pools.by_clip[at]),
        ("content", pools.by_content[at]),
        ("cooccurrence", pools.by_cooccurrence[at]),
    )
    return pa.table(
        {
            "strategy": pa.array([strategy] * len(row), pa.string()),
            "pin_id": pa.array(inputs.pin_ids[pools.queries[row]], pa.string()),
            "rank": pa.array(rank + 1, pa.int32()),
            "candidate_pin_id": pa.array(inputs.pin_ids[inputs.candidates[pools.places[at]]], pa.string()),
            "score": pa.array(pools.score[at], pa.float64()),
            "clip_rank": ranks(pools.clip_rank),
            "content_rank": ranks(pools.content_rank),
            "cooccurrence_rank": ranks(pools.cooccurrence_rank),
            "clip_similarity": pa.array(pools.clip[at] / MICRO, pa.float64()),
            "content_similarity": pa.array(pools.content[at] / MICRO, pa.float64()),
            "n_shared_boards": pa.array(pools.n_shared[at], pa.int32()),
            "retrieved_by": pa.array(
                [[name for name, flags in named if flags[i]] for i in range(len(row))], pa.list_(pa.string())
            ),
        }
    )


def pool_rows(inputs: FeedInputs, pools: Pools, strategy: str, seen_inputs: str) -> pa.Table:
    """Rows of related_pins_pools, one per query pin."""
    n = len(pools.queries)
    members = [inputs.pin_ids[inputs.candidates[row[row >= 0]]].tolist() for row in pools.places]
    return pa.table(
        {
            "strategy": pa.array([strategy] * n, pa.string()),
            "pin_id": pa.array(inputs.pin_ids[pools.queries], pa.string()),
            "pool": pa.array(members, pa.list_(pa.string())),
            "clip_floor": pa.array([floor_value(int(floor)) for floor in pools.clip_floor], pa.float64()),
            "content_floor": pa.array([floor_value(int(floor)) for floor in pools.content_floor], pa.float64()),
            "inputs": pa.array([seen_inputs] * n, pa.string()),
        }
    )
