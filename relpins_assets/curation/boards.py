"""Boards with the distinct images on them: two pins of one picture on one board are one image."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.lake import Lake

WANTED = """
WITH joined AS (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins)
SELECT s.board_id, any_value(b.title) AS title, any_value(b.category) AS category,
       list(DISTINCT j.join_id ORDER BY j.join_id) AS join_ids
FROM raw_board_pins s JOIN joined j USING (pin_id) LEFT JOIN raw_boards b USING (board_id)
GROUP BY s.board_id ORDER BY s.board_id
"""
SIZES = """
SELECT coalesce(sum(n_pins), 0)::BIGINT AS "images on boards",
       coalesce(median(n_pins), 0)::DOUBLE AS "images on the median board",
       coalesce(max(n_pins), 0)::BIGINT AS "images on the largest board",
       count(*) FILTER (trim(coalesce(title, '')) = '') AS "boards without a title" FROM board_joins
"""
"""What a person would ask of the table."""


def wanted_boards(lake: Lake) -> pa.Table:
    """One row per board that any image stands on (board_id, title, category, join_ids in order of id).

    A board that has saves and no row of its own has no title and no category.
    """
    return lake.query(WANTED)


def board_rows(wanted: pa.Table) -> pa.Table:
    """Rows of board_joins for a batch of `wanted_boards`, without fingerprint."""
    sizes = pc.list_value_length(wanted["join_ids"]).cast(pa.int64())
    return wanted.select(["board_id", "title", "category", "join_ids"]).append_column("n_pins", sizes)
