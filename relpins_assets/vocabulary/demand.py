"""What a search log says of attributes and their tuples: how often each is asked for, with what, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from relpins_assets.vocabulary.price_bounds import read_price
from relpins_assets.vocabulary.topic_evidence import Ints, counts_at, pairs_within
from relpins_assets.vocabulary.vocabulary import Attribute, same_things
from relpins_resources.judges import Demand, PairDemand

PRICE_BAND = "price_band"
DEPARTMENT = "department"
USUAL_SHARE = 0.95


@dataclass(frozen=True)
class SearchDemand:
    """The queries of a log that name anything, by the attributes of a vocabulary.

    Args:
        attributes: the vocabulary's, in order of id.
        named: per query, places of the attributes it names, in the order it names them.
        asked: per query, those and what they are kinds of: who asks for a dress asks for fashion.
        n_searches: (n queries,) how often each was asked.
        has_order: (n queries,) whether the order of its attributes is that of typed words.
        usual_words: words in all but the longest twentieth of the searches.
    """

    attributes: tuple[Attribute, ...]
    named: tuple[tuple[int, ...], ...]
    asked: tuple[tuple[int, ...], ...]
    n_searches: Ints
    has_order: npt.NDArray[np.bool_]
    usual_words: int

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(sorted({one.key for one in self.attributes}))

    @cached_property
    def key_of(self) -> Ints:
        places = {key: place for place, key in enumerate(self.keys)}
        return np.array([places[one.key] for one in self.attributes], np.int64)

    @cached_property
    def matrix(self) -> sp.csr_matrix:
        """int64 (n queries, n attributes), 1 where a query names an attribute."""
        return _indicator(self.asked, len(self.attributes))

    @cached_property
    def together(self) -> sp.csr_matrix:
        """(n attributes, n attributes) searches that name both; the diagonal is how many name one."""
        return (self.matrix.T @ sp.diags(self.n_searches, dtype=np.int64) @ self.matrix).tocsr()

    @cached_property
    def kinds(self) -> sp.csr_matrix:
        """int64 (n queries, n keys), 1 where a query names some value of a key."""
        asked = [tuple(dict.fromkeys(self.key_of[list(places)].tolist())) for places in self.asked]
        return _indicator(asked, len(self.keys))

    @cached_property
    def kinds_together(self) -> npt.NDArray[np.int64]:
        """(n keys, n keys) searches that name some value of both."""
        found = self.kinds.T @ sp.diags(self.n_searches, dtype=np.int64) @ self.kinds
        return np.asarray(found.todense(), np.int64).reshape(len(self.keys), len(self.keys))

    @cached_property
    def kinds_expected(self) -> npt.NDArray[np.float64]:
        """(n keys, n keys) searches that would, of those that name two kinds or more, if kinds were independent."""
        has_two = np.asarray(self.kinds.sum(axis=1)).reshape(-1) >= 2
        weights = self.n_searches * has_two
        each = np.asarray(self.kinds.T @ weights, np.float64).reshape(-1)
        return np.outer(each, each) / max(float(weights.sum()), 1.0)

    @cached_property
    def in_order(self) -> npt.NDArray[np.int64]:
        """(n keys, n keys) distinct queries whose words name a value of the first key before one of the second."""
        out = np.zeros((len(self.keys), len(self.keys)), np.int64)
        for places, has_order in zip(self.named, self.has_order.tolist(), strict=True):
            for first, second in combinations(dict.fromkeys(self.key_of[list(places)].tolist()), 2):
                out[first, second] += has_order
        return out

    def searches_for_all(self, tuples: Sequence[Ints]) -> Ints:
        """(n,) searches that name every attribute of each tuple."""
        wanted = _indicator([tuple(one.tolist()) for one in tuples], len(self.attributes))
        sizes = np.array([len(one) for one in tuples], np.int64)
        shared = (wanted @ self.matrix.T).tocoo()
        is_all = shared.data == sizes[shared.row]
        counts = np.bincount(shared.row[is_all], self.n_searches[shared.col[is_all]], minlength=len(tuples))
        return counts.astype(np.int64)

    def of_topics(self, tuples: Sequence[Ints]) -> list[Demand]:
        """What the log says of each tuple of attributes (places in rising order)."""
        alone, kind = self.together.diagonal().tolist(), self.kinds_together.diagonal()[self.key_of].tolist()
        pairs = self._pairs(tuples)
        return [
            Demand(
                n_all=int(n),
                asked=tuple(alone[place] for place in places.tolist()),
                asked_kinds=tuple(kind[place] for place in places.tolist()),
                pairs=some,
                usual_words=self.usual_words,
            )
            for places, n, some in zip(tuples, self.searches_for_all(tuples), pairs, strict=True)
        ]

    def _pairs(self, tuples: Sequence[Ints]) -> list[tuple[PairDemand, ...]]:
        first, second, ends = pairs_within(tuples)
        keys = self.key_of[first], self.key_of[second]
        named = [(one.key, one.value) for one in self.attributes]
        columns = (
            [named[place] for place in first.tolist()],
            [named[place] for place in second.tolist()],
            counts_at(self.together, first, second).tolist(),
            self.kinds_together[keys].tolist(),
            np.round(self.kinds_expected[keys], 6).tolist(),
            self.in_order[keys].tolist(),
            self.in_order[keys[::-1]].tolist(),
        )
        told = [PairDemand(*pair) for pair in zip(*columns, strict=True)]
        return [tuple(told[start:end]) for start, end in pairwise(ends)]


def search_demand(intents: pa.Table, attributes: tuple[Attribute, ...]) -> SearchDemand | None:
    """The demand that rows of search_intents tell; None where no query names anything of the vocabulary.

    A price bound that is a band of the vocabulary ("under $200") names that band; what names a kitchen asks for the
    category and for the room.
    """
    same = same_things(attributes)
    places = {one.attribute_id: place for place, one in enumerate(attributes)}
    bands = _bands(attributes)
    named, counts, queries, words = [], [], [], []
    for row in intents.sort_by("query").to_pylist():
        places_named = [places[one] for asked_for in row["attribute_ids"] for one in same.get(asked_for, ())]
        band = bands.get((row["price_min"], row["price_max"]))
        places_named += [band] if band is not None else []
        words.append((len(row["query"].split("[")[0].split()), row["n_searches"]))
        if places_named:
            named.append(tuple(places_named))
            counts.append(row["n_searches"])
            queries.append(row["query"])
    if not named:
        return None
    has_order = np.array([not set("[>") & set(query) for query in queries], bool)
    asked = _with_broader(named, queries, attributes)
    return SearchDemand(attributes, tuple(named), asked, np.array(counts, np.int64), has_order, _usual(words))


def _with_broader(
    named: Sequence[tuple[int, ...]], queries: Sequence[str], attributes: Sequence[Attribute]
) -> tuple[tuple[int, ...], ...]:
    """What each query names, and the departments under which browse paths ("fashion > dress") put it."""
    broader: dict[int, set[int]] = {}
    for places, query in zip(named, queries, strict=True):
        departments = {place for place in places if attributes[place].key == DEPARTMENT} if ">" in query else set()
        for place in set(places) - departments if departments else ():
            broader.setdefault(place, set()).update(departments)
    return tuple(
        tuple(dict.fromkeys((*places, *(up for place in places for up in sorted(broader.get(place, ()))))))
        for places in named
    )


def _bands(attributes: Sequence[Attribute]) -> dict[tuple[float | None, float | None], int]:
    found: dict[tuple[float | None, float | None], int] = {}
    for place, one in enumerate(attributes):
        if one.key == PRICE_BAND:
            bounds = read_price(one.value)[0]
            found.setdefault((bounds.lowest, bounds.highest), place)
    found.pop((None, None), None)
    return found


def _usual(words: Sequence[tuple[int, int]]) -> int:
    """The least length that so many searches do not exceed."""
    total, so_far = sum(n for _, n in words), 0
    for length, n in sorted(words):
        so_far += n
        if so_far >= USUAL_SHARE * total:
            return length
    return 0


def _indicator(rows: Sequence[Sequence[int]], width: int) -> sp.csr_matrix:
    """int64 (n rows, width), 1 at the places that each row names."""
    distinct = [sorted(set(row)) for row in rows]
    pointers = np.cumsum([0, *(len(row) for row in distinct)])
    columns = np.array([place for row in distinct for place in row], np.int64)
    return sp.csr_matrix((np.ones(len(columns), np.int64), columns, pointers), shape=(len(rows), width))
