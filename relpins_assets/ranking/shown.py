"""What was shown beside which image, at which place, and what people did with it: counts, from the raw interactions.

An impression is a row of event impression with a request and a query pin. What people did is joined to it on request,
query pin and pin; what was done without an impression in the same request has no expectation, and is left out. A pin is
its image: the pins of one image count together.
"""

from __future__ import annotations

import pyarrow as pa

from relpins_assets.collections.kept import keep_table, kept_table, state_of
from relpins_resources.lake import Lake

ACTIONS = ("click", "long_click", "closeup", "save")
KEPT = "engagement_queries.parquet"
LAST_POSITION = 50
"""Places further down count as this one; 0 is a place that the log does not say."""

IMAGES = "(SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins)"
COUNTS = f"""
WITH events AS (
    SELECT request_id, query_pin_id, pin_id,
           greatest(0, least(coalesce(min(position) FILTER (event = 'impression'), 0), {LAST_POSITION})) AS position,
           coalesce(min(lower(trim(device))), '') AS device, coalesce(bool_or(is_randomised), false) AS is_randomised,
           {", ".join(f"bool_or(event = '{action}') AS {action}" for action in ACTIONS)}
    FROM raw_interactions WHERE request_id IS NOT NULL AND query_pin_id IS NOT NULL AND %s
    GROUP BY ALL HAVING bool_or(event = 'impression'))
SELECT q.join_id AS query_join_id, c.join_id, device, position, is_randomised, count(*) AS n_impressions,
       {", ".join(f"count(*) FILTER ({action}) AS {action}" for action in ACTIONS)}
FROM events JOIN {IMAGES} q ON q.pin_id = query_pin_id JOIN {IMAGES} c ON c.pin_id = events.pin_id
WHERE q.join_id <> c.join_id AND %s
GROUP BY ALL ORDER BY ALL
"""
# One number per query image: it changes with any of its events, and with the image that a shown pin has.
STATES = f"""
WITH images AS {IMAGES}
SELECT q.join_id AS query_join_id, count(*) AS n_events,
       sum(md5_number_lower(i.fingerprint || c.join_id)::HUGEINT)::VARCHAR AS events
FROM raw_interactions i JOIN images q ON q.pin_id = i.query_pin_id JOIN images c ON c.pin_id = i.pin_id
WHERE i.request_id IS NOT NULL AND q.join_id <> c.join_id GROUP BY 1 ORDER BY 1
"""


def shown_counts(lake: Lake, query_join_ids: pa.Array | None = None, half: int | None = None) -> pa.Table:
    """Impressions and actions (query_join_id, join_id, device, position, is_randomised, n_impressions, one column per
    action), of some query images or of all, in order of key.

    Args:
        half: 0 or 1: of one half of the requests only, so that one half can judge what the other taught.
    """
    request = "true" if half is None else f"md5_number_lower(request_id) % 2 = {int(half)}"
    if query_join_ids is None:
        return lake.query(COUNTS % (request, "true"))
    return lake.query(COUNTS % (request, "q.join_id IN (SELECT unnest(?))"), [query_join_ids.to_pylist()])


def wanted_queries(lake: Lake) -> pa.Table:
    """One row per image beside which anything was shown (query_join_id, n_events, events: a hash of what happened).

    Kept with the home for as long as its inputs stay as they are.
    """
    path, state = lake.home / "cache" / KEPT, state_of(lake, ("raw_interactions", "pin_joins"), STATES)
    kept = kept_table(path, state)
    if kept is None:
        kept = lake.query(STATES)
        keep_table(path, state, kept)
    return kept
