"""What a person would ask of raw attributes: values per key, pins that have none, what they read like."""

from __future__ import annotations

from typing import Any

import dagster as dg

from relpins_resources.images import as_markdown
from relpins_resources.images.charts import histogram_chart
from relpins_resources.lake import Lake

N_EXAMPLES = 5


def attributes_told(lake: Lake) -> dict[str, Any]:
    """Metadata of raw_attributes: values and pins per key and source, pins with none, examples, a chart."""
    per_key = lake.query("""
        SELECT key, count(DISTINCT value) AS n_values, count(DISTINCT pin_id) AS n_pins
        FROM raw_attributes GROUP BY key ORDER BY n_pins DESC, key""").to_pylist()
    sources = lake.query("SELECT source, count(*) AS n FROM raw_attributes GROUP BY source ORDER BY source").to_pylist()
    n_pins = lake.table("raw_attribute_pins").count()
    counts = lake.query("""
        SELECT count(DISTINCT pin_id) AS any_source,
               count(DISTINCT pin_id) FILTER (source IN ('title', 'description', 'merchant_tags')) AS own_words
        FROM raw_attributes""").to_pylist()[0]
    return {
        "pins with no attribute": n_pins - counts["any_source"],
        "share of pins whose own words say something": counts["own_words"] / max(n_pins, 1),
        "distinct values": sum(row["n_values"] for row in per_key),
        "values and pins per key": dg.MetadataValue.json(per_key),
        "rows per source": dg.MetadataValue.json({row["source"]: row["n"] for row in sources}),
        "examples": dg.MetadataValue.md(_examples(lake)),
        "chart": dg.MetadataValue.md(_chart({row["key"]: float(row["n_pins"]) for row in per_key})),
    }


def _examples(lake: Lake) -> str:
    rows = lake.query(f"""
        WITH chosen AS (SELECT DISTINCT pin_id FROM raw_attributes ORDER BY md5(pin_id) LIMIT {N_EXAMPLES})
        SELECT pin_id, string_agg(DISTINCT key || ': ' || value, ', ' ORDER BY key || ': ' || value) AS said
        FROM raw_attributes JOIN chosen USING (pin_id) GROUP BY pin_id ORDER BY pin_id""").to_pylist()
    return "\n".join(f"- `{_shown(row['pin_id'])}`: `{_shown(row['said'])}`" for row in rows)


def _chart(counts: dict[str, float]) -> str:
    return as_markdown(histogram_chart(counts, "Pins that have a value of each key"), "pins per key")


def _shown(text: str) -> str:
    """A catalog's words as they are: in a code span nothing is rendered."""
    return " ".join(text.replace("`", "'").split())[:300]
