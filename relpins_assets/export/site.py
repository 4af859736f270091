"""`relpins export pages`: the published landing pages as a folder of files that any web server can serve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relpins_assets.collections.gate import kinds_of
from relpins_assets.export.addresses import Site, checked_base_url, page_path
from relpins_assets.export.folders import checked_target, replaced_folder
from relpins_assets.export.html import Renderer
from relpins_assets.export.merchant_feed import write_feed
from relpins_assets.export.site_data import Page, SiteData, read_site
from relpins_assets.export.sitemap import LARGEST, write_sitemaps
from relpins_assets.home import open_home
from relpins_assets.reading import published
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake
from relpins_resources.lake.files import read_json, write_json
from relpins_resources.lake.snapshots import Snapshot

MARK = ".relpins-pages.json"
"""An export carries this file: which address each topic has, and which addresses it had."""
Addresses = dict[str, str]


def export_pages(
    home: Path, directory: Path, *, base_url: str | None = None, sitemap_size: int = LARGEST
) -> dict[str, Any]:
    """Write the published landing pages of a home; the same snapshot gives the same bytes.

    The folder holds `index.html`, `collections/`, `categories/`, `images/`, `style.css`, `sitemap.xml` with
    `sitemaps/`, `robots.txt` and `merchant-feed.xml`. It is written beside its place and swapped in. An address that a
    page had in the export before leads to the one it has now.

    Args:
        directory: new, empty, or an earlier export.
        base_url: where the folder will be served from; by default what the profile says.
        sitemap_size: addresses in one sitemap file, 50,000 at most.

    Returns:
        What was written, and what was kept out and why, in numbers.

    Raises:
        RelpinsError: the folder holds something else, the address is none, or the snapshot has no landing pages.
    """
    site, lake = _site(home, base_url), published(home)
    if not lake.table("landing_pages").exists():
        raise RelpinsError(f"the published snapshot of home {home} has no landing pages; run `relpins build` first")
    target, snapshot = checked_target(directory, MARK), _snapshot(lake)
    data = read_site(lake)
    with replaced_folder(target) as draft:
        earlier = _addresses_before(target, data)
        counts = _write(draft, Renderer(data, site, snapshot), earlier, sitemap_size)
        n_images = _write_images(draft, lake, data)
        slugs = {page.topic_id: page.slug for page in data.pages}
        write_json(draft / MARK, {"snapshot": snapshot.number, "pages": slugs, "moved": earlier})
    return {
        "directory": str(directory),
        "base url": site.base_url,
        "snapshot": snapshot.number,
        **counts,
        "images": n_images,
        "kept out": _kept_out(lake),
    }


def _site(home: Path, base_url: str | None) -> Site:
    settings = open_home(home).profile.collections
    return Site(settings.site_name, checked_base_url(base_url or settings.base_url))


def _write(draft: Path, renderer: Renderer, earlier: Addresses, sitemap_size: int) -> dict[str, int]:
    """Everything but the images; what was written, in numbers."""
    data, site = renderer.data, renderer.site
    for folder in ("collections", "categories", "images"):
        (draft / folder).mkdir()
    _write_text(draft / "style.css", renderer.style())
    _write_text(draft / "index.html", renderer.index())
    listed = [""]
    for path, text in renderer.categories():
        _write_text(draft / path, text)
        listed.append(path)
    for page in data.pages:
        _write_text(draft / page_path(page.slug), renderer.collection(page))
    for slug, topic in earlier.items():
        _write_text(draft / page_path(slug), renderer.moved(data.by_topic[topic]))
    listed += [page_path(page.slug) for page in data.pages if page.is_canonical]
    n_sitemaps = write_sitemaps(draft, listed, site, sitemap_size)
    shown_at = {pin_id: site.url(page_path(page.slug)) for page in _least_first(data) for pin_id in page.pin_ids}
    return {
        "pages": len(data.pages),
        "near-duplicates": sum(not page.is_canonical for page in data.pages),
        "categories": len(data.categories),
        "earlier addresses": len(earlier),
        "sitemaps": n_sitemaps,
        "feed items": write_feed(draft / "merchant-feed.xml", data.pins.values(), shown_at, site),
    }


def _least_first(data: SiteData) -> list[Page]:
    """Pages so that of those that show a pin the last is canonical, and the largest: a feed leads there."""
    return sorted(data.pages, key=lambda page: (page.is_canonical, len(page.pin_ids), page.topic_id))


def _write_images(draft: Path, lake: Lake, data: SiteData) -> int:
    """The thumbnails of all pins shown, a file per distinct image; returns how many."""
    written: set[str] = set()
    for batch in lake.table("pin_images").batches(["pin_id", "thumbnail"]):
        for pin_id, thumbnail in zip(batch["pin_id"].to_pylist(), batch["thumbnail"], strict=True):
            pin = data.pins.get(pin_id)
            if pin is not None and pin.image not in written:
                path = draft / pin.image
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(thumbnail.as_py())
                written.add(pin.image)
    return len(written)


def _addresses_before(target: Path, data: SiteData) -> Addresses:
    """Addresses of earlier exports that no page has now, and the topic whose page each of them was."""
    marked = read_json(target / MARK, {})
    before = {**_texts(marked, "moved"), **{slug: topic for topic, slug in _texts(marked, "pages").items()}}
    taken = {page.slug for page in data.pages}
    return {slug: topic for slug, topic in sorted(before.items()) if slug not in taken and topic in data.by_topic}


def _texts(marked: Mapping[str, Any], name: str) -> Addresses:
    return {str(key): str(value) for key, value in marked.get(name, {}).items()}


def _kept_out(lake: Lake) -> dict[str, int]:
    """Reasons for which pages are kept out, each with how many."""
    rows = lake.table("landing_pages").read(["reason"], where="NOT is_published")
    return kinds_of([str(reason) for reason in rows["reason"].to_pylist()])


def _snapshot(lake: Lake) -> Snapshot:
    assert lake.snapshot is not None
    return lake.snapshot


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
