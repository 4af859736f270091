"""Lists of candidates per query pin, judged by COEC, and the triplets, as positions in a catalog."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.coec import action_weights, coec_rows
from relpins_assets.ranking.expected_rates import Rates
from relpins_assets.ranking.shown import shown_counts
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Booleans, Catalog, Doubles, Ints

N_RANDOM = 20
"""Pins drawn from what was shown anywhere that stand in each list beside what was shown there."""
ONE_IN_HELD_OUT = 5

PINS = "SELECT join_id, representative_pin_id AS pin_id FROM pin_joins ORDER BY join_id"
SHOWN = "SELECT query_join_id, join_id, n_impressions, coec FROM engagement_coec ORDER BY ALL"


@dataclass(frozen=True)
class Lists:
    """Candidates of q queries, padded with -1: shown ones, then random ones.

    `coec` (q, u) of what was shown, NaN of random pins; `is_held_out` (q,).
    """

    queries: Ints  # (q,) positions in the catalog
    items: Ints  # (q, u)
    coec: Doubles
    is_held_out: Booleans

    def where(self, rows: Booleans) -> Lists:
        return Lists(self.queries[rows], self.items[rows], self.coec[rows], self.is_held_out[rows])

    def __len__(self) -> int:
        return len(self.queries)


def judged_lists(lake: Lake, catalog: Catalog, least: int, seed: int) -> Lists:
    """The lists of every query with two pins or more that were shown often enough."""
    return _lists(lake.query(SHOWN), lake.query(PINS), catalog, least, seed)


def half_lists(lake: Lake, catalog: Catalog, rates: Rates, ranking: Ranking, seed: int) -> tuple[Lists, pa.Table]:
    """Lists judged by one half of the requests alone, and rows of engagement_coec of the other half."""
    weights = action_weights(ranking)
    taught, judged = (coec_rows(shown_counts(lake, half=half), rates, weights, ranking.prior) for half in (0, 1))
    least = max(1, ranking.min_impressions // 2)
    return _lists(judged, lake.query(PINS), catalog, least, seed), taught


def triplets(lake: Lake, catalog: Catalog) -> tuple[Ints, Ints, Ints]:
    """(t,) positions of query pins, better pins and worse pins; triplets of which any is no item left out."""
    rows = lake.query("SELECT query_pin_id, better_pin_id, worse_pin_id FROM ranking_triplets ORDER BY ALL")
    at = np.stack([catalog.positions(rows[name].to_pylist()) for name in rows.column_names])
    here = at[:, (at >= 0).all(axis=0)]
    return here[0], here[1], here[2]


def held_out(pin_ids: npt.NDArray[np.object_]) -> Booleans:
    """(q,) whether each query is kept from the fit."""
    hashes = [int(hashlib.sha256(str(pin_id).encode()).hexdigest()[:8], 16) for pin_id in pin_ids]
    return np.array([one % ONE_IN_HELD_OUT == 0 for one in hashes], bool)


def _lists(shown: pa.Table, pins: pa.Table, catalog: Catalog, least: int, seed: int) -> Lists:
    names = dict(zip(pins["join_id"].to_pylist(), pins["pin_id"].to_pylist(), strict=True))
    anywhere = np.unique(catalog.positions([names.get(one) for one in shown["join_id"].unique().to_pylist()]))
    anywhere = anywhere[anywhere >= 0]
    often = shown.filter(pc.greater_equal(shown["n_impressions"], least))
    queries, items = (
        catalog.positions([names.get(one) for one in often[name].to_pylist()]) for name in ("query_join_id", "join_id")
    )
    here = (queries >= 0) & (items >= 0)
    queries, items, coec = queries[here], items[here], often["coec"].to_numpy()[here]
    asked, row, sizes = np.unique(queries, return_inverse=True, return_counts=True)
    order = np.lexsort((items, row))
    row, items, coec = row[order], items[order], coec[order]
    width = int(sizes.max(initial=0))
    place = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    held = np.full((len(asked), width + N_RANDOM), -1, np.int64)
    given = np.full(held.shape, np.nan)
    held[row, place], given[row, place] = items, coec
    held[:, width:] = _random_items(anywhere, asked, held[:, :width], seed)
    lists = Lists(asked, held, given, held_out(catalog.item_ids[asked]))
    return lists.where(sizes > 1)


def _random_items(candidates: Ints, queries: Ints, shown: Ints, seed: int) -> Ints:
    """(q, N_RANDOM) of `candidates`, none twice, none that is the query's own or was shown; -1 where a draw was one."""
    n = max(len(candidates), 1)
    drawn = np.random.default_rng([seed, 1]).integers(0, n, (len(queries), N_RANDOM))
    found = candidates[drawn] if len(candidates) else np.full(drawn.shape, -1)
    again = np.array([[one in row[:at] for at, one in enumerate(row)] for row in found.tolist()], bool)
    taken = (found[:, :, None] == np.concatenate([shown, queries[:, None]], axis=1)[:, None, :]).any(axis=2)
    return np.where(taken | again.reshape(taken.shape), -1, found)
