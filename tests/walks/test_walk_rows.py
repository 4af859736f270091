"""Rows of random_walk_candidates over tables made by hand: what goes and comes back changes exactly what it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from relpins_assets.candidates.random_walk import Walker, judge_walks, mark_of, outdated_walks, producer, wanted_walks
from relpins_assets.candidates.walk_graph import Edges, can_walk, fit_walk_graph, graph_version
from relpins_assets.feeds.walks import lists_walked, walks_of
from relpins_assets.profile_signals import Walks
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake, plan_refresh, refresh
from relpins_resources.lake.artefacts import Artefact

N, CANDIDATES = 40, 6
WALKS = Walks(steps=400, candidates=CANDIDATES, enough_pins=10, enough_visits=3, pruned=0.05, degree_power=0.91)
JOINS = [f"j{i:02d}" for i in range(N)]


def boards() -> dict[str, list[str]]:
    rng = np.random.default_rng(5)
    return {f"b{b:02d}": sorted({JOINS[i] for i in rng.integers(0, N - 1, 6)}) for b in range(18)}  # the last on none


def put(lake: Lake, joins: Sequence[str]) -> None:
    """pin_joins as they now are; each image has one pin, `p` and its number."""
    rows = [{"join_id": one, "pin_ids": [one.replace("j", "p")], "fingerprint": one} for one in joins]
    table = lake.table("pin_joins")
    full = pa.Table.from_pylist(
        [{**row, "n_pins": 1, "representative_pin_id": row["pin_ids"][0]} for row in rows], schema=table.schema.arrow()
    )
    table.overwrite(full)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path, TABLES)
    put(found, JOINS)
    rows = [
        {"board_id": name, "join_ids": joins, "n_pins": len(joins), "fingerprint": name}
        for name, joins in boards().items()
    ]
    table = found.table("board_joins")
    table.overwrite(pa.Table.from_pylist(rows, schema=table.schema.arrow()))
    for name in ("pin_topics", "random_walk_candidates", "cooccurrence_candidates"):
        found.table(name).create()
    return found


def fitted(lake: Lake) -> Artefact:
    made = lake.artefacts.make("walk_graph", graph_version(lake, WALKS), fit_walk_graph(lake, WALKS))
    lake.choose("artefacts", "walk_graph", made.version)
    return made


def bring_up_to_date(lake: Lake, artefact: Artefact) -> int:
    """As the asset does; how many rows were computed."""
    versions, table = mark_of(lake).now(), lake.table("random_walk_candidates")
    walker, affected = Walker(lake, artefact, WALKS, 0), outdated_walks(lake, artefact)
    plan = plan_refresh(table, wanted_walks(lake, artefact), producer(artefact, WALKS, 0), affected=affected)
    report = refresh(table, plan, lambda batch: walker.rows(batch["join_id"]), batch_units=7)
    mark_of(lake).set(versions)
    return report.n_computed


def rows_of(lake: Lake) -> dict[str, dict[str, object]]:
    return {row["join_id"]: row for row in lake.table("random_walk_candidates").read().to_pylist()}


def rebuilt(lake: Lake, artefact: Artefact) -> dict[str, dict[str, object]]:
    lake.table("random_walk_candidates").empty()
    bring_up_to_date(lake, artefact)
    return rows_of(lake)


def test_what_goes_and_comes_back_reaches_its_rows_and_no_others(lake: Lake) -> None:
    artefact = fitted(lake)
    assert bring_up_to_date(lake, artefact) == len(rows_of(lake)) > 30
    before = rows_of(lake)
    assert bring_up_to_date(lake, artefact) == 0
    gone = before[sorted(before)[0]]["candidate_join_ids"][0]  # type: ignore[index]
    put(lake, [one for one in JOINS if one != gone])
    holders = {one for one, row in before.items() if gone in row["candidate_join_ids"]} - {gone}  # type: ignore[operator]
    assert bring_up_to_date(lake, artefact) == len(holders)
    after = rows_of(lake)
    assert all(gone not in row["candidate_join_ids"] for row in after.values())  # type: ignore[operator]
    assert {one for one in after if after[one] != before[one]} == holders
    assert after == rebuilt(lake, artefact)
    put(lake, JOINS)
    assert bring_up_to_date(lake, artefact) == len(holders) + 1
    assert rows_of(lake) == before == rebuilt(lake, artefact)


def test_any_history_ends_as_a_rebuild(lake: Lake) -> None:
    artefact, rng = fitted(lake), np.random.default_rng(2)
    for _ in range(6):
        put(lake, sorted(rng.choice(JOINS, rng.integers(1, N), replace=False).tolist()))
        bring_up_to_date(lake, artefact)
        if rng.random() < 0.5:
            continue
        found = rows_of(lake)
        assert found == rebuilt(lake, artefact)


def test_rows_are_full_lists_of_what_is_there(lake: Lake) -> None:
    artefact = fitted(lake)
    put(lake, JOINS[::2])
    bring_up_to_date(lake, artefact)
    rows = rows_of(lake)
    assert set(rows) <= set(JOINS[::2])
    for one, row in rows.items():
        listed, visits = row["candidate_join_ids"], row["visits"]
        assert set(listed) <= set(JOINS[::2]) - {one}  # type: ignore[arg-type]
        assert visits == sorted(visits, reverse=True)  # type: ignore[type-var]
        assert len(visits) == len(listed) <= CANDIDATES  # type: ignore[arg-type]
    told = judge_walks(lake)
    assert told["walks"] == len(rows)


def test_another_graph_walks_elsewhere(lake: Lake) -> None:
    first = fitted(lake)
    bring_up_to_date(lake, first)
    table = lake.table("board_joins")
    table.delete_where("board_id = 'b03'")
    second = fitted(lake)
    assert second.version != first.version
    assert bring_up_to_date(lake, second) == len(rows_of(lake))
    assert can_walk(lake)
    assert Edges.of(lake).n_boards == 17


def test_a_catalog_without_boards_makes_an_empty_graph(tmp_path: Path) -> None:
    lake = Lake(tmp_path, TABLES)
    for name in ("pin_joins", "board_joins", "pin_topics"):
        lake.table(name).create()
    assert not can_walk(lake)
    assert len(Edges.of(lake).images) == 0
    assert fitted(lake).manifest["images"] == 0


def test_walks_as_queries_read_them(lake: Lake) -> None:
    bring_up_to_date(lake, fitted(lake))
    rows, items = rows_of(lake), pa.array(JOINS)
    read = walks_of(lake, items, np.arange(N), np.arange(N))
    assert read is not None
    walks = read()
    for i, one in enumerate(JOINS):
        at = slice(walks.lists.indptr[i], walks.lists.indptr[i + 1])
        row = rows.get(one, {"candidate_join_ids": [], "visits": [], "n_steps": 0, "n_boards": 0})
        assert [JOINS[k] for k in walks.lists.others[at]] == row["candidate_join_ids"]
        assert walks.lists.scores[at].tolist() == row["visits"]
        assert (walks.n_steps[i], walks.degrees[i]) == (row["n_steps"], row["n_boards"])
    pins = pa.chunked_array([[one.replace("j", "p") for one in JOINS]])
    some, all_of_it = lists_walked(lake, pins, 2), lists_walked(lake, pins, CANDIDATES)
    assert len(set(some.to_pylist())) > N / 2
    assert some.to_pylist() != all_of_it.to_pylist()
    assert set(lists_walked(lake, pins, 0).to_pylist()) == {""}


def test_before_anything_walked_there_is_nothing_to_read(lake: Lake) -> None:
    assert walks_of(lake, pa.array(JOINS), np.arange(N), np.arange(N)) is None
