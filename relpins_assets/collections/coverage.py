"""Which of the things people ask for today's collections answer, and what is missing most.

What a search asks: every attribute it names, its price bounds as one thing, and what could not be read as one more,
which nothing answers. A collection answers an attribute that its topic (or a near-duplicate merged into it) names; a
price if most of its pins lie within. It has to be of what the search is about: no red sofa answers "red dress".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from relpins_assets.vocabulary.price_bounds import ANY_PRICE, PriceBounds
from relpins_assets.vocabulary.topic_evidence import counts_at
from relpins_assets.vocabulary.topics import HEADS
from relpins_assets.vocabulary.vocabulary import Vocabulary, same_things

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
PRICED_FROM = 0.75
"""Share of a collection's pins that must lie within the bounds asked for."""


@dataclass(frozen=True)
class Ask:
    """One search, or one cell of category and attribute, as what it asks for."""

    name: str
    n_searches: int
    attribute_ids: tuple[str, ...]
    prices: PriceBounds = ANY_PRICE
    category: str | None = None
    has_unread: bool = False
    segment: str | None = None

    @property
    def n_things(self) -> int:
        """How many things it asks for; at least one."""
        return max(1, len(self.attribute_ids) + (self.prices != ANY_PRICE) + self.has_unread)


@dataclass(frozen=True)
class Answer:
    """A collection, as what it can answer: the attributes it names, and the prices of its pins (NaN where unknown)."""

    topic_id: str
    attribute_ids: tuple[str, ...]
    prices: Floats = field(repr=False)


@dataclass(frozen=True)
class Covered:
    """Per ask: the share of what it asks that the best collection answers, and which one that is (None if none)."""

    share: Floats
    topic_ids: tuple[str | None, ...]


@dataclass(frozen=True)
class Coverage:
    """Matches asks with collections.

    Args:
        answers: the collections, in order of topic.
        vocabulary: what ids mean; asks may name others, which nothing answers.
    """

    answers: Sequence[Answer]
    vocabulary: Vocabulary

    def of(self, asks: Sequence[Ask]) -> Covered:
        """The best collection of each ask: most answered, then fewest further attributes, most pins, by id."""
        share, best = np.zeros(len(asks)), np.full(len(asks), -1, np.int64)
        if asks and self.answers:
            ask, answer, n_shared = self._shared(asks)
            n_answered = n_shared + self._has_price(asks)[ask, answer]
            covered = np.round(n_answered / np.array([one.n_things for one in asks])[ask], 6)
            n_further = self._sizes[answer] - n_shared
            order = np.lexsort((answer, -self._n_pins[answer], n_further, -covered, ask))
            first = order[np.unique(ask[order], return_index=True)[1]]
            share[ask[first]], best[ask[first]] = covered[first], answer[first]
        return Covered(share, tuple(self.answers[at].topic_id if at >= 0 else None for at in best.tolist()))

    def _shared(self, asks: Sequence[Ask]) -> tuple[Ints, Ints, Ints]:
        """(m,) ask, answer and how many attributes both name, where the answer is of what is asked about."""
        asked = self._matrix([one.attribute_ids for one in asks])
        found = (asked @ self._answers.T).tocoo()
        heads = self._matrix([self._about(one) for one in asks])
        has_head = np.asarray(heads.sum(axis=1)).reshape(-1) > 0
        is_about = counts_at((heads @ self._answers.T).tocsr(), found.row, found.col) > 0
        is_fit = is_about | ~has_head[found.row]
        return found.row[is_fit].astype(np.int64), found.col[is_fit].astype(np.int64), found.data[is_fit]

    def _about(self, ask: Ask) -> tuple[str, ...]:
        """What it is about: its category, else the first kind of thing that it names."""
        known = [self.vocabulary[one] for one in ask.attribute_ids if one in self.vocabulary]
        category = [one.attribute_id for one in known if one.key == "category" and one.value == ask.category]
        kind = next((key for key in HEADS if any(one.key == key for one in known)), None)
        return tuple(category or [one.attribute_id for one in known if one.key == kind][:1])

    def _has_price(self, asks: Sequence[Ask]) -> npt.NDArray[np.int64]:
        """(n asks, n answers) 1 where a price is asked and most pins of the answer have it."""
        bounds = [one.prices for one in asks]
        distinct = {one: place for place, one in enumerate(dict.fromkeys(bounds))}
        within = np.stack([self._priced(one) for one in distinct])
        return np.asarray(within[[distinct[one] for one in bounds]], np.int64)

    def _priced(self, bounds: PriceBounds) -> npt.NDArray[np.bool_]:
        """(n answers,) whether most pins of each lie within the bounds; never, where none are asked."""
        prices, owner = self._prices
        is_within = np.full(len(prices), bounds != ANY_PRICE) & ~np.isnan(prices)
        is_within &= prices >= (bounds.lowest if bounds.lowest is not None else -np.inf)
        is_within &= prices <= (bounds.highest if bounds.highest is not None else np.inf)
        n_within = np.bincount(owner, is_within, minlength=len(self.answers))
        return np.asarray((n_within > 0) & (n_within >= PRICED_FROM * self._n_pins), bool)

    @cached_property
    def _prices(self) -> tuple[Floats, Ints]:
        owner = np.repeat(np.arange(len(self.answers)), self._n_pins)
        return np.concatenate([one.prices for one in self.answers]), owner

    @cached_property
    def _n_pins(self) -> Ints:
        return np.array([len(one.prices) for one in self.answers], np.int64)

    @cached_property
    def _answers(self) -> sp.csr_matrix:
        return self._matrix([one.attribute_ids for one in self.answers])

    @cached_property
    def _sizes(self) -> Ints:
        return np.asarray(self._answers.sum(axis=1), np.int64).reshape(-1)

    @cached_property
    def _place(self) -> dict[str, int]:
        """Where each attribute stands; a kitchen as a room and as a category stand in one place."""
        position = self.vocabulary.position
        return {one: position[ids[0]] for one, ids in same_things(self.vocabulary.attributes).items()}

    def _matrix(self, rows: Sequence[Sequence[str]]) -> sp.csr_matrix:
        """int64 (n rows, n attributes), 1 where a row names an attribute of the vocabulary."""
        places = [sorted({self._place[one] for one in row if one in self._place}) for row in rows]
        pointers = np.cumsum([0, *(len(row) for row in places)])
        columns = np.array([place for row in places for place in row], np.int64)
        return sp.csr_matrix((np.ones(len(columns), np.int64), columns, pointers), (len(rows), len(self.vocabulary)))


