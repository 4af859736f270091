"""The words that are searched: one text per distinct image, of everything that anyone wrote about it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.lake import Lake
from relpins_resources.query.retrieval.lexical import LanceLexicalIndex, WordsState, keep_indexed, words_state

TABLE = "lexical_index"

WANTED = """
WITH joined AS (SELECT join_id, representative_pin_id, unnest(pin_ids) AS pin_id FROM pin_joins),
told AS (
    SELECT j.representative_pin_id AS pin_id,
           list(DISTINCT p.title ORDER BY p.title) FILTER (trim(p.title) <> '') AS titles,
           list(DISTINCT p.description ORDER BY p.description) FILTER (trim(p.description) <> '') AS descriptions,
           list_sort(list_distinct(flatten(list(coalesce(p.merchant_tags, []))))) AS merchant_tags
    FROM joined j JOIN raw_pins p USING (pin_id) GROUP BY 1)
SELECT t.pin_id, coalesce(t.titles, []) AS titles, coalesce(t.descriptions, []) AS descriptions, t.merchant_tags,
       coalesce(e.board_titles, []) AS board_titles, coalesce(e.statement, '') AS statement
FROM told t LEFT JOIN enriched_descriptions e USING (pin_id)
ORDER BY t.pin_id
"""


def wanted_words(lake: Lake) -> pa.Table:
    """One row per distinct image, under the pin that stands for it: what was written about any pin that carries it."""
    return lake.query(WANTED)


def texts_of(wanted: pa.Table) -> pa.Table:
    """Rows of lexical_index for a batch of `wanted_words`, without fingerprint: the parts of each, a line each."""
    texts = []
    for row in wanted.select(["titles", "descriptions", "merchant_tags", "board_titles", "statement"]).to_pylist():
        lists = [row["titles"], row["descriptions"], row["merchant_tags"], row["board_titles"], [row["statement"]]]
        texts.append("\n".join(text for part in lists for text in part if text))
    return pa.table({"pin_id": wanted["pin_id"], "text": pa.array(texts, pa.string())})


def index_words(lake: Lake) -> WordsState:
    """Bring the full-text index up to the table."""
    return keep_indexed(str(lake.table(TABLE).path))


def indexed_words(lake: Lake) -> WordsState:
    """How the full-text index stands to the version of the table that `lake` reads."""
    table = lake.table(TABLE)
    return words_state(table.dataset()) if table.exists() else WordsState(0, 0, 0, 0, False)


def open_lexical_index(lake: Lake, item_ids: npt.NDArray[np.object_]) -> LanceLexicalIndex | None:
    """Word search over the version that `lake` reads, for items in ascending order of id; None before the first."""
    if indexed_words(lake).n_segments == 0:
        return None
    return LanceLexicalIndex(lake.table(TABLE).dataset(), item_ids)
