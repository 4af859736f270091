"""A product feed in the shape that merchant programmes read: RSS 2.0 with Google's `g:` names, only what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from relpins_assets.export.addresses import Site
from relpins_assets.export.site_data import Pin

NAMESPACE = "http://base.google.com/ns/1.0"


def write_feed(path: Path, pins: Iterable[Pin], page_url: Mapping[str, str], site: Site) -> int:
    """Write the feed; returns how many items it has.

    An item has id, title, link and image_link; description, price and product_type where they are known. Availability
    is not, so it is left out. A pin without a link of its own leads to a page that shows it; one of which nothing can
    be said, not even what is seen, is no item.

    Args:
        page_url: of each pin, the address of a page that shows it.
    """
    n_items = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="{NAMESPACE}"><channel>\n')
        file.write(_elements({"title": site.name, "link": site.url(""), "description": f"Pins of {site.name}"}) + "\n")
        for pin in pins:
            if pin.name or pin.alt:
                file.write(f"<item>{_elements(_fields(pin, page_url[pin.pin_id], site))}</item>\n")
                n_items += 1
        file.write("</channel></rss>\n")
    return n_items


def _fields(pin: Pin, shown_at: str, site: Site) -> dict[str, str]:
    price = f"{pin.price:.2f} {pin.currency}" if pin.price is not None and pin.currency else ""
    fields = {
        "g:id": pin.pin_id,
        "g:title": pin.name or pin.alt,
        "g:description": pin.text,
        "g:link": pin.link or shown_at,
        "g:image_link": site.url(pin.image),
        "g:price": price,
        "g:product_type": pin.category,
    }
    return {name: value for name, value in fields.items() if value}


def _elements(fields: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(_allowed(value))}</{name}>" for name, value in fields.items())


def _allowed(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return "".join(
        sign
        for sign in text
        if sign in "\t\n\r" or (sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff")
    )
