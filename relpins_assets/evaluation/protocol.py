"""Which queries are judged and what is relevant to them: the saves after T that a list made at T should foresee.

Belongs here: the definitions of query, relevant, known and of new, thin and warm targets. The formulas are in
`metrics/`, the cut itself in `cut.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.cut import by_layout_name, cut_tables, instant, pins_at, times, utc_midnight
from relpins_assets.evaluation.hashing import hash_ids, mix
from relpins_assets.evaluation.ragged import IntArray, Lists
from relpins_assets.evaluation.saves import is_save, unite_saves
from relpins_resources.errors import RelpinsError

SLICES = ("new", "thin", "warm")
THIN_FROM, WARM_FROM = 1, 5  # traces before T; a new target has none


@dataclass(frozen=True)
class Queries:
    """Queries, what is relevant to each, and the candidates; pins are positions into `pin_ids`.

    Positions ascend with pin_id, so a tie broken by position is broken by pin_id. Query i is the pin
    `query_pins[i]` of board `board_ids[boards[i]]`; queries are ordered by board, then pin.
    """

    cut_at: datetime
    pin_ids: npt.NDArray[np.object_]  # (n,) candidates: the pins that exist at T, ascending
    board_ids: npt.NDArray[np.object_]  # (b,) ascending
    boards: IntArray  # (q,)
    query_pins: IntArray  # (q,)
    relevant: Lists  # q lists: pins first saved to the board at T or later; never empty
    known: Lists  # q lists: what is left out of the judged list, the query pin and its board mates
    n_saves: IntArray  # (n,) saves before T
    n_traces: IntArray  # (n,) interactions and saves before T, the same fact counted once

    def __len__(self) -> int:
        return len(self.query_pins)

    @property
    def target_slices(self) -> IntArray:
        """(n,) index into SLICES of each pin as a target: new without a trace, thin with 1 to 4, warm with 5 on."""
        return np.digitize(self.n_traces, [THIN_FROM, WARM_FROM]).astype(np.int64)

    def positions(self, pin_ids: pa.Array | pa.ChunkedArray) -> IntArray:
        """Positions of pin ids, -1 for a pin that does not exist at T (or null)."""
        place = pc.index_in(pin_ids.cast(pa.string()), value_set=pa.array(self.pin_ids, pa.string()))
        return np.asarray(pc.fill_null(place, -1).to_numpy(), dtype=np.int64)

    def take(self, rows: IntArray) -> "Queries":
        """Only the queries of `rows`, in that order."""
        return replace(
            self,
            boards=self.boards[rows],
            query_pins=self.query_pins[rows],
            relevant=self.relevant.take(rows),
            known=self.known.take(rows),
        )


def build_queries(
    tables: Mapping[str, pa.Table],
    cut_at: datetime,
    *,
    joins: Mapping[str, str] | None = None,
    max_queries: int | None = None,
    seed: int = 0,
) -> Queries:
    """Every (board b, pin q) with q saved to b before T and a relevant pin, from the uncut input tables.

    Relevant: pins created before T and first saved to b at T or later. Known: b's pins saved before T, q included.
    Of several rows of one pin on one board the earliest counts; rows without a time are dropped.

    joins: pin_id to the id of its image join. Lists never show a pin's own repins, so with joins the pins of the
        query pin's join are known and not relevant. A pin that is not named is a join of its own.
    max_queries: keep that many, chosen by a seeded hash of (board_id, pin_id): the choice among the others stays
        when a board comes or goes.

    Raises:
        RelpinsError: as `cut_tables`, or `max_queries` is below 1.
    """
    if max_queries is not None and max_queries < 1:
        raise RelpinsError(f"max_queries is {max_queries}; give 1 or more, or None for all")
    cut_at = utc_midnight(cut_at)
    given = by_layout_name(tables)
    pin_ids = np.unique(_strings(pins_at(given["pins"], cut_at)["pin_id"]))
    queries = _all_queries(given.get("board_pins"), pin_ids, cut_at)
    if joins is not None:
        queries = _without_own_join(queries, joins)
    queries = queries.take(np.flatnonzero(queries.relevant.lengths))
    if max_queries is not None and len(queries) > max_queries:
        queries = queries.take(_sampled(queries, max_queries, seed))
    return _with_traces(queries, given)


def _all_queries(board_pins: pa.Table | None, pin_ids: npt.NDArray[np.object_], cut_at: datetime) -> Queries:
    n = len(pin_ids)
    none = Lists.from_pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), 0, n)
    zeros = np.zeros(n, dtype=np.int64)
    queries = Queries(cut_at, pin_ids, np.zeros(0, object), none.items, none.items, none, none, zeros, zeros)
    if board_pins is None:
        return queries
    boards, pins, first_saved_at, board_ids = _first_saves(board_pins, queries)
    before = first_saved_at < instant(cut_at)
    known = Lists.from_pairs(boards[before], pins[before], len(board_ids), n)
    relevant = Lists.from_pairs(boards[~before], pins[~before], len(board_ids), n)
    return replace(
        queries,
        board_ids=board_ids,
        boards=known.rows,
        query_pins=known.items,
        relevant=relevant.take(known.rows),
        known=known.take(known.rows),
    )


def _first_saves(
    board_pins: pa.Table, queries: Queries
) -> tuple[IntArray, IntArray, npt.NDArray[np.datetime64], npt.NDArray[np.object_]]:
    """(boards, pins, first saved_at) of every timed pair of a board and a candidate, and the boards' ids."""
    saved_at, pins = times(board_pins, "saved_at"), queries.positions(board_pins["pin_id"])
    usable = ~np.isnat(saved_at) & (pins >= 0) & np.asarray(board_pins["board_id"].is_valid().to_numpy())
    ids = _strings(board_pins["board_id"].filter(pa.array(usable)))
    board_ids, boards = np.unique(ids, return_inverse=True)
    saved_at, pins = saved_at[usable], pins[usable]
    order = np.lexsort((saved_at, pins, boards))
    keys = boards[order] * len(queries.pin_ids) + pins[order]
    first = order[np.diff(keys, prepend=-1) != 0]
    return boards[first].astype(np.int64), pins[first], saved_at[first], board_ids


