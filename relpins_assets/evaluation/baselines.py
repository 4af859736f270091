"""What any related-pins list must beat: popularity and chance; and lists from any score matrix, the oracle's too."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.evaluation.cut import by_layout_name, cut_tables, instant, times
from relpins_assets.evaluation.evaluate import Rankings
from relpins_assets.evaluation.hashing import hash_ids, mix
from relpins_assets.evaluation.protocol import Queries
from relpins_assets.evaluation.ragged import IntArray, Lists
from relpins_assets.evaluation.saves import unite_saves
from relpins_resources.errors import RelpinsError

DAY = np.timedelta64(1, "D")
STEPS = 1e6  # scores are told apart in steps of 1e-6
MAX_SCORE = 1e9  # up to here float64 holds such steps exactly


def score_rankings(scores: Callable[[IntArray], npt.ArrayLike], queries: Queries, limit: int) -> Rankings:
    """Lists of the `limit` best scored pins of each query, known pins left out.

    scores: from query numbers (r,) to (r, n), the score of every candidate; -inf is never listed. A matrix over pins
        is `lambda rows: matrix[queries.query_pins[rows]]`.
    """

    def rankings(rows: IntArray) -> IntArray:
        matrix, shape = np.asarray(scores(rows)), (len(rows), len(queries.pin_ids))
        if matrix.shape != shape:
            raise RelpinsError(
                f"scores have shape {matrix.shape}; {shape[0]} queries and {shape[1]} candidates need {shape}"
            )
        return top_positions(matrix, limit, queries.known.take(rows))

    return rankings


def top_positions(scores: npt.NDArray[np.floating], limit: int, left_out: Lists | None = None) -> IntArray:
    """(r, limit) positions of the best scores of each row, best first, -1 padded.

    Scores are rounded to 1e-6 and ties go to the smaller position, which is the smaller pin_id. -inf is not listed.

    Raises:
        RelpinsError: scores that are nan, or too large for rounding to 1e-6 to mean anything (over 1e9).
    """
    rounded = np.rint(np.asarray(scores, dtype=np.float64) * STEPS)
    if not (rounded <= MAX_SCORE * STEPS).all():
        raise RelpinsError("scores hold nan or exceed 1e9; rescale them, and give -inf for what must not be listed")
    if left_out is not None:
        rounded[left_out.rows, left_out.items] = -np.inf
    order = _stable_top(rounded, min(limit, rounded.shape[1]))
    listed = np.take_along_axis(rounded, order, axis=1) > -np.inf
    top = np.full((len(rounded), limit), -1, dtype=np.int64)
    top[:, : order.shape[1]] = np.where(listed, order, -1)
    return top


def popularity_rankings(
    tables: Mapping[str, pa.Table], queries: Queries, limit: int, *, half_life_days: float | None = None
) -> Rankings:
    """The most saved pins before T, the same for every query but for its known pins.

    half_life_days: a save counts 2^(-age / half life), its age measured at T; without it every save counts 1.
    """
    scores = popularity(tables, queries, half_life_days=half_life_days)
    return score_rankings(lambda rows: np.broadcast_to(scores, (len(rows), len(scores))), queries, limit)


def popularity(
    tables: Mapping[str, pa.Table], queries: Queries, *, half_life_days: float | None = None
) -> npt.NDArray[np.float64]:
    """(n,) saves before T of each candidate, decayed if asked; `tables` may be cut or not."""
    if half_life_days is None:
        return queries.n_saves.astype(np.float64)
    if half_life_days <= 0:
        raise RelpinsError(f"half_life_days is {half_life_days}; give a number of days above 0, or None for no decay")
    given = {name: table for name, table in by_layout_name(tables).items() if name != "users"}
    cut = cut_tables(given, queries.cut_at)
    saves = unite_saves(cut.get("board_pins"), cut.get("interactions"), cut.get("boards"))
    pins = queries.positions(saves["pin_id"])
    age: npt.NDArray[np.timedelta64] = instant(queries.cut_at) - times(saves, "saved_at")
    weights = np.exp2(-(age / DAY) / half_life_days)[pins >= 0]
    counts = np.bincount(pins[pins >= 0], weights=weights, minlength=len(queries.pin_ids))
    return np.asarray(counts, dtype=np.float64)


def random_rankings(queries: Queries, limit: int, *, seed: int = 0) -> Rankings:
    """The floor: an order drawn by a hash of (query pin, candidate, seed), so it needs no state and never flickers."""
    hashes = hash_ids(queries.pin_ids, seed)

    def scores(rows: IntArray) -> npt.NDArray[np.float64]:
        drawn = mix(hashes[queries.query_pins[rows]][:, None], hashes[None, :])
        # 1e9 steps of 1e-6 keep chance ties out of the way
        return (drawn >> np.uint64(11)).astype(np.float64) * (1e3 / 2.0**53)

    return score_rankings(scores, queries, limit)


def _stable_top(scores: npt.NDArray[np.float64], limit: int) -> IntArray:
    """(r, limit) the first columns of a stable descending argsort, without sorting what is not asked for."""
    n = scores.shape[1]
    if limit == 0 or limit * 4 >= n:
        return np.argsort(-scores, axis=1, kind="stable")[:, :limit]
    last = -np.partition(-scores, limit - 1, axis=1)[:, limit - 1 : limit]  # (r, 1) the lowest score that is listed
    above, level = scores > last, scores == last
    # of those at the last score, the first ones fill what the higher ones leave
    room = limit - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1) <= room))
    columns = np.nonzero(chosen)[1].reshape(len(scores), limit)  # ascending, so the sort below keeps ties in place
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)
