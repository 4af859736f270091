"""Pins of one picture, joined: who carries it, what is said of it, and where people keep it."""

from __future__ import annotations

import pyarrow as pa

from relpins_assets.curation.annotations import weighted_annotations
from relpins_resources.lake import Lake
from relpins_resources.lake.sql import connect, rows_of

READ = ("pin_images", "raw_pins", "raw_boards", "raw_board_pins")
MOST_TEXTS = 40
"""Texts of an image that are looked at: those that most people write."""

WANTED = f"""
WITH pins AS (
    SELECT coalesce(s.join_id, i.pixel_hash) AS join_id, i.pin_id
    FROM pin_images i LEFT JOIN same s USING (pixel_hash)),
kept AS (SELECT DISTINCT p.join_id, s.board_id FROM pins p JOIN raw_board_pins s USING (pin_id)),
boards AS (SELECT k.join_id, b.* FROM kept k JOIN raw_boards b USING (board_id)),
said AS (
    SELECT join_id, 'title' AS place, p.title AS text, pin_id AS voice FROM pins JOIN raw_pins p USING (pin_id)
    UNION ALL SELECT join_id, 'description', p.description, pin_id FROM pins JOIN raw_pins p USING (pin_id)
    UNION ALL SELECT join_id, 'board title', title, coalesce(owner_id, board_id) FROM boards
    UNION ALL SELECT join_id, 'board description', description, coalesce(owner_id, board_id) FROM boards),
texts AS (
    SELECT join_id, place, trim(text) AS text, count(DISTINCT voice) AS voices FROM said
    WHERE trim(coalesce(text, '')) <> '' GROUP BY ALL),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY join_id ORDER BY voices DESC, place DESC, text) AS rank FROM texts),
told AS (
    SELECT join_id, list(place ORDER BY rank) AS places, list(text ORDER BY rank) AS texts,
           list(voices ORDER BY rank) AS voices FROM ranked WHERE rank <= {MOST_TEXTS} GROUP BY join_id),
counted AS (SELECT join_id, category, count(*) AS n FROM boards WHERE trim(coalesce(category, '')) <> '' GROUP BY ALL),
filed AS (
    SELECT join_id, list(category ORDER BY n DESC, category) AS categories, list(n ORDER BY n DESC, category) AS counts
    FROM counted GROUP BY join_id),
joins AS (SELECT join_id, list(pin_id ORDER BY pin_id) AS pin_ids FROM pins GROUP BY join_id)
SELECT j.join_id, j.pin_ids, t.places, t.texts, t.voices, f.categories, f.counts
FROM joins j LEFT JOIN told t USING (join_id) LEFT JOIN filed f USING (join_id) ORDER BY j.join_id
"""


def wanted_joins(lake: Lake, same: pa.Table) -> pa.Table:
    """One row per join: its id, its pins, what is said of it and by how many, and its boards' categories.

    Args:
        same: images that are one with others (pixel_hash, join_id), as `same_images` finds them.
    """
    with connect({name: lake.table(name) for name in READ}) as con:
        con.register("same", same)
        return rows_of(con, WANTED)


def join_rows(wanted: pa.Table) -> pa.Table:
    """Rows of pin_joins for a batch of `wanted_joins`, without fingerprint."""
    joins = wanted.to_pylist()
    said = [weighted_annotations(one["texts"] or [], one["places"] or [], one["voices"] or []) for one in joins]
    counts = [one["counts"] or [] for one in joins]
    shares = [[round(n / sum(some), 6) for n in some] for some in counts]
    strings, numbers = pa.list_(pa.string()), pa.list_(pa.float64())
    return pa.table(
        {
            "join_id": wanted["join_id"],
            "pin_ids": wanted["pin_ids"],
            "n_pins": pa.array([len(one["pin_ids"]) for one in joins], pa.int64()),
            "representative_pin_id": pa.array([one["pin_ids"][0] for one in joins], pa.string()),
            "annotations": pa.array([[text for text, _ in some] for some in said], strings),
            "annotation_weights": pa.array([[weight for _, weight in some] for some in said], numbers),
            "categories": pa.array([one["categories"] or [] for one in joins], strings),
            "category_weights": pa.array(shares, numbers),
        }
    )
