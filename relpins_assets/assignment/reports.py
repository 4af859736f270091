"""What people see of the towers and the assignments: figures, a calibration plot, the confidence of what was found."""

from __future__ import annotations

from typing import Any

import dagster as dg

from relpins_resources.images.charts import histogram_chart
from relpins_resources.images.contact_sheet import as_markdown
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact


def dual_report(artefact: Artefact) -> dict[str, Any]:
    """The calibration plot: of held-out pairs, how often those given a confidence are true."""
    plot = artefact.manifest.get("calibration", {})
    if not plot:
        return {}
    chart = histogram_chart(plot, "Calibration", note="by confidence given: share true among held-out pairs")
    return {"calibration plot": dg.MetadataValue.md(as_markdown(chart, "calibration"))}


def assignment_report(lake: Lake, has_changed: bool) -> dict[str, Any]:
    """Attributes per pin, raw and assigned, and how many of each key; nothing where no row was touched."""
    if not has_changed:
        return {}
    told = lake.query("""
        SELECT (SELECT count(DISTINCT (key, value)) FROM raw_attributes) AS raw_distinct,
               (SELECT count(*) FROM (SELECT DISTINCT pin_id, key, value FROM raw_attributes)) AS raw_pairs,
               count(DISTINCT attribute_id) AS n_attributes, count(*) AS n_pairs,
               count(*) FILTER (NOT is_observed) AS n_inferred, avg(confidence) AS confidence,
               (SELECT count(*) FROM product_embeddings) AS n_pins FROM attribute_assignments""").to_pylist()[0]
    n_pins = max(1, told["n_pins"])
    by_key = lake.query("""
        SELECT v.key, count(*) AS n FROM attribute_assignments a JOIN attribute_vocabulary v USING (attribute_id)
        GROUP BY 1 ORDER BY 2 DESC, 1""").to_pylist()
    chart = histogram_chart({row["key"]: row["n"] for row in by_key}, "Assigned attributes", note="rows by key")
    return {
        "distinct attributes, raw": told["raw_distinct"],
        "distinct attributes, assigned": told["n_attributes"],
        "attributes per pin, raw": round(told["raw_pairs"] / n_pins, 3),
        "attributes per pin, assigned": round(told["n_pairs"] / n_pins, 3),
        "inferred": told["n_inferred"],
        "mean confidence": round(told["confidence"] or 0.0, 4),
        "by key": dg.MetadataValue.md(as_markdown(chart, "assigned attributes by key")),
    }
