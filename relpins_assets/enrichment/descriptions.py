"""What is written about a pin: its own words, its boards' titles, what its pixels say and, if asked for, a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from relpins_assets.curation.annotations import spelt_alike
from relpins_assets.enrichment.views import Seen, Viewing, failure_of, views_of
from relpins_resources.describers import DescribeInput, Describer, View, enriched_description, usable_text
from relpins_resources.images import decode_pixels
from relpins_resources.lake import Lake
from relpins_resources.lake.cache import Cache
from relpins_resources.lake.fingerprints import digest

N_BOARD_TITLES = 15
"""Titles offered to the description, most frequent first; it keeps the few that say something."""
DESCRIBED_SIDE = 128
"""Pixels: colours and textures show in a small picture as well."""

WANTED = f"""
WITH joined AS (SELECT join_id, annotations, unnest(pin_ids) AS pin_id FROM pin_joins),
titles AS (
    SELECT j.join_id, b.title, count(DISTINCT s.board_id) AS n
    FROM raw_board_pins s JOIN raw_boards b USING (board_id) JOIN joined j USING (pin_id)
    WHERE trim(coalesce(b.title, '')) <> '' GROUP BY ALL),
ranked AS (SELECT *, row_number() OVER (PARTITION BY join_id ORDER BY n DESC, title) AS place FROM titles),
told AS (
    SELECT join_id, list(title ORDER BY place) AS board_titles FROM ranked WHERE place <= {N_BOARD_TITLES} GROUP BY 1),
others AS (
    SELECT join_id, list(DISTINCT title ORDER BY title) AS pin_titles FROM joined JOIN raw_pins USING (pin_id)
    WHERE trim(coalesce(title, '')) <> '' GROUP BY join_id)
SELECT i.pin_id, i.jpeg_hash, coalesce(p.title, '') AS title, coalesce(p.description, '') AS description,
       coalesce(t.board_titles, []) AS board_titles, coalesce(j.annotations, []) AS annotations,
       coalesce(o.pin_titles, []) AS pin_titles{{more}}
FROM pin_images i JOIN raw_pins p USING (pin_id) JOIN joined j USING (pin_id) LEFT JOIN told t USING (join_id)
     LEFT JOIN others o USING (join_id)
ORDER BY pin_id
"""


VIEWED = {
    "merchant_tags": "p.merchant_tags",
    "price": "p.price, p.currency",
}
"""Further columns of a pin that only a model is shown, by source."""
SAMPLED = "i.pin_id IN (SELECT representative_pin_id FROM pin_joins) AS is_representative"


def wanted_descriptions(lake: Lake, sources: Sequence[str] = (), is_sampled: bool = False) -> pa.Table:
    """One row per pin with an image: what its description is made of.

    Args:
        sources: what a model is shown of a pin; empty where none is asked.
        is_sampled: whether it looks at a share of the images only.
    """
    more = [columns for source, columns in VIEWED.items() if source in sources] + [SAMPLED] * is_sampled
    return lake.query(WANTED.format(more="".join(f", {one}" for one in more)))


def describe(
    wanted: pa.Table, lake: Lake, describer: Describer, cache: Cache, viewing: Viewing | None = None
) -> pa.Table:
    """Rows of enriched_descriptions for a batch of `wanted_descriptions`, without fingerprint.

    Statements are cached by what the describer saw: a new board title rewrites the description, not the statement.
    Where a model views a pin, its words stand in the description in place of the statement.
    """
    statements = _statements(wanted, lake, describer, cache)
    seen: list[Seen] = views_of(wanted, lake, viewing) if viewing is not None else [None] * wanted.num_rows
    pins, views = wanted.to_pylist(), [one if isinstance(one, View) else None for one in seen]
    told = [view.description if view else "" for view in views]
    named = f"{viewing.viewer.name}: {viewing.viewer.model}" if viewing is not None else ""
    strings = pa.string()
    return pa.table(
        {
            "pin_id": wanted["pin_id"],
            "description": [
                enriched_description(text or said["text"], title_of(pin), pin["description"], pin["board_titles"])
                for pin, said, text in zip(pins, statements, told, strict=True)
            ],
            "own_text": [own_text(pin["title"], pin["description"]) for pin in pins],
            "statement": [said["text"] for said in statements],
            "colors": [[name for name, _ in said["colors"]] for said in statements],
            "color_shares": [[share for _, share in said["colors"]] for said in statements],
            "board_titles": wanted["board_titles"],
            "describer": [named if view else describer.name for view in views],
            "attributes": pa.array([view.attributes_json() if view else None for view in views], strings),
            "objects": pa.array([view.objects_json() if view else None for view in views], strings),
            "failure": pa.array([failure_of(one) for one in seen], strings),
        }
    )


def _statements(wanted: pa.Table, lake: Lake, describer: Describer, cache: Cache) -> list[dict[str, Any]]:
    """What the describer says of each pin."""
    pins = wanted.to_pylist()
    seen = [digest(pin["jpeg_hash"], pin["title"], pin["description"]) for pin in pins]

    def state(positions: Sequence[int]) -> list[str]:
        jpegs = _jpegs(lake, [pins[i]["pin_id"] for i in positions])
        inputs = [
            DescribeInput(
                decode_pixels(jpegs[pins[i]["pin_id"]], DESCRIBED_SIDE), pins[i]["title"], pins[i]["description"]
            )
            for i in positions
        ]
        return [json.dumps(_statement(statement)) for statement in describer.describe(inputs)]

    return [json.loads(text) for text in cache.texts(seen, state)]


def title_of(pin: Mapping[str, Any]) -> str:
    """A pin's title; of one that says nothing of itself, the title that counts most among pins of the same picture.

    Args:
        pin: title, description, and of its image pin_titles and the annotations, weightiest first.
    """
    if own_text(pin["title"], pin["description"]):
        return str(pin["title"])
    written = {spelt_alike(usable_text(title)) for title in pin["pin_titles"]} - {""}
    return next((text for text in pin["annotations"] if spelt_alike(text) in written), "")


def own_text(title: str, description: str) -> str:
    """What a pin's own title and description usefully say, empty where nothing."""
    parts = [usable_text(title), usable_text(description)]
    return ". ".join(part for part in dict.fromkeys(parts) if part)


def _statement(statement: Any) -> dict[str, Any]:
    return {"text": statement.text, "colors": [list(pair) for pair in getattr(statement, "colors", ())]}


def _jpegs(lake: Lake, pin_ids: Sequence[str]) -> dict[str, bytes]:
    rows = lake.table("pin_images").read_keys(pin_ids, ["pin_id", "jpeg"])
    return dict(zip(rows["pin_id"].to_pylist(), rows["jpeg"].to_pylist(), strict=True))
