"""What the pages of the ranking's assets say: numbers and pictures, from the tables as they stand."""

from __future__ import annotations

from shlex import quote
from typing import Any

import dagster as dg

from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.expected_rates import Rates
from relpins_assets.ranking.expression import EXPRESSION
from relpins_resources.images import as_markdown, histogram_chart
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact

SHOWN_PLACES = 20


def engagement_report(lake: Lake, ranking: Ranking) -> dict[str, Any]:
    """How much of what was shown can be judged, and how far apart the pins of a query are."""
    found = lake.query(
        """
        WITH judged AS (SELECT query_join_id, coec FROM engagement_coec WHERE n_impressions >= ?),
        per_query AS (SELECT max(coec) - min(coec) AS gap FROM judged GROUP BY query_join_id HAVING count(*) > 1)
        SELECT (SELECT count(*) FROM engagement_coec) AS pairs, (SELECT count(*) FROM judged) AS judged_pairs,
               count(*) AS queries, avg(gap) AS gap FROM per_query""",
        [ranking.min_impressions],
    ).to_pylist()[0]
    if not found["pairs"]:
        return {"says": "no impression names its request and the pin whose feed it was, so nothing is known of clicks"}
    return {
        "pairs shown often enough to judge": found["judged_pairs"],
        "queries to learn from": found["queries"],
        "mean COEC of the best less that of the worst": found["gap"] or 0.0,
    }


def rates_report(rates: Rates) -> dict[str, Any]:
    """Clicks expected at each place, device by device."""
    if not rates.n_impressions.sum():
        return {}
    bars = {
        f"{rates.devices[device] or 'no device'}, {f'place {place}' if place else 'no place'}": float(rate)
        for device, place, rate in zip(rates.device_of, rates.positions, rates.rates["click"], strict=True)
    }
    title = "clicks per impression of any pin"
    picture = histogram_chart(dict(list(bars.items())[: SHOWN_PLACES + 4]), title, max_bars=SHOWN_PLACES + 4)
    return {"expected clicks by place": dg.MetadataValue.md(as_markdown(picture, title))}


def triplets_report(lake: Lake) -> dict[str, Any]:
    """How many triplets of either kind there are now."""
    rows = lake.query("SELECT kind, count(*) AS n FROM ranking_triplets GROUP BY kind ORDER BY kind").to_pylist()
    if not rows:
        return {"says": "no query pin has two pins that were shown often enough and did differently"}
    return {f"of kind {row['kind']}": row["n"] for row in rows}


def ranker_report(artefact: Artefact) -> dict[str, Any]:
    """The linear ranker as text, and what weighs most in it."""
    said = artefact.manifest
    if not said["trained"]:
        return {}
    heaviest = sorted(said["weights"].items(), key=lambda one: (-abs(one[1]), one[0]))
    return {
        "NDCG@10 on held-out queries": said["models"][said["ranker"]]["ndcg@10"],
        "expression": dg.MetadataValue.md(f"```\n{said['expression']}\n```"),
        "weights": dg.MetadataValue.json(dict(heaviest)),
        "as a query": f"relpins query {quote(str(artefact.folder / EXPRESSION))} --param item_id=PIN",
    }
