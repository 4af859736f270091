"""What the page of intent_coverage shows: how much of the demand is answered, by whom, and the gaps to fill first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.collections.coverage_report import COLLECTIONS, FULL
from relpins_resources.images import as_markdown, histogram_chart

N_GAPS = 20


def coverage_metadata(rows: pa.Table, held_out: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Shares of demand answered (head, tail, held-out beside the baseline), the largest gaps as table and chart."""
    queries, cells = (rows.filter(pc.equal(rows["kind"], kind)) for kind in ("query", "cell"))
    if queries.num_rows == 0:
        return {"coverage": "There is no search log: nothing says what people ask for."}
    segments = [(name, queries.filter(pc.equal(queries["segment"], name))) for name in ("head", "tail")]
    shares = [(COLLECTIONS, name, *_share(some)) for name, some in [("all", queries), *segments]]
    shares += [(one["system"], one["searches"], one["n_searches"], one["answered"], one["in_full"]) for one in held_out]
    gaps = {row["name"]: row["n_searches"] * (1 - row["covered"]) for row in _gaps(cells)}
    title = "demand not answered: category and what is asked of it, in searches"
    return {
        "share of demand answered": shares[0][3],
        "share of searches answered in full": shares[0][4],
        "coverage": dg.MetadataValue.md(_shares_table(shares)),
        "largest gaps among queries": dg.MetadataValue.md(_gaps_table(_gaps(queries))),
        "largest gaps": dg.MetadataValue.md(as_markdown(histogram_chart(gaps, title), title)),
    }


def _share(rows: pa.Table) -> tuple[int, float, float]:
    n, covered = np.asarray(rows["n_searches"], np.float64), np.asarray(rows["covered"], np.float64)
    total = max(float(n.sum()), 1.0)
    return int(n.sum()), float(n @ covered) / total, float(n @ (covered >= FULL)) / total


def _gaps(rows: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rows.filter(pc.less_equal(rows["gap_rank"], N_GAPS)).sort_by("gap_rank").to_pylist()
    return found


def _shares_table(shares: Sequence[tuple[str, str, int, float, float]]) -> str:
    lines = ["| whose | searches | how many | answered | in full |", "|---|---|---:|---:|---:|"]
    lines += [f"| {who} | {which} | {n:,} | {part:.1%} | {full:.1%} |" for who, which, n, part, full in shares]
    note = (
        "Answered: mean share of what a search asks (attributes, price, what could not be read) that its best "
        "collection answers. The baseline makes collections from the queries of the earlier half of the log; today's "
        "come from pins, and their judge has counted the whole log."
    )
    return "\n".join([*lines, "", note])


def _gaps_table(gaps: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| gap | query | searches | answered |", "|---:|---|---:|---:|"]
    for row in gaps:
        name = str(row["name"]).replace("|", "/").replace("`", "'")
        lines.append(f"| {row['gap_rank']} | `{name}` | {row['n_searches']:,} | {row['covered']:.0%} |")
    return "\n".join(lines) if gaps else "none"
