"""Which of several good rows with one key is the catalog's: the newest, else the later file's, else the later row.

A loser is kept as rejected, so that it comes back when the winner goes. One that says the same as the winner is no loss
and is not rejected; nor is one whose pin was deleted since.
"""

RANKED = """
CREATE TEMP TABLE ranked AS
SELECT r.*, md5(r.content_hash || coalesce(i.image_hash, '')) AS fingerprint,
       row_number() OVER newest AS place, first_value(r.path) OVER newest AS winner_path,
       first_value(r.row_number) OVER newest AS winner_row, first_value(r.is_deleted) OVER newest AS is_gone,
       first_value(r.content_hash) OVER newest AS winner_hash
FROM source_rows r LEFT JOIN source_images i USING (image_url) WHERE r."table" = ? AND r.reason IS NULL
WINDOW newest AS (PARTITION BY r.key ORDER BY r.updated_at DESC NULLS LAST, r.path DESC, r.row_number DESC)
"""
"""Good rows of one input table, each with its place among those of its key and with what won. Reads the tables
source_rows and source_images of the connection; takes the table's name."""

WANTED = "SELECT key, path, row_number, fingerprint FROM ranked WHERE place = 1 AND NOT is_gone"
"""The rows that the raw table should hold."""

BEATEN = "place > 1 AND NOT is_gone AND content_hash <> winner_hash"
"""The rows that are rejected as duplicates."""

WINNER = "'row ' || (winner_row + 1) || ' of ' || winner_path || ' is kept'"
"""What to say of a beaten row; rows count from 1, as people do."""
