"""What a person would ask of the joins: how many repeat, and which copies were known by their looks."""

from __future__ import annotations

from typing import Any

import dagster as dg

from relpins_resources.images import as_markdown, contact_sheet
from relpins_resources.lake import Lake

SHOWN_JOINS, SHOWN_EACH = 6, 4

COUNTS = """
SELECT count(*) FILTER (n_pins > 1) AS repeated, count(*) AS n, count(*) FILTER (len(annotations) = 0) AS unsaid
FROM pin_joins
"""
COPIES = """
WITH pins AS (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins WHERE n_pins > 1),
looks AS (SELECT join_id, pixel_hash, min(pin_id) AS pin_id FROM pins JOIN pin_images USING (pin_id) GROUP BY ALL)
SELECT join_id, list(pin_id ORDER BY pin_id) AS pin_ids FROM looks GROUP BY join_id HAVING count(*) > 1 ORDER BY join_id
"""


def joins_told(lake: Lake) -> dict[str, Any]:
    """Metadata of pin_joins: counts, the share of images without a word, and a picture of copies found by looks."""
    counts, copies = lake.query(COUNTS).to_pylist()[0], lake.query(COPIES).to_pylist()
    told = {
        "images with several pins": counts["repeated"],
        "share of them": counts["repeated"] / max(counts["n"], 1),
        "images of several encodings, recognised by their looks": len(copies),
        "share of images of which nothing is said": counts["unsaid"] / max(counts["n"], 1),
    }
    shown = [pin_id for one in copies[:SHOWN_JOINS] for pin_id in one["pin_ids"][:SHOWN_EACH]]
    return {**told, "copies": dg.MetadataValue.md(_sheet(lake, shown))} if shown else told


def _sheet(lake: Lake, pin_ids: list[str]) -> str:
    rows = lake.table("pin_images").read_keys(pin_ids, ["pin_id", "thumbnail"])
    of_pin = dict(zip(rows["pin_id"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True))
    return as_markdown(contact_sheet([of_pin[pin_id] for pin_id in pin_ids], pin_ids), "copies")
