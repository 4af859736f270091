"""Queries, what is relevant to them, and what was known."""

import time
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from evaluation_worlds import T, day, events, pins, random_world, saved, table
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.evaluation.cut import cut_tables
from relpins_assets.evaluation.leaks import replace_after
from relpins_assets.evaluation.protocol import SLICES, Queries, build_queries
from relpins_assets.evaluation.saves import unite_saves
from relpins_resources.errors import RelpinsError


def as_sets(queries: Queries) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """(board, query pin) to (relevant, known)."""
    return {
        (queries.board_ids[queries.boards[i]], queries.pin_ids[queries.query_pins[i]]): (
            set(queries.pin_ids[queries.relevant[i]]),
            set(queries.pin_ids[queries.known[i]]),
        )
        for i in range(len(queries))
    }


def test_a_query_is_a_pin_saved_before_and_foresees_what_is_saved_after():
    tables = {
        "pins": pa.concat_tables([pins("a", "b", "c", "d"), pins("born later", created=1)]),
        "board_pins": saved(
            ("one", "a", -2), ("one", "b", -1), ("one", "c", 0), ("one", "born later", 2), ("one", "no pin", 1),
            ("two", "a", -2), ("two", "d", None),  # nothing saved after T that has a time
            ("three", "d", 3),  # nothing saved before T
        ),
    }  # fmt: skip
    assert as_sets(build_queries(tables, T)) == {("one", "a"): ({"c"}, {"a", "b"}), ("one", "b"): ({"c"}, {"a", "b"})}


def test_a_pin_saved_again_after_the_cut_is_not_relevant():
    tables = {
        "pins": pins("a", "b", "c"),
        "board_pins": saved(("x", "a", -2), ("x", "a", 2), ("x", "b", 3), ("x", "b", 9)),
    }
    assert as_sets(build_queries(tables, T)) == {("x", "a"): ({"b"}, {"a"})}


def test_own_repins_are_known_and_not_relevant():
    tables = {
        "pins": pins("a", "a2", "a3", "b"),
        "board_pins": saved(("x", "a", -1), ("x", "a2", 1), ("x", "b", 1), ("y", "a", -1), ("y", "a3", 1)),
    }
    joins = {"a": "same", "a2": "same", "a3": "same"}
    assert as_sets(build_queries(tables, T, joins=joins)) == {("x", "a"): ({"b"}, {"a", "a2", "a3"})}
    assert len(build_queries(tables, T)) == 2


def naive_queries(tables: dict[str, pa.Table], cut_at: datetime) -> dict:
    exists = set(cut_tables(tables, cut_at)["pins"]["pin_id"].to_pylist())
    first: dict[tuple[str, str], datetime] = {}
    for row in tables["board_pins"].to_pylist():
        pair = (row["board_id"], row["pin_id"])
        if row["saved_at"] is not None and row["pin_id"] in exists:
            first[pair] = min(first.get(pair, row["saved_at"]), row["saved_at"])
    answer = {}
    for board, pin in first:
        known = {p for (b, p), at in first.items() if b == board and at < cut_at}
        relevant = {p for (b, p), at in first.items() if b == board and at >= cut_at}
        if pin in known and relevant:
            answer[board, pin] = (relevant, known)
    return answer


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 10))
def test_queries_agree_with_the_definition_read_out_loud(seed: int, n_pins: int, n_boards: int):
    tables = random_world(seed, n_pins, n_boards)
    assert as_sets(build_queries(tables, T)) == naive_queries(tables, T)


def test_a_save_is_a_pin_on_a_board_or_a_save_interaction_that_no_own_board_shows():
    boards = table("boards", {"board_id": "hers", "owner_id": "eve"}, {"board_id": "nobody's"})
    board_pins = saved(("hers", "a", -3), ("nobody's", "a", -2), ("nobody's", "c", None))
    interactions = events(
        ("eve", "a", "save", -3),  # the same fact as hers/a
        ("bob", "a", "save", -3),  # his own save, of the same pin
        ("eve", "b", "save", -3),  # on no board of hers
        ("eve", "a", "click", -3),
    )
    united = unite_saves(board_pins, interactions, boards).to_pylist()
    assert [(row["user_id"], row["board_id"], row["pin_id"]) for row in united] == [
        ("eve", "hers", "a"), (None, "nobody's", "a"), ("bob", None, "a"), ("eve", None, "b"),
    ]  # fmt: skip
    assert unite_saves(None, interactions).num_rows == 3
    assert unite_saves(board_pins, None, boards).num_rows == 2
    assert unite_saves(None, None).num_rows == 0


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_saves_agree_with_the_definition_read_out_loud(seed: int, n_events: int):
    tables = random_world(seed, n_pins=6, n_boards=4, n_events=n_events)
    owner = {row["board_id"]: row["owner_id"] for row in tables["boards"].to_pylist()}
    on_boards = [row for row in tables["board_pins"].to_pylist() if row["saved_at"] is not None]
    facts = {(owner.get(row["board_id"]), row["pin_id"]) for row in on_boards}
    alone = [
        row
        for row in tables["interactions"].to_pylist()
        if row["event"] == "save" and row["created_at"] is not None and (row["user_id"], row["pin_id"]) not in facts
    ]
    united = unite_saves(tables["board_pins"], tables["interactions"], tables["boards"])
    assert united["pin_id"].to_pylist() == [row["pin_id"] for row in on_boards + alone]
    assert united["user_id"].to_pylist() == [owner.get(row["board_id"]) for row in on_boards] + [
        row["user_id"] for row in alone
    ]


