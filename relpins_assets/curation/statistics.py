"""Counts and rates of every pin as of a day, to be frozen: popularity, and engagement per impression, smoothed."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake import Lake

RULES = "2"
"""Changes when another release would freeze other statistics of the same catalog."""
PRIOR_IMPRESSIONS = 20.0
"""Rates are pulled towards the catalog's mean as if this many impressions had been seen at that mean."""
HALF_LIFE_DAYS = 30.0
"""After this many days a save or interaction counts half towards popularity."""

STATISTICS = """
WITH saves AS (
    SELECT pin_id, count(DISTINCT board_id) AS n_saves,
           sum(pow(0.5, greatest(date_diff('day', coalesce(saved_at, $as_of), $as_of), 0) / $half_life)) AS save_weight
    FROM raw_board_pins WHERE saved_at IS NULL OR saved_at < $as_of GROUP BY pin_id),
events AS (
    SELECT pin_id,
           count(*) FILTER (event = 'impression') AS n_impressions,
           count(*) FILTER (event IN ('click', 'long_click')) AS n_clicks,
           count(*) FILTER (event = 'closeup') AS n_closeups,
           count(*) FILTER (event = 'save') AS n_event_saves,
           count(*) FILTER (event NOT IN ('impression', 'hide')) AS n_interactions,
           sum(pow(0.5, greatest(date_diff('day', coalesce(created_at, $as_of), $as_of), 0) / $half_life))
               FILTER (event NOT IN ('impression', 'hide', 'save')) AS event_weight
    FROM raw_interactions WHERE created_at IS NULL OR created_at < $as_of GROUP BY pin_id),
counts AS (
    SELECT p.pin_id, p.created_at, coalesce(n_saves, 0) AS n_saves, coalesce(n_impressions, 0) AS n_impressions,
           coalesce(n_clicks, 0) AS n_clicks, coalesce(n_closeups, 0) AS n_closeups,
           coalesce(n_event_saves, 0) AS n_event_saves, coalesce(n_interactions, 0) AS n_interactions,
           least(coalesce(n_event_saves, 0), coalesce(n_impressions, 0)) AS shown_saves,
           least(coalesce(n_clicks, 0), coalesce(n_impressions, 0)) AS shown_clicks,
           least(coalesce(n_closeups, 0), coalesce(n_impressions, 0)) AS shown_closeups,
           round(coalesce(save_weight, 0) + coalesce(event_weight, 0), 6) AS popularity
    FROM raw_pins p LEFT JOIN saves USING (pin_id) LEFT JOIN events USING (pin_id)),
means AS (
    SELECT coalesce(sum(shown_saves) / nullif(sum(n_impressions), 0), 0) AS save_rate,
           coalesce(sum(shown_clicks) / nullif(sum(n_impressions), 0), 0) AS ctr,
           coalesce(sum(shown_closeups) / nullif(sum(n_impressions), 0), 0) AS closeup_rate FROM counts),
smoothed AS (
    SELECT c.*, m AS mean, (shown_saves + $prior * m.save_rate) / (n_impressions + $prior) AS save_rate,
           (shown_clicks + $prior * m.ctr) / (n_impressions + $prior) AS ctr,
           (shown_closeups + $prior * m.closeup_rate) / (n_impressions + $prior) AS closeup_rate
    FROM counts c CROSS JOIN means m),
rated AS (
    SELECT *, (coalesce(save_rate / nullif(save_rate + mean.save_rate, 0), 0.5)
               + coalesce(ctr / nullif(ctr + mean.ctr, 0), 0.5)
               + coalesce(closeup_rate / nullif(closeup_rate + mean.closeup_rate, 0), 0.5)) / 3 AS quality
    FROM smoothed)
SELECT pin_id, n_saves, n_impressions, n_clicks, n_closeups, n_interactions, save_rate, ctr, closeup_rate, popularity,
       row_number() OVER (ORDER BY popularity DESC, pin_id) AS popular_rank,
       row_number() OVER (ORDER BY created_at DESC NULLS LAST, pin_id) AS chronological_rank,
       round((1 + ln(1 + popularity)) * greatest(quality, 0.01), 6) AS sampling_weight
FROM rated ORDER BY pin_id
"""


def catalog_statistics(lake: Lake, as_of: date) -> pa.Table:
    """Rows of catalog_statistics (see schemas.py), from everything that happened before `as_of`.

    Rates are (events + prior · mean rate) / (impressions + prior): a pin without impressions has the catalog's mean.
    Events beyond a pin's impressions came from where nobody counts impressions, and do not count here.

    `sampling_weight` is (1 + ln(1 + popularity)) x quality. Quality is the mean of rate / (rate + the catalog's rate)
    over saves, clicks and closeups per impression: .5 for a pin like the average and for one that was never shown,
    near 1 for one that people act on whenever they see it. A pin without a save or an impression weighs .5, so that a
    large board keeps new pins too.
    """
    parameters = {"as_of": as_of, "half_life": HALF_LIFE_DAYS, "prior": PRIOR_IMPRESSIONS}
    return lake.query(STATISTICS, parameters)


def statistics_problem(rows: pa.Table) -> str | None:
    """Why these rows cannot be used; None if rates are shares, no count is negative and ranks are permutations."""
    for name in ("save_rate", "ctr", "closeup_rate"):
        bounds = pc.min_max(rows[name]).as_py()
        if rows.num_rows and not (bounds["min"] >= 0 and bounds["max"] <= 1):
            return f"{name} runs from {bounds['min']} to {bounds['max']}; a rate lies between 0 and 1"
    for name in ("n_saves", "n_impressions", "n_clicks", "n_closeups", "n_interactions"):
        if rows.num_rows and pc.min(rows[name]).as_py() < 0:
            return f"{name} is negative"
    if rows.num_rows and not pc.min(rows["sampling_weight"]).as_py() > 0:
        return "a sampling_weight is not above 0"
    for name in ("popular_rank", "chronological_rank"):
        if sorted(rows[name].to_pylist()) != list(range(1, rows.num_rows + 1)):
            return f"{name} does not count from 1 to {rows.num_rows}"
    return None
