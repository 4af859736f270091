"""The site's pages as HTML: Jinja templates beside this file, everything escaped, no script on any page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from relpins_assets.export.addresses import Site, category_path, page_path
from relpins_assets.export.jsonld import item_json, page_json
from relpins_assets.export.site_data import Category, Page, SiteData
from relpins_resources.lake.snapshots import Snapshot

INDEX_PAGES = 8
"""Pages of each category on the front page."""
INDEX_CATEGORIES = 40
CATEGORY_PAGES = 120
"""Pages of a category on one of its pages."""


class Renderer:
    """Gives the site's HTML files, one at a time. What stands on many pages is rendered once."""

    def __init__(self, data: SiteData, site: Site, snapshot: Snapshot) -> None:
        self.data, self.site, self.snapshot = data, site, snapshot
        self.templates = Environment(
            loader=PackageLoader("relpins_assets.export"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters.update(page_path=page_path, category_path=category_path)
        self.templates.globals["site"] = site
        self._cover = cache(self._rendered_cover)

    def collection(self, page: Page) -> str:
        """A collection's page: its pins, structured data, and the collections near it."""
        category = self._category(page)
        items = [self._items[pin_id] for pin_id in page.pin_ids]
        return self._render(
            "collection.html",
            root="../",
            page=page,
            category=category,
            canonical=self._canonical(page),
            first=self.data.pins[page.pin_ids[0]],
            cards=Markup("\n".join(self._cards[pin_id] for pin_id in page.pin_ids)),
            json=Markup(page_json(page, items, self.site, (category.name, category.slug))),
            related=self._covers(self.data.related(page), "../"),
        )

    def index(self) -> str:
        """The front page: every category, and the largest collections of the first forty."""
        categories = self.data.categories
        n_pages = sum(len(category.pages) for category in categories)
        told = f"{n_pages:,} collections of {len(self.data.pins):,} pins." if n_pages else "There is no collection yet."
        sections = [
            (category, INDEX_PAGES, self._covers(category.pages[:INDEX_PAGES], ""))
            for category in categories[:INDEX_CATEGORIES]
        ]
        return self._render(
            "index.html", root="", told=told, categories=categories, sections=sections, snapshot=self.snapshot
        )

    def categories(self) -> Iterator[tuple[str, str]]:
        """Path and HTML of every category's pages."""
        for category in self.data.categories:
            last = -(-len(category.pages) // CATEGORY_PAGES)
            for number in range(1, last + 1):
                covers = self._covers(category.pages[(number - 1) * CATEGORY_PAGES : number * CATEGORY_PAGES], "../")
                yield (
                    category_path(category.slug, number),
                    self._render(
                        "category.html", root="../", category=category, number=number, last=last, covers=covers
                    ),
                )

    def moved(self, page: Page) -> str:
        """What stands at an earlier address of a page."""
        return self._render("moved.html", root="../", page=page, canonical=self._canonical(page))

    def style(self) -> str:
        source, _, _ = PackageLoader("relpins_assets.export").get_source(self.templates, "style.css")
        return source

    def _canonical(self, page: Page) -> str:
        return self.site.url(page_path(self.data.by_topic[page.canonical_topic_id].slug))

    def _covers(self, pages: Sequence[Page], root: str) -> Markup:
        """Pages as they stand in lists; `root` leads from the list's own folder to the site's."""
        return Markup("\n".join(self._cover(page.topic_id, root) for page in pages))

    def _rendered_cover(self, topic_id: str, root: str) -> str:
        page, pins = self.data.by_topic[topic_id], self.data.covers[topic_id]
        return self._render("cover.html", page=page, pins=pins, root=root)

    @cached_property
    def _cards(self) -> dict[str, str]:
        """Each pin as it stands on every page that shows it."""
        template = self.templates.get_template("pin.html")
        return {pin_id: template.render(pin=pin) for pin_id, pin in self.data.pins.items()}

    @cached_property
    def _items(self) -> dict[str, str]:
        return {pin_id: item_json(pin, self.site) for pin_id, pin in self.data.pins.items()}

    def _category(self, page: Page) -> Category:
        """Where a page is found; for a near-duplicate alone in its category, where the page that stands for it is."""
        found = self._category_of.get(page.category)
        return found or self._category_of[self.data.by_topic[page.canonical_topic_id].category]

    @cached_property
    def _category_of(self) -> dict[str, Category]:
        return {category.pages[0].category: category for category in self.data.categories}

    def _render(self, template: str, **values: object) -> str:
        return self.templates.get_template(template).render(**values)
