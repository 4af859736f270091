"""What the towers learn from: boards, what users saved, pins taken from related feeds; and saves held out.

What stands for a pin is its image, so that repins of one picture teach together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from relpins_assets.graph_embeddings.twotower_inputs import (
    WANTED,
    Frozen,
    column_matrix,
    distinct_names,
    inputs_of,
    learnt_columns,
    values_of,
)
from relpins_resources.collaborative.two_tower_network import Pins, Towers
from relpins_resources.collaborative.two_tower_sampling import Lessons
from relpins_resources.lake import Lake

Ints = npt.NDArray[np.int64]
FIT_SAMPLE = 100_000
"""Learnt from are the images that stand on most boards, those with the smallest hashes among equals."""
LEAST_SAVES = 30
"""With fewer saves to boards of two images or more there is nothing to learn, and no embedding."""
HELD_OUT_PART, LEAST_HELD_OUT, MOST_HELD_OUT = 16, 30, 2_000
"""One save in so many is held out, by hash, if that gives enough of them to judge by."""
JUDGED_AT = 20
ROWS_AT_ONCE = 256
EVENTS = {"save": 1.0, "long_click": 0.7, "click": 0.4, "closeup": 0.2}
"""How much an action on a pin of a related feed says that it belongs beside the query pin."""

SAMPLE = f"""
WITH stood AS (SELECT unnest(join_ids) AS join_id FROM board_joins),
counted AS (SELECT join_id, count(*) AS n_boards FROM stood GROUP BY 1)
SELECT w.*, coalesce(c.n_boards, 0) AS n_boards FROM ({WANTED}) w
JOIN pin_joins j ON j.representative_pin_id = w.pin_id LEFT JOIN counted c ON c.join_id = w.join_id
ORDER BY n_boards DESC, w.join_id LIMIT {FIT_SAMPLE}
"""
SAVES = f"""
SELECT b.board_id, r.owner_id AS user_id, b.join_id,
       b.n_pins > 1 AND md5_number_lower(b.board_id || '|' || b.join_id) % {HELD_OUT_PART} = 0 AS is_held_out
FROM (SELECT board_id, n_pins, unnest(join_ids) AS join_id FROM board_joins) b
LEFT JOIN raw_boards r USING (board_id) ORDER BY b.board_id, b.join_id
"""
OWN_SAVES = """
WITH joined AS (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins)
SELECT DISTINCT i.user_id, j.join_id FROM raw_interactions i JOIN joined j USING (pin_id)
WHERE i.event = 'save' AND i.user_id IS NOT NULL ORDER BY 1, 2
"""
_WEIGHTS = " ".join(f"WHEN '{name}' THEN {weight}" for name, weight in EVENTS.items())
TAKEN = f"""
WITH joined AS (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins)
SELECT q.join_id AS query, j.join_id AS target, max(CASE i.event {_WEIGHTS} ELSE 0 END)::DOUBLE AS weight
FROM raw_interactions i JOIN joined j ON j.pin_id = i.pin_id JOIN joined q ON q.pin_id = i.query_pin_id
WHERE q.join_id <> j.join_id GROUP BY 1, 2 HAVING weight > 0 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class HeldOut:
    """Saves kept from the lessons: by the pins of `boards` (h, n), `queries` (h,) of each board, its `targets` (h,)."""

    boards: sparse.csr_matrix
    queries: Ints
    targets: Ints

    def __len__(self) -> int:
        return len(self.targets)

    def score(self, vectors: npt.NDArray[np.float32]) -> float:
        """Mean NDCG@20 of lists by cosine, each with one right pin; what its board showed already is left out."""
        gains = np.zeros(len(self))
        for start in range(0, len(self), ROWS_AT_ONCE):
            at = slice(start, start + ROWS_AT_ONCE)
            cosines = np.round(vectors[self.queries[at]] @ vectors.T, 6)
            own = np.take_along_axis(cosines, self.targets[at][:, None], axis=1)
            cosines[self.boards[at].nonzero()] = -np.inf
            ranks = 1 + np.count_nonzero(cosines > own, axis=1)
            gains[at] = np.where(ranks <= JUDGED_AT, 1 / np.log2(ranks + 1), 0.0)
        return float(gains.mean())


@dataclass(frozen=True)
class Course:
    """All of a fit: the pins, what is learnt of them, what is held out (None: too little to judge by)."""

    pins: Pins
    lessons: Lessons
    held_out: HeldOut | None
    frozen: Frozen

    def judge(self, pins: Pins | None = None) -> Callable[[Towers], float] | None:
        held_out = self.held_out
        return None if held_out is None else lambda towers: held_out.score(towers.of_pins(pins or self.pins))


