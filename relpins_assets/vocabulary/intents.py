"""The search log, one row per distinct query: how much it is asked, and what it asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.query_parsing import QueryParser, Reading
from relpins_assets.vocabulary.search_filters import written_filters
from relpins_assets.vocabulary.vocabulary import Vocabulary
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.sql import connect, rows_of

MAX_QUERY_CHARS = 300
HEAD_SHARE = 0.5
"""The most frequent queries that make up so much of all searches are the head."""
READ_COLUMNS = ("category", "attribute_ids", "price_min", "price_max", "unread")

_INTENTS = f"""
    WITH asked AS (
        SELECT trim(concat(trim(regexp_replace(
                   lower(nfc_normalize(left(query, {MAX_QUERY_CHARS}))), '\\s+', ' ', 'g')), ' ', f.written)) AS query,
               greatest(coalesce(s.count, 1), 0) AS n, (clicked_pin_id IS NOT NULL)::BIGINT AS clicks, created_at
        FROM raw_searches s LEFT JOIN filter_texts f USING (filters)),
    counted AS (
        SELECT query, sum(n)::BIGINT AS n_searches, sum(clicks)::BIGINT AS n_clicks,
               min(created_at) AS first_at, max(created_at) AS last_at
        FROM asked WHERE query <> '' GROUP BY query HAVING sum(n) > 0),
    placed AS (
        SELECT *, sum(n_searches) OVER (ORDER BY n_searches DESC, query) - n_searches AS n_before,
               sum(n_searches) OVER () AS n_all
        FROM counted)
    SELECT query, n_searches, n_clicks, first_at, last_at,
           CASE WHEN n_before < {HEAD_SHARE} * n_all THEN 'head' ELSE 'tail' END AS segment
    FROM placed ORDER BY query"""


def wanted_intents(lake: Lake) -> pa.Table:
    """One row per distinct query: query, n_searches, n_clicks, first_at, last_at, segment.

    A search with filters is another query than the words alone: "lamp [color: black]". An aggregated row counts as
    often as it says; a query never asked is none.
    """
    filters = lake.query("SELECT DISTINCT filters FROM raw_searches WHERE filters <> '' ORDER BY 1")["filters"]
    written = [written_filters(text) for text in filters.to_pylist()]
    texts = pa.table({"filters": filters.cast(pa.string()), "written": pa.array(written, pa.string())})
    with connect({"raw_searches": lake.table("raw_searches")}) as con:
        con.register("filter_texts", texts)
        return rows_of(con, _INTENTS)


def read_intents(wanted: pa.Table, parser: QueryParser) -> pa.Table:
    """Rows of search_intents for a batch of `wanted_intents`, without fingerprint."""
    read = readings_table([parser.read(query) for query in wanted["query"].to_pylist()])
    names = [name for name in TABLES["search_intents"].names if name not in (*READ_COLUMNS, "fingerprint")]
    return pa.table({**{name: wanted[name] for name in names}, **{name: read[name] for name in READ_COLUMNS}})


def readings_table(readings: Sequence[Reading]) -> pa.Table:
    """What was read, a row each, in the columns of search_intents."""
    return pa.table(
        {
            "category": pa.array([one.category for one in readings], pa.string()),
            "attribute_ids": pa.array([list(one.attribute_ids) for one in readings], pa.list_(pa.string())),
            "price_min": pa.array([one.prices.lowest for one in readings], pa.float64()),
            "price_max": pa.array([one.prices.highest for one in readings], pa.float64()),
            "unread": pa.array([list(one.unread) for one in readings], pa.list_(pa.string())),
        }
    )


def vocabulary_digest(vocabulary: Vocabulary) -> str:
    """Names all of a vocabulary that a reading depends on."""
    return digest([(one.attribute_id, one.key, one.value, one.members, one.n_pins) for one in vocabulary.attributes])


def read_otherwise(lake: Lake, wanted: pa.Table, parser: QueryParser) -> pa.Table:
    """The stored queries (column query) that this vocabulary reads otherwise than they stand in the table."""
    stored = lake.table("search_intents").read(["query", *READ_COLUMNS])
    stored = stored.take(np.flatnonzero(np.isin(stored["query"].to_pylist(), wanted["query"].to_pylist())))
    queries = stored["query"].to_pylist()
    now = readings_table([parser.read(query) for query in queries]).to_pylist()
    before = stored.select(list(READ_COLUMNS)).to_pylist()
    changed = [query for query, one, other in zip(queries, now, before, strict=True) if one != other]
    return pa.table({"query": pa.array(sorted(changed), pa.string())})
