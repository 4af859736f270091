"""People of a catalog: what each saved, and what is known of them."""

from __future__ import annotations

import json
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.feeds.item_columns import places
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Column, Columns, People, positions_of

USERS = """
SELECT DISTINCT user_id FROM (
    SELECT user_id FROM raw_users
    UNION ALL SELECT owner_id FROM raw_boards
    UNION ALL SELECT user_id FROM raw_interactions WHERE event = 'save')
WHERE user_id IS NOT NULL ORDER BY user_id
"""
# A save to a board of one's own and the event of it are one save; of a pin saved twice the last time counts.
SAVES = """
WITH joined AS (SELECT representative_pin_id AS item_id, unnest(pin_ids) AS pin_id FROM pin_joins),
saves AS (
    SELECT b.owner_id AS user_id, s.pin_id, s.saved_at
    FROM raw_board_pins s JOIN raw_boards b USING (board_id) WHERE b.owner_id IS NOT NULL
    UNION ALL
    SELECT user_id, pin_id, created_at AS saved_at FROM raw_interactions WHERE event = 'save' AND user_id IS NOT NULL)
SELECT user_id, item_id FROM saves JOIN joined USING (pin_id)
GROUP BY user_id, item_id ORDER BY user_id, max(saved_at) DESC NULLS LAST, item_id
"""
ATTRIBUTES = "SELECT user_id, attributes FROM raw_users WHERE attributes IS NOT NULL"


def load_people(lake: Lake, item_ids: npt.NDArray[np.object_]) -> People:
    """Everyone whom a table names as a user, the owner of a board or a saver; saved are the images' representatives."""
    named = lake.query(USERS)["user_id"].combine_chunks()
    user_ids = named.to_numpy(zero_copy_only=False).astype(object)
    saves = lake.query(SAVES)
    users = places(saves["user_id"], named)
    items = places(saves["item_id"], pa.array(item_ids, pa.string()))
    indptr = np.searchsorted(users, np.arange(len(user_ids) + 1)).astype(np.int64)
    return People(user_ids, indptr, items, UserAttributes(lake, user_ids).columns())


class UserAttributes:
    """The JSON attributes of users as columns; parsed when a query first asks for one."""

    def __init__(self, lake: Lake, user_ids: npt.NDArray[np.object_]) -> None:
        self._lake = lake
        self._user_ids = user_ids
        self._names: list[str] = lake.query(
            "SELECT DISTINCT unnest(json_keys(attributes)) AS name FROM raw_users "
            "WHERE attributes IS NOT NULL AND json_valid(attributes) AND json_type(attributes) = 'OBJECT' ORDER BY name"
        )["name"].to_pylist()

    def columns(self) -> Columns:
        return Columns({name: partial(self._column, name) for name in self._names})

    @cached_property
    def _objects(self) -> list[dict[str, Any]]:
        """The attributes of each user."""
        rows = self._lake.query(ATTRIBUTES)
        objects: list[dict[str, Any]] = [{} for _ in self._user_ids]
        users = positions_of(self._user_ids, rows["user_id"].to_pylist())
        for user, text in zip(users, rows["attributes"].to_pylist(), strict=True):
            parsed = _parsed(text)
            if user >= 0 and isinstance(parsed, dict):
                objects[user] = parsed
        return objects

    def _column(self, name: str) -> Column:
        values = [one.get(name) for one in self._objects]
        is_null = np.array([value is None for value in values], bool)
        kinds = {type(value) for value in values if value is not None}
        if kinds <= {str}:
            return Column("text", _objects(["" if value is None else value for value in values]), is_null)
        if kinds == {bool}:
            return Column("bool", np.array([bool(value) for value in values]), is_null)
        if kinds <= {int, float}:
            return Column("number", np.array([0.0 if value is None else float(value) for value in values]), is_null)
        if kinds == {list}:
            return Column("list", _objects([value or [] for value in values]), is_null)
        return Column("object", _objects(values), is_null)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _objects(values: list[Any]) -> npt.NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
