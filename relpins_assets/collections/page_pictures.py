"""What the run of landing pages shows: why collections are kept out, how large pages are, and the pins of one."""

from __future__ import annotations

from typing import Any

import dagster as dg

from relpins_assets.collections.gate import kinds_of
from relpins_assets.pictures import sheet_of_pins
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake, RefreshReport

SIZES = (6, 10, 20, 40, 60)
"""Where the bars of the chart begin, in pins."""


def page_metadata(lake: Lake, report: RefreshReport) -> dict[str, Any]:
    """The share published, near-duplicates, the images that pages show, reasons, a chart, and one page's pins."""
    rows = lake.table("landing_pages").read(["topic_id", "n_pins", "is_published", "reason", "canonical_topic_id"])
    pages = rows.to_pylist()
    shown = [page for page in pages if page["is_published"]]
    n_same = sum(page["canonical_topic_id"] != page["topic_id"] for page in shown)
    told: dict[str, Any] = {
        "pages": len(shown),
        "kept out": len(pages) - len(shown),
        "share published": len(shown) / max(len(pages), 1),
        "near-duplicates that point to another": n_same,
    }
    if len(shown) < len(pages):
        told["why kept out"] = dg.MetadataValue.md(_reasons([page["reason"] for page in pages if page["reason"]]))
    if shown:
        chart = histogram_chart(_sizes([page["n_pins"] for page in shown]), "pages by the pins they show")
        told["pages by size"] = dg.MetadataValue.md(as_markdown(chart, "pages by size"))
    return {**told, **_example(lake, report)}


def _reasons(reasons: list[str]) -> str:
    lines = [f"| {example} | {n:,} |" for example, n in kinds_of(reasons).items()]
    return "\n".join(["| reason, such as | pages |", "|---|---:|", *lines])


def _sizes(counts: list[int]) -> dict[str, float]:
    bars = dict.fromkeys((f"{start} pins or more" for start in (1, *SIZES)), 0.0)
    for count in counts:
        start = max(one for one in (1, *SIZES) if one <= max(count, 1))
        bars[f"{start} pins or more"] += 1
    return {label: n for label, n in bars.items() if n}


def _example(lake: Lake, report: RefreshReport) -> dict[str, dg.MetadataValue]:
    """The pins of the first page that this run made; nothing where it made none."""
    if not report.examples:
        return {}
    rows = lake.table("shopping_collections").read_keys(report.examples[:1], ["pin_id", "rank"]).sort_by("rank")
    return sheet_of_pins(lake, rows["pin_id"].to_pylist(), "pins of one of the pages made now")
