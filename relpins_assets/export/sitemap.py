"""Sitemaps (https://www.sitemaps.org/protocol.html): one file per 50,000 addresses, and an index of the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from relpins_assets.export.addresses import Site

LARGEST = 50_000
"""Addresses in one file, as the protocol allows."""
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def write_sitemaps(folder: Path, paths: Sequence[str], site: Site, largest: int = LARGEST) -> int:
    """Write `sitemap.xml`, the index, and what it names; returns how many files it names.

    Args:
        folder: the site's folder.
        paths: files of the site, in the order in which they are to stand.
        largest: addresses in one file.
    """
    shards = [paths[start : start + largest] for start in range(0, max(len(paths), 1), largest)]
    (folder / "sitemaps").mkdir()
    names = [f"sitemaps/pages-{number:04d}.xml" for number in range(1, len(shards) + 1)]
    for name, shard in zip(names, shards, strict=True):
        _write(folder / name, "urlset", "url", [site.url(path) for path in shard])
    _write(folder / "sitemap.xml", "sitemapindex", "sitemap", [site.url(name) for name in names])
    (folder / "robots.txt").write_text(f"User-agent: *\nAllow: /\n\nSitemap: {site.url('sitemap.xml')}\n")
    return len(shards)


def _write(path: Path, root: str, entry: str, addresses: Sequence[str]) -> None:
    lines = [f"<{entry}><loc>{escape(address)}</loc></{entry}>" for address in addresses]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    path.write_text(head + "\n".join([*lines, f"</{root}>\n"]), encoding="utf-8")
