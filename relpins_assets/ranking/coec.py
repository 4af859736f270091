"""Clicks over expected clicks, and Memboost: how much better or worse than any pin an image does beside another.

    Ex(q, r) = sum over devices and positions of impressions(q, r) * rate[device, position]
    COEC(q, r) = (clicks + prior) / (expected clicks + prior)
    MB(q, r) = log((actions + prior) / (expected actions + prior))

Actions are clicks, long clicks, closeups and saves, weighted. Zhang and Jones 2007; Chapelle and Zhang, WWW 2009,
section 2.1.1; Memboost: Related Pins at Pinterest, 2017.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.expected_rates import Rates
from relpins_assets.ranking.shown import ACTIONS

DECIMALS = 9


def action_weights(ranking: Ranking) -> dict[str, float]:
    """How much each action counts."""
    return {"click": ranking.click, "long_click": ranking.long_click, "closeup": ranking.closeup, "save": ranking.save}


def coec_rows(counts: pa.Table, rates: Rates, weights: Mapping[str, float], prior: float) -> pa.Table:
    """Rows of engagement_coec, in order of key.

    Args:
        counts: of `shown_counts`, in order of key.
        prior: how many expected clicks (or weighted actions) it takes to be believed half.
    """
    queries, joins, pair = _pairs(counts)
    n_pairs = len(queries)
    cell, shown = rates.cells(counts["device"], counts["position"]), counts["n_impressions"].to_numpy()

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(pair, values, n_pairs)

    acted = {action: summed(counts[action].to_numpy()) for action in ACTIONS}
    expected = {action: np.round(summed(shown * rates.rates[action][cell]), DECIMALS) for action in ACTIONS}
    actions = sum((weights[action] * acted[action] for action in ACTIONS), np.zeros(n_pairs))
    expected_actions = sum((weights[action] * expected[action] for action in ACTIONS), np.zeros(n_pairs))
    return pa.table(
        {
            "query_join_id": queries,
            "join_id": joins,
            "n_impressions": summed(shown).astype(np.int64),
            "n_clicks": acted["click"].astype(np.int64),
            "actions": actions,
            "expected_clicks": expected["click"],
            "expected_actions": expected_actions,
            "coec": np.round((acted["click"] + prior) / (expected["click"] + prior), DECIMALS),
            "memboost": np.round(np.log((actions + prior) / (expected_actions + prior)), DECIMALS),
        }
    )


def _pairs(counts: pa.Table) -> tuple[pa.Array, pa.Array, np.ndarray]:
    """The distinct pairs, and (r,) which of them each row is of; rows of a pair stand together."""
    queries, joins = (counts[name].combine_chunks() for name in ("query_join_id", "join_id"))
    codes = [column.dictionary_encode().indices.to_numpy() for column in (queries, joins)]
    is_first = np.ones(counts.num_rows, bool)
    is_first[1:] = (codes[0][1:] != codes[0][:-1]) | (codes[1][1:] != codes[1][:-1])
    first = pa.array(np.flatnonzero(is_first))
    return queries.take(first), joins.take(first), np.cumsum(is_first) - 1
