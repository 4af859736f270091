"""What a ranker learns from: per query pin the best and the worst of what was shown, and the worst and a random pin.

    (q, argmax COEC, argmin COEC) and (q, argmin COEC, random pin)

Visual discovery at Pinterest (Related Pins), 2015. Only pins shown often enough count, and a query needs two of them
that differ. The random pin is one that was never shown there: most pins have nothing to do with the query, so the worst
of what was shown is better than it. It is drawn from what was shown beside any other pin: one that nobody was ever
shown, such as every new one, is not worse for that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.lake import Lake

Ints = npt.NDArray[np.int64]

DRAWS = 16
"""A query that was shown nearly everything gets no random pin when so many draws all hit what was shown."""
BEST_AND_WORST = """
WITH pins AS (SELECT join_id, representative_pin_id AS pin_id FROM pin_joins),
judged AS (
    SELECT e.query_join_id, q.pin_id AS query_pin_id, c.pin_id, coec
    FROM engagement_coec e JOIN pins q ON q.join_id = query_join_id JOIN pins c ON c.join_id = e.join_id
    WHERE n_impressions >= $least)
SELECT query_pin_id, arg_min(pin_id, (-coec, pin_id)) AS best_pin_id, max(coec) AS best_coec,
       arg_min(pin_id, (coec, pin_id)) AS worst_pin_id, min(coec) AS worst_coec
FROM judged GROUP BY query_pin_id HAVING min(coec) < max(coec) ORDER BY query_pin_id
"""
SHOWN = """
SELECT q.representative_pin_id AS query_pin_id, c.representative_pin_id AS pin_id
FROM engagement_coec e JOIN pin_joins q ON q.join_id = query_join_id JOIN pin_joins c ON c.join_id = e.join_id
"""


def triplet_rows(lake: Lake, least: int, seed: int) -> pa.Table:
    """Rows of ranking_triplets, in order of key.

    Args:
        least: impressions that a pin needs beside a query to be judged there.
        seed: of the random pins.
    """
    found = lake.query(BEST_AND_WORST, {"least": least})
    best_worst = {
        "query_pin_id": found["query_pin_id"],
        "kind": pa.array(["best_worst"] * found.num_rows, pa.string()),
        "better_pin_id": found["best_pin_id"],
        "worse_pin_id": found["worst_pin_id"],
        "better_coec": found["best_coec"],
        "worse_coec": found["worst_coec"],
    }
    random = _random_pins(lake, found["query_pin_id"].to_pylist(), seed)
    worst_random = {
        **best_worst,
        "kind": pa.array(["worst_random"] * found.num_rows, pa.string()),
        "better_pin_id": found["worst_pin_id"],
        "worse_pin_id": random,
        "better_coec": found["worst_coec"],
        "worse_coec": pa.nulls(found.num_rows, pa.float64()),
    }
    drawn = pa.table(worst_random).filter(random.is_valid())
    keys = ("query_pin_id", "kind", "better_pin_id", "worse_pin_id")
    return pa.concat_tables([pa.table(best_worst), drawn]).sort_by([(key, "ascending") for key in keys])


def _random_pins(lake: Lake, query_pin_ids: list[str], seed: int) -> pa.Array:
    """A pin for each query that was not shown there and is not itself, drawn from what was shown anywhere."""
    shown = lake.query(SHOWN)
    of = shown["query_pin_id"].to_pylist()
    pins = np.array(sorted({*shown["pin_id"].to_pylist(), *of}), object)
    queries, taken, asked = (
        np.searchsorted(pins, np.array(ids, object)) for ids in (query_pin_ids, shown["pin_id"].to_pylist(), of)
    )
    n, drawable = max(len(pins), 1), np.unique(taken)
    forbidden = np.unique(np.concatenate([asked * n + taken, queries * n + queries]))
    places = np.random.default_rng(seed).integers(0, max(len(drawable), 1), (len(queries), DRAWS))
    drawn = drawable[places] if len(drawable) else places
    is_open = ~np.isin(queries[:, None] * n + drawn, forbidden)
    first = np.take_along_axis(drawn, is_open.argmax(axis=1)[:, None], axis=1)[:, 0] if len(queries) else queries
    return pa.array(pins[first], pa.string(), mask=~is_open.any(axis=1))
