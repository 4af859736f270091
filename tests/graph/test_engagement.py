"""What people did with what they were shown, through the graph and into queries."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from running import run, workspace_of
from worlds import SmallWorld

from relpins_assets.cli import main
from relpins_assets.querying import Reader
from relpins_assets.ranking.expression import EXPRESSION


@pytest.fixture(scope="module")
def reader(built: Path) -> Reader:
    return Reader(built / "home")


def test_memorised_lists_what_did_better_than_expected(reader: Reader) -> None:
    rows = reader.lake.query("""
        SELECT q.representative_pin_id AS query, c.representative_pin_id AS pin, memboost FROM engagement_coec e
        JOIN pin_joins q ON q.join_id = query_join_id JOIN pin_joins c ON c.join_id = e.join_id
        WHERE memboost > 0 AND actions > 0 ORDER BY query, memboost DESC, pin""").to_pylist()
    query = rows[0]["query"]
    expected = [row["pin"] for row in rows if row["query"] == query]
    answer = reader.query("SELECT * FROM memorised($item_id)", {"item_id": query})
    assert [row["item_id"] for row in answer["results"]] == expected
    assert "warnings" not in answer
    kept = reader.query(f"SELECT * FROM memorised($item_id, where='item_id != ''{expected[0]}''')", {"item_id": query})
    assert [row["item_id"] for row in kept["results"]] == expected[1:]


def test_the_printed_ranker_runs_and_orders_as_the_model(reader: Reader) -> None:
    artefact = reader.lake.artefact("ranker")
    assert artefact is not None
    assert artefact.manifest["ranker"] == "rank_svm"
    query_pin = next(iter(SmallWorld.of().pins))
    as_text = reader.query(str(artefact.folder / EXPRESSION), {"item_id": query_pin})["results"]
    position = reader.catalog.positions([query_pin])
    items = reader.catalog.positions([row["item_id"] for row in as_text])[None, :]
    model = reader.catalog.models["ranker"](items, position, np.array([-1]))[0]
    assert len(as_text) > 2
    assert np.allclose([row["score"] for row in as_text], model, rtol=0, atol=1e-6)
    learned = reader.query("learned", {"item_id": query_pin})
    assert "warnings" not in learned or not any("ranker" in one for one in learned["warnings"])


def test_a_pin_that_is_gone_leaves_engagement_and_triplets(copy_of_built) -> None:  # type: ignore[no-untyped-def]
    home, source = copy_of_built()
    lake = workspace_of(home, source).lake
    gone = lake.table("ranking_triplets").read(["query_pin_id"])["query_pin_id"][0].as_py()
    world = SmallWorld.of()
    world.drop_pin(gone)
    world.write(source)
    run(workspace_of(home, source))
    workspace = workspace_of(home, source)
    rows = workspace.lake.table("ranking_triplets").read().to_pylist()
    assert rows
    assert not [row for row in rows if gone in (row["query_pin_id"], row["better_pin_id"], row["worse_pin_id"])]
    images = set(workspace.lake.table("pin_joins").read(["join_id"])["join_id"].to_pylist())
    engaged = workspace.lake.table("engagement_coec").read(["query_join_id", "join_id"]).to_pylist()
    assert engaged
    assert {one for row in engaged for one in row.values()} <= images


def test_a_catalog_without_a_shown_pin_has_no_ranker_until_it_has(tmp_path: Path) -> None:
    world = SmallWorld.of(n_pins=24, n_boards=6)
    requests, world.requests = world.requests, []
    world.write(tmp_path / "source")
    told = run(workspace_of(tmp_path / "home", tmp_path / "source"))
    assert "nothing is known of clicks" in str(told["engagement_coec"]["says"])
    assert told["ranker"]["trained"] is False
    answer = Reader(tmp_path / "home").query("learned", {"item_id": next(iter(world.pins))})
    assert "memorised is not built yet: it retrieves nothing and its terms are 0" in answer["warnings"]
    assert answer["results"]
    world.requests = requests
    world.write(tmp_path / "source")
    told = run(workspace_of(tmp_path / "home", tmp_path / "source"))
    assert told["ranker"]["trained"] is True
    command = shlex.split(str(told["ranker"]["as a query"]).replace("PIN", next(iter(world.pins))))
    assert command[:2] == ["relpins", "query"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*command[1:], "--home", str(tmp_path / "home")])
    assert workspace_of(tmp_path / "home", tmp_path / "source").lake.table("ranking_triplets").count() > 0
