"""Which of several rows with one id is the catalog's: the newest, else the one of the later file, else the later row.

The rule is the same for every table. Only pins have `updated_at`; of a pin saved twice to one board, or a board given
twice, the later file's row stands. A loser is kept as rejected, so that it comes back when the winner goes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.cells import Mask


@dataclass(frozen=True)
class Resolution:
    """`is_winner` (n,) has one true per key; `winner_of` (n,) is the place of each row's winner, its own if it won.

    `is_repeat` (n,) marks losers that say exactly what the winner says: an export read twice, nothing lost.
    """

    is_winner: Mask
    winner_of: npt.NDArray[np.int64]
    is_repeat: Mask

    def reason_detail(self, rows: pa.Table, i: int) -> str:
        """Why row `i` of the resolved rows lost, naming the winner's file and row (from 1, as people count)."""
        won = rows.slice(int(self.winner_of[i]), 1).to_pylist()[0]
        when = "" if won["updated_at"] is None else f", updated_at {won['updated_at']:%Y-%m-%dT%H:%M:%SZ}"
        return f"{won['key']} is taken from {won['path']} row {won['row_number'] + 1}{when}"


def resolve_duplicates(rows: pa.Table) -> Resolution:
    """Pick the winner of each key.

    `rows` (n,) has key text, updated_at timestamp (null counts as the oldest), path text, row_number int and
    content_hash text, from every file of one table; their order does not matter.
    """
    n = rows.num_rows
    if n == 0:
        return Resolution(np.zeros(0, bool), np.zeros(0, np.int64), np.zeros(0, bool))
    keys = _ranks(rows["key"])
    updated = pc.fill_null(rows["updated_at"].cast(pa.int64()), np.iinfo(np.int64).min).to_numpy()
    order = np.lexsort((rows["row_number"].to_numpy(), _ranks(rows["path"]), updated, keys))
    is_last = np.r_[keys[order][1:] != keys[order][:-1], True]
    group = np.r_[0, np.cumsum(is_last)[:-1]]
    winner_of = np.empty(n, np.int64)
    winner_of[order] = order[is_last][group]
    is_winner = winner_of == np.arange(n)
    hashes = _ranks(rows["content_hash"])
    return Resolution(is_winner, winner_of, ~is_winner & (hashes == hashes[winner_of]))


def _ranks(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Numbers (n,) in the order of the texts, by code point; null is -1."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.where(indices < 0, -1, rank[indices] if len(rank) else -1)
