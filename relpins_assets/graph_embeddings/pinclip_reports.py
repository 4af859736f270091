"""What the pages of the one vector per pin show: what it finds of held-out pins' board mates, a pin and the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
import numpy as np

from relpins_assets.pictures import sheet_of_feed
from relpins_resources.images import as_markdown
from relpins_resources.images.charts import histogram_chart
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.table import vectors

N_SHOWN = 17


def report_of_fit(artefact: Artefact) -> dict[str, Any]:
    """A chart of the board mates found; nothing where no image was held out."""
    found = artefact.manifest.get("held-out board mates found", {})
    if not found:
        return {}
    chart = histogram_chart(found, "Board mates found", note="of held-out pins, among the ten nearest")
    told = {"held-out recall@10": found["image and words"], "held-out recall@10 by look": found["look, not fitted"]}
    return {**told, "chart": dg.MetadataValue.md(as_markdown(chart, "board mates found, by what is compared"))}


def report_of_vectors(lake: Lake, computed: Sequence[str]) -> dict[str, Any]:
    """Dimensions, and a picture where any row was computed."""
    table = lake.table("pinclip_embeddings")
    told = {"dimensions": table.vector_dim() or 0}
    if not computed or table.count() == 0:
        return told
    rows = table.read(["pin_id", "vector"]).sort_by("pin_id")
    ids, matrix = rows["pin_id"].to_pylist(), vectors(rows)
    if computed[0] not in ids:
        return told
    cosines = np.round(matrix @ matrix[ids.index(computed[0])], 6)
    order = [place for place in np.argsort(-cosines, kind="stable") if ids[place] != computed[0]][:N_SHOWN]
    nearest = [ids[place] for place in order]
    return {**told, **sheet_of_feed(lake, computed[0], nearest, "a pin and those nearest by look and words")}
