"""What the pages of the two towers' tables show: whom content alone places, a pin and its neighbours, histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.graph_embeddings.twotower_model import load_model
from relpins_assets.pictures import sheet_of_feed
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

N_SHOWN = 17


def report_of_pins(lake: Lake, computed: Sequence[str]) -> dict[str, Any]:
    """Dimensions and the share of pins placed by content alone; with a picture where any row was computed."""
    artefact = lake.artefact("twotower_model")
    if artefact is None or not artefact.manifest["trained"]:
        return {"why it is empty": "there are too few saves to learn from"}
    table = lake.table("twotower_embeddings")
    if not computed:
        return {"dimensions": table.vector_dim() or 0}
    model, rows = load_model(artefact), table.read(["pin_id", "vector"]).sort_by("pin_id")
    assert model is not None
    joins = lake.query("SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins")
    owned = joins.filter(pc.is_in(joins["join_id"], value_set=pa.array(model.frozen.join_ids, pa.string())))["pin_id"]
    share = 1 - np.mean(pc.is_in(rows["pin_id"], value_set=owned.combine_chunks()).to_numpy())
    told = {"dimensions": model.towers.dim, "share of pins placed by content alone": float(share)}
    return {**told, **_neighbours(lake, rows, computed[0])}


def _neighbours(lake: Lake, rows: pa.Table, pin_id: str) -> dict[str, Any]:
    ids = rows["pin_id"].to_pylist()
    if pin_id not in ids:
        return {}
    matrix = vectors(rows)
    cosines = np.round(matrix @ matrix[ids.index(pin_id)], 6)
    order = [place for place in np.argsort(-cosines, kind="stable") if ids[place] != pin_id][:N_SHOWN]
    return {**sheet_of_feed(lake, pin_id, [ids[place] for place in order], "a pin and those nearest by saves")}


def report_of_users(lake: Lake) -> dict[str, Any]:
    """How many people have no vector since they saved nothing that has one."""
    found = lake.query("""
        SELECT count(*) AS n FROM (
            SELECT user_id FROM raw_users UNION SELECT owner_id FROM raw_boards WHERE owner_id IS NOT NULL)
        ANTI JOIN twotower_users USING (user_id)""").to_pylist()[0]
    return {"people without a vector": found["n"]}
