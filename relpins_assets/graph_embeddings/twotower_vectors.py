"""Pins and users as vectors of the two towers: rows of twotower_embeddings and twotower_users, and what they hold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from relpins_assets.graph_embeddings.twotower_inputs import WANTED, column_matrix, inputs_of, values_of, vectors_of
from relpins_assets.graph_embeddings.twotower_model import TwoTowerModel
from relpins_resources.ann import snap
from relpins_resources.collaborative.two_tower_network import mean_histories
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vector_array

HISTORY = 100
"""A user is placed by the last saves, so many at most."""

# A save to a board of one's own and the event of it are one save; of an image saved twice the last time counts.
SAVED = f"""
WITH joined AS (SELECT representative_pin_id AS item_id, unnest(pin_ids) AS pin_id FROM pin_joins),
saves AS (
    SELECT b.owner_id AS user_id, s.pin_id, s.saved_at
    FROM raw_board_pins s JOIN raw_boards b USING (board_id) WHERE b.owner_id IS NOT NULL
    UNION ALL
    SELECT user_id, pin_id, created_at FROM raw_interactions WHERE event = 'save' AND user_id IS NOT NULL),
items AS (
    SELECT s.user_id, j.item_id, max(s.saved_at) AS saved_at, any_value(e.fingerprint) AS vector
    FROM saves s JOIN joined j USING (pin_id) JOIN twotower_embeddings e ON e.pin_id = j.item_id GROUP BY ALL),
histories AS (
    SELECT user_id, list(item_id ORDER BY saved_at DESC NULLS LAST, item_id)[:{HISTORY}] AS saved,
           list(vector ORDER BY saved_at DESC NULLS LAST, item_id)[:{HISTORY}] AS vectors
    FROM items GROUP BY user_id)
SELECT h.user_id, h.saved, h.vectors, u.attributes FROM histories h LEFT JOIN raw_users u USING (user_id)
ORDER BY h.user_id
"""
"""One row per user who saved a pin that has a vector: the last such pins, newest first, and their columns."""


def wanted_vectors(lake: Lake, *, is_trained: bool) -> pa.Table:
    """What each row of twotower_embeddings is computed from; no row while the towers are not trained."""
    return lake.query(f"SELECT * FROM ({WANTED}) WHERE {str(is_trained).lower()} ORDER BY pin_id")


def place_pins(rows: pa.Table, lake: Lake, model: TwoTowerModel) -> pa.Table:
    """Rows of twotower_embeddings for a batch of `wanted_vectors`, without fingerprint."""
    vectors = model.towers.of_pins(inputs_of(lake, rows, model.frozen))
    return pa.table({"pin_id": rows["pin_id"], "vector": vector_array(snap(vectors))})


def wanted_users(lake: Lake) -> pa.Table:
    """What each row of twotower_users is computed from."""
    return lake.query(SAVED)


def place_users(rows: pa.Table, lake: Lake, model: TwoTowerModel) -> pa.Table:
    """Rows of twotower_users for a batch of `wanted_users`, without fingerprint."""
    saved = rows["saved"].to_pylist()
    distinct = sorted({pin_id for one in saved for pin_id in one})
    at = {pin_id: place for place, pin_id in enumerate(distinct)}
    vectors = vectors_of(lake, "twotower_embeddings", distinct)
    places = np.array([at[pin_id] for one in saved for pin_id in one], np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in saved])]).astype(np.int64)
    said = column_matrix([values_of(one) for one in rows["attributes"].to_pylist()], model.frozen.columns)
    users = model.towers.of_users(mean_histories(vectors[places], indptr), said)
    return pa.table({"user_id": rows["user_id"], "vector": vector_array(snap(users))})
