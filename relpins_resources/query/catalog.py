"""What a query runs over: the items, people and signals of one snapshot as arrays. Knows no storage and no query.

Items are in ascending order of id, so that positions order as ids do and ties break by id. Parts that nothing has
built yet are None: a query may name them, and gets no rows and NULLs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.query.expressions.values import Kind

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

MICRO = 1_000_000
"""Similarities are compared in whole millionths: what is nearer than that is a tie, and ties break by id."""
NO_FLOOR = -(2 * MICRO)
"""Below every similarity."""


@dataclass(frozen=True)
class Column:
    """One value per item (or user): `data` (n,) of the dtype that `Value` gives its kind, `is_null` (n,)."""

    kind: Kind
    data: npt.NDArray[Any]
    is_null: Booleans


class Columns(Mapping[str, Column]):
    """Columns by name, each read when it is first asked for."""

    def __init__(self, readers: Mapping[str, Callable[[], Column]]) -> None:
        self._readers = dict(readers)
        self._read: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._read:
            self._read[name] = self._readers[name]()
        return self._read[name]

    def __iter__(self) -> Any:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


@dataclass(frozen=True)
class Hits:
    """One retriever's lists for b queries: positions of items best first, -1 where a list is short.

    `scores` (b, limit) are the retriever's own, higher is better, NaN where there is none. `floors` (b, m) are the
    millionths that a further item must reach to enter one of the m searches that made each list, and `anchors`
    (b, m, d) what was searched with; both None where membership is not decided by similarity.
    """

    items: Ints
    scores: Doubles
    floors: Ints | None = None
    anchors: Floats | None = None


class Embedding(ABC):
    """Unit vectors of items in one space, and search among them. Row-wise exact: a batch gives what one query gives."""

    name: str
    dim: int

    @abstractmethod
    def has(self, items: Ints) -> Booleans:
        """(...) whether each item has a vector; -1 has none."""

    @abstractmethod
    def vectors(self, items: Ints) -> Floats:
        """(..., d) the vectors of items; zeros for one that has none, and for -1."""

    @abstractmethod
    def search(self, queries: Floats, limit: int, allowed: Booleans | None = None) -> tuple[Ints, Ints]:
        """The `limit` nearest candidates of each of q unit vectors: items (q, limit) and millionths (q, limit).

        Best first, ties by position; -1 and NO_FLOOR pad. `allowed` (n,) or (q, n) leaves out what it does not allow,
        and `limit` that are allowed come back if so many exist.
        """

    def user_vectors(self, user_ids: Sequence[str | None]) -> tuple[Floats, Booleans]:
        """(b, d) the users' own vectors and (b,) whether they have one. None here: spaces of items alone."""
        return np.zeros((len(user_ids), self.dim), np.float32), np.zeros(len(user_ids), bool)

    @property
    def has_user_vectors(self) -> bool:
        return False


@dataclass(frozen=True)
class Shares:
    """Boards shared by pairs of items in compressed rows: item i shares counts[k] with others[k], indptr[i] <= k <
    indptr[i + 1], most first; `others` are candidates. `n_boards` (n,) is how many boards each item stands on."""

    indptr: Ints
    others: Ints
    counts: Ints
    n_boards: Ints


@dataclass(frozen=True)
class Scored:
    """A list of candidates with scores for each item, in compressed rows: item i has others[k] with scores[k],
    indptr[i] <= k < indptr[i + 1], best first."""

    indptr: Ints
    others: Ints
    scores: Doubles


@dataclass(frozen=True)
class Walks:
    """What random walks over boards came by from each of n items: the visits of each, most first. `n_steps` (n,) is how
    far they walked and `degrees` (n,) on how many boards each item stands; both 0 where no walk starts."""

    lists: Scored
    n_steps: Ints
    degrees: Ints


@dataclass(frozen=True)
class Objects:
    """The m objects found in pictures, by item and then by number. `items` and `numbers` (m,), the largest of a picture
    being number 1; `boxes` (m, 4) their left, upper, right and lower edges as shares of the picture's sides. `vectors`
    gives, by the name of an embedding, the vectors (k, d) of objects at k places, and (k,) which of them have one.
    """

    items: Ints
    numbers: Ints
    boxes: Doubles
    vectors: Mapping[str, Callable[[Ints], tuple[Floats, Booleans]]] = field(default_factory=dict)

    def place(self, item: int, number: int) -> int:
        """Where the object of that number of an item is, -1 if it has none of that number."""
        start, end = np.searchsorted(self.items, [item, item + 1])
        at = start + int(np.searchsorted(self.numbers[start:end], number))
        return int(at) if at < end and self.numbers[at] == number else -1


