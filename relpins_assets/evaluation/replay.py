"""What people did with pins that a log showed them and a system would have shown too (replay; Li et al. 2011).

An impression counts for a system if the pin stands in its first DEPTH for that query pin. Of those impressions:

- ctr: clicks an impression;
- save_propensity: people who saved such a pin out of the feed, among the people who were shown one (Liu et al. 2017);
- session_depth: of the pins that a request showed and the system would have shown, how many somebody engaged with
  (click, closeup, long click or save), mean over the requests that showed any.

The log's ranker chose what was seen, so these compare systems and promise nothing. On the slice `randomised` it chose
the order by lot, and there the clicks of a reordered request can be estimated without bias: `clicks_reordered` is the
mean over requests of n x clicks on pins that stood, of n shown, exactly where the system would have put them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.cut import is_at_or_after
from relpins_assets.evaluation.protocol import Queries
from relpins_assets.evaluation.ragged import IntArray

DEPTH = 20
ENGAGED = ("click", "closeup", "long_click", "save")
N_RESAMPLES = 1000
MOST_DRAWN = 2000
"""People are resampled one by one up to here, beyond it in so many groups."""
SURFACE = "related"
Row = dict[str, Any]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Log:
    """Impressions in related feeds from T on, of pins that existed at T; m of them."""

    query_pins: IntArray  # (m,) positions of candidates
    pins: IntArray  # (m,)
    users: IntArray  # (m,) numbers from 0
    requests: IntArray  # (m,) numbers from 0
    places: IntArray  # (m,) 0 for the first of what is left of its request
    is_clicked: npt.NDArray[np.bool_]
    is_saved: npt.NDArray[np.bool_]
    is_engaged: npt.NDArray[np.bool_]
    is_randomised: npt.NDArray[np.bool_]


def logged_after(tables: Mapping[str, pa.Table], joins: pa.Table, queries: Queries) -> Log:
    """The log from T on.

    Args:
        tables: uncut raw tables whose pins are named by their images' representatives (see `systems.collapsed`).
        joins: pin_joins at T (representative_pin_id, pin_ids): query pins are named here.
    """
    rows = tables["interactions"]
    rows = rows.filter(pa.array(is_at_or_after(rows, "created_at", queries.cut_at), pa.bool_()))
    rows = rows.filter(pc.and_kleene(pc.equal(rows["surface"], SURFACE), pc.is_valid(rows["request_id"])))
    rows = rows.filter(pc.and_(pc.is_valid(rows["user_id"]), pc.is_valid(rows["position"])))
    query_pins = _representatives(queries, joins, rows["query_pin_id"])
    pins = queries.positions(rows["pin_id"])
    kept = pa.array((query_pins >= 0) & (pins >= 0))
    rows, query_pins, pins = rows.filter(kept), query_pins[kept.to_numpy(False)], pins[kept.to_numpy(False)]
    requests, users = _codes(rows["request_id"]), _codes(rows["user_id"])
    events = np.asarray(rows["event"].to_pylist(), dtype=object)
    shown = np.flatnonzero(events == "impression")
    key = (requests * len(queries.pin_ids) + query_pins) * len(queries.pin_ids) + pins
    shown = shown[np.unique(key[shown], return_index=True)[1]]
    position = rows["position"].to_numpy().astype(np.int64)[shown]

    def did(*named: str) -> npt.NDArray[np.bool_]:
        return np.isin(key[shown], key[np.isin(events, named)])

    randomised = pc.fill_null(rows["is_randomised"], False).to_numpy().astype(bool)[shown]
    places = _places(requests[shown], position)
    return Log(
        query_pins[shown], pins[shown], users[shown], requests[shown], places,
        did("click"), did("save"), did(*ENGAGED), randomised,
    )  # fmt: skip


def replay_rows(lists: Mapping[str, IntArray], log: Log, ours: str) -> list[Row]:
    """Rows of system_comparison from a log; none where it has no impressions.

    Args:
        lists: per system (n, limit) the list of every query pin of the log, -1 padded.
    """
    if len(log.pins) == 0:
        return []
    weights = _drawn(min(int(log.users.max()) + 1, MOST_DRAWN))
    rows: list[Row] = []
    for part, is_in in (("shown", np.ones(len(log.pins), bool)), ("randomised", log.is_randomised)):
        if not is_in.any():
            continue
        found = {name: _sums(one, log, is_in, part == "randomised") for name, one in lists.items()}
        for name, metrics in found.items():
            for metric, sums in metrics.items():
                bounds = _interval(sums, found[ours][metric], weights) if name != ours else (None, None)
                rows.append(_row(name, metric, part, sums, bounds))
    return rows


def _row(
    system: str, metric: str, part: str, sums: tuple[Doubles, Doubles], bounds: tuple[float | None, float | None]
) -> Row:
    top, bottom = (float(one.sum()) for one in sums)
    return {
        "system": system,
        "metric": metric,
        "slice": part,
        "value": top / bottom if bottom else None,
        "low": bounds[0],
        "high": bounds[1],
        "n_queries": round(bottom),
    }


def _sums(
    lists: IntArray, log: Log, is_in: npt.NDArray[np.bool_], is_lottery: bool
) -> dict[str, tuple[Doubles, Doubles]]:
    """Per metric what is summed above and below the line, by user (u,)."""
    n_users = int(log.users.max()) + 1
    rank = _ranks(lists, log)
    taken = is_in & (rank < DEPTH)

    def by_user(values: npt.NDArray[np.generic]) -> Doubles:
        return np.asarray(np.bincount(log.users, values.astype(np.float64), n_users), np.float64)

    requests = np.zeros(len(taken), bool)
    requests[np.flatnonzero(taken)[np.unique(log.requests[taken], return_index=True)[1]]] = True
    shown, saved = by_user(taken), by_user(taken & log.is_saved)
    found = {
        f"ctr@{DEPTH}": (by_user(taken & log.is_clicked), shown),
        f"save_propensity@{DEPTH}": ((saved > 0).astype(np.float64), (shown > 0).astype(np.float64)),
        f"session_depth@{DEPTH}": (by_user(taken & log.is_engaged), by_user(requests)),
    }
    if is_lottery:
        wanted = _places(log.requests, rank)
        sizes = np.bincount(log.requests)[log.requests]
        won = is_in & (wanted == log.places) & log.is_clicked
        first = is_in & (log.places == 0)
        found["clicks_reordered"] = (by_user(won * sizes), by_user(first))
    return found


def _ranks(lists: IntArray, log: Log) -> IntArray:
    """(m,) place of each shown pin in the list of its query pin, the list's length where it is not in it."""
    found = lists[log.query_pins] == log.pins[:, None]
    ranks: IntArray = np.where(found.any(axis=1), found.argmax(axis=1), lists.shape[1]).astype(np.int64)
    return ranks