def asks_of(intents: pa.Table) -> list[Ask]:
    """What every row of search_intents asks for, in order of query."""
    return [
        Ask(
            row["query"],
            row["n_searches"],
            tuple(row["attribute_ids"]),
            PriceBounds(row["price_min"], row["price_max"]),
            row["category"],
            bool(row["unread"]),
            row["segment"],
        )
        for row in intents.sort_by("query").to_pylist()
    ]


def cells_of(asks: Sequence[Ask], vocabulary: Vocabulary) -> list[Ask]:
    """Demand per cell of a category and one more thing, an attribute or a price: "dress, color: red"; most first."""
    counts: Counter[tuple[str, tuple[str, ...], PriceBounds, str]] = Counter()
    for ask in asks:
        known = [vocabulary[one] for one in ask.attribute_ids if one in vocabulary]
        about = [one.attribute_id for one in known if one.key == "category" and one.value == ask.category]
        if ask.category is None or not about:
            continue
        for one in known:
            if one.attribute_id != about[0]:
                name = f"{ask.category}, {one.key}: {one.value}"
                counts[(name, (about[0], one.attribute_id), ANY_PRICE, ask.category)] += ask.n_searches
        if ask.prices != ANY_PRICE:
            name = f"{ask.category}, price: {_told(ask.prices)}"
            counts[(name, (about[0],), ask.prices, ask.category)] += ask.n_searches
    cells = [Ask(name, n, ids, prices, category) for (name, ids, prices, category), n in counts.items()]
    return sorted(cells, key=lambda cell: (-cell.n_searches, cell.name))


def _told(prices: PriceBounds) -> str:
    if prices.lowest is None:
        return f"under {prices.highest:g}"
    return f"over {prices.lowest:g}" if prices.highest is None else f"{prices.lowest:g} to {prices.highest:g}"
