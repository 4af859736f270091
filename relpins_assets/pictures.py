"""Small pictures for asset pages: a sheet of pins, a query pin and its feed."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from relpins_resources.images import as_markdown, contact_sheet
from relpins_resources.images.boxes import with_boxes
from relpins_resources.lake import Lake


def thumbnails(lake: Lake, pin_ids: Sequence[str]) -> list[bytes]:
    """The pins' thumbnails in the order asked for; empty bytes for one without an image."""
    rows = lake.table("pin_images").read_keys(list(dict.fromkeys(pin_ids)), ["pin_id", "thumbnail"])
    found = dict(zip(rows["pin_id"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True))
    return [found.get(pin_id, b"") for pin_id in pin_ids]


def sheet_of_pins(lake: Lake, pin_ids: Sequence[str], alt: str) -> dict[str, dg.MetadataValue]:
    """Metadata with one contact sheet; nothing if there is no pin to show."""
    shown = [pin_id for pin_id in pin_ids if pin_id][:18]
    if not shown:
        return {}
    return {alt: dg.MetadataValue.md(as_markdown(contact_sheet(thumbnails(lake, shown), shown), alt))}


def sheet_of_objects(lake: Lake, pin_ids: Sequence[str], alt: str) -> dict[str, dg.MetadataValue]:
    """Metadata with pins and frames around their objects, bold around the dominant ones; nothing without a pin."""
    shown = [pin_id for pin_id in pin_ids if pin_id][:18]
    rows = lake.table("dominant_objects").read_keys(shown)
    pictures = []
    for pin_id, picture in zip(shown, thumbnails(lake, shown), strict=True):
        mine = [row for row in rows.to_pylist() if row["pin_id"] == pin_id]
        edges = [(row["x0"], row["y0"], row["x1"], row["y1"]) for row in mine]
        pictures.append(with_boxes(picture, edges, strong=[row["is_dominant"] for row in mine]) if picture else picture)
    return {alt: dg.MetadataValue.md(as_markdown(contact_sheet(pictures, shown), alt))} if shown else {}


def sheet_of_feed(lake: Lake, pin_id: str, feed: Sequence[str], alt: str) -> dict[str, dg.MetadataValue]:
    """Metadata with a query pin and its feed."""
    ids = [pin_id, *feed][:18]
    sheet = contact_sheet(thumbnails(lake, ids), ids)
    return {alt: dg.MetadataValue.md(as_markdown(sheet, alt))}
