"""What the pages of search_intents, topic_candidates and judged_topics show: counts, examples, charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.vocabulary.vocabulary import Vocabulary
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake

N_EXAMPLES = 12


def demand_cells(intents: pa.Table, vocabulary: Vocabulary) -> Counter[tuple[str, str]]:
    """Searches per cell of category and another attribute: ("dress", "color: red"). Ids that are gone are left out."""
    cells: Counter[tuple[str, str]] = Counter()
    for ids, category, n in zip(
        *(intents[name].to_pylist() for name in ("attribute_ids", "category", "n_searches")), strict=True
    ):
        known = [vocabulary[one] for one in ids if one in vocabulary]
        if category is not None:
            cells.update({(category, f"{one.key}: {one.value}"): n for one in known if one.key != "category"})
    return cells


def intents_shown(lake: Lake, vocabulary: Vocabulary) -> dict[str, Any]:
    """How much of what people search was read, what was not, and what they ask for most."""
    intents = lake.table("search_intents").read()
    if intents.num_rows == 0:
        return {"searches": "there is no search log"}
    n = intents["n_searches"]
    total = int(pc.sum(n).as_py())
    is_head = pc.equal(intents["segment"], "head")
    has_any = pc.greater(pc.list_value_length(intents["attribute_ids"]), 0)
    in_full = pc.and_(has_any, pc.equal(pc.list_value_length(intents["unread"]), 0))
    unread: Counter[str] = Counter()
    for words, times in zip(intents["unread"].to_pylist(), n.to_pylist(), strict=True):
        unread.update(dict.fromkeys(words, times))
    cells = {f"{category}, {what}": times for (category, what), times in _first(demand_cells(intents, vocabulary))}
    return {
        "searches": total,
        "head queries": int(pc.sum(is_head).as_py()),
        "share of searches read": _share(n, has_any, total),
        "share of searches read in full": _share(n, in_full, total),
        "most often not read": _listed([f"{_code(what)} {times:,}" for what, times in _first(unread)]),
        "demand": _chart(cells, "what is asked for: category and attribute, in searches"),
    }


def candidates_shown(lake: Lake) -> dict[str, Any]:
    """How many topics there may be, of which kinds of attributes, and which lead."""
    rows = lake.table("topic_candidates").read()
    kinds = Counter(" + ".join(sorted(one.split("/")[0] for one in ids)) for ids in rows["attribute_ids"].to_pylist())
    leading = rows.sort_by([("n_pins", "descending"), ("topic_id", "ascending")]).slice(0, N_EXAMPLES).to_pylist()
    return {
        "images of a topic, median": _median(rows["n_pins"]),
        "the largest": _listed([f"{_code(row['query'])} {row['n_pins']:,}" for row in leading]),
        "kinds": _chart(dict(_first(kinds, 20)), "topic candidates by kinds of attributes"),
    }


def judged_shown(lake: Lake) -> dict[str, Any]:
    """What was accepted, rejected and merged, with examples and their reasons."""
    rows = lake.table("judged_topics").read(["topic_id", "query", "score", "verdict", "reason"]).sort_by("topic_id")
    counts = rows.group_by("verdict").aggregate([([], "count_all")]).sort_by("verdict").to_pylist()
    told: dict[str, Any] = {
        "verdicts": _chart({row["verdict"]: row["count_all"] for row in counts}, "topics by verdict")
    }
    for verdict in (row["verdict"] for row in counts):
        chosen = rows.filter(pc.equal(rows["verdict"], verdict)).slice(0, N_EXAMPLES).to_pylist()
        lines = [f"{_code(row['query'])} {row['score']:.2f}: {_code(row['reason'])}" for row in chosen]
        told[f"{verdict}, for example"] = _listed(lines)
    return told


def _first(counts: Counter[Any], n: int = N_EXAMPLES) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:n]


def _share(n: pa.ChunkedArray, chosen: pa.ChunkedArray, total: int) -> float:
    return float((pc.sum(n.filter(chosen)).as_py() or 0) / total)


def _median(values: pa.ChunkedArray) -> float:
    found = pc.quantile(values, 0.5)[0].as_py() if len(values) else None
    return float(found or 0.0)


def _chart(counts: Mapping[str, float], title: str) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(as_markdown(histogram_chart(counts, title), title))


def _listed(lines: Sequence[str]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {line}" for line in lines) or "nothing")


def _code(value: str) -> str:
    return f"`{value.replace('`', chr(39))}`"
