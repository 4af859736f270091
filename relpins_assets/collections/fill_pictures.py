"""What the page of shopping_collections shows of a run: how many there are, how full, and what a few look like."""

from __future__ import annotations

from typing import Any

import dagster as dg

from relpins_assets.pictures import sheet_of_pins
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake, RefreshReport

SHOWN = 2
"""Collections of which a contact sheet is shown."""
SHEET = 12

SIZES = """
SELECT CASE WHEN n_pins < 10 THEN 'under 10' WHEN n_pins < 20 THEN '10 to 19' WHEN n_pins < 40 THEN '20 to 39'
       WHEN n_pins < 60 THEN '40 to 59' ELSE '60 and more' END AS size, count(*) AS n, min(n_pins) AS least
FROM (SELECT count(*) AS n_pins FROM shopping_collections GROUP BY topic_id) GROUP BY 1 ORDER BY least
"""
COUNTS = """
SELECT count(DISTINCT topic_id) AS n_published, count(DISTINCT pin_id) AS n_pins, count(*) AS n_places,
       count(*) FILTER (matched_by = 'vector') AS n_near, avg(score) FILTER (rank <= 10) AS mean_score
FROM shopping_collections
"""
LARGEST = f"""
SELECT p.topic_id, t.query, p.n_matched FROM collection_pools p JOIN judged_topics t USING (topic_id)
WHERE p.is_published ORDER BY p.n_matched DESC, p.topic_id LIMIT {SHOWN}
"""


def collection_metadata(lake: Lake, report: RefreshReport) -> dict[str, Any]:
    """Counts, sizes and two contact sheets; a sentence where there is no topic, counts alone where nothing changed."""
    pools = lake.table("collection_pools")
    if pools.count() == 0:
        return {"collections": "No topic is accepted: there is nothing to fill."}
    counts = lake.query(COUNTS).to_pylist()[0]
    told = {
        "published collections": counts["n_published"],
        "topics with too few pins": pools.count("NOT is_published"),
        "images in some collection": counts["n_pins"],
        "share matched by vector": counts["n_near"] / max(counts["n_places"], 1),
        "mean score of the first ten": counts["mean_score"] or 0.0,
    }
    return told if report.n_computed + report.n_gone == 0 else {**told, **_pictures(lake)}


def _pictures(lake: Lake) -> dict[str, Any]:
    sizes = {row["size"]: float(row["n"]) for row in lake.query(SIZES).to_pylist()}
    chart = as_markdown(histogram_chart(sizes, "collections by pins shown"), "collections by pins shown")
    shown: dict[str, Any] = {"sizes": dg.MetadataValue.md(chart)}
    for topic in lake.query(LARGEST).to_pylist():
        first = lake.query(
            "SELECT pin_id FROM shopping_collections WHERE topic_id = $topic ORDER BY rank LIMIT $n",
            {"topic": topic["topic_id"], "n": SHEET},
        )
        alt = " ".join(topic["query"].replace("`", "'").split())
        shown.update(sheet_of_pins(lake, first["pin_id"].to_pylist(), f"`{alt}`"))
    return shown
