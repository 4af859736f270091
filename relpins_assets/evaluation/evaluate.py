"""Ranked lists against what was saved after T: numbers per query, then their means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.evaluation import metrics
from relpins_assets.evaluation.protocol import SLICES, Queries
from relpins_assets.evaluation.ragged import IntArray, Lists
from relpins_resources.errors import RelpinsError

FloatArray = npt.NDArray[np.float64]
# query numbers (r,) to ranked pin positions (r, limit), best first, -1 padded; may hold known pins
Rankings = Callable[[IntArray], IntArray]

BLOCK = 1024  # queries ranked at once
ACCURACY = {"recall": metrics.recall, "ndcg": metrics.ndcg, "hit": metrics.hit}


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found; names are `metric@k` and, for one slice of targets, `metric@k/slice`."""

    per_query: dict[str, FloatArray]  # (q,) each; nan where a query has no such number
    summary: dict[str, float]  # mean over the queries that have one, and coverage@k; nan where none has
    n_queries: dict[str, int]  # over how many queries each mean was taken
    lists: IntArray  # (q, max k) what was judged: known pins left out, -1 padded


def evaluate(
    rankings: Rankings | IntArray,
    queries: Queries,
    ks: Sequence[int] = (10,),
    *,
    vectors: npt.NDArray[np.float32] | None = None,
) -> Evaluation:
    """Metrics at each k of lists from which the known pins (query pin, board mates) were left out.

    recall, ndcg, hit, novelty, popular_share and filled (share of the k places that hold a pin) per query and their
    means; coverage; recall, ndcg and hit of each slice of targets: of the relevant pins that are new, thin or warm,
    over the queries that have such a pin; intra_list_distance if vectors (n, d), normalised, one per candidate, are
    given.

    rankings: (q, limit) positions, or a function from query numbers to such rows. A list that is short once its known
        pins are gone is judged short: give more than max(ks) places. -1 anywhere is an empty place and is skipped.

    Raises:
        RelpinsError: a k below 1, rows or positions that do not fit, a list that names a pin twice, vectors of
            another number of pins.
    """
    if not ks or min(ks) < 1:
        raise RelpinsError(f"ks is {list(ks)}; give one or more list lengths, each 1 or more")
    if vectors is not None and len(vectors) != len(queries.pin_ids):
        raise RelpinsError(f"vectors are of {len(vectors)} pins, candidates are {len(queries.pin_ids)}; give one each")
    lists = judged_lists(rankings, queries, max(ks))
    per_query: dict[str, FloatArray] = {}
    coverage: dict[str, float] = {}
    for k in ks:
        per_query |= _accuracy(lists, queries, k) | _beyond_accuracy(lists, queries, k, vectors)
        coverage[f"coverage@{k}"] = metrics.coverage(lists, len(queries.pin_ids), k)
    n_queries = {name: int(np.isfinite(values).sum()) for name, values in per_query.items()}
    means = {name: _mean(values) for name, values in per_query.items()}
    return Evaluation(per_query, means | coverage, n_queries | dict.fromkeys(coverage, len(queries)), lists)


def judged_lists(rankings: Rankings | IntArray, queries: Queries, depth: int) -> IntArray:
    """(q, depth) the first `depth` pins of each ranking that are not known to its query, -1 padded."""
    if not callable(rankings) and len(rankings) != len(queries):
        raise RelpinsError(f"rankings are of {len(rankings)} queries, judged are {len(queries)}; give one row each")
    lists = np.full((len(queries), depth), -1, dtype=np.int64)
    for start in range(0, len(queries), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(queries)))
        ranked = np.asarray(rankings(rows) if callable(rankings) else rankings[rows], dtype=np.int64)
        _check(ranked, rows, queries)
        left_out = queries.known.take(rows).contains(ranked) | (ranked < 0)
        order = np.argsort(left_out, axis=1, kind="stable")[:, :depth]  # what stays comes first, in its order
        kept = np.take_along_axis(np.where(left_out, -1, ranked), order, axis=1)
        lists[rows, : kept.shape[1]] = kept
    return lists


def feed_rankings(
    queries: Queries,
    query_ids: pa.Array | pa.ChunkedArray,
    result_ids: pa.Array | pa.ChunkedArray,
    ranks: pa.Array | pa.ChunkedArray,
) -> IntArray:
    """(q, limit) rankings from a long table of feeds: one row per (query pin, rank), in any order.

    A query pin without a feed gets an empty list; feeds of pins that are no query are not used.

    Raises:
        RelpinsError: a feed shows a pin that does not exist at T, which is a leak.
    """
    pins, results = queries.positions(query_ids), queries.positions(result_ids)
    if (results < 0).any():
        shown = result_ids[int(np.argmax(results < 0))].as_py()
        raise RelpinsError(
            f"{int((results < 0).sum())} feed rows show pins that do not exist at {queries.cut_at.date()}, "
            f"such as '{shown}'; build the feeds on the tables cut at that day"
        )
    order = np.lexsort((np.asarray(ranks.to_numpy()), pins))
    order = order[pins[order] >= 0]
    lengths = np.bincount(pins[order], minlength=len(queries.pin_ids)).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    table = np.full((len(queries.pin_ids), int(lengths.max(initial=0))), -1, dtype=np.int64)
    table[pins[order], np.arange(len(order)) - starts[pins[order]]] = results[order]
    return table[queries.query_pins]


def _accuracy(lists: IntArray, queries: Queries, k: int) -> dict[str, FloatArray]:
    hits, n_relevant = queries.relevant.contains(lists), queries.relevant.lengths
    numbers = {f"{name}@{k}": formula(hits, n_relevant, k) for name, formula in ACCURACY.items()}
    for number, part in enumerate(SLICES):
        targets: Lists = queries.relevant.where(queries.target_slices[queries.relevant.items] == number)
        found = targets.contains(lists)
        numbers |= {f"{name}@{k}/{part}": formula(found, targets.lengths, k) for name, formula in ACCURACY.items()}
    return numbers


def _beyond_accuracy(
    lists: IntArray, queries: Queries, k: int, vectors: npt.NDArray[np.float32] | None
) -> dict[str, FloatArray]:
    numbers = {
        f"novelty@{k}": metrics.novelty(lists, queries.n_saves, k),
        f"popular_share@{k}": metrics.popular_share(lists, queries.n_saves, k),
        f"filled@{k}": (lists[:, :k] >= 0).sum(axis=1) / k,
    }
    if vectors is not None:
        numbers[f"intra_list_distance@{k}"] = metrics.intra_list_distance(lists, vectors, k)
    return numbers


def _check(ranked: IntArray, rows: IntArray, queries: Queries) -> None:
    n = len(queries.pin_ids)
    if ranked.ndim != 2 or len(ranked) != len(rows):
        raise RelpinsError(
            f"rankings of {len(rows)} queries have shape {ranked.shape}; it must be ({len(rows)}, limit)"
        )
    if ranked.max(initial=-1) >= n:
        raise RelpinsError(f"a ranking holds position {ranked.max()}; there are {n} candidates, 0 to {n - 1}")
    ordered = np.sort(ranked, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        row, place = np.argwhere(twice)[0]
        raise RelpinsError(
            f"the ranking of query {rows[row]} names pin '{queries.pin_ids[ordered[row, place]]}' twice; "
            "each pin may stand in a list once"
        )


def _mean(values: FloatArray) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else float("nan")
