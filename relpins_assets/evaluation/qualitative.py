"""What a person would look at first in the sample world's related feeds, as the published article does.

Belongs here: how many of the pins beside a kitchen are of the wrong room, and whether pins that only people connect
find each other. Rankings against later saves are in `evaluate.py`. The rooms are the hidden truth of the world, not the
own categories of its pins, so that a strategy that filters by category is judged like the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from relpins_assets.evaluation.bootstrap import paired_bootstrap
from relpins_assets.feeds.batches import answer_for
from relpins_assets.feeds.saved import Strategy
from relpins_resources.errors import RelpinsError
from relpins_resources.query.catalog import Booleans, Catalog, Doubles, Ints
from relpins_resources.query.language.parser import parse_query

QUERY_ROOM = "kitchen"
WRONG_ROOMS = ("bathroom", "photo studio")
FIRST = 5
SHOWN = 20
CLIP_ALONE = """
SELECT item_id
FROM similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=100)
WHERE join_id != query_item.join_id
LIMIT $limit
"""
MEETINGS = (
    ("mid_century_living_room", "mid_century_kitchen"),
    ("mid_century_kitchen", "mid_century_living_room"),
    ("mid_century_living_room", "mid_century_shop"),
    ("mid_century_living_room", "mid_century_restoration"),
)
"""Pairs of heroes of the world, of one style and of four kinds: whose feed, and who should stand in it."""


@dataclass(frozen=True)
class Scenes:
    """What the pins of a catalog truly show: `rooms` (n,) the room, "" for a picture of no room; `heroes` by name."""

    rooms: npt.NDArray[np.object_]
    heroes: Mapping[str, str]

    @classmethod
    def of(cls, world: Path, catalog: Catalog) -> Scenes:
        """From a sample world's folder. Raises RelpinsError where there is no truth."""
        path = world / "_truth" / "pin_truth.parquet"
        if not path.is_file():
            raise RelpinsError(
                f"no sample world truth in {world}: expected {path}; write one with `relpins sample DIR`"
            )
        truth = pq.read_table(path, columns=["pin_id", "hero", "kind", "scene"])
        rooms_only = truth.filter(pc.equal(truth["kind"], "room"))
        named = dict(zip(rooms_only["pin_id"].to_pylist(), rooms_only["scene"].to_pylist(), strict=True))
        heroes = truth.filter(pc.not_equal(truth["hero"], ""))
        return cls(
            np.array([named.get(pin, "") for pin in catalog.item_ids], dtype=object),
            dict(zip(heroes["hero"].to_pylist(), heroes["pin_id"].to_pylist(), strict=True)),
        )

    def pins_of(self, room: str, catalog: Catalog) -> list[str]:
        """Every pin that shows this room, ascending."""
        return [str(pin) for pin in catalog.item_ids[self.rooms == room]]


def clip_alone() -> Strategy:
    """The nearest by look and nothing else: what every other strategy is held against."""
    return Strategy("clip alone", parse_query(CLIP_ALONE), {"limit": SHOWN}, "item_id")


def wrong_room_rows(catalog: Catalog, scenes: Scenes, strategies: Sequence[Strategy]) -> list[dict[str, Any]]:
    """One row per strategy: the share of bathrooms and photo studios among the first five pins beside each kitchen.

    `low` and `high` bound the difference to the first strategy by 95 % (paired bootstrap over the query pins);
    `other_room_share` counts every room that is no kitchen, wrong or of one style with it.
    """
    kitchens = scenes.pins_of(QUERY_ROOM, catalog)
    is_wrong = np.isin(scenes.rooms, WRONG_ROOMS)
    is_other = ~np.isin(scenes.rooms, ("", QUERY_ROOM))
    rows: list[dict[str, Any]] = []
    first = np.empty(0)
    for strategy in strategies:
        items = answer_for(strategy, catalog, kitchens).items[:, :FIRST]
        wrong = shares(items, is_wrong)
        first = first if rows else wrong
        difference = paired_bootstrap(wrong, first)
        rows.append(
            {
                "strategy": strategy.name,
                f"wrong_room_share@{FIRST}": float(np.nanmean(wrong)),
                "low": difference.low,
                "high": difference.high,
                "n_wrong": int((is_wrong[items] & (items >= 0)).sum()),
                "n_feeds_with_any": int((wrong > 0).sum()),
                "other_room_share": float(np.nanmean(shares(items, is_other))),
                "n_queries": int(np.isfinite(wrong).sum()),
            }
        )
    return rows


def shares(items: Ints, holds: Booleans) -> Doubles:
    """(q,) the share of each list's items (q, k), -1 padded, for which `holds` (n,); nan for an empty list."""
    n_items = (items >= 0).sum(axis=1)
    n_held = (holds[items] & (items >= 0)).sum(axis=1)
    found: Doubles = np.where(n_items > 0, n_held / np.maximum(n_items, 1), np.nan)
    return found


def meeting_rows(catalog: Catalog, scenes: Scenes, strategies: Sequence[Strategy]) -> list[dict[str, Any]]:
    """One row per pair that should meet: the rank by look among all candidates, and in each strategy's feed of twenty,
    None where it does not stand there."""
    rows = []
    for of, wanted in MEETINGS:
        query, item = scenes.heroes[of], scenes.heroes[wanted]
        row: dict[str, Any] = {"feed_of": f"{of} {query}", "wanted": f"{wanted} {item}"}
        row["clip_rank"] = clip_rank(catalog, query, item)
        for strategy in strategies:
            feed = answer_for(strategy, catalog, [query]).items[0, :SHOWN]
            at = np.flatnonzero(feed == catalog.positions([item])[0])
            row[strategy.name] = int(at[0]) + 1 if len(at) else None
        rows.append(row)
    return rows


def clip_rank(catalog: Catalog, query: str, item: str) -> int | None:
    """Where a pin stands by look alone among all candidates but the query pin's own image; None if it has no vector or
    does not stand for its image."""
    looks = catalog.embedding("clip_embedding")
    assert looks is not None, "a built home has its embeddings"
    at, wanted = catalog.positions([query, item])
    nearest, _ = looks.search(looks.vectors(np.array([at])), len(catalog.candidates))
    joins = catalog.columns["join_id"].data
    others = nearest[0][(nearest[0] >= 0) & (joins[nearest[0]] != joins[at])]
    place = np.flatnonzero(others == wanted)
    return int(place[0]) + 1 if len(place) else None
