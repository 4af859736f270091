from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from relpins_assets.collections.coverage import Answer, Ask, Coverage, cells_of
from relpins_assets.collections.coverage_report import coverage_rows, held_out_shares, share_of
from relpins_assets.export.coverage_csv import export_coverage
from relpins_assets.profile import Collections, Profile
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.price_bounds import PriceBounds
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError

IDS = ("category/dress", "category/kitchen", "category/sofa", "color/blue", "color/red", "room/kitchen", "style/boho")
VOCABULARY = Vocabulary(tuple(Attribute(one, *one.split("/"), (one.split("/")[1],), 5, 1.0) for one in IDS))


def _answer(topic_id: str, *ids: str, prices: tuple[float, ...] = (10, 20, 30, 40)) -> Answer:
    return Answer(topic_id, ids, np.array(prices, float))


def _ask(*ids: str, n: int = 1, **more: object) -> Ask:
    category = next((one.split("/")[1] for one in ids if one.startswith("category/")), None)
    return replace(Ask(" ".join(ids), n, ids, category=category), **more)


ANSWERS = (
    _answer("t1", "category/dress", "color/red"),
    _answer("t2", "category/dress", "color/blue", "style/boho", prices=(10, 20, 30, 400)),
    _answer("t3", "category/sofa", "color/red", prices=(10, float("nan"), float("nan"), 10)),
    _answer("t4", "category/kitchen", "color/blue"),
)


@pytest.mark.parametrize(
    ("ask", "share", "topic_id"),
    [
        (_ask("category/dress", "color/red"), 1.0, "t1"),
        (_ask("category/dress"), 1.0, "t1"),  # the one that says least else
        (_ask("category/dress", "style/boho", "color/red"), 2 / 3, "t1"),
        (_ask("category/dress", "color/red", has_unread=True), 2 / 3, "t1"),
        (_ask("color/red"), 1.0, "t1"),
        (_ask("room/kitchen", "color/blue"), 1.0, "t4"),  # a kitchen is a kitchen, whichever kind it is read as
        (_ask("category/dress", prices=PriceBounds(None, 50)), 1.0, "t1"),
        (_ask("category/dress", "color/blue", prices=PriceBounds(None, 50)), 1.0, "t2"),  # three of four cost so little
        (_ask("category/dress", "color/red", prices=PriceBounds(25, 50)), 2 / 3, "t1"),
        (_ask("category/sofa", prices=PriceBounds(None, 50)), 0.5, "t3"),  # half of its prices are not known
        (_ask("style/modern"), 0.0, None),
        (_ask(has_unread=True), 0.0, None),
        (_ask(prices=PriceBounds(None, 50)), 0.0, None),
    ],
)
def test_what_answers(ask: Ask, share: float, topic_id: str | None) -> None:
    for asks, answers in (([ask], ANSWERS), ([_ask("color/red"), ask], ANSWERS[::-1])):
        in_order = sorted(answers, key=lambda one: one.topic_id)
        covered = Coverage(in_order, VOCABULARY).of(asks)
        assert (covered.share[-1], covered.topic_ids[-1]) == (round(share, 6), topic_id)


def test_no_red_sofa_answers_a_red_dress() -> None:
    covered = Coverage([ANSWERS[2]], VOCABULARY).of([_ask("category/dress", "color/red")])
    assert (covered.share.tolist(), covered.topic_ids) == ([0.0], (None,))


def test_nothing_asked_and_nothing_there() -> None:
    assert Coverage([], VOCABULARY).of([_ask("color/red")]).share.tolist() == [0.0]
    assert len(Coverage(ANSWERS, VOCABULARY).of([]).share) == 0
    assert share_of("x", "y", [], Coverage([], VOCABULARY).of([])).answered == 0.0


def test_cells_add_up_what_is_asked_of_a_category() -> None:
    asks = [
        _ask("category/dress", "color/red", n=3),
        _ask("color/red", "category/dress", n=2, prices=PriceBounds(None, 50)),
        _ask("color/red", n=9),
        _ask("category/dress", n=9),
    ]
    cells = cells_of(asks, VOCABULARY)
    assert [(cell.name, cell.n_searches) for cell in cells] == [("dress, color: red", 5), ("dress, price: under 50", 2)]
    assert [cell.n_things for cell in cells] == [2, 2]


