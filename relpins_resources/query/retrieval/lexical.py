"""Word search by Lance's full-text index: keeping the index of a table of texts current, and BM25 over one version.

Words are cut by Unicode's rules (languages without spaces too), in lower case, without accents, stemmed, without stop
words. What the texts are made of is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import lance
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from lance.query import BooleanQuery, FullTextQuery, MatchQuery, Occur

from relpins_resources.query.catalog import Booleans, Doubles, Hits, Ints, LexicalIndex

TEXT, KEY = "text", "pin_id"
INDEX = "words"
SETTLED_UP_TO = 200_000
"""Up to so many texts every run takes out of the index what went: 0.6 s at 100,000 texts, 7 s at 1,000,000."""
STALE_SHARE = 0.01
"""Beyond that it waits until this share of the texts that the index counts is gone."""
MOST_SEGMENTS = 8
SCORE_DECIMALS = 3
"""Scores are float32 sums: below this they would depend on the order of the sum."""
FEW = 2_000
"""So many allowed texts are handed to the index as a filter; more are sifted out of a longer list."""
MARGIN = 16
NEAR_COUNTS = 0.5
"""What a word within the edit distance counts, beside 1 for the word itself."""
MAX_EXPANSIONS = 100
MOST_NEAR_WORDS = 16
"""So many words of a query may differ from what is found; further ones count as they are."""
LONGEST_NEAR = 20
"""Longer words are looked for as they are: the automaton of all that is near to one has a bound."""

_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class WordsState:
    """How an index stands to its table. `n_gone` are texts that the index still counts in its statistics."""

    n_texts: int
    n_unindexed: int
    n_gone: int
    n_segments: int
    has_vanished: bool  # a whole fragment that the index counts is gone

    @property
    def is_exact(self) -> bool:
        """Whether its scores are those of an index made anew."""
        return self.n_segments > 0 and not (self.n_unindexed or self.n_gone or self.has_vanished)


def words_state(dataset: lance.LanceDataset) -> WordsState:
    """What the index of `dataset` lacks, and counts too many."""
    found = [index for index in dataset.describe_indices() if index.name == INDEX]
    fragments = {fragment.fragment_id: fragment for fragment in dataset.get_fragments()}
    indexed: set[int] = {number for index in found for segment in index.segments for number in segment.fragment_ids}
    gone = sum(fragments[number].num_deletions for number in indexed & fragments.keys())
    unindexed = sum(fragments[number].count_rows() for number in fragments.keys() - indexed)
    n_segments = sum(len(index.segments) for index in found)
    return WordsState(dataset.count_rows(), unindexed, gone, n_segments, bool(indexed - fragments.keys()))


def keep_indexed(uri: str, settled_up_to: int = SETTLED_UP_TO, stale_share: float = STALE_SHARE) -> WordsState:
    """Bring the index over the column `text` of a Lance dataset up to its newest version; no commit if it is.

    After it every text is found. Up to `settled_up_to` texts scores are, too, bit for bit those of an index made anew
    (with an edit distance up to the last of `SCORE_DECIMALS`: Lance sums what is near in no fixed order); above, texts
    that went are counted in the word statistics until they are `stale_share` of all.
    """
    state = words_state(lance.dataset(uri))
    if state.n_texts == 0 or state.is_exact:
        return state
    if state.n_segments == 0:
        return _made_anew(uri)
    is_large = state.n_texts > settled_up_to
    if state.n_unindexed:
        n_merged = 0 if is_large and state.n_segments < MOST_SEGMENTS else state.n_segments
        lance.dataset(uri).optimize.optimize_indices(num_indices_to_merge=n_merged, index_names=[INDEX])
    if is_large and state.n_gone <= stale_share * state.n_texts:
        return words_state(lance.dataset(uri))
    if state.n_gone:  # rewriting a fragment without its deleted rows takes them out of the index as well
        lance.dataset(uri).optimize.compact_files(materialize_deletions_threshold=0.0)
    settled = words_state(lance.dataset(uri))
    return settled if settled.is_exact else _made_anew(uri)


def _made_anew(uri: str) -> WordsState:
    lance.dataset(uri).optimize.compact_files(materialize_deletions_threshold=0.0)
    lance.dataset(uri).create_scalar_index(
        TEXT,
        "INVERTED",
        name=INDEX,
        base_tokenizer="icu/split",
        language="English",
        stem=True,
        remove_stop_words=True,
        with_position=False,
    )
    return words_state(lance.dataset(uri))


class LanceLexicalIndex(LexicalIndex):
    """BM25 (k1 1.2, b 0.75) over one version of a dataset with columns pin_id and text.

    Args:
        dataset: opened at the version to search, so that what is written meanwhile does not show.
        item_ids: (n,) the catalog's items, ascending; texts of other pins are never given.
    """

    def __init__(self, dataset: lance.LanceDataset, item_ids: npt.NDArray[np.object_]) -> None:
        self._dataset = dataset
        self._item_ids = item_ids

    def search(
        self, texts: Sequence[str | None], limit: int, fuzziness: int = 0, allowed: Booleans | None = None
    ) -> Hits:
        """The `limit` best texts for each query text, ties by position; every word of it counts, none is required.

        With a `fuzziness` of 1 or 2, a word also finds those within that edit distance, at half their score: within
        none for words of one or two letters and for writing without spaces, within 1 for words of three or four. Only
        the first `MOST_NEAR_WORDS` words do.
        """
        items = np.full((len(texts), limit), -1, np.int64)
        scores = np.full((len(texts), limit), np.nan)
        found: dict[tuple[str, int], tuple[Ints, Doubles]] = {}
        for i, text in enumerate(texts):
            row = i if allowed is not None and allowed.ndim == 2 else 0
            words = (text or "").encode("utf-8", "replace").decode()
            if not words.strip() or limit < 1:
                continue
            if (words, row) not in found:
                mask = allowed if allowed is None or allowed.ndim == 1 else allowed[row]
                found[words, row] = self._best(_query(words, fuzziness), limit, mask)
            best, given = found[words, row]
            items[i, : len(best)], scores[i, : len(best)] = best, given
        return Hits(items, scores)

    def _best(self, query: FullTextQuery, limit: int, allowed: Booleans | None) -> tuple[Ints, Doubles]:
        """Positions and scores of one query. Fetches more while fewer than `limit` are allowed, or the last may tie."""
        row_ids, positions = self._rows
        is_allowed = positions >= 0
        if allowed is not None:
            is_allowed &= allowed[np.maximum(positions, 0)]
        n_allowed = int(is_allowed.sum())
        if n_allowed == 0:
            return np.empty(0, np.int64), np.empty(0)
        only = f"_rowid IN ({', '.join(map(str, row_ids[is_allowed]))})" if n_allowed <= FEW < len(row_ids) else None
        n_fetched = limit + MARGIN
        if only is None:
            n_fetched = min(n_fetched * len(row_ids) // n_allowed, len(row_ids)) + 1
        while True:
            rows, scores = self._fetch(query, n_fetched, only)
            at = np.searchsorted(row_ids, rows)
            kept = is_allowed[at]
            is_all = len(rows) < n_fetched
            mine, mine_scores = positions[at[kept]], scores[kept]
            order = np.lexsort((mine, -mine_scores))[:limit]
            if is_all or (len(order) == limit and mine_scores[order[-1]] > scores.min()):
                return mine[order], mine_scores[order]
            n_fetched *= 4

    def _fetch(self, query: FullTextQuery, n: int, only: str | None) -> tuple[npt.NDArray[np.uint64], Doubles]:
        found = self._dataset.scanner(
            columns=["_rowid", "_score"], full_text_query=query, limit=n, filter=only, prefilter=True
        ).to_table()
        scores = found["_score"].to_numpy().astype(np.float64)
        return found["_rowid"].to_numpy(), np.round(scores, SCORE_DECIMALS)

    @cached_property
    def _rows(self) -> tuple[npt.NDArray[np.uint64], Ints]:
        """Lance's row ids, ascending, and the position of each row's pin, -1 for one that is no item."""
        rows: pa.Table = self._dataset.scanner(columns=[KEY], with_row_id=True).to_table()
        row_ids: npt.NDArray[np.uint64] = rows["_rowid"].to_numpy()
        order = np.argsort(row_ids)
        positions = pc.index_in(rows[KEY], value_set=pa.array(self._item_ids, pa.string())).fill_null(-1)
        return row_ids[order], positions.to_numpy().astype(np.int64)[order]


def _query(words: str, fuzziness: int) -> FullTextQuery:
    exact = MatchQuery(words, TEXT)
    near = {distance: _words_within(words, fuzziness, distance) for distance in (1, 2)}
    if not any(near.values()):
        return exact
    parts = [
        (
            Occur.SHOULD,
            MatchQuery(" ".join(some), TEXT, fuzziness=n, boost=NEAR_COUNTS, max_expansions=MAX_EXPANSIONS),
        )
        for n, some in near.items()
        if some
    ]
    return BooleanQuery([(Occur.SHOULD, exact), *parts])


def _words_within(words: str, fuzziness: int, distance: int) -> list[str]:
    """Those words of a text that may differ by `distance` edits and no more."""
    some = list(dict.fromkeys(re.findall(r"\w+", words)))[:MOST_NEAR_WORDS]
    return [word for word in some if min(fuzziness, _most_edits(word)) == distance]


def _most_edits(word: str) -> int:
    if not 3 <= len(word) <= LONGEST_NEAR or _WITHOUT_SPACES.search(word):
        return 0
    return 1 if len(word) < 5 else 2
