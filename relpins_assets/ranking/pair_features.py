"""The features of a query pin and a candidate that rankers learn from, and that queries may name as `pair.<feature>`.

Related Pins, 2015, as they map onto what is here: sign bits of the look (fc6, Hamming), attribute confidences (fc8,
sparse cosine), annotations, topics, categories, category x look, presence indicators, and what is known of the
candidate alone. Pairs are of images where the table is of images. A feature whose table has no row is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.feeds.item_columns import AlignedTable, as_column, places
from relpins_assets.ranking.engagement import Engagement
from relpins_assets.ranking.feature_names import CROSSED, SIMILARITIES
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Catalog, Column, Doubles, Ints
from relpins_resources.query.pairs import (
    Feature,
    PairValues,
    SparseRows,
    cosines,
    in_blocks,
    remembering,
    sign_agreement,
)

WORDS, TOPICS, CATEGORIES, ATTRIBUTES = 32, 8, 8, 20
"""Terms kept of an image's annotations, of a pin's topics, of an image's categories, of a pin's attributes."""
ASKED_OFTEN = ("hamming", "category_similarity")
"""Features that others are made of."""
LEAST_CATEGORY = 0.2
"""A pin is of a category if it has at least so much of it."""
DAY_S = 86_400.0

ANNOTATED = r"""
WITH said AS (SELECT join_id, unnest(annotations) AS text, unnest(annotation_weights) AS weight FROM pin_joins),
words AS (SELECT join_id, unnest(regexp_extract_all(lower(text), '[\p{L}\p{N}]{2,}')) AS word, weight FROM said),
weighed AS (SELECT join_id, word, max(weight) AS weight FROM words GROUP BY ALL),
known AS (SELECT word, count(*) AS n FROM weighed GROUP BY word)
SELECT join_id, dense_rank() OVER (ORDER BY word) - 1 AS term,
       weight * ln((1 + (SELECT count(*) FROM pin_joins)) / n) AS weight
FROM weighed JOIN known USING (word) WHERE n > 1
"""
TOPICAL = "SELECT pin_id, unnest(topics)::BIGINT AS term, unnest(weights) AS weight FROM pin_topics"
CATEGORISED = """
WITH held AS (
    SELECT join_id, unnest(categories) AS category, unnest(category_weights) AS weight FROM pin_joins)
SELECT join_id, category, dense_rank() OVER (ORDER BY category) - 1 AS term, weight FROM held
"""
ATTRIBUTED = """
SELECT pin_id, dense_rank() OVER (ORDER BY attribute_id) - 1 AS term, confidence AS weight FROM attribute_assignments
"""
WALKED = """
SELECT join_id, unnest(candidate_join_ids) AS other_id,
       unnest(list_transform(visits, lambda one: one / list_max(visits))) AS share FROM random_walk_candidates
