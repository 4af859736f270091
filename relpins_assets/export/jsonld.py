"""Structured data of a page in schema.org's words (https://schema.org/CollectionPage), safe inside a script element."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from relpins_assets.export.addresses import Site, category_path, page_path
from relpins_assets.export.site_data import Page, Pin

CONTEXT = "https://schema.org"
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'\u2028\u2029"}
"""A title with `</script>` or `<!--` in it would end the element that the JSON stands in."""


def script_json(value: Any) -> str:
    """JSON that reads the same and holds no sign that HTML or JavaScript could take for its own."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def item_json(pin: Pin, site: Site) -> str:
    """A pin as JSON text: a Product with its offer where it has a price, else the image that it is."""
    image = site.url(pin.image)
    link = {"url": pin.link} if pin.link else {}
    name = {"name": pin.name or pin.alt} if pin.name or pin.alt else {}
    if pin.price is None or not pin.currency or not name:
        return script_json({"@type": "ImageObject", **name, "contentUrl": image, **link})
    offer = {"@type": "Offer", "price": f"{pin.price:.2f}", "priceCurrency": pin.currency, **link}
    text = {"description": pin.text} if pin.text else {}
    return script_json(
        {"@type": "Product", "@id": f"urn:pin:{pin.pin_id}", **name, **text, "image": image, "offers": offer}
    )


def page_json(page: Page, items: Sequence[str], site: Site, category: tuple[str, str]) -> str:
    """The CollectionPage and its ItemList as JSON text.

    Args:
        items: `item_json` of each pin, best first.
        category: its name and slug.
    """
    address = site.url(page_path(page.slug))
    trail = [(site.name, site.url("")), (category[0], site.url(category_path(category[1]))), (page.title, address)]
    about = {
        "@context": CONTEXT,
        "@type": "CollectionPage",
        "@id": address,
        "url": address,
        "name": page.title,
        "description": page.intro,
        "isPartOf": {"@type": "WebSite", "name": site.name, "url": site.url("")},
        "breadcrumb": {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "name": name, "item": url}
                for place, (name, url) in enumerate(trail, 1)
            ],
        },
    }
    listed = ",".join(f'{{"@type":"ListItem","position":{place},"item":{item}}}' for place, item in enumerate(items, 1))
    whole = f'"mainEntity":{{"@type":"ItemList","numberOfItems":{len(items)},"itemListElement":[{listed}]}}'
    return f"{script_json(about)[:-1]},{whole}}}"
