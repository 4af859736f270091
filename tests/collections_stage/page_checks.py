"""What holds of an exported site whatever it shows: well-formed, no script, every link of its own leads somewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

VOID = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Seen(HTMLParser):
    """One HTML file, read: its elements in order, structured data, and what was not closed as it was opened."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    json_ld: list[Any] = field(default_factory=list)
    text: str = ""
    problems: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.problems.append(f"an attribute of {tag} stands twice")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.json_ld.append(json.loads(data))
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read_html(path: Path) -> Seen:
    seen = Seen()
    seen.feed(path.read_text(encoding="utf-8"))
    seen.close()
    assert seen.open == []
    assert seen.problems == []
    return seen


def check_html(path: Path, site: Path) -> Seen:
    """Read one file and check all that must hold of it."""
    seen = read_html(path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    for script in seen.all("script"):
        assert script == {"type": "application/ld+json"}
    for tag, attributes in seen.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        for name in ("href", "src"):
            if name in attributes:
                check_link(attributes[name], path, site)
        if tag == "img":
            assert "alt" in attributes
    assert len(seen.all("h1")) == len(seen.all("title")) == 1
    assert [one["rel"] for one in seen.all("link")].count("canonical") == 1
    return seen


def check_link(address: str, path: Path, site: Path) -> None:
    parts = urlsplit(address)
    if parts.scheme:
        assert parts.scheme in ("http", "https")
        assert parts.netloc
        return
    target = (path.parent / unquote(parts.path)).resolve()
    assert site.resolve() in target.parents
    assert target.is_file(), f"{path} leads to {address}"


def check_site(site: Path) -> dict[str, Seen]:
    """Every HTML file of a site, checked, by its path."""
    return {str(path.relative_to(site)): check_html(path, site) for path in sorted(site.rglob("*.html"))}


def locations(path: Path) -> list[str]:
    """The addresses that a sitemap, or an index of sitemaps, names."""
    root = ElementTree.parse(path).getroot()
    return [str(loc.text) for loc in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


def feed_items(path: Path) -> list[dict[str, str]]:
    root = ElementTree.parse(path).getroot()
    return [{field.tag.rpartition("}")[2]: field.text or "" for field in item} for item in root.iter("item")]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
