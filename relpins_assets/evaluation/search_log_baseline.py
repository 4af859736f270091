"""Collections as they are made without a vocabulary: a topic is what people searched for, its pins what search finds.

Queries that ask for the same attributes, or are the same words, are one topic. A pin belongs to it if its text has
every telling word of the query; pins are ordered by BM25. What nobody searched for has no collection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from relpins_assets.vocabulary.price_bounds import read_price
from relpins_assets.vocabulary.query_words import CONNECTORS
from relpins_resources.lake import Lake

K1, B = 1.2, 0.75
_FILTER = re.compile(r"\b\w+:")  # the name of one, as in "lamp [color: black]"
_WORD = re.compile(r"[^\W_]+")

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SearchTopic:
    """One topic of the log: the query searched most of those that ask the same, and what it finds, best first."""

    query: str
    n_searches: int
    attribute_ids: tuple[str, ...]
    pin_ids: tuple[str, ...]


def search_log_baseline(
    lake: Lake, *, min_pins: int, limit: int, queries: Sequence[str] | None = None
) -> list[SearchTopic]:
    """Topics of the log with at least `min_pins` pins, most searched first, `limit` pins each at most.

    Args:
        queries: only these queries of search_intents; None takes all.
    """
    rows = lake.table("search_intents").read(["query", "n_searches", "attribute_ids"]).to_pylist()
    rows.sort(key=lambda row: (-row["n_searches"], row["query"]))
    allowed = None if queries is None else set(queries)
    index = TextIndex(lake.table("lexical_index").read(["pin_id", "text"]))
    topics: dict[tuple[object, ...], SearchTopic] = {}
    for row in rows:
        words = telling_words(row["query"])
        known = tuple(sorted(row["attribute_ids"]))
        name: tuple[object, ...] = ("attributes", known) if known else ("words", tuple(sorted(words)))
        if (allowed is None or row["query"] in allowed) and words and name not in topics:
            found = index.search(words, limit)
            if len(found) >= min_pins:
                topics[name] = SearchTopic(row["query"], row["n_searches"], known, tuple(found))
    return list(topics.values())


def telling_words(query: str) -> list[str]:
    """Words of a query that search looks for: no connectors, no price, no names of filters, plurals as singulars."""
    words = _words(_FILTER.sub(" ", read_price(query.casefold())[1]))
    return list(dict.fromkeys(_stem(word) for word in words if word not in CONNECTORS))


class TextIndex:
    """Words of texts, for searches that want all of them: rows (pin_id, text), one per image."""

    def __init__(self, texts: pa.Table) -> None:
        texts = texts.sort_by("pin_id")
        self.pin_ids: list[str] = texts["pin_id"].to_pylist()
        tokens = [[_stem(word) for word in _words(text.casefold())] for text in texts["text"].to_pylist()]
        self._place: dict[str, int] = {}
        columns = [self._place.setdefault(word, len(self._place)) for words in tokens for word in words]
        rows = np.repeat(np.arange(len(tokens)), [len(words) for words in tokens])
        shape = (len(tokens), len(self._place))
        counts = sparse.coo_array((np.ones(len(columns)), (rows, np.array(columns, np.int64))), shape=shape)
        self._counts = counts.tocsc()
        lengths = np.array([len(words) for words in tokens], np.float64)
        self._norm: Doubles = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if len(lengths) else 1.0, 1.0))

    def search(self, words: Sequence[str], limit: int) -> list[str]:
        """The pins whose text has every word, by BM25, ties by id; none where a word is in no text."""
        if not words or any(word not in self._place for word in words):
            return []
        n, score = len(self.pin_ids), np.zeros(len(self.pin_ids))
        n_had = np.zeros(n, np.int64)
        for word in words:
            column = self._counts[:, [self._place[word]]].tocoo()
            idf = np.log(1 + (n - column.nnz + 0.5) / (column.nnz + 0.5))
            score[column.row] += idf * column.data * (K1 + 1) / (column.data + self._norm[column.row])
            n_had[column.row] += 1
        found = np.flatnonzero(n_had == len(words))
        order = np.lexsort((found, -np.round(score[found], 6)))[:limit]
        return [self.pin_ids[at] for at in found[order]]


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
