"""What a step of training looks at: pairs of pins that belong together, users with what they saved, and negatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.collaborative.base import binary_saves

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def _no_pairs() -> Ints:
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True)
class Lessons:
    """What people did with n pins.

    Attributes:
        boards: (b, n) one where a pin stands on a board.
        users: (u, n) one where a user saved a pin.
        columns: (u, c) one where a column says so of a user.
        pairs: (m, 2) a query pin and a pin that was taken from its feed; `weights` (m,) how much that says.
    """

    boards: sparse.csr_matrix
    users: sparse.csr_matrix
    columns: sparse.csr_matrix
    pairs: Ints = field(default_factory=_no_pairs)
    weights: Doubles = field(default_factory=lambda: np.zeros(0))

    @property
    def n_pins(self) -> int:
        return int(self.users.shape[1])

    @cached_property
    def n_saves(self) -> Ints:
        """(n,) boards that hold each pin; where there are no boards, users who saved it."""
        source = self.boards if self.boards.nnz else self.users
        return np.asarray(source.getnnz(axis=0), np.int64)


def of_users_alone(saves: sparse.csr_matrix) -> Lessons:
    """Lessons from a (users, pins) matrix and nothing else."""
    ones = binary_saves(saves)
    nothing = sparse.csr_matrix((0, ones.shape[1]), dtype=np.float32)
    return Lessons(nothing, ones, sparse.csr_matrix((ones.shape[0], 0), dtype=np.float32))


@dataclass(frozen=True)
class Step:
    """Pins of one step. Of pairs: `queries` and `targets` (p,). Of users: `users` and `saved` (v,), their histories
    (v, l) and which places of those count. `negatives` (r,) stand beside the targets of both. `*_barred` (., p + r) and
    (., v + r) are candidates that are no negatives of a row: its own target, and what is known to belong there."""

    queries: Ints
    targets: Ints
    pairs_barred: Booleans
    users: Ints
    saved: Ints
    histories: Ints
    counts: Booleans
    users_barred: Booleans
    negatives: Ints


class Sampler:
    """Draws steps; the same lessons and generator give the same ones.

    Args:
        batch: positives a step, pairs and users together.
        n_negatives: pins drawn at random beside them, among those that anybody saved: that nobody saved a pin which
            has just come says nothing against it.
        history: saves of a user that are looked at.
        masks_known: whether pins of one board, or of one user, are never each other's negatives.
    """

    def __init__(self, lessons: Lessons, batch: int, n_negatives: int, history: int, masks_known: bool) -> None:
        self.lessons = lessons
        self._n_negatives, self._history, self._masks_known = n_negatives, history, masks_known
        self._saved = np.flatnonzero(lessons.n_saves).astype(np.int64)
        self._boards = _Lists(lessons.boards)
        self._users = _Lists(lessons.users)
        self._by_pin = lessons.boards.T.tocsr()
        self._cumulated = np.cumsum(lessons.weights)
        has = np.array([len(self._boards.rows) > 0, len(lessons.pairs) > 0, len(self._users.rows) > 0], float)
        shares = has / max(has.sum(), 1.0)
        self._n_boards, self._n_pairs, self._n_users = (int(np.ceil(batch * share)) for share in shares)
        self.log_expected = self._log_expected()

    @property
    def is_empty(self) -> bool:
        """Whether there is no positive to draw."""
        return self._n_boards + self._n_pairs + self._n_users == 0

    def _log_expected(self) -> npt.NDArray[np.float32]:
        """(n,) log of how often each pin is expected among the candidates of a step."""
        often = self.lessons.n_saves / max(int(self.lessons.n_saves.sum()), 1)
        n_targets = max(self._n_boards + self._n_pairs, self._n_users)
        expected = n_targets * often + self._n_negatives / max(len(self._saved), 1)
        return np.log(np.maximum(expected, 1e-9)).astype(np.float32)

    def step(self, rng: np.random.Generator) -> Step:
        queries, targets = self._boards.two_of_a_row(rng, self._n_boards)
        if self._n_pairs:
            drawn = rng.random(self._n_pairs) * self._cumulated[-1]
            chosen = np.minimum(np.searchsorted(self._cumulated, drawn, side="right"), len(self._cumulated) - 1)
            queries = np.concatenate([queries, self.lessons.pairs[chosen, 0]])
            targets = np.concatenate([targets, self.lessons.pairs[chosen, 1]])
        at = rng.integers(0, len(self._users.pins), self._n_users) if self._n_users else np.zeros(0, np.int64)
        users, saved = self._users.row_of[at], self._users.pins[at]
        histories = self._users.some_of(rng, users, self._history)
        negatives = self._saved[rng.integers(0, len(self._saved), self._n_negatives)]
        return Step(
            queries,
            targets,
            self._pairs_barred(queries, targets, np.concatenate([targets, negatives])),
            users,
            saved,
            histories,
            histories != saved[:, None],
            self._users_barred(users, saved, np.concatenate([saved, negatives])),
            negatives,
        )

    def _pairs_barred(self, queries: Ints, targets: Ints, candidates: Ints) -> Booleans:
        barred: Booleans = (candidates == targets[:, None]) | (candidates == queries[:, None])
        if self._masks_known and self._by_pin.nnz:
            barred |= (self._by_pin[queries] @ self._by_pin[candidates].T).toarray() > 0
        return barred

    def _users_barred(self, users: Ints, saved: Ints, candidates: Ints) -> Booleans:
        barred: Booleans = candidates == saved[:, None]
        if self._masks_known and len(users):
            barred |= self.lessons.users[users][:, candidates].toarray() > 0
        return barred


class _Lists:
    """The rows of a sparse matrix that hold two entries or more, as lists of pins."""

    def __init__(self, matrix: sparse.csr_matrix) -> None:
        sizes = np.diff(matrix.indptr)
        self.indptr, self.sizes = matrix.indptr.astype(np.int64), sizes.astype(np.int64)
        self.all_pins = matrix.indices.astype(np.int64)
        self.rows = np.flatnonzero(sizes > 1)
        row_of = np.repeat(np.arange(len(sizes)), sizes)
        kept = sizes[row_of] > 1
        self.row_of, self.pins = row_of[kept].astype(np.int64), self.all_pins[kept]
        self._place = np.flatnonzero(kept) - self.indptr[self.row_of]

    def two_of_a_row(self, rng: np.random.Generator, count: int) -> tuple[Ints, Ints]:
        """(count,) entries drawn evenly, and of each another one of its row."""
        if not count:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = rng.integers(0, len(self.pins), count)
        rows = self.row_of[at]
        other = (self._place[at] + rng.integers(1, self.sizes[rows])) % self.sizes[rows]
        return self.pins[at], self.all_pins[self.indptr[rows] + other]

    def some_of(self, rng: np.random.Generator, rows: Ints, count: int) -> Ints:
        """(r, count) entries of each row, drawn with replacement."""
        if not len(rows):
            return np.zeros((0, count), np.int64)
        places = (rng.random((len(rows), count)) * self.sizes[rows][:, None]).astype(np.int64)
        chosen: Ints = self.all_pins[self.indptr[rows][:, None] + places]
        return chosen