def _without_own_join(queries: Queries, joins: Mapping[str, str]) -> Queries:
    # a prefix keeps a pin without a join apart from a join that bears the same id
    names = [f"join {joins[pin]}" if pin in joins else f"pin {pin}" for pin in queries.pin_ids]
    join_of = np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)  # (n,)
    n = len(queries.pin_ids)
    members = Lists.from_pairs(join_of, np.arange(n), n, n)
    query_joins = join_of[queries.query_pins]
    foreign = join_of[queries.relevant.items] != query_joins[queries.relevant.rows]
    known = queries.known.union(members.take(query_joins))
    return replace(queries, relevant=queries.relevant.where(foreign), known=known)


def _sampled(queries: Queries, max_queries: int, seed: int) -> IntArray:
    boards, pins = hash_ids(queries.board_ids, seed), hash_ids(queries.pin_ids, seed)
    keys = mix(boards[queries.boards], pins[queries.query_pins])
    return np.sort(np.argsort(keys, kind="stable")[:max_queries])


def _with_traces(queries: Queries, given: Mapping[str, pa.Table]) -> Queries:
    cut = cut_tables({name: table for name, table in given.items() if name != "users"}, queries.cut_at)
    interactions = cut.get("interactions")
    saves = unite_saves(cut.get("board_pins"), interactions, cut.get("boards"))
    n_saves = _counts(queries, saves)
    n_traces = n_saves
    if interactions is not None:
        n_traces = n_saves + _counts(queries, interactions.filter(pa.array(~is_save(interactions), pa.bool_())))
    return replace(queries, n_saves=n_saves, n_traces=n_traces)


def _counts(queries: Queries, rows: pa.Table) -> IntArray:
    pins = queries.positions(rows["pin_id"])
    return np.bincount(pins[pins >= 0], minlength=len(queries.pin_ids)).astype(np.int64)


def _strings(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return np.asarray(pc.drop_null(column).to_pylist(), dtype=object)
