"""Which images carry which attributes, frozen when topics are mined: an edit of the vocabulary is then judged on the
same pins as everything beside it, and leaves the topics it does not touch as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from relpins_assets.vocabulary.price_bands import carried_by
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary
from relpins_resources.lake import Lake
from relpins_resources.lake.sql import rows_of, scratch

Ints = npt.NDArray[np.int64]
SOURCE_RANK = {"boards": 2, "pixels": 3}
"""How far a source stands behind a pin's own words, tags, price and category (1): lower is believed first."""

_SAID = f"""
    WITH images AS (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins)
    SELECT join_id, key, value,
           min(CASE source {" ".join(f"WHEN '{name}' THEN {rank}" for name, rank in SOURCE_RANK.items())} ELSE 1 END)
               ::TINYINT AS source_rank,
           count(DISTINCT source)::SMALLINT AS n_sources
    FROM raw_attributes JOIN images USING (pin_id) GROUP BY join_id, key, value ORDER BY join_id, key, value"""
_CARRIED = """
    WITH meant AS (
        SELECT s.join_id, s.key, f.attribute, min(source_rank) AS source_rank, sum(n_sources) AS n_sources
        FROM said s JOIN forms f USING (key, value) GROUP BY ALL),
    best AS (SELECT *, min(source_rank) OVER (PARTITION BY join_id, key) AS best_rank FROM meant),
    believed AS (SELECT * FROM best WHERE source_rank = best_rank OR (source_rank < 3 AND key NOT IN (FROM singles))),
    placed AS (
        SELECT *, row_number() OVER (PARTITION BY join_id, key ORDER BY n_sources DESC, attribute) AS place
        FROM believed)
    SELECT join_id, attribute FROM placed WHERE place = 1 OR key NOT IN (FROM singles) ORDER BY join_id, attribute"""


@dataclass(frozen=True)
class Carriers:
    """Attributes of a vocabulary, and the images that carry them.

    Args:
        attributes: the vocabulary's, in order of id; a place among them is how an attribute is named here.
        images: join ids, in order.
        matrix: int32 (n images, n attributes), 1 where an image carries an attribute.
    """

    attributes: tuple[Attribute, ...]
    images: tuple[str, ...]
    matrix: sp.csr_matrix

    @property
    def n_images(self) -> int:
        return int(self.matrix.shape[0])

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(sorted({one.key for one in self.attributes}))

    @cached_property
    def key_of(self) -> Ints:
        """(n attributes,) place of each attribute's key among `keys`."""
        places = {key: place for place, key in enumerate(self.keys)}
        return np.array([places[one.key] for one in self.attributes], np.int64)

    @cached_property
    def of_attribute(self) -> sp.csc_matrix:
        """The matrix by column: the images of one attribute."""
        return self.matrix.tocsc()

    @cached_property
    def both(self) -> sp.csr_matrix:
        """(n attributes, n attributes) images that carry both; the diagonal is how many carry one."""
        return (self.matrix.T @ self.matrix).tocsr()

    @cached_property
    def n_pins(self) -> Ints:
        """(n attributes,) images that carry each."""
        return np.asarray(self.both.diagonal(), np.int64)

    @cached_property
    def with_key(self) -> npt.NDArray[np.int64]:
        """(n attributes, n keys) images that carry the attribute and have some value of the key."""
        return np.asarray((self.matrix.T @ self._known).todense(), np.int64)

    @cached_property
    def with_keys(self) -> npt.NDArray[np.int64]:
        """(n keys, n keys) images that have some value of both."""
        return np.asarray((self._known.T @ self._known).todense(), np.int64)

    @cached_property
    def _known(self) -> sp.csr_matrix:
        one = sp.csr_matrix(
            (np.ones(len(self.key_of), np.int32), (np.arange(len(self.key_of)), self.key_of)),
            shape=(len(self.key_of), len(self.keys)),
        )
        return (self.matrix @ one).minimum(1).tocsr()

    def expected(self, first: Ints, second: Ints) -> npt.NDArray[np.float64]:
        """(n,) images that would carry both of each pair if they were independent, rounded to 1e-6.

        Among those whose both keys are known, or among all, whichever gives more: the first is fair where much is left
        unsaid, the second sees that lamps have no rise at all.
        """
        keys = self.key_of[first], self.key_of[second]
        known = self.with_key[first, keys[1]] * self.with_key[second, keys[0]] / np.maximum(self.with_keys[keys], 1)
        every = self.n_pins[first] * self.n_pins[second] / max(self.n_images, 1)
        return np.asarray(np.round(np.maximum(known, every), 6), np.float64)


def pairs_within(tuples: Sequence[Ints]) -> tuple[Ints, Ints, list[int]]:
    """Every pair of places within each tuple: (m,) first, (m,) second, and where each tuple's pairs begin and end."""
    pairs = [list(combinations(places.tolist(), 2)) for places in tuples]
    first, second = np.array([pair for some in pairs for pair in some], np.int64).reshape(-1, 2).T
    return first, second, np.cumsum([0, *(len(some) for some in pairs)]).tolist()


def counts_at(matrix: sp.csr_matrix, first: Ints, second: Ints) -> Ints:
    """(n,) the entries of a sparse matrix at n places."""
    if len(first) == 0:
        return np.empty(0, np.int64)
    return np.asarray(matrix[first, second], np.int64).reshape(-1)


def said_of_images(lake: Lake) -> pa.Table:
    """What is said of every image: join_id, key, value, source_rank, n_sources, in order."""
    return lake.query(_SAID)


def carriers(said: pa.Table, vocabulary: Vocabulary, single_keys: Collection[str]) -> Carriers:
    """Who carries what, by this vocabulary.

    Of a key with one value a pin, an image carries the value that its best source gives (of several, the one that most
    sources name); what pixels say counts only where nothing else says anything of that key. Its price band gives every
    wider bound of its currency too.
    """
    forms = [(one.key, form, place) for place, one in enumerate(vocabulary.attributes) for form in one.members]
    with scratch() as con:
        con.register("said", said)
        con.register("forms", _table({"key": pa.string(), "value": pa.string(), "attribute": pa.int64()}, forms))
        con.register("singles", _table({"key": pa.string()}, [(key,) for key in sorted(single_keys)]))
        found = rows_of(con, _CARRIED)
    attribute = np.asarray(found["attribute"], np.int64)
    images, image = np.unique(np.array(found["join_id"].to_pylist(), object), return_inverse=True)
    ones, shape = np.ones(len(image), np.int32), (len(images), len(vocabulary))
    matrix = sp.csr_matrix((ones, (image, attribute)), shape=shape) @ _given_by(vocabulary)
    return Carriers(vocabulary.attributes, tuple(images.tolist()), matrix.tocsr().minimum(1))


def _given_by(vocabulary: Vocabulary) -> sp.csr_matrix:
    """int32 (n attributes, n attributes), 1 where carrying the row's attribute gives the column's."""
    pairs = [(vocabulary.position[has], vocabulary.position[asks]) for asks, has in carried_by(vocabulary.attributes)]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return sp.csr_matrix((np.ones(len(pairs), np.int32), (rows, columns)), shape=(len(vocabulary), len(vocabulary)))


def _table(types: Mapping[str, pa.DataType], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in types]
    arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types.values(), strict=True)]
    return pa.table(dict(zip(types, arrays, strict=True)))
