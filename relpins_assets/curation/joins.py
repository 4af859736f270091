"""Pins of one image, joined: for now, images whose decoded pixels are the same."""

from __future__ import annotations

import pyarrow as pa

from relpins_resources.lake import Lake

WANTED = """
    SELECT pixel_hash AS join_id, list(pin_id ORDER BY pin_id) AS pin_ids FROM pin_images GROUP BY pixel_hash
"""


WEIGHTS = ("annotation_weights", "category_weights")


def wanted_joins(lake: Lake) -> pa.Table:
    """One row per join: its id and its pins (columns join_id, pin_ids)."""
    return lake.query(WANTED)


def join_rows(wanted: pa.Table) -> pa.Table:
    """Rows of pin_joins, without fingerprint."""
    pin_ids = wanted["pin_ids"].to_pylist()
    return pa.table(
        {
            "join_id": wanted["join_id"],
            "pin_ids": wanted["pin_ids"],
            "n_pins": pa.array([len(ids) for ids in pin_ids], pa.int64()),
            "representative_pin_id": pa.array([ids[0] for ids in pin_ids], pa.string()),
            **{name: pa.array([[]] * len(pin_ids), pa.list_(pa.string())) for name in ("annotations", "categories")},
            **{name: pa.array([[]] * len(pin_ids), pa.list_(pa.float64())) for name in WEIGHTS},
        }
    )
