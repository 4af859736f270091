"""What engagement_coec says of pairs of items: the lists of the `memorised` retriever, Memboost, COEC elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pyarrow as pa

from relpins_assets.feeds.item_columns import places
from relpins_resources.query.catalog import Doubles, Ints, Scored
from relpins_resources.query.pairs import Feature, PairValues, in_blocks

BILLION = 1e9
COLUMNS = ("query_join_id", "join_id", "n_clicks", "actions", "expected_clicks", "memboost")


class Engagement:
    """The table over the items of a catalog, read when it is first needed. Pairs are of images: repins share them."""

    def __init__(self, read: Callable[[], pa.Table], images: tuple[pa.Array, Ints, Ints], prior: float) -> None:
        """
        Args:
            read: gives rows of engagement_coec.
            images: (j,) join ids, (n,) place of each item's image among them, (j,) item that stands for each.
            prior: expected clicks at which COEC is believed half.
        """
        self._read = read
        self._join_ids, self._join_of, self._representatives = images
        self._prior = prior

    @cached_property
    def _rows(self) -> tuple[Ints, Ints, dict[str, Doubles]]:
        """(r,) query image and image of each row as numbers, and its columns; rows whose images are gone left out."""
        read = self._read()
        queries, joins = (places(read[name], self._join_ids) for name in COLUMNS[:2])
        here = (queries >= 0) & (joins >= 0)
        columns = {name: read[name].to_numpy().astype(np.float64)[here] for name in COLUMNS[2:]}
        return queries[here], joins[here], columns

    @cached_property
    def memorised(self) -> Scored:
        """Beside each item those that people did more with than expected, by Memboost, ties by position."""
        queries, joins, columns = self._rows
        keep = (columns["memboost"] > 0) & (columns["actions"] > 0)
        others, scores = self._representatives[joins[keep]], columns["memboost"][keep]
        order = np.lexsort((others, -scores, queries[keep]))
        ends = np.searchsorted(queries[keep][order], np.arange(len(self._join_ids) + 1))
        sizes = np.diff(ends)[self._join_of]
        indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        at = order[np.arange(indptr[-1]) + np.repeat(ends[self._join_of] - indptr[:-1], sizes)]
        return Scored(indptr, others[at], scores[at])

    @cached_property
    def memboost(self) -> Feature:
        """log((actions + prior) / (expected + prior)); 0 of pairs that were never shown."""
        queries, joins, columns = self._rows
        pairs = PairValues.of(queries, joins, columns["memboost"], len(self._join_ids))
        return self._of_items(lambda items, of: np.nan_to_num(pairs.at(of, items), nan=0.0))

    @cached_property
    def coec_elsewhere(self) -> Feature:
        """COEC of the candidate beside all other queries together: what is known of it without this query."""
        queries, joins, columns = self._rows
        n = len(self._join_ids)
        # in whole billionths, so that sums are exact in any order of rows
        clicks, expected = columns["n_clicks"] * BILLION, np.rint(columns["expected_clicks"] * BILLION)
        own = [PairValues.of(queries, joins, values, n) for values in (clicks, expected)]
        total = [np.bincount(joins, values, n) for values in (clicks, expected)]

        def feature(items: Ints, of: Ints) -> Doubles:
            here = [np.nan_to_num(pairs.at(of, items), nan=0.0) for pairs in own]
            acted, likely = (every[items] - pairs for every, pairs in zip(total, here, strict=True))
            prior = self._prior * BILLION
            return np.log((acted + prior) / (likely + prior))

        return self._of_items(lambda items, of: np.round(feature(items, of), 9))

    def _of_items(self, feature: Feature) -> Feature:
        return in_blocks(lambda items, queries: feature(self._join_of[items], self._join_of[queries]))
