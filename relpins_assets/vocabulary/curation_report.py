"""The Dagster half that the trained assets of this stage share: bringing a table to its version, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.fitting import Fitted
from relpins_assets.refreshing import Materialized, reported
from relpins_assets.vocabulary.curating import CLUSTERS, FREQUENT, VOCABULARY, bring_up, holds
from relpins_assets.vocabulary.topic_pictures import candidates_shown, judged_shown
from relpins_assets.workspace import Workspace
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake, RefreshReport

N_EXAMPLES = 12


def curated(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    name: str,
    fitted: Fitted,
    rows: Callable[[], pa.Table],
) -> Materialized:
    """Have table `name` hold what was fitted, and say what it holds."""
    lake = workspace.lake
    held = lake.table(name)
    before = (
        held.read()
        if held.exists() and not held.is_outdated() and not holds(lake, name, fitted.artefact.version)
        else None
    )
    is_changed = bring_up(lake, name, fitted.artefact.version, rows)
    context.log.info(f"{name}: version {fitted.artefact.version}, {'fitted' if fitted.is_new else 'kept'}")
    report = _changes(before, lake.table(name).read(), lake.table(name).schema.key) if is_changed else RefreshReport()
    told = {"version": fitted.artefact.version, "fitted in this run": fitted.is_new, **fitted.metadata()}
    return reported(workspace, name, report, {**told, **_SHOWN[name](lake)})


def _changes(held: pa.Table | None, now: pa.Table, key: tuple[str, ...]) -> RefreshReport:
    before = {tuple(row[name] for name in key): row for row in held.to_pylist()} if held is not None else {}
    after = {tuple(row[name] for name in key): row for row in now.to_pylist()}
    n_stale = sum(one in before and before[one] != row for one, row in after.items())
    n_new = len(after.keys() - before.keys())
    return RefreshReport(n_new, n_stale, len(before.keys() - after.keys()), len(after) - n_new - n_stale)


def _frequent_shown(lake: Lake) -> dict[str, Any]:
    rows = lake.table(FREQUENT).read(["key", "value", "n_pins", "is_kept"])
    n_kept = int(pc.sum(rows["is_kept"]).as_py() or 0)
    kept = rows.filter(rows["is_kept"])
    cut = rows.filter(pc.invert(rows["is_kept"])).sort_by([("n_pins", "descending"), ("value", "ascending")])
    said, stays = int(pc.sum(rows["n_pins"]).as_py() or 0), int(pc.sum(kept["n_pins"]).as_py() or 0)
    return {
        "kept": n_kept,
        "cut": rows.num_rows - n_kept,
        "share of all that was said kept": stays / said if said else 0.0,
        "the most frequent of what was cut": _listed(cut.slice(0, N_EXAMPLES)),
        "chart": _chart(kept, "kept values by kind of attribute"),
    }


def _clusters_shown(lake: Lake) -> dict[str, Any]:
    rows = lake.table(CLUSTERS).read(["key", "value", "canonical", "n_pins"])
    forms: dict[tuple[str, str], list[str]] = {}
    for row in rows.sort_by([("n_pins", "descending"), ("value", "ascending")]).to_pylist():
        forms.setdefault((row["key"], row["canonical"]), []).append(row["value"])
    joined = [f"- {key}: {' = '.join(_code(one) for one in said)}" for (key, _), said in forms.items() if len(said) > 1]
    return {
        "attributes": len(forms),
        "forms that became part of another": rows.num_rows - len(forms),
        "what was joined": dg.MetadataValue.md("\n".join(joined[:60]) or "nothing"),
    }


def _vocabulary_shown(lake: Lake) -> dict[str, Any]:
    rows = lake.table(VOCABULARY).read(["key", "value", "n_pins", "members", "edited"])
    n_forms = int(pc.sum(pc.list_value_length(rows["members"])).as_py() or 0)
    return {
        "forms per attribute": n_forms / rows.num_rows if rows.num_rows else 0.0,
        "edited attributes": rows.num_rows - rows["edited"].null_count,
        "the most frequent": _listed(rows.sort_by([("n_pins", "descending"), ("value", "ascending")]).slice(0, 24)),
        "chart": _chart(rows, "attributes by kind"),
    }


_SHOWN = {
    FREQUENT: _frequent_shown,
    CLUSTERS: _clusters_shown,
    VOCABULARY: _vocabulary_shown,
    "topic_candidates": candidates_shown,
    "judged_topics": judged_shown,
}


def _chart(rows: pa.Table, title: str) -> dg.MarkdownMetadataValue:
    counts = rows.group_by("key").aggregate([("value", "count")]).sort_by([("value_count", "descending")]).to_pylist()
    picture = histogram_chart({row["key"]: row["value_count"] for row in counts}, title)
    return dg.MetadataValue.md(as_markdown(picture, title))


def _listed(rows: pa.Table) -> dg.MarkdownMetadataValue:
    said = [f"- {row['key']}: {_code(row['value'])} {row['n_pins']:,}" for row in rows.to_pylist()]
    return dg.MetadataValue.md("\n".join(said) or "nothing")


def _code(value: str) -> str:
    return f"`{value.replace('`', chr(39))}`"
