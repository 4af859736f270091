"""Which of several rows with one key wins, against a naive oracle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from relpins_assets.catalog.duplicates import BEATEN, RANKED, WANTED
from relpins_assets.schemas import TABLES

OLDEST = datetime(1, 1, 1, tzinfo=UTC)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(["a", "b", "é"]),
            "updated_at": st.none() | st.sampled_from([datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]),
            "path": st.sampled_from(["pins-1.csv", "pins-10.csv", "pins-2.csv", "pins/x.csv"]),
            "row_number": st.integers(0, 5),
            "content_hash": st.sampled_from(["h1", "h2"]),
            "is_deleted": st.booleans(),
            "reason": st.sampled_from([None, None, None, "missing id"]),
        }
    ),
    max_size=12,
    unique_by=lambda row: (row["path"], row["row_number"]),
)


@given(ROWS)
def test_the_newest_then_the_later_file_then_the_later_row_wins(rows: list[dict[str, Any]]) -> None:
    wanted, beaten = _resolved(rows)
    good = [row for row in rows if row["reason"] is None]
    for row in good:
        rivals = [other for other in good if other["key"] == row["key"]]
        winner = max(rivals, key=lambda other: (other["updated_at"] or OLDEST, other["path"], other["row_number"]))
        place = (row["path"], row["row_number"])
        is_winner = row is winner
        assert (place in wanted) == (is_winner and not winner["is_deleted"])
        is_loss = not is_winner and not winner["is_deleted"] and row["content_hash"] != winner["content_hash"]
        assert (place in beaten) == is_loss
    assert len(wanted) + len(beaten) <= len(good)


def _resolved(rows: list[dict[str, Any]]) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    con = duckdb.connect()
    try:
        schema = TABLES["source_rows"].arrow()
        con.register("source_rows", pa.Table.from_pylist([{"table": "pins", **row} for row in rows], schema))
        con.register("source_images", TABLES["source_images"].arrow().empty_table())
        con.execute(RANKED, ["pins"])
        wanted = con.execute(f"SELECT path, row_number FROM ({WANTED})").fetchall()
        beaten = con.execute(f"SELECT path, row_number FROM ranked WHERE {BEATEN}").fetchall()
    finally:
        con.close()
    return set(wanted), set(beaten)