def _home(home: Path, queries: list[tuple[str, int, list[str]]]) -> Workspace:
    workspace = Workspace(home, Profile())

    def fill(name: str, rows: list[dict[str, object]]) -> None:
        workspace.lake.table(name).overwrite(pa.Table.from_pylist(rows, schema=TABLES[name].arrow()))

    fill(
        "attribute_vocabulary",
        [
            {"attribute_id": one.attribute_id, "key": one.key, "value": one.value, "members": list(one.members)}
            | {"n_pins": 5, "idf": 1.0}
            for one in VOCABULARY.attributes
        ],
    )
    topics = [("t1", ["category/dress", "color/red"], None), ("t2", ["category/dress", "style/boho"], "t1")]
    fill(
        "judged_topics",
        [
            {"topic_id": one, "attribute_ids": ids, "query": "red dress", "score": 5.0, "reason": "", "judge": "x"}
            | {"verdict": "merged" if into else "accepted", "merged_into": into}
            for one, ids, into in topics
        ],
    )
    fill(
        "shopping_collections",
        [
            {"topic_id": "t1", "rank": n, "pin_id": f"p{n}", "score": 1.0, "n_shared": 2, "matched_by": "strict"}
            for n in (1, 2)
        ],
    )
    fill(
        "search_intents",
        [
            {"query": query, "n_searches": n, "n_clicks": 0, "segment": "tail", "attribute_ids": ids, "unread": []}
            | {"category": "dress" if "category/dress" in ids else None, "fingerprint": "x"}
            for query, n, ids in queries
        ],
    )
    return workspace


QUERIES = [
    ("boho dress", 2, ["style/boho", "category/dress"]),
    ("blue dress", 5, ["color/blue", "category/dress"]),
    ("sofa", 9, ["category/sofa"]),
    ("=1+1", 1, []),
]


def test_gaps_are_ranked_by_demand_not_answered(tmp_path: Path) -> None:
    rows = coverage_rows(_home(tmp_path, QUERIES).lake).to_pylist()
    queries = {
        row["name"]: (row["covered"], row["gap_rank"], row["topic_id"]) for row in rows if row["kind"] == "query"
    }
    assert queries == {
        "boho dress": (1.0, None, "t1"),  # what was merged into a collection is answered by it
        "blue dress": (0.5, 2, "t1"),
        "sofa": (0.0, 1, None),
        "=1+1": (0.0, 3, None),
    }
    cells = {row["name"]: row["gap_rank"] for row in rows if row["kind"] == "cell"}
    assert cells == {"dress, color: blue": 1, "dress, style: boho": None}


def test_without_searches_there_is_nothing_to_cover(tmp_path: Path) -> None:
    lake = _home(tmp_path, []).lake
    assert coverage_rows(lake).num_rows == 0
    assert held_out_shares(lake, Collections()) == []


def test_csv_is_what_a_spreadsheet_can_hold(tmp_path: Path) -> None:
    workspace = _home(tmp_path / "home", QUERIES)
    workspace.lake.table("intent_coverage").overwrite(coverage_rows(workspace.lake))
    snapshot = workspace.lake.candidate(date(2026, 1, 1), "custom")
    workspace.lake.snapshots.publish(snapshot)
    file = tmp_path / "coverage.csv"
    file.write_text("old")
    told = export_coverage(tmp_path / "home", file)
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert told == {"file": str(file), "rows": len(rows), "gaps": 4}
    assert [row["name"] for row in rows if row["kind"] == "query"] == ["sofa", "blue dress", "'=1+1", "boho dress"]
    assert rows[1]["collection"] == "red dress"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coverage.csv", "home"]
    with pytest.raises(RelpinsError, match="is a folder; name a file"):
        export_coverage(tmp_path / "home", tmp_path)
    with pytest.raises(RelpinsError, match="is no folder; make it first"):
        export_coverage(tmp_path / "home", tmp_path / "nowhere" / "x.csv")