def test_targets_are_new_thin_or_warm_by_their_traces_before_the_cut():
    looks = [("u", "thin4", "impression", -1)] * 3 + [("u", "warm5", "click", -1)] * 4
    tables = {
        "pins": pins("new", "thin1", "thin4", "warm5"),
        "boards": table("boards", {"board_id": "x", "owner_id": "eve"}),
        "board_pins": saved(("x", "thin1", -1), ("x", "thin4", -1), ("x", "warm5", -1), ("x", "new", 1)),
        # eve's saves are the board's own; what happens at T or later is no trace
        "interactions": events(*looks, ("eve", "thin1", "save", -1), ("u", "new", "click", 0)),
    }
    queries = build_queries(tables, T)
    traces = dict(zip(queries.pin_ids, queries.n_traces, strict=True))
    assert traces == {"new": 0, "thin1": 1, "thin4": 1 + 3, "warm5": 1 + 4}
    assert [SLICES[s] for s in queries.target_slices] == ["new", "thin", "thin", "warm"]
    assert queries.n_saves.tolist() == [0, 1, 1, 1]


def test_a_sample_of_queries_is_stable_and_seeded():
    rows = [(f"b{b}", f"p{p}", -1) for b in range(30) for p in range(10)]
    after = [(f"b{b}", "later", 1) for b in range(30)]
    tables = {"pins": pins("later", *(f"p{p}" for p in range(10))), "board_pins": saved(*rows, *after)}
    fewer = {**tables, "board_pins": saved(*rows[100:], *after[10:])}
    all_of_them = as_sets(build_queries(tables, T))
    sampled = as_sets(build_queries(tables, T, max_queries=60))
    assert len(all_of_them) == 300
    assert len(sampled) == 60
    assert sampled.items() <= all_of_them.items()
    assert as_sets(build_queries(tables, T, max_queries=60, seed=1)) != sampled
    # boards that vanish take only their own queries out of the sample
    survivors = {query for query in sampled if int(query[0][1:]) >= 10}
    assert survivors < set(as_sets(build_queries(fewer, T, max_queries=60)))
    with pytest.raises(RelpinsError, match="max_queries is 0"):
        build_queries(tables, T, max_queries=0)


@pytest.mark.parametrize(
    "tables",
    [
        {"pins": pins()},
        {"pins": pins("a", "b")},
        {"pins": pins("a", created=1), "board_pins": saved(("x", "a", 2))},
        {"pins": pins("a"), "board_pins": saved(), "interactions": events()},
        {"pins": pa.table({"pin_id": ["a"]}), "board_pins": pa.table({"board_id": ["x"], "pin_id": ["a"]})},
    ],
)
def test_a_catalog_without_times_or_saves_has_no_queries(tables: dict[str, pa.Table]):
    assert len(build_queries(tables, T, joins={"a": "j"}, max_queries=5)) == 0


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_only_relevance_depends_on_the_future(world: int, future: int):
    tables = random_world(world)
    one, two = build_queries(tables, T), build_queries(replace_after(tables, T, future), T)
    assert one.pin_ids.tolist() == two.pin_ids.tolist()
    assert one.n_saves.tolist() == two.n_saves.tolist()
    assert one.n_traces.tolist() == two.n_traces.tolist()


def test_a_catalog_of_the_sample_worlds_size_takes_seconds():
    rng = np.random.default_rng(0)
    pairs = sorted(
        {(int(b), int(p)) for b, p in zip(rng.integers(900, size=27_000), rng.integers(1500, size=27_000), strict=True)}
    )
    tables = {
        "pins": pins(*(f"p{i:04}" for i in range(1500))),
        "board_pins": saved(*((f"b{b}", f"p{p:04}", float(rng.integers(-20, 5))) for b, p in pairs)),
    }
    started = time.perf_counter()
    queries = build_queries(tables, T)
    assert len(queries) > 15_000
    assert time.perf_counter() - started < 5
    assert queries.cut_at == day(0)
