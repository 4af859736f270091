"""Rows of raw_attributes: what each source says of a pin, by the frozen lexicon and its own columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from relpins_assets.enrichment.attribute_values import normalised_value
from relpins_assets.enrichment.column_attributes import Pair, pixel_pairs, price_band, viewed_pairs
from relpins_assets.enrichment.phrase_lexicon import Lexicon
from relpins_assets.enrichment.phrases import BOARD, DESCRIPTION, TITLE, Segment, segments, tag_segments
from relpins_assets.enrichment.source_trust import ANY, Said, Trust
from relpins_assets.profile import AttributeKey
from relpins_resources.lake import Lake, Outcome

MIN_BOARDS = 2
MIN_BOARD_SHARE = 0.2
"""A value counts that so many of an image's boards say, and such a share of those that say anything."""
MAX_BOARD_TITLES = 60

WANTED = f"""
WITH joined AS (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins),
titles AS (
    SELECT j.join_id, b.title, count(DISTINCT s.board_id) AS n
    FROM raw_board_pins s JOIN raw_boards b USING (board_id) JOIN joined j USING (pin_id)
    WHERE trim(coalesce(b.title, '')) <> '' GROUP BY ALL),
ranked AS (SELECT *, row_number() OVER (PARTITION BY join_id ORDER BY n DESC, title) AS place FROM titles),
told AS (
    SELECT join_id, list(title ORDER BY place) AS board_titles, list(n ORDER BY place) AS board_counts
    FROM ranked WHERE place <= {MAX_BOARD_TITLES} GROUP BY 1)
SELECT e.pin_id, coalesce(p.title, '') AS title, coalesce(p.description, '') AS description,
       coalesce(p.merchant_tags, []) AS merchant_tags, p.price, p.currency, p.board_category,
       e.statement, e.attributes AS viewed,
       coalesce(t.board_titles, []) AS board_titles, coalesce(t.board_counts, []) AS board_counts
FROM enriched_descriptions e JOIN raw_pins p USING (pin_id) JOIN joined j USING (pin_id)
     LEFT JOIN told t USING (join_id)
ORDER BY pin_id
"""


def wanted_attributes(lake: Lake) -> pa.Table:
    """One row per described pin: all that its attributes are made of."""
    return lake.query(WANTED)


def extract(wanted: pa.Table, lexicon: Lexicon, trust: Trust, keys: Mapping[str, AttributeKey]) -> Outcome:
    """Rows of raw_attributes for a batch of `wanted_attributes`; a pin of which nothing is said has none."""
    found = [
        (pin["pin_id"], key, value, source)
        for pin in wanted.to_pylist()
        for key, value, source in sorted(set(_attributes(pin, lexicon, trust, keys)))
        if key in keys
    ]
    names = ("pin_id", "key", "value", "source")
    return Outcome(pa.table({name: pa.array([row[i] for row in found], pa.string()) for i, name in enumerate(names)}))


def said_of(wanted: pa.Table, lexicon: Lexicon, keys: Mapping[str, AttributeKey]) -> list[Said]:
    """What each source says of each pin of `wanted_attributes`, believed or not."""
    return [
        Said(
            section=section_of(pin),
            own=frozenset((key, value) for key, value, _ in _worded(pin, lexicon)),
            boards=frozenset(board_pairs(pin["board_titles"], pin["board_counts"], lexicon, keys)),
            pixels=frozenset(pixel_pairs(pin["statement"] or "")),
        )
        for pin in wanted.to_pylist()
    ]


def section_of(pin: Mapping[str, Any]) -> str:
    """The source's own category of a pin as a value; ANY where there is none."""
    return normalised_value(pin["board_category"] or "") or ANY


def _attributes(
    pin: Mapping[str, Any], lexicon: Lexicon, trust: Trust, keys: Mapping[str, AttributeKey]
) -> Iterator[tuple[str, str, str]]:
    section = section_of(pin)
    yield from _worded(pin, lexicon)
    for key, value in board_pairs(pin["board_titles"], pin["board_counts"], lexicon, keys):
        if trust.believes_boards(section, key):
            yield key, value, BOARD
    for pair in pixel_pairs(pin["statement"] or ""):
        word = trust.word_for(pair)
        if word is not None:
            yield (*word, "pixels")
    for key, value in viewed_pairs(pin["viewed"], keys)[0]:
        yield key, value, "view"
    if section != ANY:
        of_section = "department" if section in trust.departments else "category"
        for key in (of_section, *trust.section_keys.get(section, ())):
            yield key, section, "category"
    band = price_band(pin["price"], pin["currency"])
    if band is not None:
        yield "price_band", band, "price"


def _worded(pin: Mapping[str, Any], lexicon: Lexicon) -> Iterator[tuple[str, str, str]]:
    words = [*segments(TITLE, pin["title"]), *segments(DESCRIPTION, pin["description"])]
    for segment in [*words, *tag_segments(pin["merchant_tags"])]:
        for key, value in spoken(segment, lexicon):
            yield key, value, segment.source


def spoken(segment: Segment, lexicon: Lexicon) -> list[Pair]:
    """Keys and values that a segment's words say, the longest phrase first where phrases overlap."""
    said = ((one.key, normalised_value(one.phrase)) for one in lexicon.values(segment.words))
    return [(key, value) for key, value in said if value is not None]


def board_pairs(
    titles: Sequence[str], counts: Sequence[int], lexicon: Lexicon, keys: Mapping[str, AttributeKey]
) -> list[Pair]:
    """What several of an image's boards say, and a clear share of those that say anything of that kind.

    Of a key that has one value at most, only the value that most boards say, if no other is said as often.
    """
    votes: Counter[Pair] = Counter()
    for title, count in zip(titles, counts, strict=True):
        said = {pair for segment in segments(BOARD, title) for pair in spoken(segment, lexicon)}
        votes.update(dict.fromkeys(said, count))
    of_key: Counter[str] = Counter()
    for (key, _), count in votes.items():
        of_key[key] += count
    kept = [pair for pair, count in votes.items() if count >= MIN_BOARDS and count >= MIN_BOARD_SHARE * of_key[pair[0]]]
    return [pair for pair in kept if not keys[pair[0]].is_single or _leads(pair, votes)]


def _leads(pair: Pair, votes: Counter[Pair]) -> bool:
    return all(count < votes[pair] for other, count in votes.items() if other[0] == pair[0] and other != pair)