"""


class PairFeatures(Mapping[str, Feature]):
    """Features by name, each made from its tables when it is first asked for."""

    def __init__(
        self,
        catalog: Catalog,
        lake: Lake,
        engagement: Engagement | None,
        images: tuple[pa.Array, Ints, Ints],
        crossed: tuple[str, ...] = (),
    ) -> None:
        """
        Args:
            catalog: the items, with embeddings, shares and columns.
            images: (j,) join ids, (n,) place of each item's image among them, (j,) item that stands for each.
            crossed: the categories that a ranker learnt a weight of the look for, in its order.
        """
        self._catalog, self._lake, self._crossed = catalog, lake, crossed
        self._join_ids, self._join_of, self._representatives = images
        self._known: dict[str, Feature] = {}
        self._makers: dict[str, Callable[[], Feature]] = dict(self._offered(engagement))

    def __getitem__(self, name: str) -> Feature:
        if name not in self._known:
            made = self._makers[name]()
            self._known[name] = remembering(made) if name in ASKED_OFTEN else made
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def _offered(self, engagement: Engagement | None) -> Iterator[tuple[str, Callable[[], Feature]]]:
        catalog, count = self._catalog, self._count
        for name, space in SIMILARITIES.items():
            embedding = catalog.embedding(space)
            if embedding is not None:
                yield name, partial(cosines, embedding)
        look = catalog.embedding("clip_embedding")
        if look is not None:
            yield "hamming", partial(sign_agreement, look)
        for (match, presence), (rows, table) in self._sparse_rows().items():
            if count(table):
                kept = partial(self._once, match, rows)
                yield match, partial(_cosine, kept)
                yield presence, partial(_both_have, kept)
        if look is not None and count("pin_joins"):
            yield "category_x_visual", self._category_x_visual
            for number, category in enumerate(self._crossed):
                yield CROSSED[number], partial(self._crossed_with, category)
        if catalog.shares is not None:
            yield "shared_boards", self._shared_boards
            yield "has_boards", self._has_boards
        if count("random_walk_candidates"):
            yield "walk_visits", self._walk_visits
        if engagement is not None:
            yield "memboost", lambda: engagement.memboost
            yield "coec_elsewhere", lambda: engagement.coec_elsewhere
        yield "age", self._age
        yield "saves", self._saves
        yield "aspect", self._aspect
        yield "text_length", self._text_length

    def _count(self, table: str) -> int:
        return self._lake.table(table).count()

    def _sparse_rows(self) -> dict[tuple[str, str], tuple[Callable[[], SparseRows], str]]:
        """Per pair of a match and its presence indicator the rows that it is of, and the table that they are in."""
        return {
            ("annotation_match", "has_annotations"): (self._annotations, "pin_joins"),
            ("topic_similarity", "has_topics"): (self._topics, "pin_topics"),
            ("category_similarity", "has_categories"): (self._categories, "pin_joins"),
            ("attribute_similarity", "has_attributes"): (self._attributes, "attribute_assignments"),
        }

    def _once(self, name: str, rows: Callable[[], SparseRows]) -> SparseRows:
        found: SparseRows = self._catalog.once(("pair rows", name), rows)
        return found

    # ---- rows of few weighted terms, one per item

    def _annotations(self) -> SparseRows:
        return self._by_join(self._lake.query(ANNOTATED), WORDS)

    def _categories(self) -> SparseRows:
        return self._by_join(self._lake.query(CATEGORISED), CATEGORIES)

    def _topics(self) -> SparseRows:
        return self._by_pin(self._lake.query(TOPICAL), TOPICS)

    def _attributes(self) -> SparseRows:
        return self._by_pin(self._lake.query(ATTRIBUTED), ATTRIBUTES)

    def _by_pin(self, found: pa.Table, width: int) -> SparseRows:
        return _sparse(found, "pin_id", pa.array(self._catalog.item_ids, pa.string()), width)

    def _by_join(self, found: pa.Table, width: int) -> SparseRows:
        rows = _sparse(found, "join_id", self._join_ids, width)
        return SparseRows(rows.terms[self._join_of], rows.weights[self._join_of], rows.n_terms)

    # ---- features that are no cosine

    def _category_x_visual(self) -> Feature:
        alike, look = self["category_similarity"], self["hamming"]
        return lambda items, queries: alike(items, queries) * look(items, queries)

    def _crossed_with(self, category: str) -> Feature:
        found = self._lake.query(CATEGORISED)
        own = found.filter(pc.equal(found["category"], category))
        has = np.zeros(len(self._join_ids), bool)
        at = places(own["join_id"], self._join_ids)
        has[at[(at >= 0) & (own["weight"].to_numpy() >= LEAST_CATEGORY)]] = True
        of_item, look = has[self._join_of], self["hamming"]
        return lambda items, queries: np.where(
            of_item[np.maximum(queries, 0)][:, None], look(items, queries), 0.0 * look(items, queries)
        )

    def _shared_boards(self) -> Feature:
        shares = self._catalog.shares
        assert shares is not None, "offered only where boards are known"
        pairs = PairValues(shares.indptr, shares.others, shares.counts.astype(np.float64))
        boards = np.maximum(shares.n_boards, 1).astype(np.float64)
        stands_for = self._representatives[self._join_of]

        def feature(items: Ints, queries: Ints) -> Doubles:
            shared = np.nan_to_num(pairs.at(queries, stands_for[items]), nan=0.0)
            return shared / np.sqrt(boards[items] * boards[queries][:, None])

        return in_blocks(feature)

    def _has_boards(self) -> Feature:
        shares = self._catalog.shares
        assert shares is not None, "offered only where boards are known"
        has = shares.n_boards > 0
        return in_blocks(lambda items, queries: (has[items] & has[queries][:, None]).astype(np.float64))

    def _walk_visits(self) -> Feature:
        found = self._lake.query(WALKED)
        rows, others = (places(found[name], self._join_ids) for name in ("join_id", "other_id"))
        here = (rows >= 0) & (others >= 0)
        shares = found["share"].to_numpy()[here]
        pairs = PairValues.of(rows[here], others[here], shares, len(self._join_ids))
        of = self._join_of
        return in_blocks(lambda items, queries: np.nan_to_num(pairs.at(of[queries], of[items]), nan=0.0))

    # ---- what is known of the candidate alone

    def _age(self) -> Feature:
        column = self._catalog.columns["created_at"]
        days = np.maximum(self._catalog.as_of.timestamp() - column.data.astype(np.float64), 0.0) / DAY_S
        return _of_candidate(np.log1p(days), column)

    def _saves(self) -> Feature:
        column = self._catalog.columns["n_saves"]
        return _of_candidate(np.log1p(np.maximum(column.data.astype(np.float64), 0.0)), column)

    def _aspect(self) -> Feature:
        images = AlignedTable(self._lake.table("pin_images"), pa.array(self._catalog.item_ids, pa.string()))
        width, height = (as_column(images.column(name)) for name in ("width", "height"))
        ratio = np.maximum(width.data, 1.0) / np.maximum(height.data, 1.0)
        return _of_candidate(np.log(ratio.astype(np.float64)), width)

    def _text_length(self) -> Feature:
        described = AlignedTable(
            self._lake.table("enriched_descriptions"), pa.array(self._catalog.item_ids, pa.string())
        )
        lengths = pc.utf8_length(described.column("own_text").fill_null(""))
        return _of_candidate(np.log1p(lengths.to_numpy(zero_copy_only=False).astype(np.float64)), None)


def _sparse(found: pa.Table, key: str, ids: pa.Array, width: int) -> SparseRows:
    at, weights = places(found[key], ids), found["weight"].to_numpy().astype(np.float64)
    here = at >= 0
    return SparseRows.of(at[here], found["term"].to_numpy().astype(np.int64)[here], weights[here], len(ids), width)


def _cosine(rows: Callable[[], SparseRows]) -> Feature:
    return in_blocks(lambda items, queries: rows().cosine(queries, items))


def _both_have(rows: Callable[[], SparseRows]) -> Feature:
    def feature(items: Ints, queries: Ints) -> Doubles:
        has = rows().has
        return (has[items] & has[queries][:, None]).astype(np.float64)

    return in_blocks(feature)


def _of_candidate(values: Doubles, column: Column | None) -> Feature:
    known = values if column is None else np.where(column.is_null, np.nan, values)
    rounded = np.round(known, 9)
    return in_blocks(lambda items, queries: rounded[items])