@dataclass(frozen=True)
class People:
    """Users in ascending order of id, and what each saved, newest first, each item once."""

    user_ids: npt.NDArray[np.object_]
    indptr: Ints
    saved: Ints  # positions of items
    attributes: Columns = field(default_factory=lambda: Columns({}))

    def positions(self, user_ids: Sequence[str | None]) -> Ints:
        """(b,) position of each user, -1 for one that is not known."""
        return positions_of(self.user_ids, user_ids)

    def history(self, user: int, limit: int | None = None) -> Ints:
        """The items that one user saved, newest first; none for -1."""
        if user < 0:
            return np.empty(0, np.int64)
        start, end = self.indptr[user], self.indptr[user + 1]
        return self.saved[start : end if limit is None else min(end, start + limit)]


class LexicalIndex(ABC):
    """Word search over the items' text."""

    @abstractmethod
    def search(
        self, texts: Sequence[str | None], limit: int, fuzziness: int = 0, allowed: Booleans | None = None
    ) -> Hits:
        """BM25 of each of b texts; None and a text without a known word give an empty list. `allowed` as in
        `Embedding.search`."""


@dataclass(frozen=True)
class Encoders:
    """What turns text, images, or pins of both into vectors of an embedding, by its name; absent where none can."""

    text: Mapping[str, Callable[[Sequence[str]], Floats]] = field(default_factory=dict)
    image: Mapping[str, Callable[[Sequence[bytes]], Floats]] = field(default_factory=dict)
    both: Mapping[str, Callable[[Sequence[bytes], Sequence[str]], Floats]] = field(default_factory=dict)


@dataclass
class Catalog:
    """One snapshot of a catalog as arrays.

    `item_ids` (n,) every item there is, ascending; `is_candidate` (n,) those that retrievers may give: one per distinct
    image. `images` gives an item's picture by its position, and `objects` what was found in pictures, for crops.
    `filters` are the predicates that `prebuilt('name')` may name, as text. `models` score candidates by name: given
    items (b, u) and the positions of query items (b,) and users (b,), (b, u) numbers, NaN where a model has none.
    """

    item_ids: npt.NDArray[np.object_]
    is_candidate: Booleans
    as_of: datetime
    columns: Columns
    embeddings: Mapping[str, Embedding | None]
    people: People | None = None
    shares: Shares | None = None
    walks: Callable[[], Walks] | None = None
    memorised: Callable[[], Scored] | None = None  # what people engaged with beside each item, by Memboost
    lexical: LexicalIndex | None = None
    semantic_ids: Ints | None = None  # (n, levels); -1 for an item without
    encoders: Encoders = field(default_factory=Encoders)
    images: Callable[[int], bytes] | None = None
    objects: Callable[[], Objects | None] | None = None
    pictures_below: Path | None = None  # where a query may name a picture's file
    filters: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, Callable[[Ints, Ints, Ints], Doubles]] = field(default_factory=dict)
    pair_features: Mapping[str, Callable[[Ints, Ints], Doubles]] = field(default_factory=dict)  # items, query items
    _remembered: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.item_ids)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives, remembered under a key for as long as the catalog lives."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]

    def positions(self, item_ids: Sequence[Any]) -> Ints:
        """(b,) position of each item, -1 for one that is not here."""
        return positions_of(self.item_ids, item_ids)

    @cached_property
    def candidates(self) -> Ints:
        """(r,) positions of all candidates, ascending."""
        found: Ints = np.flatnonzero(self.is_candidate)
        return found

    @cached_property
    def categories(self) -> tuple[Doubles, Ints]:
        """(c,) share of each board category among the items that have one; (n,) each item's number, c for none."""
        column = self.columns["board_category"]
        names = np.where(column.is_null, "", column.data).astype(str)
        known, codes = np.unique(names, return_inverse=True)
        if len(known) and known[0] == "":
            codes = np.where(codes == 0, len(known) - 1, codes - 1)
            known = known[1:]
        counts = np.bincount(codes, minlength=len(known) + 1)[: len(known)].astype(np.float64)
        return counts / max(counts.sum(), 1.0), codes.astype(np.int64)

    def embedding(self, name: str) -> Embedding | None:
        """The embedding of that name; None if it is declared but not built."""
        return self.embeddings.get(name)


def positions_of(sorted_ids: npt.NDArray[np.object_], wanted: Sequence[Any]) -> Ints:
    """(b,) where each wanted id stands among sorted ones, -1 where it does not; None and other types never do."""
    texts = [one if isinstance(one, str) else "" for one in wanted]
    found = np.full(len(texts), -1, np.int64)
    if len(sorted_ids) == 0 or not texts:
        return found
    asked = np.array(texts, dtype=object)
    at = np.minimum(np.searchsorted(sorted_ids, asked), len(sorted_ids) - 1)
    known = (sorted_ids[at] == asked) & np.array([isinstance(one, str) for one in wanted])
    found[known] = at[known]
    return found
