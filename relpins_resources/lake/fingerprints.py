"""The hash that says whether a row is still what its inputs and its producer would give."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from relpins_resources.lake.sql import scratch


def fingerprints(rows: pa.Table, producer: str, leave_out: Sequence[str] = ()) -> pa.Array:
    """One hash a row, of all its columns but `leave_out`, and of `producer`.

    Args:
        rows: n rows of plain columns (no vectors, no images: pass their hashes).
        producer: the version of what computes the row; another version makes every row stale.
        leave_out: columns that may change without making the row stale.

    Returns:
        n strings of 32 hexadecimal digits, in the order of `rows`; the order of the columns does not matter.
    """
    names = sorted(name for name in rows.column_names if name not in leave_out)
    fields = ", ".join(f'"{name}" := "{name}"' for name in names)
    numbered = rows.select(names).append_column("the row's place", pa.array(range(rows.num_rows), pa.int64()))
    with scratch() as con:
        con.register("wanted", numbered)
        hashed = con.execute(
            f'SELECT md5(concat(?, to_json(struct_pack({fields}))::VARCHAR)) FROM wanted ORDER BY "the row\'s place"',
            [producer],
        ).fetchall()
    return pa.array([value for (value,) in hashed], pa.string())


def digest(*parts: object) -> str:
    """A short hash of anything with a faithful repr: versions, configurations, lists of names."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
