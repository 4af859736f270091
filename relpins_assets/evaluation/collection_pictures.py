"""What the page of collection_quality shows: a table of families beside the baseline, and a chart."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pyarrow as pa

from relpins_assets.evaluation.collection_quality import ALL, BASELINE, FAMILIES, MEAN, OURS, PRECISION, TOPICS, WHOLE
from relpins_resources.images import as_markdown, histogram_chart


def quality_metadata(rows: pa.Table) -> dict[str, Any]:
    """The figures a person asks for first, the table, and a bar per family."""
    value = {(r["system"], r["metric"], r["family"]): (r["value"], r["n"]) for r in rows.to_pylist()}
    n_ours, n_baseline = (value[system, TOPICS, ALL][0] for system in (OURS, BASELINE))
    told: dict[str, Any] = {"unique topics": int(n_ours), "unique topics from the search log": int(n_baseline)}
    if n_baseline:
        told["times the topics of the search log"] = round(n_ours / n_baseline, 2)
    families = _families(value)
    if not families:
        return {**told, "precision": "There is no answer key beside the source, or no collection: nothing to judge by."}
    for system, name in ((OURS, "precision@10"), (BASELINE, "precision@10 of the search log")):
        if (system, PRECISION, MEAN) in value:
            told[name] = value[system, PRECISION, MEAN][0]
    bars = {family: value[OURS, PRECISION, family][0] for family in families if (OURS, PRECISION, family) in value}
    chart = as_markdown(histogram_chart(bars, "precision@10 by family"), "precision@10 by family")
    return {**told, "by family": dg.MetadataValue.md(_table(value, families)), "chart": dg.MetadataValue.md(chart)}


def _families(value: dict[tuple[str, str, str], tuple[float, int]]) -> list[str]:
    found = {family for _, metric, family in value if metric == PRECISION} - {MEAN}
    return [family for family in FAMILIES if family in found] + sorted(found - set(FAMILIES))


def _table(value: dict[tuple[str, str, str], tuple[float, int]], families: list[str]) -> str:
    lines = [
        "| family | precision@10 | every attribute true | collections | search log | its collections |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for family in [*families, MEAN, ALL]:
        cells = [
            _cell(value.get((OURS, PRECISION, family))),
            _cell(value.get((OURS, WHOLE, family))),
            _count(value.get((OURS, WHOLE, family))),
            _cell(value.get((BASELINE, PRECISION, family)) or value.get((BASELINE, WHOLE, family))),
            _count(value.get((BASELINE, WHOLE, family))),
        ]
        lines.append(f"| {family} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: tuple[float, int] | None) -> str:
    return "" if found is None or found[0] is None else f"{found[0]:.3f}"


def _count(found: tuple[float, int] | None) -> str:
    return "" if found is None else str(found[1])
