"""What a site is made of, read from one snapshot: its pages, their pins, and the categories they stand in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from relpins_assets.collections.intros import price_text
from relpins_assets.collections.titles import title_of, unique_slugs
from relpins_assets.export.addresses import host_of, image_path, web_link
from relpins_resources.describers.words import usable_text
from relpins_resources.judges import natural_query
from relpins_resources.lake import Lake

LONGEST_NAME = 150
"""Characters of a pin's title: what product feeds allow."""
LONGEST_TEXT = 5_000
CURRENCY = re.compile("[A-Z]{3}")
NO_CATEGORY = "more"
N_COVER = 4

PAGES = """
SELECT l.topic_id, l.slug, l.title, l.intro, l.related_topic_ids, l.canonical_topic_id,
       list(v.value ORDER BY v.attribute_id) FILTER (v.key = 'category') AS categories
FROM landing_pages l LEFT JOIN judged_topics t USING (topic_id)
LEFT JOIN attribute_vocabulary v ON list_contains(t.attribute_ids, v.attribute_id)
WHERE l.is_published GROUP BY ALL ORDER BY l.topic_id
"""
SHOWN = """
SELECT c.topic_id, list(c.pin_id ORDER BY c.rank) AS pin_ids
FROM shopping_collections c JOIN landing_pages l USING (topic_id) JOIN pin_images i USING (pin_id)
WHERE l.is_published GROUP BY 1
"""
THING, TRAITS = "category", ("color", "material", "pattern")
"""Kinds of attributes that say what a pin without words is: "navy cotton dress"."""
SURE = 0.9
"""Confidence from which they are said of it."""
PINS = f"""
WITH told AS (
    SELECT a.pin_id, v.key, v.value FROM attribute_assignments a JOIN attribute_vocabulary v USING (attribute_id)
    WHERE a.confidence >= {SURE} AND v.key IN {(THING, *TRAITS)}
    QUALIFY row_number() OVER (PARTITION BY a.pin_id, v.key ORDER BY a.confidence DESC, attribute_id) = 1),
known AS (SELECT pin_id, list([key, value] ORDER BY key) AS told FROM told GROUP BY pin_id)
SELECT i.pin_id, i.jpeg_hash, i.width, i.height, p.title, p.description, p.link, p.price, p.currency,
       p.board_category, e.statement, k.told
FROM pin_images i JOIN raw_pins p USING (pin_id) LEFT JOIN enriched_descriptions e USING (pin_id)
LEFT JOIN known k USING (pin_id)
WHERE i.pin_id IN (
    SELECT c.pin_id FROM shopping_collections c JOIN landing_pages l USING (topic_id) WHERE l.is_published)
ORDER BY i.pin_id
"""


@dataclass(frozen=True)
class Pin:
    """A pin as it stands on pages. `name` is its own title where that says something; `alt` says what is seen."""

    pin_id: str
    image: str
    width: int
    height: int
    name: str
    alt: str
    text: str
    link: str | None
    price: float | None
    currency: str
    category: str

    @property
    def is_croppable(self) -> bool:
        """Whether a square cut from its middle still shows most of it."""
        return 0.6 <= self.width / self.height <= 1.6

    @property
    def host(self) -> str:
        return host_of(self.link) if self.link else ""

    @property
    def price_told(self) -> str:
        return price_text(self.price, self.currency) if self.price is not None else ""


@dataclass(frozen=True)
class Page:
    """One published landing page; `pin_ids` best first."""

    topic_id: str
    slug: str
    title: str
    intro: str
    category: str
    canonical_topic_id: str
    related_topic_ids: Sequence[str]
    pin_ids: Sequence[str]

    @property
    def is_canonical(self) -> bool:
        return self.canonical_topic_id == self.topic_id


@dataclass(frozen=True)
class Category:
    """Pages of one category, those with most pins first."""

    name: str
    slug: str
    pages: Sequence[Page]