def _places(groups: IntArray, keys: IntArray) -> IntArray:
    """(m,) place of each row within its group in order of key, ties in the order given."""
    order = np.lexsort((keys, groups))
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    return places


def _interval(
    theirs: tuple[Doubles, Doubles], ours: tuple[Doubles, Doubles], weights: Doubles
) -> tuple[float | None, float | None]:
    """The 95 % interval of the difference of two ratios of sums, people resampled."""
    ratios = []
    for top, bottom in (theirs, ours):
        groups = np.arange(len(top)) % weights.shape[1]
        above, below = (weights @ np.bincount(groups, weights=sums) for sums in (top, bottom))
        ratios.append(np.where(below > 0, above / np.maximum(below, 1e-12), np.nan))
    difference = ratios[0] - ratios[1]
    difference = difference[np.isfinite(difference)]
    if not len(difference):
        return None, None
    low, high = np.quantile(difference, [0.025, 0.975])
    return float(low), float(high)


def _drawn(n: int) -> Doubles:
    """(N_RESAMPLES, n) how often each of n people is drawn."""
    rng = np.random.default_rng(0)
    return rng.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES).astype(np.float64)


def _codes(column: pa.ChunkedArray) -> IntArray:
    codes: IntArray = column.combine_chunks().dictionary_encode().indices.to_numpy(False).astype(np.int64)
    return codes


def _representatives(queries: Queries, joins: pa.Table, pin_ids: pa.ChunkedArray) -> IntArray:
    """Positions of the pins that stand for these pins' images, -1 for a pin that did not exist at T."""
    named = pc.list_flatten(joins["pin_ids"])
    of_pin = joins["representative_pin_id"].take(pc.list_parent_indices(joins["pin_ids"].combine_chunks()))
    return queries.positions(of_pin.take(pc.index_in(pin_ids, value_set=named)))