def enough_to_learn(lake: Lake) -> bool:
    """Whether LEAST_SAVES images stand on boards beside others."""
    found = lake.query("SELECT coalesce(sum(n_pins), 0)::BIGINT AS n FROM board_joins WHERE n_pins > 1")
    return bool(found["n"][0].as_py() >= LEAST_SAVES and lake.table("clip_embeddings").count() > 0)


def course_of(lake: Lake) -> Course:
    """What today's catalog teaches."""
    rows = lake.query(SAMPLE)
    at = pa.array(rows["join_id"].to_pylist(), pa.string())
    saves = lake.query(SAVES)
    board_names = distinct(saves["board_id"])
    boards, joins = _places(saves["board_id"], board_names), _places(saves["join_id"], at)
    is_held = saves["is_held_out"].to_numpy(zero_copy_only=False) & (joins >= 0)
    is_held = is_held if is_held.sum() >= LEAST_HELD_OUT else np.zeros(len(is_held), bool)
    kept = (joins >= 0) & ~is_held
    on_boards = _incidence(boards[kept], joins[kept], (len(board_names), len(at)))
    users, said = _users(lake, saves, is_held, at)
    columns = learnt_columns(said)
    taken = lake.query(TAKEN)
    pairs = np.stack([_places(taken[name], at) for name in ("query", "target")], axis=1)
    is_known = (pairs >= 0).all(axis=1)
    lessons = Lessons(
        on_boards,
        users,
        sparse.csr_matrix(column_matrix(said, columns)),
        pairs[is_known],
        taken["weight"].to_numpy().astype(np.float64)[is_known],
    )
    saved = np.flatnonzero(on_boards.getnnz(axis=0) + users.getnnz(axis=0))
    frozen = Frozen(
        distinct_names(rows["categories"]),
        distinct_names(rows["attributes"]),
        columns,
        tuple(at.take(pa.array(saved)).to_pylist()),
    )
    return Course(inputs_of(lake, rows, frozen), lessons, _held_out(boards, joins, is_held, on_boards), frozen)


def _users(
    lake: Lake, saves: pa.Table, is_held: npt.NDArray[np.bool_], at: pa.Array
) -> tuple[sparse.csr_matrix, list[list[str]]]:
    """(u, n) who saved what, held-out saves left out, and what is said of each user."""
    on_boards = pa.table({"user_id": saves["user_id"], "join_id": saves["join_id"], "is_held": pa.array(is_held)})
    own = lake.query(OWN_SAVES)
    both = pa.concat_tables([on_boards, own.append_column("is_held", pa.array(np.zeros(own.num_rows, bool)))])
    names = distinct(both["user_id"])
    users, joins = _places(both["user_id"], names), _places(both["join_id"], at)
    held = both["is_held"].to_numpy(zero_copy_only=False)
    keys = users * max(len(at), 1) + joins
    is_in = (users >= 0) & (joins >= 0) & ~np.isin(keys, keys[held])
    matrix = _incidence(users[is_in], joins[is_in], (len(names), len(at)))
    attributes = lake.query("SELECT user_id, attributes FROM raw_users")
    known = dict(zip(attributes["user_id"].to_pylist(), attributes["attributes"].to_pylist(), strict=True))
    return matrix, [values_of(known.get(name)) for name in names.to_pylist()]


def _held_out(boards: Ints, joins: Ints, is_held: npt.NDArray[np.bool_], kept: sparse.csr_matrix) -> HeldOut | None:
    """The held-out saves, at most MOST_HELD_OUT, each asked for by the pin that follows it on its board."""
    rows, targets = boards[is_held], joins[is_held]
    sizes = np.diff(kept.indptr)
    usable = np.flatnonzero(sizes[rows] > 0)
    usable = usable[:: max(1, -(-len(usable) // MOST_HELD_OUT))]
    rows, targets = rows[usable], targets[usable]
    if len(rows) < LEAST_HELD_OUT:
        return None
    queries = kept.indices[kept.indptr[rows] + targets % sizes[rows]].astype(np.int64)
    return HeldOut(kept[rows], queries, targets)


def distinct(column: pa.ChunkedArray) -> pa.Array:
    """The distinct values of a column of texts, in order, NULL left out."""
    return pa.array(sorted(set(pc.drop_null(column).to_pylist())), pa.string())


def _places(column: pa.ChunkedArray, among: pa.Array) -> Ints:
    found: Any = pc.index_in(column.cast(pa.string()), value_set=among).fill_null(-1)
    return np.asarray(found.to_numpy(), np.int64)


def _incidence(rows: Ints, columns: Ints, shape: tuple[int, int]) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