@dataclass(frozen=True)
class SiteData:
    """Everything that is written, as values; `pages` in order of topic."""

    pages: Sequence[Page]
    pins: dict[str, Pin]

    @cached_property
    def by_topic(self) -> dict[str, Page]:
        return {page.topic_id: page for page in self.pages}

    @cached_property
    def categories(self) -> list[Category]:
        """Categories of canonical pages, those with most pages first."""
        groups: dict[str, list[Page]] = {}
        for page in self.pages:
            if page.is_canonical:
                groups.setdefault(page.category, []).append(page)
        slugs = unique_slugs({name: name for name in groups})
        ranked = sorted(groups, key=lambda name: (name == NO_CATEGORY, -len(groups[name]), name))
        return [
            Category(
                title_of(name, [name]) or name,
                slugs[name],
                sorted(groups[name], key=lambda page: (-len(page.pin_ids), page.title, page.topic_id)),
            )
            for name in ranked
        ]

    def related(self, page: Page) -> list[Page]:
        """Published pages near it, nearest first."""
        return [self.by_topic[topic] for topic in page.related_topic_ids if topic in self.by_topic]

    @cached_property
    def covers(self) -> dict[str, list[Pin]]:
        """Of each topic four pins that stand for it in lists: those that pages before it in its category show least."""
        chosen = {}
        in_lists = [page for category in self.categories for page in category.pages]
        used: Counter[str] = Counter()
        for page in [*in_lists, *(page for page in self.pages if not page.is_canonical)]:
            places = sorted(range(len(page.pin_ids)), key=lambda place: (used[page.pin_ids[place]], place))[:N_COVER]
            used.update(page.pin_ids[place] for place in places)
            chosen[page.topic_id] = [self.pins[page.pin_ids[place]] for place in places]
        return chosen


def read_site(lake: Lake) -> SiteData:
    """The published pages of a lake and all that stands on them. A page none of whose pins has an image is left out."""
    pins = {row["pin_id"]: _pin(row) for row in lake.query(PINS).to_pylist()}
    shown = {row["topic_id"]: row["pin_ids"] for row in lake.query(SHOWN).to_pylist()}
    rows = [row for row in lake.query(PAGES).to_pylist() if row["topic_id"] in shown]
    return SiteData([_page(row, shown, pins) for row in rows], pins)


def _page(row: dict[str, Any], shown: Mapping[str, Sequence[str]], pins: Mapping[str, Pin]) -> Page:
    topic, pin_ids = row["topic_id"], shown[row["topic_id"]]
    counted = Counter(pins[pin_id].category for pin_id in pin_ids if pins[pin_id].category)
    usual = max(sorted(counted), key=lambda name: counted[name], default=NO_CATEGORY)
    named = row["categories"][0] if row["categories"] else usual
    return Page(
        topic_id=topic,
        slug=row["slug"],
        title=row["title"],
        intro=row["intro"],
        category=usable_text(named).casefold() or NO_CATEGORY,
        canonical_topic_id=row["canonical_topic_id"] if row["canonical_topic_id"] in shown else topic,
        related_topic_ids=row["related_topic_ids"],
        pin_ids=pin_ids,
    )


def _pin(row: dict[str, Any]) -> Pin:
    name = usable_text(row["title"])[:LONGEST_NAME]
    text = usable_text(row["description"])[:LONGEST_TEXT]
    price, currency = row["price"], (row["currency"] or "").strip().upper()
    return Pin(
        pin_id=row["pin_id"],
        image=image_path(row["jpeg_hash"]),
        width=row["width"] or 1,
        height=row["height"] or 1,
        name=name,
        alt=name or text[:LONGEST_NAME] or _seen(row["told"] or [], row["statement"] or ""),
        text=text,
        link=web_link(row["link"]),
        price=price if price is not None and 0 < price < float("inf") else None,
        currency=currency if CURRENCY.fullmatch(currency) else "",
        category=(row["board_category"] or "").strip(),
    )


def _seen(told: Sequence[Sequence[str]], statement: str) -> str:
    """What a pin without words is, by its attributes; where they do not say, what its picture holds."""
    if any(key == THING for key, _ in told):
        said = natural_query([(key, value) for key, value in told])
        return (said[:1].upper() + said[1:])[:LONGEST_NAME]
    return statement.partition(";")[0][:LONGEST_NAME]
