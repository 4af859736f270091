"""What a save is: a pin put on a board, or a save interaction that no board of its user shows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.cut import BoolArray, times

SAVES = pa.schema(
    [("pin_id", pa.string()), ("user_id", pa.string()), ("board_id", pa.string()), ("saved_at", pa.timestamp("us"))]
)


def unite_saves(board_pins: pa.Table | None, interactions: pa.Table | None, boards: pa.Table | None = None) -> pa.Table:
    """One row per save (`SAVES`): every board_pins row, then the save interactions that are another fact.

    A save interaction is the same fact as a board_pins row iff its user owns the board and the pin is the same;
    it is then counted once, as the board_pins row. `user_id` is null where a board's owner is not known, `board_id`
    where an interaction stands alone. Rows without a time are dropped. `saved_at` is UTC.
    """
    on_boards = _saves_on_boards(board_pins, boards)
    alone = _save_interactions(interactions)
    alone = alone.filter(pa.array(~_is_pair_in(alone, on_boards), pa.bool_()))
    return pa.concat_tables([on_boards, alone])


def is_save(interactions: pa.Table) -> BoolArray:
    """Per interaction: its event is save."""
    return np.asarray(pc.fill_null(pc.equal(interactions["event"], "save"), False).to_numpy(), dtype=bool)


def _saves_on_boards(board_pins: pa.Table | None, boards: pa.Table | None) -> pa.Table:
    if board_pins is None:
        return SAVES.empty_table()
    owner = pa.nulls(board_pins.num_rows, pa.string())
    if boards is not None and "owner_id" in boards.column_names:
        place = pc.index_in(board_pins["board_id"], value_set=boards["board_id"].cast(board_pins["board_id"].type))
        owner = boards["owner_id"].take(place)
    return _saves(board_pins, "saved_at", owner, board_pins["board_id"])


def _save_interactions(interactions: pa.Table | None) -> pa.Table:
    if interactions is None:
        return SAVES.empty_table()
    rows = interactions.filter(pa.array(is_save(interactions), pa.bool_()))
    return _saves(rows, "created_at", rows["user_id"], pa.nulls(rows.num_rows, pa.string()))


def _saves(rows: pa.Table, time_column: str, user: pa.ChunkedArray, board: pa.ChunkedArray) -> pa.Table:
    saved_at = pa.array(times(rows, time_column))
    columns = [rows["pin_id"].cast(pa.string()), user.cast(pa.string()), board.cast(pa.string()), saved_at]
    saves = pa.table(columns, schema=SAVES)
    return saves.filter(pc.is_valid(saves["saved_at"]))


def _is_pair_in(rows: pa.Table, others: pa.Table) -> BoolArray:
    """Per row: some row of `others` has the same user and pin; never where either is null."""
    if rows.num_rows == 0 or others.num_rows == 0:
        return np.zeros(rows.num_rows, dtype=bool)
    users, pins = pc.unique(others["user_id"]).drop_null(), pc.unique(others["pin_id"]).drop_null()

    def pairs(table: pa.Table) -> pa.ChunkedArray:
        user = pc.index_in(table["user_id"], value_set=users).cast(pa.int64())
        return pc.add(pc.multiply(user, len(pins)), pc.index_in(table["pin_id"], value_set=pins))

    wanted = pairs(others).drop_null()
    # a user or pin unknown to `others` has no place, so its pair is null and not found
    return np.asarray(pc.is_in(pairs(rows), value_set=wanted, skip_nulls=True).to_numpy(), dtype=bool)
