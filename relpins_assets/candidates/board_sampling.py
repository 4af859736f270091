"""Which images of a board count for co-occurrence: all of them, or a sample of a board that has very many.

A board of n images makes n x n pairs, so one of a hundred thousand would cost more than all others together, and says
little of any pair. Of a larger board `max_board` images are drawn without replacement, likelier the more they weigh:
those with the smallest -ln(u) / w, where u is a hash of board and image as a number between 0 and 1 (Efraimidis and
Spirakis, 2006). The draw is a function of the board alone: one image more or less changes one place of it.

An image weighs as much as its heaviest pin in catalog_statistics, which is frozen (quality and popularity, see there);
one that is newer than that weighs what a pin weighs of which nothing is known.
"""

from __future__ import annotations

import pyarrow as pa

from relpins_resources.lake import Lake

UNKNOWN_WEIGHT = 0.5
"""Of a pin without a save or an impression, in catalog_statistics as well."""

EDGES = f"""
WITH members AS (SELECT board_id, n_pins, unnest(join_ids) AS join_id FROM board_joins),
crowded AS (SELECT board_id, join_id FROM members WHERE n_pins > $max_board),
weights AS (
    SELECT join_id, max(coalesce(s.sampling_weight, {UNKNOWN_WEIGHT})) AS weight
    FROM (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins SEMI JOIN crowded USING (join_id))
    LEFT JOIN catalog_statistics s USING (pin_id) GROUP BY join_id),
drawn AS (
    SELECT board_id, join_id FROM crowded JOIN weights USING (join_id)
    QUALIFY row_number() OVER (
        PARTITION BY board_id
        ORDER BY round(-ln((md5_number_upper(board_id || ' ' || join_id)::DOUBLE + 1) / 18446744073709551616.0)
                       / weight, 9), join_id) <= $max_board),
edges AS (
    SELECT board_id, join_id FROM members WHERE n_pins <= $max_board UNION ALL SELECT board_id, join_id FROM drawn)
"""
# A row depends on the boards its image stands on and on who else stands there. Hashing each board's members once, and
# then each image's boards, says which rows a save touches without looking at a single pair.
WANTED = f"""
{EDGES},
boards AS (SELECT board_id, md5(string_agg(join_id, ',' ORDER BY join_id)) AS members FROM edges GROUP BY board_id),
hashed AS (SELECT join_id, md5(string_agg(board_id || ':' || members, ',' ORDER BY board_id)) AS boards_hash
           FROM edges JOIN boards USING (board_id) GROUP BY join_id),
counted AS (SELECT join_id, count(*) AS n_boards FROM members GROUP BY join_id)
SELECT join_id, n_boards, boards_hash FROM counted LEFT JOIN hashed USING (join_id) ORDER BY join_id
"""


def sampled_edges(lake: Lake, max_board: int) -> pa.Table:
    """One row per board and image on it that counts (board_id, join_id)."""
    return lake.query(
        f"{EDGES} SELECT board_id, join_id FROM edges ORDER BY board_id, join_id", {"max_board": max_board}
    )


def wanted_joins(lake: Lake, max_board: int) -> pa.Table:
    """One row per image that stands on a board (join_id, n_boards; boards_hash: its boards and all that counts there).

    `boards_hash` is null for an image that no board's sample holds.
    """
    return lake.query(WANTED, {"max_board": max_board})
