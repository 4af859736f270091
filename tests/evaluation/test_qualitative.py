"""Wrong rooms and meetings on a world of ten pins whose order by look is that of their numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relpins_assets.evaluation.linked_by_intent import Intents, intent_rows
from relpins_assets.evaluation.qualitative import (
    MEETINGS,
    Scenes,
    clip_alone,
    clip_rank,
    meeting_rows,
    shares,
    wrong_room_rows,
)
from relpins_assets.feeds.saved import Strategy
from relpins_resources.ann import snap
from relpins_resources.errors import RelpinsError
from relpins_resources.query.catalog import Catalog, Column, Columns
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.retrieval.spaces import TableEmbedding

HEROES = {0: "mid_century_living_room", 3: "mid_century_kitchen", 6: "mid_century_shop", 8: "mid_century_restoration"}
SCENES = ["living room", "kitchen", "bathroom", "kitchen", "photo studio", "kitchen", "shop", "bedroom", "guide", "-"]
REPIN = 9  # carries the image of pin 0
IDS = [f"p{i}" for i in range(10)]


@pytest.fixture
def catalog() -> Catalog:
    """Pin i looks at 9 i degrees, so that of two pins the one nearer in number is nearer by look."""
    degrees = np.radians([9.0 * i for i in range(9)] + [0.0])
    looks = snap(np.stack([np.cos(degrees), np.sin(degrees)], axis=1).astype(np.float32))
    is_candidate = np.arange(10) != REPIN
    names = np.array(IDS, dtype=object)
    joins = np.array([*(f"j{i}" for i in range(9)), "j0"], dtype=object)
    nothing = np.zeros(10, bool)
    return Catalog(
        item_ids=names,
        is_candidate=is_candidate,
        as_of=datetime(2026, 6, 1, tzinfo=UTC),
        columns=Columns(
            {"item_id": lambda: Column("text", names, nothing), "join_id": lambda: Column("text", joins, nothing)}
        ),
        embeddings={"clip_embedding": TableEmbedding("clip_embedding", looks, is_candidate, ~nothing, None)},
    )


@pytest.fixture
def world(tmp_path: Path) -> Path:
    kinds = ["room" if scene not in ("shop", "guide", "-") else "product" for scene in SCENES]
    rows = {"pin_id": IDS, "hero": [HEROES.get(i, "") for i in range(10)], "kind": kinds, "scene": SCENES}
    (tmp_path / "_truth").mkdir()
    pq.write_table(pa.table(rows), tmp_path / "_truth" / "pin_truth.parquet")
    return tmp_path


def listed(name: str, *ids: str) -> Strategy:
    """The same list for every pin."""
    text = f"SELECT * FROM ids([{', '.join(repr(one) for one in ids)}]) WHERE item_id != $item_id LIMIT 20"
    return Strategy(name, parse_query(text), {}, "item_id")


def test_shares() -> None:
    holds = np.array([True, False, True, False])
    found = shares(np.array([[0, 1, 2, 3], [1, 3, -1, -1], [2, -1, -1, -1], [-1, -1, -1, -1]]), holds)
    np.testing.assert_array_equal(found, [2 / 4, 0 / 2, 1 / 1, np.nan])


def test_wrong_rooms(catalog: Catalog, world: Path) -> None:
    scenes = Scenes.of(world, catalog)
    assert scenes.pins_of("kitchen", catalog) == ["p1", "p3", "p5"]
    rows = wrong_room_rows(catalog, scenes, [clip_alone(), listed("same", "p1", "p3", "p5", "p6", "p8")])
    # the five nearest, a tie going to the smaller id: p1 0 2 3 4 5, p3 2 4 1 5 0, p5 4 6 3 7 2; bathroom 2, studio 4
    assert [row["n_wrong"] for row in rows] == [6, 0]
    assert rows[0]["wrong_room_share@5"] == pytest.approx(6 / 15)
    assert rows[0]["n_feeds_with_any"] == 3
    assert rows[0]["other_room_share"] == pytest.approx((3 + 3 + 3) / 15)
    assert rows[1]["wrong_room_share@5"] == 0.0
    assert rows[1]["low"] == rows[1]["high"] == pytest.approx(-6 / 15), "each kitchen has two of five less"
    assert [row["n_queries"] for row in rows] == [3, 3]


def test_meetings(catalog: Catalog, world: Path) -> None:
    scenes = Scenes.of(world, catalog)
    rows = meeting_rows(catalog, scenes, [clip_alone(), listed("by hand", "p8", "p0", "p3")])
    assert [row["clip_rank"] for row in rows] == [3, 5, 6, 8], "p0 is as far from p3 as p6 is, and goes first"
    assert [row["clip alone"] for row in rows] == [3, 5, 6, 8]
    assert [row["by hand"] for row in rows] == [2, 2, None, 1]
    assert [row["feed_of"].split()[0] for row in rows] == [of for of, _ in MEETINGS]


def test_the_rank_by_look_leaves_out_the_pin_itself_and_what_is_no_candidate(catalog: Catalog) -> None:
    assert clip_rank(catalog, "p9", "p1") == 1, "p0 is the same image"
    assert clip_rank(catalog, "p1", "p9") is None
    assert clip_rank(catalog, "p1", "p1") is None


def test_a_folder_without_truth(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match=r"no sample world truth in .*pin_truth.parquet"):
        Scenes.of(tmp_path, catalog)


def test_pins_of_one_intent_that_look_different(catalog: Catalog, world: Path) -> None:
    """Of the intent of pin 0 are 1, a room too, 2, another kind but near by look, and 8, another kind and far."""
    path = world / "_truth" / "pin_truth.parquet"
    rows = pq.read_table(path)
    intents = ["oak", "oak", "oak", "", "", "", "", "", "oak", "oak"]
    kinds = ["room", "room", "guide", "room", "room", "room", "room", "room", "guide", "guide"]
    rows = rows.set_column(2, "kind", [kinds]).append_column("intent_group", [intents])
    pq.write_table(rows, path)
    shown = [clip_alone(), listed("far", "p8", "p5"), listed("near", "p1", "p2")]
    found = intent_rows(catalog, Intents.of(world, catalog), shown, nearest=3)
    # p0 and p1 have p8, p8 has p0 and p1; what p2 is linked to is near it; look alone shows all ten, so it finds them
    assert [(one["n_queries"], one["n_pairs"]) for one in found] == [(3, 4), (3, 2), (3, 1)]
    assert found[1]["feeds_with_any"] == 2 / 3
