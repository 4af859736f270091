"""diversity(...): each pick adds something to the last few, over several weighted signals at once.

The first `wanted` rows are picked one by one, by sliding spectrum, MMR or DPP. Relevance is that of the place a row
stands at, so that strength 0 leaves every order as it was. A pick comes from the first `diversity_lookforward_window`
rows that are left: what stands below waits until those above have gone.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from relpins_resources.query.catalog import Doubles, Embedding, Ints
from relpins_resources.query.reranking.base import Ranking, RerankRequest
from relpins_resources.query.reranking.chosen_signals import chosen_signals
from relpins_resources.query.reranking.dpp import dpp_picks
from relpins_resources.query.reranking.greedy import z_scores
from relpins_resources.query.reranking.mmr import mmr_picks
from relpins_resources.query.reranking.signals import BlendedKernel, Scratch, Weighted
from relpins_resources.query.reranking.sliding_spectrum import spectrum_picks

BLOCK_BYTES = 8 << 20
"""Vectors of the pools that are worked on at once by a thread: enough to spread the cost of a step, near the caches."""
THREADS = 2
METHODS: dict[str, Callable[..., Ints]] = {"ssd": spectrum_picks, "mmr": mmr_picks, "dpp": dpp_picks}


@dataclass(frozen=True)
class _Settings:
    method: str
    strength: float
    window: int
    reach: int
    limit: int


def diversity(request: RerankRequest) -> Ranking:
    """The ranking with its first `wanted` rows picked for variety. Raises QueryError for arguments that do not fit."""
    strength = request.number("strength")
    window = request.integer("diversity_lookback_window")
    reach = request.integer("diversity_lookforward_window")
    method = request.text("method")
    n_pool = request.ranking.items.shape[1]
    if request.constant("pool") is not None:
        n_pool = min(n_pool, request.integer("pool"))
    signals = chosen_signals(request)
    n_seen = min(n_pool, request.wanted + reach - 1)  # no pick can come from further down
    if strength == 0 or not signals or n_seen <= 1 or request.wanted < 1:
        return request.ranking
    settings = _Settings(method, strength, window, reach, min(request.wanted, n_seen))
    relevance = place_relevance(request.ranking, n_pool)[:, :n_seen]
    picks = _all_picks(relevance, request.ranking.items[:, :n_seen], signals, settings)
    return request.ranking.with_first(picks, n_seen)


def place_relevance(ranking: Ranking, n_pool: int) -> Doubles:
    """(b, n_pool) z-scores of the best `n_pool` rows, the largest score for the first place and so on.

    Where all scores of a row are equal its order is not by score: places then count down from the first.
    """
    items = ranking.items[:, :n_pool]
    valid = items >= 0
    scores = np.where(valid, ranking.scores[:, :n_pool], -np.inf)
    tells = (np.where(valid, scores, scores[:, :1]) != scores[:, :1]).any(axis=1, keepdims=True)
    places = -np.arange(scores.shape[1], dtype=np.float64)
    falling = -np.sort(-np.where(tells | ~valid, scores, places), axis=1)
    return z_scores(np.where(valid, falling, 0.0), valid)


def _all_picks(relevance: Doubles, items: Ints, signals: list[Weighted], settings: _Settings) -> Ints:
    """Blocks of pools, two at a time; each the same bits as alone."""
    dim = sum(one.signal.dim for one in signals if isinstance(one.signal, Embedding))
    n_block = max(1, BLOCK_BYTES // (8 * items.shape[1] * max(dim, 32)))
    starts = list(range(0, len(items), n_block))
    picks = np.full((len(items), settings.limit), -1, np.int64)

    def run(mine: list[int]) -> None:
        scratch = Scratch()
        for start in mine:
            at = slice(start, start + n_block)
            kernel = BlendedKernel(signals, items[at], scratch)
            picks[at] = METHODS[settings.method](
                relevance[at],
                items[at] >= 0,
                kernel,
                strength=settings.strength,
                window=settings.window,
                limit=settings.limit,
                reach=settings.reach,
            )

    if len(starts) <= 1:
        run(starts)
        return picks
    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(run, starts[first::THREADS]) for first in range(THREADS)]:
            done.result()
    return picks
